"""Use cases of the board: the office puts a request there or takes it off; the first guide's yes counts."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AssignmentTrigger,
    Audience,
    AuditEvent,
    Notice,
    RequestStatus,
    Subject,
)
from lotsen.errors import GuideTaken, NotAllowed, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, Guide, GuideRequest
from lotsen.notifications import notifier
from lotsen.queries import board
from lotsen.services import assignments, audit, requests, stand_by, workflow
from lotsen.services.asking import decide, lock_guide
from lotsen.services.unit_of_work import UnitOfWork


def open_up(uow: UnitOfWork, request_id: int, seen_version: int, *, tell_all: bool = False) -> int:
    """Put an open request on the board and return how many were told; nobody is unless `tell_all`.

    NotAllowed where the pool has no board, WrongState if the request moved on.
    """
    request = requests.lock(uow, request_id)
    settings = uow.settings(request.pool_id)
    if not settings.board_allowed:
        raise NotAllowed("board")
    if request.board_opened_at is not None:
        return 0
    workflow.check_unchanged(request, seen_version, "open_board")
    if request.status is not RequestStatus.OPEN:
        raise WrongState(Subject.REQUEST, request.status, "open_board")
    request.board_opened_at = uow.now
    request.version += 1
    uow.session.flush()
    told = _tell_all(uow, request) if tell_all else 0
    audit.record(
        uow, AuditEvent.BOARD_OPENED, Subject.REQUEST, request.id, pool_id=request.pool_id, told=told
    )
    return told


def close(uow: UnitOfWork, request_id: int) -> None:
    """Take a request off the board; twice changes nothing."""
    request = requests.lock(uow, request_id)
    if request.board_opened_at is None:
        return
    request.board_opened_at = None
    request.version += 1
    audit.record(uow, AuditEvent.BOARD_CLOSED, Subject.REQUEST, request.id, pool_id=request.pool_id)


def take(uow: UnitOfWork, request_id: int, place_id: int) -> Assignment:
    """Let the guide who acts have an open request of the board; who has it already gets it once more.

    `place_id` is the `Place.id` of a time that suits. Raises WrongState if somebody was faster, NotFound if
    it is not on the board, GuideTaken or NoLongerFits if the guide cannot come.
    """
    guide_id = uow.actor.guide_id
    request = requests.lock(uow, request_id)
    if guide_id is None or request.pool_id != uow.actor.pool_id:
        raise NotFound("request")
    mine = _mine(uow, request, guide_id)
    if mine is not None and mine.status is AssignmentStatus.CONFIRMED:
        return mine
    if request.board_opened_at is None or not uow.settings(request.pool_id).board_allowed:
        raise NotFound("board")
    if not _is_free(request):
        raise WrongState(Subject.REQUEST, request.status, AssignmentTrigger.TAKE)
    place = request.place(place_id)
    if place is None:
        raise NotFound("window")
    lock_guide(uow, guide_id, request.pool_id)
    facts = decide(uow, request, guide_id, Window(place.starts_at, place.ends_at))
    taken: dict[str, Any] = {
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "answered_at": uow.now,
        "reasons": facts,
    }
    try:
        if mine is None:
            mine = Assignment(
                pool_id=request.pool_id,
                request_id=request.id,
                guide_id=guide_id,
                created_at=uow.now,
                **taken,
            )
            workflow.start_assignment(uow, mine, AssignmentTrigger.TAKE)
        else:
            with uow.session.begin_nested():
                workflow.fire_assignment(uow, mine, AssignmentTrigger.TAKE, **taken)
    except IntegrityError as error:
        raise GuideTaken("the database holds an overlapping appointment") from error
    assignments.settle_request(uow, request)
    return mine


def _is_free(request: GuideRequest) -> bool:
    return request.status is RequestStatus.OPEN


def _mine(uow: UnitOfWork, request: GuideRequest, guide_id: int) -> Assignment | None:
    """Return the guide's appointment or place in the line, if there is one."""
    agreed = uow.session.scalar(
        select(Assignment).where(
            Assignment.request_id == request.id,
            Assignment.guide_id == guide_id,
            Assignment.status == AssignmentStatus.CONFIRMED,
        )
    )
    return agreed or stand_by.waiting_of(uow, request, guide_id)


def _tell_all(uow: UnitOfWork, request: GuideRequest) -> int:
    pool, settings = uow.pool(request.pool_id), uow.settings(request.pool_id)
    ids = board.who_fits(uow.session, uow.indexes, request, pool, settings, uow.now)
    guides = uow.session.scalars(select(Guide).where(Guide.id.in_(ids)).order_by(Guide.id)).all()
    for guide in guides:
        notifier.notify(
            uow.session,
            Notice.BOARD,
            Audience.GUIDE,
            request=request,
            now=uow.now,
            links=uow.links,
            guide=guide,
        )
    return len(guides)
