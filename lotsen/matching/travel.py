"""Knows how far districts lie apart: steps over neighbouring districts, and minutes on the way."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Neighbours = Mapping[str, frozenset[str]]

_FAR = 10**9


@dataclass(frozen=True, slots=True)
class Travel:
    """The pool's table of ways.

    `neighbours` counts in both directions, whichever side names it; `pairs` holds minutes measured for two
    districts, in either order. Two districts without a pair take `same` plus `step` for each border crossed;
    where no chain of neighbours is known, `default`. A way over other districts that this table makes shorter
    counts instead: guides may take it. `default` is a guess, and no part of any such way.
    """

    neighbours: Neighbours = field(default_factory=dict[str, frozenset[str]])
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    same: int = 15
    step: int = 5
    default: int = 40
    _steps: Mapping[str, Mapping[str, int]] = field(init=False, repr=False, compare=False)
    _known: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _ways: npt.NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        graph: dict[str, set[str]] = {}
        for district, others in self.neighbours.items():
            graph.setdefault(district, set())
            for other in others:
                graph[district].add(other)
                graph.setdefault(other, set()).add(district)
        object.__setattr__(self, "_steps", {district: _steps_from(district, graph) for district in graph})
        named = sorted(
            {*graph, *(district for pair in self.pairs for district in pair)} if self.pairs else ()
        )
        object.__setattr__(self, "_known", {district: at for at, district in enumerate(named)})
        object.__setattr__(self, "_ways", self._closed(named))

    def hops(self, here: str, there: str) -> int | None:
        """Return the fewest borders between two districts, or None if no chain of neighbours is known."""
        if here == there:
            return 0
        return self._steps.get(here, {}).get(there)

    def minutes(self, here: str | None, there: str | None) -> int:
        """Return the minutes between two appointments' districts; an unknown district counts as `default`."""
        way = None if here is None or there is None else self.way(here, there)
        return self.default if way is None else way

    def way(self, here: str, there: str) -> int | None:
        """Return the minutes between two districts, or None where nothing better than `default` is known."""
        direct = self._direct(here, there)
        if here == there or here not in self._known or there not in self._known:
            return direct
        shortest = int(self._ways[self._known[here], self._known[there]])
        return shortest if direct is not None or shortest < self.default else None

    def detours(self) -> tuple[tuple[str, str, str], ...]:
        """Return (from, via, to) wherever the way over a third district is shorter than the one noted."""
        known = sorted({*self._steps, *(district for pair in self.pairs for district in pair)})
        return tuple(
            (here, via, there)
            for here in known
            for via in known
            for there in known
            if here <= there
            and self._guessed(here, via) + self._guessed(via, there) < self._guessed(here, there)
        )

    def _guessed(self, here: str, there: str) -> int:
        direct = self._direct(here, there)
        return self.default if direct is None else direct

    def _direct(self, here: str, there: str) -> int | None:
        if here == there:
            return self.same
        measured = self.pairs.get((here, there), self.pairs.get((there, here)))
        if measured is not None:
            return measured
        hops = self.hops(here, there)
        return None if hops is None else self.same + self.step * hops

    def _closed(self, named: list[str]) -> npt.NDArray[np.int64]:
        """Return the shortest ways over any chain; without measured pairs no chain is shorter."""
        legs = [[self._direct(here, there) for there in named] for here in named]
        ways = np.array([[_FAR if leg is None else leg for leg in row] for row in legs], dtype=np.int64)
        ways = ways.reshape(len(named), len(named))
        for via in range(len(named)):
            np.minimum(ways, ways[:, via, None] + ways[None, via, :], out=ways)
        return ways


def _steps_from(origin: str, graph: Mapping[str, set[str]]) -> dict[str, int]:
    steps = {origin: 0}
    waiting = deque([origin])
    while waiting:
        here = waiting.popleft()
        for there in graph[here]:
            if there not in steps:
                steps[there] = steps[here] + 1
                waiting.append(there)
    return steps
