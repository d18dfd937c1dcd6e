"""How often somebody not signed in may make lotsen write to one mail address."""

from datetime import timedelta

from sqlalchemy import func, select

from lotsen.domain.vocabulary import Notice, RequestStatus
from lotsen.errors import Throttled
from lotsen.models import Contact, GuideRequest, OutboxMessage
from lotsen.services.unit_of_work import UnitOfWork

_SPAN = timedelta(hours=1)
_MOST = 5


def check_unconfirmed(uow: UnitOfWork, address: str) -> None:
    """Raise Throttled if this address has left too many requests unconfirmed within an hour."""
    statement = (
        select(func.count())
        .select_from(GuideRequest)
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


def _refuse(count: int) -> None:
    if count >= _MOST:
        raise Throttled(int(_SPAN.total_seconds()))
