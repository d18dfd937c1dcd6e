"""What follows from the reason that a guide gives for a no: nothing, a wish of the guide's, or a pause.

Nothing of it lowers a guide's rank. What is kept stands among the hard rules, where the office sees it as a
reason, and the guide can take it back.
"""

from datetime import date, timedelta

from sqlalchemy import select

from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AuditEvent,
    DeclineReason,
    GuideStatus,
    Occasion,
    Subject,
)
from lotsen.errors import Invalid, NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment, Guide, GuideConflict
from lotsen.services import assignments, audit
from lotsen.services.unit_of_work import UnitOfWork

_LONGEST_PAUSE = timedelta(days=366)


def give_reason(
    uow: UnitOfWork, assignment_id: int, reason: DeclineReason, pause_until: date | None = None
) -> Assignment:
    """Keep why a guide said no, and do what the reason asks for.

    An institution or an occasion that does not suit is not asked for again; `pause_until` counts for "too
    much" only. Raises Invalid for a day that is no end of a pause.
    """
    request, assignment = assignments.lock(uow, assignment_id)
    if assignment.status is not AssignmentStatus.DECLINED:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, "give_reason")
    guide = _guide(uow, assignment.guide_id)
    if reason is DeclineReason.TOO_MUCH and pause_until is not None:
        _pause(uow, guide, pause_until)
    if reason is DeclineReason.INSTITUTION:
        _keep(uow, guide, institution_id=request.institution_id)
    if reason is DeclineReason.OCCASION:
        _keep(uow, guide, occasion=request.occasion)
    if assignment.decline_reason is not reason:
        assignment.decline_reason = reason
        audit.record(
            uow,
            AuditEvent.REASON_GIVEN,
            Subject.ASSIGNMENT,
            assignment.id,
            pool_id=assignment.pool_id,
            request_id=assignment.request_id,
            guide_id=assignment.guide_id,
            reason=reason,
        )
    return assignment


def take_back(uow: UnitOfWork, conflict_id: int) -> None:
    """Let a guide be asked again for what they did not want; somebody else's entry is not found."""
    found = uow.session.get(GuideConflict, conflict_id)
    if found is None or not found.by_guide or uow.actor.guide_id != found.guide_id:
        raise NotFound("conflict")
    guide = _guide(uow, found.guide_id)
    uow.session.delete(found)
    _changed(uow, guide, "not_wanted")


def end_pause(uow: UnitOfWork) -> None:
    """Let the guide who acts be asked again from now on; without a pause nothing changes."""
    if uow.actor.guide_id is None:
        raise NotFound("guide")
    guide = _guide(uow, uow.actor.guide_id)
    if guide.status is GuideStatus.PAUSED:
        guide.status, guide.paused_until = GuideStatus.ACTIVE, None
        _changed(uow, guide, "paused_until")


def _guide(uow: UnitOfWork, guide_id: int) -> Guide:
    found = uow.session.scalar(
        select(Guide).where(Guide.id == guide_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("guide")
    return found


def _pause(uow: UnitOfWork, guide: Guide, until: date) -> None:
    today = local_day(uow.now, uow.zone(guide.pool_id))
    if until < today:
        raise Invalid({"pause_until": N_("Please choose a day that is still to come.")})
    if until > today + _LONGEST_PAUSE:
        raise Invalid({"pause_until": N_("Please choose a day within one year.")})
    if (guide.status, guide.paused_until) == (GuideStatus.PAUSED, until) or guide.status is GuideStatus.LEFT:
        return
    guide.status, guide.paused_until = GuideStatus.PAUSED, until
    _changed(uow, guide, "paused_until")


def _keep(
    uow: UnitOfWork, guide: Guide, *, institution_id: int | None = None, occasion: Occasion | None = None
) -> None:
    """Note what a guide does not want, unless it stands there already, whoever has noted it."""
    there = select(GuideConflict.id).where(
        GuideConflict.guide_id == guide.id,
        GuideConflict.institution_id == institution_id
        if institution_id is not None
        else GuideConflict.occasion == occasion,
    )
    if uow.session.scalar(there) is not None:
        return
    uow.session.add(
        GuideConflict(guide_id=guide.id, institution_id=institution_id, occasion=occasion, by_guide=True)
    )
    _changed(uow, guide, "not_wanted")


def _changed(uow: UnitOfWork, guide: Guide, field: str) -> None:
    guide.version += 1
    uow.session.flush()
    uow.guides_changed.add(guide.id)
    audit.record(uow, AuditEvent.CHANGED, Subject.GUIDE, guide.id, pool_id=guide.pool_id, fields=[field])
