"""Both lifecycles as tables: what moves a request or an assignment, whereto, by whom, and who is told."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    Audience,
    Notice,
    RequestStatus,
    RequestTrigger,
)

StatusT = TypeVar("StatusT", RequestStatus, AssignmentStatus)
TriggerT = TypeVar("TriggerT", RequestTrigger, AssignmentTrigger)


@dataclass(frozen=True)
class Transition(Generic[StatusT, TriggerT]):
    """One row of a lifecycle; `source` None means that the row of the database begins here."""

    trigger: TriggerT
    source: StatusT | None
    target: StatusT
    actors: frozenset[ActorKind]
    notices: tuple[tuple[Notice, Audience], ...] = ()


RequestTransition = Transition[RequestStatus, RequestTrigger]
AssignmentTransition = Transition[AssignmentStatus, AssignmentTrigger]

_R, _RT = RequestStatus, RequestTrigger
_A, _AT = AssignmentStatus, AssignmentTrigger
_INSTITUTION, _GUIDE, _ACCOUNT, _SYSTEM = (
    ActorKind.INSTITUTION,
    ActorKind.GUIDE,
    ActorKind.ACCOUNT,
    ActorKind.SYSTEM,
)
_INSTITUTION_SIDE = frozenset({_INSTITUTION, _ACCOUNT})
_GUIDE_SIDE = frozenset({_GUIDE, _ACCOUNT})
_OFFICE = frozenset({_ACCOUNT, _SYSTEM})
_ANY_SIDE = frozenset({_INSTITUTION, _GUIDE, _ACCOUNT, _SYSTEM})
_WITH_THE_REQUEST = _ANY_SIDE - {_GUIDE}

REQUEST_LIFECYCLE: tuple[RequestTransition, ...] = (
    Transition(
        _RT.SUBMIT,
        _R.DRAFT,
        _R.SUBMITTED,
        frozenset({ActorKind.ANONYMOUS, _INSTITUTION}),
        ((Notice.CONFIRM_ADDRESS, Audience.INSTITUTION),),
    ),
    # One mail speaks for all requests of a series: that about the first one.
    Transition(_RT.JOIN_SERIES, _R.DRAFT, _R.SUBMITTED, frozenset({ActorKind.ANONYMOUS, _INSTITUTION})),
    Transition(_RT.OPEN_SERIES, _R.SUBMITTED, _R.OPEN, frozenset({_INSTITUTION})),
    Transition(
        _RT.CONFIRM_ADDRESS,
        _R.SUBMITTED,
        _R.OPEN,
        frozenset({_INSTITUTION}),
        ((Notice.RECEIVED, Audience.INSTITUTION),),
    ),
    Transition(
        _RT.ENTER,
        _R.DRAFT,
        _R.OPEN,
        frozenset({_ACCOUNT}),
        ((Notice.RECEIVED, Audience.INSTITUTION),),
    ),
    # By a guide: of two who are needed, one was asked and another has taken the place on the board.
    Transition(_RT.OFFER, _R.OPEN, _R.OFFERED, _OFFICE | {_GUIDE}),
    Transition(_RT.CONFIRM, _R.OFFERED, _R.CONFIRMED, _GUIDE_SIDE),
    # From open: somebody has taken it from the board.
    Transition(_RT.CONFIRM, _R.OPEN, _R.CONFIRMED, frozenset({_GUIDE})),
    Transition(_RT.REOPEN, _R.OFFERED, _R.OPEN, _ANY_SIDE),
    Transition(_RT.REOPEN, _R.CONFIRMED, _R.OPEN, _ANY_SIDE),
    # From open: fewer guides than wished for said yes, and the talk took place with them.
    # By the institution: nobody came, so nothing is left to wait for.
    *(
        Transition(_RT.COMPLETE, source, _R.COMPLETED, _OFFICE | {_INSTITUTION})
        for source in (_R.CONFIRMED, _R.OPEN)
    ),
    Transition(
        _RT.REJECT, _R.OPEN, _R.REJECTED, frozenset({_ACCOUNT}), ((Notice.REJECTED, Audience.INSTITUTION),)
    ),
    Transition(_RT.CANCEL, _R.SUBMITTED, _R.CANCELLED, _INSTITUTION_SIDE),
    *(
        Transition(
            _RT.CANCEL,
            source,
            _R.CANCELLED,
            _INSTITUTION_SIDE,
            ((Notice.CANCELLED, Audience.INSTITUTION),),
        )
        for source in (_R.OPEN, _R.OFFERED)
    ),
    # Here each appointment that is called off says so by itself.
    Transition(_RT.CANCEL, _R.CONFIRMED, _R.CANCELLED, _INSTITUTION_SIDE),
    Transition(
        _RT.MARK_UNFILLED,
        _R.OPEN,
        _R.UNFILLED,
        _OFFICE,
        ((Notice.NOBODY_FOUND, Audience.INSTITUTION),),
    ),
    Transition(_RT.LAPSE, _R.DRAFT, _R.LAPSED, frozenset({_SYSTEM})),
    Transition(_RT.LAPSE, _R.SUBMITTED, _R.LAPSED, frozenset({_SYSTEM})),
    Transition(
        _RT.LAPSE, _R.OPEN, _R.LAPSED, frozenset({_SYSTEM}), ((Notice.NOBODY_FOUND, Audience.INSTITUTION),)
    ),
    # Other times, or something else that nobody has agreed to: somebody is looked for anew. What is told
    # depends on what was changed (`services.request_changes`).
    *(
        Transition(_RT.CHANGE, source, _R.OPEN, _INSTITUTION_SIDE)
        for source in (_R.OPEN, _R.OFFERED, _R.CONFIRMED, _R.UNFILLED, _R.LAPSED)
    ),
)

ASSIGNMENT_LIFECYCLE: tuple[AssignmentTransition, ...] = (
    Transition(_AT.OFFER, None, _A.OFFERED, _OFFICE, ((Notice.OFFER, Audience.GUIDE),)),
    Transition(_AT.STAND_BY, None, _A.STANDBY, _OFFICE),
    Transition(_AT.OFFER, _A.STANDBY, _A.OFFERED, _OFFICE, ((Notice.OFFER, Audience.GUIDE),)),
    Transition(
        _AT.ACCEPT,
        _A.OFFERED,
        _A.CONFIRMED,
        _GUIDE_SIDE,
        ((Notice.CONFIRMED, Audience.GUIDE), (Notice.CONFIRMED, Audience.INSTITUTION)),
    ),
    Transition(_AT.DECLINE, _A.OFFERED, _A.DECLINED, _GUIDE_SIDE),
    Transition(
        _AT.EXPIRE,
        _A.OFFERED,
        _A.EXPIRED,
        frozenset({_SYSTEM}),
        ((Notice.OFFER_EXPIRED, Audience.OFFICE),),
    ),
    Transition(
        _AT.WITHDRAW,
        _A.CONFIRMED,
        _A.WITHDRAWN,
        _GUIDE_SIDE,
        (
            (Notice.CANCELLED, Audience.GUIDE),
            (Notice.GUIDE_WITHDREW, Audience.INSTITUTION),
            (Notice.GUIDE_WITHDREW, Audience.OFFICE),
        ),
    ),
    Transition(_AT.CANCEL, _A.STANDBY, _A.CANCELLED, _WITH_THE_REQUEST),
    Transition(
        _AT.CANCEL, _A.OFFERED, _A.CANCELLED, _WITH_THE_REQUEST, ((Notice.OFFER_WITHDRAWN, Audience.GUIDE),)
    ),
    Transition(
        _AT.CANCEL,
        _A.CONFIRMED,
        _A.CANCELLED,
        _WITH_THE_REQUEST,
        ((Notice.CANCELLED, Audience.GUIDE), (Notice.CANCELLED, Audience.INSTITUTION)),
    ),
    Transition(_AT.CALL_BACK, _A.OFFERED, _A.CANCELLED, _OFFICE, ((Notice.OFFER_WITHDRAWN, Audience.GUIDE),)),
    Transition(
        _AT.CALL_BACK,
        _A.CONFIRMED,
        _A.CANCELLED,
        _OFFICE,
        ((Notice.CANCELLED, Audience.GUIDE), (Notice.GUIDE_WITHDREW, Audience.INSTITUTION)),
    ),
    *(
        Transition(
            _AT.TAKE,
            source,
            _A.CONFIRMED,
            frozenset({_GUIDE}),
            ((Notice.CONFIRMED, Audience.GUIDE), (Notice.CONFIRMED, Audience.INSTITUTION)),
        )
        for source in (None, _A.STANDBY)
    ),
    # The request is no longer what was asked or agreed; its change tells who is concerned.
    *(
        Transition(_AT.RELEASE, source, _A.CANCELLED, _INSTITUTION_SIDE)
        for source in (_A.STANDBY, _A.OFFERED, _A.CONFIRMED)
    ),
    Transition(_AT.COMPLETE, _A.CONFIRMED, _A.COMPLETED, _OFFICE),
    *(
        Transition(
            _AT.REPORT_NO_SHOW,
            source,
            _A.NO_SHOW,
            _INSTITUTION_SIDE,
            ((Notice.NO_SHOW, Audience.GUIDE), (Notice.NO_SHOW, Audience.OFFICE)),
        )
        for source in (_A.CONFIRMED, _A.COMPLETED)
    ),
    Transition(
        _AT.UNDO_NO_SHOW,
        _A.NO_SHOW,
        _A.COMPLETED,
        frozenset({_ACCOUNT}),
        ((Notice.NO_SHOW_UNDONE, Audience.GUIDE),),
    ),
)

HOLDING: frozenset[AssignmentStatus] = frozenset({_A.OFFERED, _A.CONFIRMED})
"""The states in which an assignment holds the guide's time."""

