"""Finds requests that may be the same once more, before another one is sent."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.lifecycle import ENDED_REQUEST
from lotsen.domain.localtime import Span
from lotsen.domain.vocabulary import RequestStatus
from lotsen.models import Contact, GuideRequest, Institution, TimeWindow

_MOST = 3
_GOING_ON = tuple(
    status for status in RequestStatus if status not in ENDED_REQUEST and status is not RequestStatus.DRAFT
)


def similar(
    session: Session, pool_id: int, name_key: str, email: str, language: str, spans: Sequence[Span]
) -> tuple[GuideRequest, ...]:
    """Return what this institution or contact asks for already in this language at one of these times.

    `name_key` is that of `services.institutions`; the latest request comes first.
    """
    if not spans:
        return ()
    overlaps = (
        select(TimeWindow.id)
        .where(
            TimeWindow.request_id == GuideRequest.id,
            or_(*(and_(TimeWindow.starts_at < end, TimeWindow.ends_at > start) for start, end in spans)),
        )
        .exists()
    )
    # Two short searches by index rather than one condition over both, which would read the whole table.
    ours = (
        select(GuideRequest.id)
        .join(Institution, Institution.id == GuideRequest.institution_id)
        .where(Institution.pool_id == pool_id, Institution.name_key == name_key)
        .union(
            select(GuideRequest.id)
            .join(Contact, Contact.id == GuideRequest.contact_id)
            .where(Contact.email == email.casefold())
        )
    )
    return tuple(
        session.scalars(
            select(GuideRequest)
            .where(
                GuideRequest.pool_id == pool_id,
                GuideRequest.language == language,
                GuideRequest.status.in_(_GOING_ON),
                GuideRequest.id.in_(ours),
                overlaps,
            )
            .options(selectinload(GuideRequest.windows), joinedload(GuideRequest.contact))
            .order_by(GuideRequest.id.desc())
            .limit(_MOST)
        )
    )
