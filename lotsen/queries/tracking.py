"""What an institution sees of its own request."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, District, GuideRequest

# Those that have led, or may still lead, to somebody standing at the door.
_AGREED = (AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A request with the appointments that were agreed, the first one first."""

    request: GuideRequest
    appointments: tuple[Assignment, ...]


def tracked(session: Session, pool_id: int | None, request_id: int) -> Tracked:
    """Return a complete request of a pool with all that its page shows; NotFound for a draft."""
    request = session.scalar(
        select(GuideRequest)
        .where(
            GuideRequest.id == request_id,
            GuideRequest.pool_id == pool_id,
            GuideRequest.reference.is_not(None),
        )
        .options(
            selectinload(GuideRequest.windows),
            selectinload(GuideRequest.wishes),
            joinedload(GuideRequest.institution),
            joinedload(GuideRequest.contact),
            joinedload(GuideRequest.district),
        )
    )
    if request is None:
        raise NotFound("request")
    appointments = session.scalars(
        select(Assignment)
        .where(Assignment.request_id == request_id, Assignment.status.in_(_AGREED))
        .options(joinedload(Assignment.guide))
        .order_by(Assignment.starts_at, Assignment.id)
    )
    return Tracked(request, tuple(appointments))


def draft(session: Session, pool_id: int, draft_id: int) -> GuideRequest | None:
    """Return a draft of a pool, or None if it is none any more."""
    return session.scalar(
        select(GuideRequest).where(
            GuideRequest.id == draft_id,
            GuideRequest.pool_id == pool_id,
            GuideRequest.status == RequestStatus.DRAFT,
        )
    )


def districts(session: Session, pool_id: int) -> list[tuple[str, str]]:
    """Return id and name of the pool's districts by name, as a select wants them."""
    rows = session.execute(
        select(District.id, District.name).where(District.pool_id == pool_id).order_by(District.name)
    )
    return [(str(key), name) for key, name in rows]


def sent(session: Session, pool_id: int, request_id: int) -> GuideRequest | None:
    """Return a request with its contact, for the page that follows its sending; None for a draft."""
    return session.scalar(
        select(GuideRequest)
        .where(
            GuideRequest.id == request_id,
            GuideRequest.pool_id == pool_id,
            GuideRequest.contact_id.is_not(None),
        )
        .options(joinedload(GuideRequest.contact))
    )
