"""Who stands by for a request: put in line, asked in turn when somebody says no, and let go in the end.

People on stand-by know nothing of it, and their time is free for others: whether one still fits is decided at
the moment when their turn comes.
"""

from dataclasses import replace

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from lotsen.domain.lifecycle import HOLDING, LIVE
from lotsen.domain.vocabulary import AssignmentStatus, AssignmentTrigger, RequestStatus, Subject
from lotsen.errors import Conflict, GuideTaken, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, GuideRequest
from lotsen.services import requests, workflow
from lotsen.services.asking import answer_by, decide, lock_guide, lock_guides
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork

_NEEDED = (RequestStatus.OPEN, RequestStatus.OFFERED, RequestStatus.CONFIRMED)


def put(uow: UnitOfWork, request_id: int, guide_id: int, window: Window) -> Assignment:
    """Put a guide last in line for a request; nobody is told.

    Raises GuideTaken if the guide stands by for another request at that time or has an appointment then,
    NoLongerFits for any other hard rule, WrongState if the request needs nobody or has asked the guide.
    """
    request = requests.lock(uow, request_id)
    lock_guide(uow, guide_id, request.pool_id)
    mine = uow.session.scalars(_of(request).where(Assignment.status.in_(LIVE))).all()
    if request.status not in _NEEDED or any(one.guide_id == guide_id for one in mine):
        raise WrongState(Subject.REQUEST, request.status, AssignmentTrigger.STAND_BY)
    clash = select(Assignment.id).where(
        Assignment.guide_id == guide_id,
        Assignment.status == AssignmentStatus.STANDBY,
        Assignment.starts_at < window.end,
        Assignment.ends_at > window.start,
    )
    if uow.session.scalar(clash.limit(1)) is not None:
        raise GuideTaken("the guide stands by for another request at this time")
    facts = decide(uow, request, guide_id, window)
    assignment = Assignment(
        pool_id=request.pool_id,
        request_id=request.id,
        guide_id=guide_id,
        starts_at=window.start,
        ends_at=window.end,
        standby_rank=1 + max((one.standby_rank or 0 for one in mine), default=0),
        reasons=facts,
        created_at=uow.now,
    )
    workflow.start_assignment(uow, assignment, AssignmentTrigger.STAND_BY)
    return assignment


def ask_next(uow: UnitOfWork, request: GuideRequest) -> None:
    """Ask as many of those in line as the request lacks, if the pool wants that; the request is locked.

    Whoever no longer fits leaves the line.
    """
    waiting = _waiting(uow, request)
    if not waiting or not uow.settings(request.pool_id).ask_stand_by_at_once:
        return
    lock_guides(uow, (one.guide_id for one in waiting))
    # It was not the person who said no that asks the next one.
    itself = replace(uow, actor=SYSTEM)
    for one in waiting:
        if not _lacks(uow, request):
            return
        try:
            _ask(itself, request, one)
        except Conflict:
            workflow.fire_assignment(itself, one, AssignmentTrigger.CANCEL)


def take_off(uow: UnitOfWork, assignment_id: int) -> None:
    """Take a guide off stand-by; raises WrongState if the guide has been asked meanwhile."""
    request_id = uow.session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    requests.lock(uow, request_id)
    one = uow.session.get_one(Assignment, assignment_id, populate_existing=True)
    if one.status is AssignmentStatus.CANCELLED:
        return
    if one.status is not AssignmentStatus.STANDBY:
        raise WrongState(Subject.ASSIGNMENT, one.status, AssignmentTrigger.CANCEL)
    workflow.fire_assignment(uow, one, AssignmentTrigger.CANCEL)


def release(uow: UnitOfWork, request: GuideRequest) -> None:
    """Let everyone in line go; the request is locked."""
    for one in _waiting(uow, request):
        workflow.fire_assignment(uow, one, AssignmentTrigger.CANCEL)


def waiting_of(uow: UnitOfWork, request: GuideRequest, guide_id: int) -> Assignment | None:
    """Return a guide's place in the line of a request."""
    return next((one for one in _waiting(uow, request) if one.guide_id == guide_id), None)


def _ask(uow: UnitOfWork, request: GuideRequest, one: Assignment) -> None:
    facts = decide(uow, request, one.guide_id, Window(one.starts_at, one.ends_at))
    try:
        with uow.session.begin_nested():
            workflow.fire_assignment(
                uow,
                one,
                AssignmentTrigger.OFFER,
                offered_at=uow.now,
                answer_by=answer_by(uow, request, one.starts_at),
                reasons=facts,
            )
    except IntegrityError as error:
        raise GuideTaken("the database holds an overlapping appointment") from error


def _lacks(uow: UnitOfWork, request: GuideRequest) -> bool:
    held = select(func.count()).where(Assignment.request_id == request.id, Assignment.status.in_(HOLDING))
    return (uow.session.scalar(held) or 0) < request.guides_needed


def _waiting(uow: UnitOfWork, request: GuideRequest) -> list[Assignment]:
    """Return who stands by, in line."""
    return list(
        uow.session.scalars(
            _of(request)
            .where(Assignment.status == AssignmentStatus.STANDBY)
            .order_by(Assignment.standby_rank, Assignment.id)
            .execution_options(populate_existing=True)
        )
    )


def _of(request: GuideRequest) -> Select[Assignment]:
    return select(Assignment).where(Assignment.request_id == request.id)
