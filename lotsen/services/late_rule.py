"""The pool's rule for appointments that are called off late: the guide still gets one hour."""

from datetime import datetime, timedelta

from sqlalchemy import select

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.models import Assignment
from lotsen.services.unit_of_work import UnitOfWork

_MINUTES = 60


def free_until(starts_at: datetime, settings: PoolSettings) -> datetime:
    """Return until when an appointment may be called off for nothing."""
    return starts_at - timedelta(hours=settings.cancel_free_hours)


def is_late(uow: UnitOfWork, assignment: Assignment) -> bool:
    """Tell whether the guide has agreed and could no longer be told in time."""
    settings = uow.settings(assignment.pool_id)
    agreed = assignment.status is AssignmentStatus.CONFIRMED
    return agreed and free_until(assignment.starts_at, settings) <= uow.now


def compensation(uow: UnitOfWork, assignment: Assignment) -> dict[str, int]:
    """Return what an assignment that is called off now keeps for the bill, as changes of its row."""
    return {"compensated_minutes": _MINUTES} if is_late(uow, assignment) else {}


def forgive(uow: UnitOfWork, assignment: Assignment) -> None:
    """Drop what is owed for the old time of an appointment: the guide has said yes to the new one."""
    owed = select(Assignment).where(
        Assignment.request_id == assignment.request_id,
        Assignment.guide_id == assignment.guide_id,
        Assignment.compensated_minutes.is_not(None),
    )
    for one in uow.session.scalars(owed):
        one.compensated_minutes = None
