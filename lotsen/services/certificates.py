"""Certificates of service: made from what has taken place, kept for whoever checks one, taken back."""

from datetime import date

from lotsen.domain import check_code
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.errors import NotFound, WrongState
from lotsen.models import Certificate, Guide
from lotsen.queries import certificates, hours
from lotsen.services import audit
from lotsen.services.asking import lock_guide
from lotsen.services.unit_of_work import UnitOfWork


def issue(uow: UnitOfWork, guide_id: int, first_on: date, last_on: date) -> Certificate:
    """Certify what a guide did from one day to another, at the latest until today.

    An appointment counts with the hours that were reported, else with those that were agreed on. Raises
    WrongState if there was none. The same period with the same outcome gives the certificate that is there.
    """
    guide = _guide(uow, guide_id)
    zone = uow.zone(guide.pool_id)
    last_on = min(last_on, local_day(uow.now, zone))
    done = hours.in_days(uow.session, guide.id, first_on, last_on, zone) if first_on <= last_on else []
    if not done:
        raise WrongState(Subject.GUIDE, "nothing done", "certify")
    settings = uow.settings(guide.pool_id)
    values = {
        "guide_name": guide.name,
        "office_name": settings.office_name or uow.pool(guide.pool_id).name,
        "first_on": first_on,
        "last_on": last_on,
        "appointments": len(done),
        "minutes": sum(
            row.planned_minutes if row.counted_minutes is None else row.counted_minutes for row in done
        ),
        "languages": sorted({row.assignment.request.language or "" for row in done} - {""}),
    }
    for known in certificates.of_guide(uow.session, guide.id):
        if known.revoked_at is None and all(getattr(known, name) == value for name, value in values.items()):
            return known
    made = Certificate(
        pool_id=guide.pool_id,
        guide_id=guide.id,
        code=check_code.fresh(),
        issued_at=uow.now,
        issued_by=uow.actor.kind,
        **values,
    )
    uow.session.add(made)
    uow.session.flush()
    _record(uow, AuditEvent.CERTIFICATE_ISSUED, made)
    return made


def revoke(uow: UnitOfWork, guide_id: int, certificate_id: int) -> Certificate:
    """Take a certificate back: its page says from now on that it no longer holds."""
    guide = _guide(uow, guide_id)
    found = uow.session.get(Certificate, certificate_id, populate_existing=True)
    if found is None or found.guide_id != guide.id:
        raise NotFound("certificate")
    if found.revoked_at is None:
        found.revoked_at = uow.now
        _record(uow, AuditEvent.CERTIFICATE_REVOKED, found)
    return found


def _guide(uow: UnitOfWork, guide_id: int) -> Guide:
    if uow.actor.guide_id not in (None, guide_id) or uow.actor.pool_id is None:
        raise NotFound("guide")
    return lock_guide(uow, guide_id, uow.actor.pool_id)


def _record(uow: UnitOfWork, event: AuditEvent, certificate: Certificate) -> None:
    audit.record(
        uow,
        event,
        Subject.GUIDE,
        certificate.guide_id,
        pool_id=certificate.pool_id,
        certificate_id=certificate.id,
    )
