"""The one door to HiGHS: hands a program over, and brings back values, bounds and prices."""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from lotsen.matching.planning.problem import Column

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
INFINITY = float(highspy.kHighsInf)
_ROWWISE = 2
_MAXIMIZE = -1
_NO_LIMIT = 1e9
# Smaller programs are over before anybody could call them off.
_LONG = 2000


class Cancelled(Exception):
    """The caller asked to stop."""


# HiGHS searches smaller programs inside the program; with parts of this size that takes longer than it saves:
# without it the parts of 3,000 requests took a quarter of the time.
_SETTINGS: dict[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "mip_rel_gap": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
}
_CUT = (
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kInterrupt,
    highspy.HighsModelStatus.kSolutionLimit,
)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Bounds of columns, and rows: row i has the entries first[i] to first[i + 1]."""

    lower: Floats
    upper: Floats
    first: Column
    column: Column
    weight: Floats
    row_lower: Floats
    row_upper: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a search found: values (None if nothing), the bound it proved, and whether nothing can exist."""

    values: Floats | None
    bound: float
    impossible: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A solved relaxation: its values, its optimum, and the price of each row."""

    values: Floats
    value: float
    prices: Floats


class Clock:
    """Knows how much time is left, and whether the caller still wants an answer."""

    def __init__(
        self, now: Callable[[], float], deadline: float | None, cancelled: Callable[[], bool]
    ) -> None:
        self.now = now
        self.deadline = deadline
        self._cancelled = cancelled

    def left(self) -> float:
        """Return the seconds left; raise Cancelled if nobody waits any more."""
        if self._cancelled():
            raise Cancelled
        return _NO_LIMIT if self.deadline is None else max(0.0, self.deadline - self.now())

    def part(self, share: float) -> "Clock":
        """Return a clock that ends after a share of the time left."""
        if self.deadline is None:
            return self
        return Clock(self.now, self.now() + self.left() * min(1.0, share), self._cancelled)


class Model:
    """A program in HiGHS: relaxed, searched, and tightened row by row."""

    def __init__(self, program: Program, clock: Clock) -> None:
        self._clock = clock
        self._highs = highspy.Highs()
        for name, value in _SETTINGS.items():
            self._highs.setOptionValue(name, value)
        self._count = len(program.lower)
        self._indices = np.arange(self._count, dtype=np.int32)
        if self._count > _LONG:
            self._highs.cbMipInterrupt += self._ask
        self._highs.passModel(
            self._count,
            len(program.row_lower),
            len(program.column),
            _ROWWISE,
            _MAXIMIZE,
            0.0,
            np.zeros(self._count),
            program.lower,
            program.upper,
            program.row_lower,
            program.row_upper,
            program.first.astype(np.int32),
            program.column.astype(np.int32),
            program.weight,
            np.zeros(self._count, dtype=np.int32),
        )

    def relax(self, cost: Floats) -> Relaxed | None:
        """Solve without whole numbers; None if time ran out or nothing fits."""
        self._prepare(cost, None)
        self._highs.run()
        self._clock.left()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        return Relaxed(
            np.array(solution.col_value),
            float(self._highs.getInfo().objective_function_value),
            np.array(solution.row_dual),
        )

    def search(self, cost: Floats, whole: Flags, start: Floats | None = None) -> Answer:
        """Solve to the optimum in whole numbers, or as far as the time goes; begin from `start` if given."""
        self._prepare(cost, whole)
        if start is not None:
            self._highs.setSolution(self._count, self._indices, start)
        self._highs.run()
        self._clock.left()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, -INFINITY, impossible=True)
        info = self._highs.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(self._highs.getSolution().col_value) if found else None
        if status == highspy.HighsModelStatus.kOptimal and self._count:
            return Answer(values, float(info.mip_dual_bound))
        return Answer(values, float(info.mip_dual_bound) if status in _CUT else INFINITY)

    def add_row(self, column: Column, weight: Floats, lower: float, upper: float) -> None:
        """Bind some columns together from now on."""
        self._highs.addRow(lower, upper, len(column), column.astype(np.int32), weight)

    def bound(self, column: Column, lower: float, upper: float) -> None:
        """Keep each of these columns within the bounds from now on."""
        count = len(column)
        self._highs.changeColsBounds(
            count, column.astype(np.int32), np.full(count, lower), np.full(count, upper)
        )

    def _prepare(self, cost: Floats, whole: Flags | None) -> None:
        kinds = np.zeros(self._count, dtype=np.uint8) if whole is None else whole.astype(np.uint8)
        self._highs.changeColsIntegrality(self._count, self._indices, kinds)
        self._highs.changeColsCost(self._count, self._indices, cost)
        # HiGHS counts its time over all runs of one model.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + self._clock.left())

    def _ask(self, event: highspy.HighsCallbackEvent) -> None:
        try:
            self._clock.left()
        except Cancelled:
            event.interrupt()
