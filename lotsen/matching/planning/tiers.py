"""Solves the tiers of one part one after the other: what one has reached, the next may not give up."""

from dataclasses import dataclass

import numpy as np

from lotsen.matching.planning.highs import Clock, Floats, Model
from lotsen.matching.planning.model import Part, Steps, chosen_of, floor, holds, start_of
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.tables import Tables

# Far below where a float, or the tolerances of the search, could take one unit of a tier for none.
_EXACT = 10**8


@dataclass(frozen=True, slots=True)
class Level:
    """What a tier reached, and what it can reach at most while the tiers before keep their values."""

    value: int
    bound: int


class Climb:
    """One part on its way up the tiers."""

    def __init__(
        self, one: Part, tables: Tables, chosen: Column, clock: Clock, steps: Steps | None = None
    ) -> None:
        self._part = one
        self._tables = tables
        self._steps = steps
        self._clock = clock
        self._model: Model | None = None
        self.values = start_of(one, tables, chosen, steps)
        self._fixed: list[tuple[Floats, int]] = []

    @property
    def model(self) -> Model:
        """Return the program in HiGHS, with all tiers so far fixed."""
        if self._model is None:
            self._model = Model(self._part.program, self._clock)
            for cost, value in self._fixed:
                self._add(self._model, cost, value)
        return self._model

    def tier(self, cost: Floats, ceiling: int) -> Level:
        """Maximise the tier, whole in whole columns and at most `ceiling`; then fix what it reached."""
        value, bound = self._value(cost), ceiling
        if value < ceiling and self._clock.left() > 0:
            answer = self.model.search(cost, self._part.whole, self.values)
            if answer.values is not None:
                rounded = self._settled(answer.values)
                if self._right(rounded) and self._value_of(cost, rounded) > value:
                    self.values = rounded
                    value = self._value(cost)
            proven = floor(answer.bound)
            # Values come from exact numbers, so a bound below them is a mistake of the search.
            if proven is not None and value <= proven < bound:
                bound = proven
        self._fixed.append((cost, value))
        if self._model is not None:
            self._add(self._model, cost, value)
        return Level(value, bound)

    def two_tiers(self, first: Floats, second: Floats, ceilings: tuple[int, int]) -> tuple[Level, Level]:
        """Maximise a tier and then the next, as `tier` does; in one search where its numbers stay exact.

        One search with weights takes half the time: holding a tier's value leaves a plateau on which the
        relaxation says little. Large parts break such weights, so these go tier by tier.
        """
        weight = ceilings[1] + 1
        if weight * ceilings[0] > _EXACT:
            return self.tier(first, ceilings[0]), self.tier(second, ceilings[1])
        both = self.tier(first * weight + second, weight * ceilings[0] + ceilings[1])
        value = self._value(first), self._value(second)
        bound = min(ceilings[0], both.bound // weight)
        # Only at the first tier's bound does the bound on both say something about the second.
        rest = both.bound - weight * value[0] if value[0] == bound else ceilings[1]
        return Level(value[0], bound), Level(value[1], min(ceilings[1], rest))

    @property
    def chosen(self) -> Column:
        """Return the options chosen so far."""
        return chosen_of(self._part, self.values)

    def _settled(self, values: Floats) -> Floats:
        return start_of(self._part, self._tables, chosen_of(self._part, values), self._steps)

    def _right(self, values: Floats) -> bool:
        return holds(self._part.program, values) and all(
            self._value_of(cost, values) >= value for cost, value in self._fixed
        )

    def _value(self, cost: Floats) -> int:
        return self._value_of(cost, self.values)

    @staticmethod
    def _value_of(cost: Floats, values: Floats) -> int:
        return round(float(cost @ values))

    @staticmethod
    def _add(model: Model, cost: Floats, value: int) -> None:
        column = np.flatnonzero(cost)
        if len(column):
            model.add_row(column, cost[column], float(value), np.inf)