LIVE: frozenset[AssignmentStatus] = HOLDING | {_A.STANDBY}
"""The states in which an assignment may still lead to an appointment."""

ENDED_REQUEST: frozenset[RequestStatus] = frozenset(
    {_R.COMPLETED, _R.REJECTED, _R.CANCELLED, _R.UNFILLED, _R.LAPSED}
)


def find(
    lifecycle: tuple[Transition[StatusT, TriggerT], ...], trigger: TriggerT, source: StatusT | None
) -> Transition[StatusT, TriggerT] | None:
    """Return the row for a trigger in a state, or None where the table has no such move."""
    return next((row for row in lifecycle if row.trigger == trigger and row.source == source), None)


def ends(lifecycle: tuple[Transition[StatusT, TriggerT], ...]) -> list[StatusT]:
    """Return the states in which a life ends; what leads from one end to another and back only corrects."""
    there = {(row.source, row.target) for row in lifecycle}
    targets = dict.fromkeys(row.target for row in lifecycle)
    return [
        state
        for state in targets
        if all((row.target, state) in there for row in lifecycle if row.source == state)
    ]


def mermaid() -> str:
    """Draw both lifecycles as Mermaid state diagrams, in the order of the tables."""
    parts = [_diagram("Request", REQUEST_LIFECYCLE), _diagram("Assignment", ASSIGNMENT_LIFECYCLE)]
    return "\n\n".join(parts) + "\n"


def _diagram(title: str, lifecycle: tuple[Transition[StatusT, TriggerT], ...]) -> str:
    lines = [f"```mermaid\n---\ntitle: {title}\n---\nstateDiagram-v2"]
    if all(row.source is not None for row in lifecycle):
        lines.append(f"    [*] --> {lifecycle[0].source}")
    lines += [f"    {row.source or '[*]'} --> {row.target} : {row.trigger}" for row in lifecycle]
    lines += [f"    {end} --> [*]" for end in ends(lifecycle)]
    return "\n".join([*lines, "```"])
