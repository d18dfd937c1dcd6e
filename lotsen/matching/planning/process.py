"""Runs the planner in a process of its own, which can be called off at any moment."""

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic

from lotsen.matching.planning.highs import Cancelled
from lotsen.matching.planning.plan import Plan, Stage, plan, silent
from lotsen.matching.planning.problem import Problem

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
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_plan, args=(theirs, problem), daemon=True)
    process.start()
    theirs.close()
    limit = problem.limit_seconds
    latest = None if limit is None else monotonic() + 2 * limit + _GRACE_SECONDS
    try:
        while True:
            if cancelled():
                raise Cancelled
            if latest is not None and monotonic() > latest:
                raise PlannerHung(f"no plan {_GRACE_SECONDS:.0f} s after twice the limit")
            if not ours.poll(_POLL_SECONDS):
                continue
            try:
                message: object = ours.recv()
            except EOFError:
                process.join()
                killed = process.exitcode is not None and process.exitcode < 0
                kind = PlannerKilled if killed else PlannerFailed
                raise kind(f"the process ended with {process.exitcode}") from None
            match message:
                case Plan():
                    return message
                case (Stage() as stage, float() as share):
                    progress(stage, share)
                case _:
                    raise PlannerFailed(str(message))
    finally:
        if process.is_alive():
            process.terminate()
        process.join()
        ours.close()


def _plan(pipe: Connection, problem: Problem) -> None:
    deadline = None if problem.limit_seconds is None else monotonic() + problem.limit_seconds
    try:
        pipe.send(
            plan(
                problem,
                now=monotonic,
                deadline=deadline,
                progress=lambda stage, share: pipe.send((stage, float(share))),
            )
        )
    finally:
        pipe.close()
