"""How often somebody not signed in may make lotsen write a mail, or ask it how the chances are."""

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from lotsen.domain.vocabulary import Notice, RequestStatus
from lotsen.errors import Throttled
from lotsen.models import Contact, GuideRequest, OutboxMessage, Throttle
from lotsen.services.accounts import network_of
from lotsen.services.unit_of_work import UnitOfWork

_SPAN = timedelta(hours=1)
_MOST = 5
CHANCE_SPAN: Final = timedelta(minutes=10)
# Whoever fills in a form with care asks a few dozen times; a whole school may share one address.
CHANCES_OF_A_DRAFT: Final = 60
CHANCES_OF_AN_ADDRESS: Final = 300
_LOGIN_LINKS_OF_AN_ADDRESS: Final = 30
# Whoever looks through all pages finds some; a whole agency may share one address.
BARRIERS_OF_AN_ADDRESS: Final = 10
BARRIERS_OF_A_POOL: Final = 60


def check_unconfirmed(uow: UnitOfWork, address: str) -> None:
    """Raise Throttled if this address has left too many requests unconfirmed within an hour."""
    statement = (
        # A series was sent with one click, and is confirmed with one.
        select(func.count(func.distinct(func.coalesce(-GuideRequest.series_id, GuideRequest.id))))
        .join(Contact, GuideRequest.contact_id == Contact.id)
        .where(
            Contact.email == address.casefold(),
            GuideRequest.status == RequestStatus.SUBMITTED,
            GuideRequest.submitted_at > uow.now - _SPAN,
        )
    )
    _refuse(uow.session.scalars(statement).one())


def check_draft_links(uow: UnitOfWork, address: str) -> None:
    """Raise Throttled if this address was sent too many links to drafts within an hour."""
    statement = (
        select(func.count())
        .select_from(OutboxMessage)
        .where(
            OutboxMessage.to_address == address,
            OutboxMessage.notice == Notice.DRAFT_LINK,
            OutboxMessage.created_at > uow.now - _SPAN,
        )
    )
    _refuse(uow.session.scalars(statement).one())


def check_complaints(uow: UnitOfWork, request_id: int) -> None:
    """Raise Throttled if too many complaints about a request were mailed within an hour."""
    statement = (
        select(func.count())
        .select_from(OutboxMessage)
        .where(
            OutboxMessage.request_id == request_id,
            OutboxMessage.notice == Notice.COMPLAINT,
            OutboxMessage.created_at > uow.now - _SPAN,
        )
    )
    _refuse(uow.session.scalars(statement).one())


def login_links_used_up(uow: UnitOfWork, address: str) -> bool:
    """Say whether this address was sent as many links to sign in as it may get within an hour."""
    statement = (
        select(func.count())
        .select_from(OutboxMessage)
        .where(
            OutboxMessage.to_address == address,
            OutboxMessage.notice == Notice.LOGIN_LINK,
            OutboxMessage.created_at > uow.now - _SPAN,
        )
    )
    return uow.session.scalars(statement).one() >= _MOST


def check_login_links(uow: UnitOfWork, address: str) -> None:
    """Count that somebody asks for links to sign in; raises Throttled if a client does so too often.

    A school behind one address has many teachers; who tries a list of mail addresses has more.
    """
    if _count(uow, f"login links of address:{network_of(address)}") > _LOGIN_LINKS_OF_AN_ADDRESS:
        raise Throttled(int(CHANCE_SPAN.total_seconds()))


def may_ask_for_chance(uow: UnitOfWork, draft_id: int, address: str) -> bool:
    """Count a look at the chances, and say whether it is still one of those allowed.

    Many looks would tell when single guides are free; `address` is that of the client.
    """
    counts = (
        (_count(uow, f"chance of draft:{draft_id}"), CHANCES_OF_A_DRAFT),
        (_count(uow, f"chance of address:{network_of(address)}"), CHANCES_OF_AN_ADDRESS),
    )
    return all(count <= most for count, most in counts)


def check_barriers(uow: UnitOfWork, pool_id: int, address: str) -> None:
    """Count a report of a barrier; raises Throttled if this client, or all together, send too many.

    What comes from many clients at once is held back as well: all of it would land in one mailbox.
    """
    counts = (
        (_count(uow, f"barriers of address:{network_of(address)}"), BARRIERS_OF_AN_ADDRESS),
        (_count(uow, f"barriers of pool:{pool_id}"), BARRIERS_OF_A_POOL),
    )
    if any(count > most for count, most in counts):
        raise Throttled(int(CHANCE_SPAN.total_seconds()))


def _count(uow: UnitOfWork, what: str) -> int:
    """Count one more within a span that begins with the first; return how many there are now."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    key = hashlib.sha256(what.encode(errors="replace")).hexdigest()
    insert = dialect.insert(Throttle).values(key=key, failures=1, last_failure_at=uow.now)
    is_old = Throttle.last_failure_at <= uow.now - CHANCE_SPAN
    return uow.session.scalars(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((is_old, 1), else_=Throttle.failures + 1),
                "last_failure_at": case((is_old, uow.now), else_=Throttle.last_failure_at),
            },
        ).returning(Throttle.failures)
    ).one()


def _refuse(count: int) -> None:
    if count >= _MOST:
        raise Throttled(int(_SPAN.total_seconds()))
