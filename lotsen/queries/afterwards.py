"""What was said of the appointments of a request, for the institution and for the office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from lotsen.domain.vocabulary import ActorKind, AssignmentStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, Feedback, ServiceReport

_SHOWN = (AssignmentStatus.COMPLETED, AssignmentStatus.NO_SHOW)


@dataclass(frozen=True, slots=True)
class After:
    """An appointment that has begun, with what both sides said of it."""

    assignment: Assignment
    report: ServiceReport | None
    feedback: Feedback | None

    @property
    def version(self) -> int:
        """The version of what was said of the hours; 0 for nothing."""
        return 0 if self.report is None else self.report.version

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The hours that the institution is asked about: its own word, else the guide's, else the plan."""
        said = self.report
        if said is not None and said.confirmed_starts_at is not None and said.confirmed_ends_at is not None:
            return said.confirmed_starts_at, said.confirmed_ends_at
        if said is not None and said.starts_at is not None and said.ends_at is not None:
            return said.starts_at, said.ends_at
        return self.assignment.starts_at, self.assignment.ends_at

    def is_over(self, now: datetime) -> bool:
        """Tell whether hours and feedback can be given."""
        return self.assignment.status is not AssignmentStatus.NO_SHOW and self.assignment.ends_at <= now


def of_request(session: Session, request_id: int, now: datetime) -> Sequence[After]:
    """Return the appointments of a request that have begun or in which nobody came; one query."""
    begun = and_(Assignment.status == AssignmentStatus.CONFIRMED, Assignment.starts_at <= now)
    rows = session.execute(
        select(Assignment, ServiceReport, Feedback)
        .outerjoin(ServiceReport, ServiceReport.assignment_id == Assignment.id)
        .outerjoin(
            Feedback,
            and_(Feedback.assignment_id == Assignment.id, Feedback.given_by == ActorKind.INSTITUTION),
        )
        .where(Assignment.request_id == request_id, or_(Assignment.status.in_(_SHOWN), begun))
        .options(joinedload(Assignment.guide))
        .order_by(Assignment.starts_at, Assignment.id)
    )
    return [After(*row) for row in rows]


def one(session: Session, request_id: int, assignment_id: int, now: datetime) -> After:
    """Return one of them; NotFound if it is none of this request."""
    for found in of_request(session, request_id, now):
        if found.assignment.id == assignment_id:
            return found
    raise NotFound("appointment")
