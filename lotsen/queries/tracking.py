"""What an institution sees of its own request."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.vocabulary import AssignmentStatus, Audience, Notice, OutboxStatus, RequestStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, District, Guide, GuideRequest, OutboxMessage

# Those that have led, or may still lead, to somebody standing at the door.
_AGREED = (AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A request with the appointments that were agreed, the first one first.

    `answer_by` is the latest moment by which somebody who was asked answers; `owed` says that an appointment
    was given up so late that the guide gets money for it.
    """

    request: GuideRequest
    appointments: tuple[Assignment, ...]
    answer_by: datetime | None = None
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail to the institution: what it is about and when it went, or that it waits or has failed."""

    notice: Notice
    at: datetime
    status: OutboxStatus


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
    known = session.scalars(
        select(Assignment)
        .where(
            Assignment.request_id == request_id,
            or_(
                Assignment.status.in_((*_AGREED, AssignmentStatus.OFFERED)),
                Assignment.compensated_minutes.is_not(None),
            ),
        )
        .options(joinedload(Assignment.guide))
        .order_by(Assignment.starts_at, Assignment.id)
    ).all()
    return Tracked(
        request,
        tuple(one for one in known if one.status in _AGREED),
        max(
            (one.answer_by for one in known if one.status is AssignmentStatus.OFFERED and one.answer_by),
            default=None,
        ),
        any(one.compensated_minutes is not None for one in known),
    )


def agreed_times(session: Session, request_ids: Collection[int]) -> dict[int, tuple[datetime, datetime]]:
    """Return the first agreed time of each request that has one."""
    rows = session.execute(
        select(Assignment.request_id, Assignment.starts_at, Assignment.ends_at)
        .where(Assignment.request_id.in_(request_ids), Assignment.status.in_(_AGREED))
        .order_by(Assignment.starts_at.desc(), Assignment.id.desc())
    )
    return {request_id: (start, end) for request_id, start, end in rows}


def wished_guides(session: Session, request: GuideRequest) -> dict[int, str]:
    """Return the names of the guides whom a request's wishes name, by id."""
    named = [one.guide_id for one in request.wishes if one.guide_id is not None]
    if not named:
        return {}
    return dict(session.execute(select(Guide.id, Guide.name).where(Guide.id.in_(named))).all())


def mails(session: Session, request_id: int) -> list[Sent]:
    """Return what was sent to the institution about its request, the newest first; no contents."""
    rows = session.execute(
        select(
            OutboxMessage.notice,
            func.coalesce(OutboxMessage.sent_at, OutboxMessage.created_at),
            OutboxMessage.status,
        )
        .where(
            OutboxMessage.request_id == request_id,
            OutboxMessage.audience == Audience.INSTITUTION,
            OutboxMessage.notice != Notice.DRAFT_LINK,
            OutboxMessage.status != OutboxStatus.DROPPED,
        )
        .order_by(OutboxMessage.id.desc())
    )
    return [Sent(*row) for row in rows]


def series(session: Session, request: GuideRequest) -> list[GuideRequest]:
    """Return all requests of a request's series with their times, the earliest first; without one nothing."""
    if request.series_id is None:
        return []
    rows = session.scalars(
        select(GuideRequest)
        .where(
            GuideRequest.series_id == request.series_id,
            GuideRequest.pool_id == request.pool_id,
            GuideRequest.reference.is_not(None),
        )
        .options(selectinload(GuideRequest.windows))
    )
    return sorted(rows, key=lambda one: (min(window.starts_at for window in one.windows), one.id))


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
