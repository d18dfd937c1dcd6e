"""The only writer of a status: compare-and-set, history and notices in one transaction."""

from typing import Any, cast

from sqlalchemy import CursorResult, update

from lotsen.domain import lifecycle
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AssignmentTrigger,
    AuditEvent,
    RequestTrigger,
    Subject,
)
from lotsen.errors import NotAllowed, WrongState
from lotsen.models import Assignment, GuideRequest
from lotsen.notifications import notifier
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork

_CALLED_OFF = frozenset({AssignmentStatus.CANCELLED, AssignmentStatus.WITHDRAWN})


def fire_request(
    uow: UnitOfWork,
    request: GuideRequest,
    trigger: RequestTrigger,
    **changes: Any,
) -> None:
    """Move a request and write `changes` with it.

    Raises WrongState if the request has meanwhile moved elsewhere, NotAllowed if it is not this actor's move.
    """
    row = lifecycle.find(lifecycle.REQUEST_LIFECYCLE, trigger, request.status)
    if row is None:
        raise WrongState(Subject.REQUEST, request.status, trigger)
    if uow.actor.kind not in row.actors:
        raise NotAllowed(trigger)
    _compare_and_set(uow, request, row.source, row.target, trigger, Subject.REQUEST, changes)
    audit.record(
        uow,
        AuditEvent.STATUS,
        Subject.REQUEST,
        request.id,
        pool_id=request.pool_id,
        trigger=trigger,
        source=row.source,
        target=row.target,
    )
    for notice, audience in row.notices:
        notifier.notify(uow.session, notice, audience, request=request, now=uow.now, links=uow.links)


def fire_assignment(
    uow: UnitOfWork, assignment: Assignment, trigger: AssignmentTrigger, **changes: Any
) -> None:
    """Move an assignment and write `changes` with it; a called-off appointment gets a higher sequence.

    Raises WrongState if the assignment has moved elsewhere, NotAllowed if it is not this actor's move.
    """
    row = lifecycle.find(lifecycle.ASSIGNMENT_LIFECYCLE, trigger, assignment.status)
    if row is None:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, trigger)
    if uow.actor.kind not in row.actors:
        raise NotAllowed(trigger)
    if row.source is AssignmentStatus.CONFIRMED and row.target in _CALLED_OFF:
        changes["sequence"] = assignment.sequence + 1
    _compare_and_set(uow, assignment, row.source, row.target, trigger, Subject.ASSIGNMENT, changes)
    _announce(uow, assignment, row)


def start_assignment(uow: UnitOfWork, assignment: Assignment, trigger: AssignmentTrigger) -> None:
    """Insert an assignment in the state in which its lifecycle begins for this trigger."""
    row = lifecycle.find(lifecycle.ASSIGNMENT_LIFECYCLE, trigger, None)
    if row is None:
        raise WrongState(Subject.ASSIGNMENT, "new", trigger)
    if uow.actor.kind not in row.actors:
        raise NotAllowed(trigger)
    assignment.status = row.target
    # What the database refuses is undone alone: the caller's session stays of use.
    with uow.session.begin_nested():
        uow.session.add(assignment)
    _announce(uow, assignment, row)


def _announce(uow: UnitOfWork, assignment: Assignment, row: lifecycle.AssignmentTransition) -> None:
    uow.guides_changed.add(assignment.guide_id)
    audit.record(
        uow,
        AuditEvent.STATUS,
        Subject.ASSIGNMENT,
        assignment.id,
        pool_id=assignment.pool_id,
        trigger=row.trigger,
        source=row.source,
        target=row.target,
        request_id=assignment.request_id,
        guide_id=assignment.guide_id,
    )
    for notice, audience in row.notices:
        notifier.notify(
            uow.session,
            notice,
            audience,
            request=assignment.request,
            assignment=assignment,
            now=uow.now,
            links=uow.links,
        )


def _compare_and_set(
    uow: UnitOfWork,
    subject: GuideRequest | Assignment,
    source: object,
    target: object,
    trigger: RequestTrigger | AssignmentTrigger,
    kind: Subject,
    changes: dict[str, Any],
) -> None:
    model = type(subject)
    uow.session.flush()
    result = cast(
        CursorResult[Any],
        uow.session.execute(
            update(model)
            .where(model.id == subject.id, model.status == source)
            .values(status=target, version=model.version + 1, **changes)
            .execution_options(synchronize_session=False)
        ),
    )
    uow.session.refresh(subject)
    if result.rowcount != 1:
        raise WrongState(kind, subject.status, trigger)


def check_unchanged(request: GuideRequest, seen_version: int | None, trigger: str) -> None:
    """Raise WrongState if the request moved on since the actor saw it; None means: not asked."""
    if seen_version is not None and request.version != seen_version:
        raise WrongState(Subject.REQUEST, request.status, trigger)
