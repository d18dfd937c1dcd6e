"""What a guide says on the day of an appointment: that they come later, or that nobody was there."""

from datetime import datetime, timedelta

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    AuditEvent,
    Notice,
    Subject,
)
from lotsen.errors import Invalid, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment
from lotsen.notifications import notifier
from lotsen.services import assignments, audit
from lotsen.services.unit_of_work import UnitOfWork

SOON = timedelta(hours=3)
"""How long before the start somebody can say that they come later."""

MINUTES = (5, 10, 15, 20, 30, 45, 60)
"""By how much one can be late; who needs longer calls the office."""

_REPORT_UNTIL = timedelta(days=14)
_CAME = (AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)


def may_be_late(assignment: Assignment, now: datetime) -> bool:
    """Tell whether it is time to say so: shortly before the start, or while the talk should go on."""
    soon = assignment.starts_at - SOON <= now < assignment.ends_at
    return assignment.status is AssignmentStatus.CONFIRMED and soon


def may_report_nobody(assignment: Assignment, now: datetime) -> bool:
    """Tell whether the talk should have begun, and not too long ago."""
    begun = assignment.starts_at <= now <= assignment.ends_at + _REPORT_UNTIL
    return assignment.status in _CAME and begun


def late(uow: UnitOfWork, assignment_id: int, minutes: int) -> Assignment:
    """Tell the institution at once that the guide comes later; the same number again changes nothing."""
    _, assignment = assignments.lock(uow, assignment_id)
    if minutes not in MINUTES:
        raise Invalid({"minutes": N_("Please choose how many minutes.")})
    if not may_be_late(assignment, uow.now):
        raise WrongState(Subject.ASSIGNMENT, assignment.status, "late")
    if assignment.late_minutes != minutes:
        assignment.late_minutes = minutes
        _note(uow, assignment, AuditEvent.LATE, minutes)
        _tell(uow, assignment, Notice.LATE, Audience.INSTITUTION)
    return assignment


def nobody_there(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Keep that the guide came and nobody was there, tell the office and ask the institution; once."""
    _, assignment = assignments.lock(uow, assignment_id)
    if assignment.nobody_there_at is not None:
        return assignment
    if not may_report_nobody(assignment, uow.now):
        raise WrongState(Subject.ASSIGNMENT, assignment.status, "nobody_there")
    assignment.nobody_there_at = uow.now
    # Nobody gains experience from a talk that did not take place.
    uow.guides_changed.add(assignment.guide_id)
    _note(uow, assignment, AuditEvent.NOBODY_THERE)
    for audience in (Audience.OFFICE, Audience.INSTITUTION):
        _tell(uow, assignment, Notice.NOBODY_THERE, audience)
    return assignment


def _note(uow: UnitOfWork, assignment: Assignment, event: AuditEvent, minutes: int | None = None) -> None:
    audit.record(
        uow,
        event,
        Subject.ASSIGNMENT,
        assignment.id,
        pool_id=assignment.pool_id,
        request_id=assignment.request_id,
        guide_id=assignment.guide_id,
        minutes=minutes,
    )


def _tell(uow: UnitOfWork, assignment: Assignment, notice: Notice, audience: Audience) -> None:
    notifier.notify(
        uow.session,
        notice,
        audience,
        request=assignment.request,
        assignment=assignment,
        now=uow.now,
        links=uow.links,
    )
