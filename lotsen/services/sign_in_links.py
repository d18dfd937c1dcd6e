"""Mails links to sign in to whoever has an address here, and tells nobody whether anybody has."""

from sqlalchemy import func, select, update

from lotsen.domain.vocabulary import Audience, AuditEvent, GuideStatus, Notice, Subject, TokenPurpose
from lotsen.models import Contact, Guide, Institution, Token
from lotsen.notifications import personal
from lotsen.services import audit, limits
from lotsen.services.unit_of_work import UnitOfWork


def send(uow: UnitOfWork, address: str, client: str) -> None:
    """Mail a link to each guide and institution of an address; raises Throttled for a client that tries many.

    An address that was sent enough of them gets no more for a while, and nobody is told so.
    """
    limits.check_login_links(uow, client)
    if limits.login_links_used_up(uow, address):
        return
    for guide in uow.session.scalars(
        select(Guide).where(Guide.email == address, Guide.status != GuideStatus.LEFT).order_by(Guide.id)
    ).all():
        _to_guide(uow, guide)
    for contact, pool_id in _contacts(uow, address):
        _to_contact(uow, contact, pool_id)


def send_again(uow: UnitOfWork, token: Token) -> None:
    """Mail a fresh link to sign in to whoever got this one."""
    if token.purpose is TokenPurpose.SIGN_IN:
        guide = uow.session.get(Guide, token.guide_id)
        if guide is not None and guide.status is not GuideStatus.LEFT and not _enough(uow, guide.email):
            _to_guide(uow, guide)
    elif token.purpose is TokenPurpose.MY_REQUESTS:
        contact = uow.session.get(Contact, token.contact_id)
        if contact is not None and not _enough(uow, contact.email):
            _to_contact(uow, contact, uow.session.get_one(Institution, contact.institution_id).pool_id)


def end_my_requests(uow: UnitOfWork) -> None:
    """End all links that open the requests of the acting contact."""
    uow.session.execute(
        update(Token)
        .where(
            Token.contact_id == uow.actor.contact_id,
            Token.purpose == TokenPurpose.MY_REQUESTS,
            Token.revoked_at.is_(None),
        )
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def _enough(uow: UnitOfWork, address: str) -> bool:
    return limits.login_links_used_up(uow, address)


def _contacts(uow: UnitOfWork, address: str) -> list[tuple[Contact, int]]:
    """Return, of each pool that knows the address, the contact that was added last."""
    newest = (
        select(func.max(Contact.id), Institution.pool_id)
        .join(Institution, Institution.id == Contact.institution_id)
        .where(Contact.email == address)
        .group_by(Institution.pool_id)
        .order_by(Institution.pool_id)
    )
    return [
        (uow.session.get_one(Contact, contact_id), pool_id)
        for contact_id, pool_id in uow.session.execute(newest).all()
    ]


def _to_guide(uow: UnitOfWork, guide: Guide) -> None:
    _tell(uow, Audience.GUIDE, guide, guide.pool_id)
    audit.record(uow, AuditEvent.LINK_SENT, Subject.GUIDE, guide.id, pool_id=guide.pool_id)


def _to_contact(uow: UnitOfWork, contact: Contact, pool_id: int) -> None:
    _tell(uow, Audience.INSTITUTION, contact, pool_id)
    audit.record(uow, AuditEvent.LINK_SENT, Subject.INSTITUTION, contact.institution_id, pool_id=pool_id)


def _tell(uow: UnitOfWork, audience: Audience, about: Guide | Contact, pool_id: int) -> None:
    personal.tell(uow.session, Notice.LOGIN_LINK, audience, about, pool_id, now=uow.now, links=uow.links)
