"""Carries runs of the batch proposal along: one at a time, each planned in a process of its own."""

import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import PlanFailure, PlanStage
from lotsen.matching.planning import process
from lotsen.matching.planning.highs import Cancelled
from lotsen.matching.planning.plan import Plan, Stage, as_json
from lotsen.matching.planning.problem import Problem
from lotsen.matching.planning.reading import read
from lotsen.models import PlanRun
from lotsen.services import plans
from lotsen.services.unit_of_work import SYSTEM

_log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 1.0
# Beyond its limit a plan still has to be checked; what takes longer hangs, and must not hold the scheduler.
GRACE_SECONDS: Final = 120.0
# What the planner is busy with: what people are told, and from which to which percent it takes.
_STAGES: Final = {
    Stage.SERVING: (PlanStage.PLANNING, 5, 65),
    Stage.REFINING: (PlanStage.PLANNING, 65, 90),
    Stage.EXPLAINING: (PlanStage.CHECKING, 90, 99),
}
_FAILURES: Final[dict[type[Exception], PlanFailure]] = {
    process.PlannerKilled: PlanFailure.KILLED,
    process.PlannerHung: PlanFailure.HUNG,
}


class Solve(Protocol):
    """What works a plan out; it asks `cancelled` several times a second."""

    def __call__(
        self, problem: Problem, *, progress: Callable[[Stage, float], None], cancelled: Callable[[], bool]
    ) -> Plan: ...


def run_one(
    bootstrap: Bootstrap, owner: str, stopping: Callable[[], bool], solve: Solve = process.run
) -> None:
    """Mark what others have left lying as failed, then take one waiting run, if there is one, to its end."""
    with bootstrap.begin(SYSTEM) as uow:
        if abandoned := plans.fail_abandoned(uow):
            _log.warning("plans: %d left by a process that is gone", abandoned)
        run_id = plans.claim(uow, owner)
    if run_id is None:
        return
    try:
        _carry(bootstrap, owner, run_id, stopping, solve)
    except Exception as error:
        with bootstrap.begin(SYSTEM) as uow:
            plans.fail(uow, run_id, owner, _FAILURES.get(type(error), PlanFailure.BROKEN))
        raise


def _carry(bootstrap: Bootstrap, owner: str, run_id: int, stopping: Callable[[], bool], solve: Solve) -> None:
    # Reading a large pool takes long, so it must not hold the lock of whoever writes.
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        question = plans.problem_of(uow, uow.session.get_one(PlanRun, run_id).pool_id)
    with bootstrap.begin(SYSTEM) as uow:
        if not plans.keep_problem(uow, run_id, owner, question):
            return
    problem = read(question["problem"])
    hand = _Hand(bootstrap, owner, run_id, stopping, (problem.limit_seconds or 0) + GRACE_SECONDS)
    try:
        made = solve(problem, progress=hand.tell, cancelled=hand.has_let_go)
    except Cancelled:
        return
    with bootstrap.begin(SYSTEM) as uow:
        if plans.finish(uow, run_id, owner, as_json(made)):
            _log.info("plan %d: %.1f s, proven: %s", run_id, made.seconds, made.proven)


class _Hand:
    """Holds a run: writes every second how far it is, and lets go when somebody stops it."""

    def __init__(
        self, bootstrap: Bootstrap, owner: str, run_id: int, stopping: Callable[[], bool], seconds: float
    ) -> None:
        self._bootstrap, self._owner, self._run_id, self._stopping = bootstrap, owner, run_id, stopping
        self._stage, self._percent = PlanStage.PLANNING, 0
        self._beat_at = time.monotonic()
        self._until = self._beat_at + seconds

    def tell(self, stage: Stage, share: float) -> None:
        """Note how far the planner is."""
        self._stage, since, until = _STAGES[stage]
        self._percent = round(since + (until - since) * min(1.0, share))

    def has_let_go(self) -> bool:
        """Give a sign of life if one is due, and say whether to end."""
        if time.monotonic() - self._beat_at < BEAT_SECONDS:
            return False
        self._beat_at = time.monotonic()
        if self._beat_at > self._until:
            raise process.PlannerHung("the planner hangs")
        with self._bootstrap.begin(SYSTEM) as uow:
            if self._stopping():
                plans.release(uow, self._run_id, self._owner)
                return True
            return not plans.beat(uow, self._run_id, self._owner, self._percent, self._stage)
