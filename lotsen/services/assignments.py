"""Use cases of an assignment: ask a guide, take the answer, end it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    RequestStatus,
    RequestTrigger,
    Subject,
)
from lotsen.errors import Conflict, GuideTaken, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, GuideRequest
from lotsen.services import late_rule, requests, stand_by, workflow
from lotsen.services.asking import answer_by, decide, lock_guide
from lotsen.services.unit_of_work import UnitOfWork


def offer(
    uow: UnitOfWork, request_id: int, guide_id: int, window_id: int, seen_version: int | None = None
) -> Assignment:
    """Ask a guide for one of the request's times, which its `Place.id` names.

    Decides once more with the same rules on fresh rows: raises GuideTaken if the guide's time was given away,
    NoLongerFits for any other hard rule, WrongState if the request moved on or has all its guides.
    """
    request = requests.lock(uow, request_id)
    workflow.check_unchanged(request, seen_version, AssignmentTrigger.OFFER)
    window = request.place(window_id)
    if window is None:
        raise NotFound("window")
    if request.status is not RequestStatus.OPEN:
        raise WrongState(Subject.REQUEST, request.status, AssignmentTrigger.OFFER)
    lock_guide(uow, guide_id, request.pool_id)
    facts = decide(uow, request, guide_id, Window(window.starts_at, window.ends_at))
    asked: dict[str, Any] = {
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "offered_at": uow.now,
        "answer_by": answer_by(uow, request, window.starts_at),
        "reasons": facts,
    }
    assignment = stand_by.waiting_of(uow, request, guide_id)
    try:
        if assignment is None:
            assignment = Assignment(
                pool_id=request.pool_id,
                request_id=request.id,
                guide_id=guide_id,
                created_at=uow.now,
                **asked,
            )
            workflow.start_assignment(uow, assignment, AssignmentTrigger.OFFER)
        else:
            with uow.session.begin_nested():
                workflow.fire_assignment(uow, assignment, AssignmentTrigger.OFFER, **asked)
    except IntegrityError as error:
        raise GuideTaken("the database holds an overlapping appointment") from error
    settle_request(uow, request)
    return assignment


def accept(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Take the guide's yes; a second yes changes nothing."""
    request, assignment = lock(uow, assignment_id)
    if assignment.status is AssignmentStatus.CONFIRMED:
        return assignment
    if assignment.starts_at <= uow.now:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, AssignmentTrigger.ACCEPT)
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.ACCEPT, answered_at=uow.now)
    late_rule.forgive(uow, assignment)
    settle_request(uow, request)
    return assignment


def decline(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Take the guide's no, and ask who is on stand-by; a second no changes nothing."""
    request, assignment = lock(uow, assignment_id)
    if assignment.status is AssignmentStatus.DECLINED:
        return assignment
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.DECLINE, answered_at=uow.now)
    stand_by.ask_next(uow, request)
    settle_request(uow, request)
    return assignment


def withdraw(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Let a guide step back from an appointment, and ask who is on stand-by; twice changes nothing.

    Once it has begun, only the office can enter it.
    """
    request, assignment = lock(uow, assignment_id)
    if assignment.status is AssignmentStatus.WITHDRAWN:
        return assignment
    if uow.actor.kind is ActorKind.GUIDE and assignment.starts_at <= uow.now:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, AssignmentTrigger.WITHDRAW)
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.WITHDRAW)
    # First open again: from there whoever stands by is asked as anybody else would be.
    settle_request(uow, request)
    stand_by.ask_next(uow, request)
    settle_request(uow, request)
    return assignment


def expire(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """End an offer whose deadline has passed without an answer, and ask who is on stand-by."""
    request, assignment = lock(uow, assignment_id)
    if assignment.answer_by is None or assignment.answer_by > uow.now:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, AssignmentTrigger.EXPIRE)
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.EXPIRE)
    stand_by.ask_next(uow, request)
    settle_request(uow, request)
    return assignment


def call_back(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Let the office call off one offer or appointment; the request is open again."""
    return _end(uow, assignment_id, AssignmentTrigger.CALL_BACK)


def complete(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Close an appointment that has taken place; the request closes with its last one."""
    request, assignment = lock(uow, assignment_id)
    if assignment.ends_at > uow.now:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, AssignmentTrigger.COMPLETE)
    workflow.fire_assignment(uow, assignment, AssignmentTrigger.COMPLETE)
    begun = request.status in (RequestStatus.CONFIRMED, RequestStatus.OPEN)
    if begun and not any(one.status in HOLDING for one in requests.live_assignments(uow, request)):
        stand_by.release(uow, request)
        workflow.fire_request(uow, request, RequestTrigger.COMPLETE, closed_at=uow.now)
    return assignment


def lock(uow: UnitOfWork, assignment_id: int) -> tuple[GuideRequest, Assignment]:
    """Return an assignment and its request, and keep everybody else from changing either."""
    request_id = uow.session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    request = requests.lock(uow, request_id)
    assignment = uow.session.scalars(
        select(Assignment).where(Assignment.id == assignment_id).execution_options(populate_existing=True)
    ).one()
    if uow.actor.guide_id not in (None, assignment.guide_id):
        raise NotFound("assignment")
    return request, assignment


def _end(uow: UnitOfWork, assignment_id: int, trigger: AssignmentTrigger) -> Assignment:
    request, assignment = lock(uow, assignment_id)
    workflow.fire_assignment(uow, assignment, trigger)
    settle_request(uow, request)
    return assignment


def settle_request(uow: UnitOfWork, request: GuideRequest) -> None:
    """Bring a request's state in line with its assignments: enough yes, enough asked, or open."""
    counted = dict(
        uow.session.execute(
            select(Assignment.status, func.count())
            .where(Assignment.request_id == request.id, Assignment.status.in_(HOLDING))
            .group_by(Assignment.status)
        ).all()
    )
    confirmed = counted.get(AssignmentStatus.CONFIRMED, 0)
    asked = confirmed + counted.get(AssignmentStatus.OFFERED, 0)
    if confirmed >= request.guides_needed:
        target, trigger = RequestStatus.CONFIRMED, RequestTrigger.CONFIRM
    elif asked >= request.guides_needed:
        target, trigger = RequestStatus.OFFERED, RequestTrigger.OFFER
    else:
        target, trigger = RequestStatus.OPEN, RequestTrigger.REOPEN
    if request.status is target:
        # One of several guides was asked or answered: whoever saw the request before has seen an older one.
        request.version += 1
        return
    if request.status in (RequestStatus.OPEN, RequestStatus.OFFERED, RequestStatus.CONFIRMED):
        workflow.fire_request(uow, request, trigger)
    else:
        raise Conflict(f"request is {request.status}")
