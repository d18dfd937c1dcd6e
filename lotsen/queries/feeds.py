"""What stands in a private calendar feed: agreed appointments, and those that were called off since."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.models import Assignment, CalendarFeed, Contact, GuideRequest, Institution

_LOOK_BACK = timedelta(days=90)
_AGREED = (AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)
_CALLED_OFF = (AssignmentStatus.CANCELLED, AssignmentStatus.WITHDRAWN)


def appointments(session: Session, feed: CalendarFeed, now: datetime) -> list[Assignment]:
    """Return the appointments of a feed's owner with all that a calendar shows of them; three queries.

    Only what had been agreed has a higher sequence when it is called off; until it would have taken place the
    calendar says so.
    """
    shown = or_(
        and_(Assignment.status.in_(_AGREED), Assignment.starts_at > now - _LOOK_BACK),
        and_(Assignment.status.in_(_CALLED_OFF), Assignment.sequence > 0, Assignment.ends_at > now),
    )
    request = joinedload(Assignment.request)
    return list(
        session.scalars(
            select(Assignment)
            .where(_of(feed), shown)
            .order_by(Assignment.starts_at, Assignment.id)
            .options(
                joinedload(Assignment.guide),
                request.joinedload(GuideRequest.institution),
                request.joinedload(GuideRequest.contact),
                request.joinedload(GuideRequest.district),
                request.selectinload(GuideRequest.windows),
            )
        )
    )


def _of(feed: CalendarFeed) -> ColumnElement[bool]:
    if feed.guide_id is not None:
        return Assignment.guide_id == feed.guide_id
    # A person who asks for two institutions of a pool has one calendar.
    owner, theirs = aliased(Contact), aliased(Contact)
    home, other = aliased(Institution), aliased(Institution)
    return Assignment.request_id.in_(
        select(GuideRequest.id)
        .join(theirs, theirs.id == GuideRequest.contact_id)
        .join(other, other.id == theirs.institution_id)
        .join(owner, owner.email == theirs.email)
        .join(home, and_(home.id == owner.institution_id, home.pool_id == other.pool_id))
        .where(owner.id == feed.contact_id)
    )
