"""The list of all requests that came from one mail address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from lotsen.domain.lifecycle import ENDED_REQUEST
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.models import Assignment, Contact, GuideRequest

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class OwnRequests:
    """One page of the list; `agreed` says when those requests take place that have an appointment."""

    total: int
    requests: tuple[GuideRequest, ...]
    agreed: Mapping[int, tuple[datetime, datetime]]


def of_contact(session: Session, pool_id: int | None, contact_id: int | None, page: int) -> OwnRequests:
    """Return a page of what the address of a contact has asked: what goes on by date, then the past."""
    same = aliased(Contact)
    ours = (
        select(Contact.id)
        .join(same, same.email == Contact.email)
        .where(same.id == contact_id)
        .scalar_subquery()
    )
    conditions = (
        GuideRequest.pool_id == pool_id,
        GuideRequest.contact_id.in_(ours),
        GuideRequest.reference.is_not(None),
    )
    total = session.scalars(select(func.count()).select_from(GuideRequest).where(*conditions)).one()
    over = GuideRequest.status.in_(ENDED_REQUEST)
    found = session.scalars(
        select(GuideRequest)
        .where(*conditions)
        .options(selectinload(GuideRequest.windows), joinedload(GuideRequest.institution))
        .order_by(
            case((over, 1), else_=0),
            case((over, None), else_=GuideRequest.ends_at),
            GuideRequest.ends_at.desc(),
            GuideRequest.id.desc(),
        )
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    held = session.execute(
        select(Assignment.request_id, Assignment.starts_at, Assignment.ends_at)
        .where(
            Assignment.request_id.in_([one.id for one in found]),
            Assignment.status.in_((AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)),
        )
        .order_by(Assignment.starts_at.desc())
    )
    return OwnRequests(total, tuple(found), {row[0]: (row[1], row[2]) for row in held})
