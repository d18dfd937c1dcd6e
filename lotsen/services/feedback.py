"""What an institution says after an appointment: how it went, that nobody came, and complaints."""

from datetime import datetime, timedelta

from sqlalchemy import select

from lotsen.domain import tokens
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    Audience,
    AuditEvent,
    Notice,
    RequestStatus,
    RequestTrigger,
    Subject,
)
from lotsen.errors import NotAllowed, NotFound, WrongState
from lotsen.models import Assignment, Feedback, GuideRequest
from lotsen.notifications import notifier
from lotsen.services import audit, limits, requests, stand_by, workflow
from lotsen.services.reports import lock_over
from lotsen.services.unit_of_work import UnitOfWork


def give(uow: UnitOfWork, assignment_id: int, went_well: int, on_time: int, remarks: str) -> Feedback:
    """Take the institution's feedback, or change it while that is possible; raises WrongState afterwards."""
    request, assignment = lock_over(uow, assignment_id)
    found = uow.session.scalar(
        select(Feedback)
        .where(Feedback.assignment_id == assignment_id, Feedback.given_by == ActorKind.INSTITUTION)
        .execution_options(populate_existing=True)
    )
    if found is None:
        found = Feedback(assignment_id=assignment_id, given_by=ActorKind.INSTITUTION, given_at=uow.now)
        uow.session.add(found)
    elif uow.now > changeable_until(uow, request, found):
        raise WrongState(Subject.ASSIGNMENT, assignment.status, "feedback")
    elif (found.went_well, found.on_time, found.remarks) == (went_well, on_time, remarks):
        return found
    found.went_well, found.on_time, found.remarks = went_well, on_time, remarks
    audit.record(
        uow,
        AuditEvent.FEEDBACK_GIVEN,
        Subject.ASSIGNMENT,
        assignment_id,
        pool_id=request.pool_id,
        request_id=request.id,
        guide_id=assignment.guide_id,
    )
    return found


def changeable_until(uow: UnitOfWork, request: GuideRequest, feedback: Feedback) -> datetime:
    """Return until when feedback may be changed."""
    return feedback.given_at + timedelta(days=uow.settings(request.pool_id).feedback_change_days)


def report_no_show(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Record that the guide did not come; guide and office are told. Once more changes nothing."""
    request, assignment = _lock(uow, assignment_id)
    if assignment.status is AssignmentStatus.NO_SHOW:
        return assignment
    if assignment.starts_at > uow.now:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, AssignmentTrigger.REPORT_NO_SHOW)
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.REPORT_NO_SHOW)
    running = request.status in (RequestStatus.CONFIRMED, RequestStatus.OPEN)
    if running and not requests.live_assignments(uow, request):
        stand_by.release(uow, request)
        workflow.fire_request(uow, request, RequestTrigger.COMPLETE, closed_at=uow.now)
    return assignment


def undo_no_show(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Let the office record that the guide came after all; the guide is told."""
    _, assignment = _lock(uow, assignment_id)
    if assignment.status is AssignmentStatus.COMPLETED:
        return assignment
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.UNDO_NO_SHOW)
    return assignment


def complain(uow: UnitOfWork, request_id: int, words: str) -> None:
    """Mail a complaint to the office; the history knows that there was one, not what it says."""
    if uow.actor.kind is not ActorKind.INSTITUTION:
        raise NotAllowed("complain")
    request = requests.lock(uow, request_id)
    limits.check_complaints(uow, request_id)
    # The same words twice are a double click, and the key of the mail makes them one.
    version = int(tokens.digest(words)[:8], 16)
    notifier.notify(
        uow.session,
        Notice.COMPLAINT,
        Audience.OFFICE,
        request=request,
        now=uow.now,
        links=uow.links,
        more={"words": words, "version": version},
    )
    audit.record(uow, AuditEvent.COMPLAINED, Subject.REQUEST, request_id, pool_id=request.pool_id)


def _lock(uow: UnitOfWork, assignment_id: int) -> tuple[GuideRequest, Assignment]:
    request_id = uow.session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    request = requests.lock(uow, request_id)
    return request, uow.session.get_one(Assignment, assignment_id, populate_existing=True)
