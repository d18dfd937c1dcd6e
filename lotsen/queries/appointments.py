"""What a guide sees: one offer with its facts, and the list of open offers and appointments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, GuideRequest

_LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True)
class Appointments:
    """A guide's assignments: those to answer by deadline, those agreed and those past by time."""

    to_answer: tuple[Assignment, ...]
    agreed: tuple[Assignment, ...]
    past: tuple[Assignment, ...]


def one(session: Session, assignment_id: int, guide_id: int | None) -> Assignment:
    """Return an assignment of this guide with request, institution, contact and district; else NotFound."""
    found = session.scalar(
        select(Assignment)
        .where(Assignment.id == assignment_id, Assignment.guide_id == guide_id)
        .options(*_with_facts())
    )
    if found is None:
        raise NotFound("assignment")
    return found


def of_guide(session: Session, guide_id: int | None, now: datetime) -> Appointments:
    """Return what a guide has to answer, has agreed to, and did in the last 90 days; one query."""
    found = session.scalars(
        select(Assignment)
        .where(
            Assignment.guide_id == guide_id,
            Assignment.starts_at > now - _LOOK_BACK,
            Assignment.status.in_(
                (AssignmentStatus.OFFERED, AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)
            ),
        )
        .order_by(Assignment.starts_at, Assignment.id)
        .options(*_with_facts())
    ).all()
    return Appointments(
        to_answer=tuple(
            sorted(
                (item for item in found if item.status is AssignmentStatus.OFFERED),
                key=lambda item: (item.answer_by or item.starts_at, item.id),
            )
        ),
        agreed=tuple(
            item for item in found if item.status is AssignmentStatus.CONFIRMED and item.ends_at > now
        ),
        past=tuple(
            item
            for item in reversed(found)
            if item.status is not AssignmentStatus.OFFERED and item.ends_at <= now
        ),
    )


def held(session: Session, guide_id: int | None, since: datetime, until: datetime) -> tuple[Assignment, ...]:
    """Return what holds a guide's time within [since, until): agreed, or asked and not answered yet."""
    return tuple(
        session.scalars(
            select(Assignment)
            .where(
                Assignment.guide_id == guide_id,
                Assignment.status.in_(HOLDING),
                Assignment.starts_at < until,
                Assignment.ends_at > since,
            )
            .order_by(Assignment.starts_at, Assignment.id)
            .options(*_with_facts())
        )
    )


def _with_facts() -> tuple[ORMOption, ...]:
    request = joinedload(Assignment.request)
    return (
        joinedload(Assignment.guide),
        request.joinedload(GuideRequest.institution),
        request.joinedload(GuideRequest.contact),
        request.joinedload(GuideRequest.district),
    )
