"""Runs the planner in a process of its own, which can be called off at any moment."""

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, TypeVar, cast

from lotsen.matching.planning.highs import Cancelled, Clock
from lotsen.matching.planning.outlook import Loss, Outlook
from lotsen.matching.planning.plan import Plan, Stage, plan, silent
from lotsen.matching.planning.problem import Choice, Problem

AnswerT = TypeVar("AnswerT")

# A search looks at the clock now and then only, and what was found must still be checked and handed over.
_GRACE_SECONDS = 30.0
_POLL_SECONDS = 0.1


class PlannerFailed(Exception):
    """The planner's process ended without a plan."""


class PlannerKilled(PlannerFailed):
    """Somebody outside has ended the planner's process, as a system does that runs out of memory."""


class PlannerHung(PlannerFailed):
    """The planner has gone far beyond its limit."""


def run(
    problem: Problem,
    *,
    progress: Callable[[Stage, float], None] = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Plan:
    """Return the plan, or the best by the problem's limit; raise Cancelled on demand."""

    def read(message: object) -> Plan | None:
        match message:
            case Plan():
                return message
            case (Stage() as stage, float() as share):
                progress(stage, share)
                return None
            case _:
                raise PlannerFailed(str(message))

    return _answer(_plan, (problem,), problem.limit_seconds, read, cancelled)


def losses(problem: Problem, choices: Sequence[Choice]) -> list[Loss]:
    """Return what the queue loses by each of the choices, as far as the problem's limit allows."""

    def read(message: object) -> list[Loss]:
        if not isinstance(message, list):
            raise PlannerFailed(str(message))
        return cast("list[Loss]", message)

    return _answer(_weigh, (problem, tuple(choices)), problem.limit_seconds, read, lambda: False)


def _answer(
    work: Callable[..., None],
    arguments: tuple[Any, ...],
    limit: float | None,
    read: Callable[[object], AnswerT | None],
    cancelled: Callable[[], bool],
) -> AnswerT:
    """Let a process work, and read what it sends until that is the answer."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    latest = None if limit is None else monotonic() + 2 * limit + _GRACE_SECONDS
    try:
        while True:
            if cancelled():
                raise Cancelled
            if latest is not None and monotonic() > latest:
                raise PlannerHung(f"no answer {_GRACE_SECONDS:.0f} s after twice the limit")
            if not ours.poll(_POLL_SECONDS):
                continue
            try:
                message: object = ours.recv()
            except EOFError:
                process.join()
                killed = process.exitcode is not None and process.exitcode < 0
                kind = PlannerKilled if killed else PlannerFailed
                raise kind(f"the process ended with {process.exitcode}") from None
            answer = read(message)
            if answer is not None:
                return answer
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
        ours.close()


def _plan(pipe: Connection, problem: Problem) -> None:
    try:
        pipe.send(
            plan(
                problem,
                now=monotonic,
                deadline=_deadline(problem),
                progress=lambda stage, share: pipe.send((stage, float(share))),
            )
        )
    finally:
        pipe.close()


def _weigh(pipe: Connection, problem: Problem, choices: tuple[Choice, ...]) -> None:
    try:
        outlook = Outlook(problem, Clock(monotonic, _deadline(problem), lambda: False))
        pipe.send([outlook.loss(one) for one in choices])
    finally:
        pipe.close()


def _deadline(problem: Problem) -> float | None:
    return None if problem.limit_seconds is None else monotonic() + problem.limit_seconds
