"""Which guides an institution's contact has had: the only ones whom a wish may name."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import AssignmentStatus, GuideStatus
from lotsen.models import Assignment, Contact, Guide, GuideRequest

# Longer lists help nobody to find the person from last time.
MOST: Final = 6
_CAME: Final = (AssignmentStatus.COMPLETED, AssignmentStatus.CONFIRMED)
_STILL_HERE: Final = (GuideStatus.ACTIVE, GuideStatus.PAUSED)


def had_by(session: Session, pool_id: int, email: str, now: datetime) -> list[tuple[int, str]]:
    """Return id and name of the guides who came to talks asked for from this address, the last one first."""
    last = func.max(Assignment.ends_at)
    rows = session.execute(
        select(Guide.id, Guide.name)
        .join(Assignment, Assignment.guide_id == Guide.id)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .join(Contact, Contact.id == GuideRequest.contact_id)
        .where(
            Contact.email == email.casefold(),
            GuideRequest.pool_id == pool_id,
            Assignment.status.in_(_CAME),
            Assignment.ends_at <= now,
            Guide.status.in_(_STILL_HERE),
        )
        .group_by(Guide.id, Guide.name)
        .order_by(last.desc(), Guide.id)
        .limit(MOST)
    )
    return [(guide_id, name) for guide_id, name in rows]
