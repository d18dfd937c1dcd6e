"""Who receives a notice."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen import i18n
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Audience, Role
from lotsen.models import Account, Assignment, Contact, Guide, GuideRequest, Membership, Pool

_ANSWERING = (Role.COORDINATOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address and the language that is wished there; `key` tells recipients of one notice apart.

    `messenger` is the way and the address there by which short messages come besides.
    """

    key: str
    name: str
    address: str
    locale: str
    messenger: tuple[str, str] | None = None


def of(
    session: Session,
    audience: Audience,
    request: GuideRequest,
    assignment: Assignment | None,
    pool: Pool,
    settings: PoolSettings,
) -> tuple[Recipient, ...]:
    """Return the contact, the guide, or the office: its address, or else everyone who works there."""
    if audience is Audience.INSTITUTION:
        return () if request.contact is None else (of_contact(request.contact),)
    if audience is Audience.GUIDE:
        if assignment is None:
            raise ValueError("only an assignment has a guide")
        return (of_guide(assignment.guide),)
    return of_office(session, pool, settings)


def of_contact(contact: Contact) -> Recipient:
    """Return the person of an institution."""
    return Recipient(f"c{contact.id}", contact.name, contact.email, i18n.known(contact.locale))


def of_guide(guide: Guide) -> Recipient:
    """Return the guide."""
    messenger = None
    if guide.messenger is not None and guide.messenger_address is not None:
        messenger = guide.messenger, guide.messenger_address
    return Recipient(f"g{guide.id}", guide.name, guide.email, i18n.known(guide.locale), messenger)


def of_office(session: Session, pool: Pool, settings: PoolSettings) -> tuple[Recipient, ...]:
    """Return the office's address, or else everyone who works there."""
    if settings.office_email:
        return (Recipient("office", settings.office_name or pool.name, settings.office_email, i18n.DEFAULT),)
    return tuple(
        Recipient(f"k{account.id}", account.name, account.email, i18n.known(account.locale, i18n.OFFICE))
        for account in session.scalars(
            select(Account)
            .join(Membership)
            .where(Membership.pool_id == pool.id, Membership.role.in_(_ANSWERING))
            .where(Account.disabled_at.is_(None))
            .order_by(Account.id)
        )
    )
