"""Knows how far districts lie apart: steps over neighbouring districts, and minutes on the way."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

Neighbours = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Travel:
    """The pool's table of ways.

    `neighbours` counts in both directions, whichever side names it; `pairs` holds minutes measured for two
    districts, in either order. Two districts without a pair take `same` plus `step` for each border crossed;
    where no chain of neighbours is known, `default`.
    """

    neighbours: Neighbours = field(default_factory=dict[str, frozenset[str]])
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    same: int = 15
    step: int = 5
    default: int = 40
    _steps: Mapping[str, Mapping[str, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        graph: dict[str, set[str]] = {}
        for district, others in self.neighbours.items():
            graph.setdefault(district, set())
            for other in others:
                graph[district].add(other)
                graph.setdefault(other, set()).add(district)
        object.__setattr__(self, "_steps", {district: _steps_from(district, graph) for district in graph})

    def hops(self, here: str, there: str) -> int | None:
        """Return the fewest borders between two districts, or None if no chain of neighbours is known."""
        if here == there:
            return 0
        return self._steps.get(here, {}).get(there)

    def minutes(self, here: str | None, there: str | None) -> int:
        """Return the minutes between two appointments' districts; an unknown district counts as `default`."""
        if here is None or there is None:
            return self.default
        if here == there:
            return self.same
        measured = self.pairs.get((here, there), self.pairs.get((there, here)))
        if measured is not None:
            return measured
        hops = self.hops(here, there)
        return self.default if hops is None else self.same + self.step * hops

    def detours(self) -> tuple[tuple[str, str, str], ...]:
        """Return (from, via, to) wherever the way over a third district is shorter than the direct one.

        The planner relies on there being none: only then does "a fits before b" carry over chains.
        """
        known = sorted({*self._steps, *(district for pair in self.pairs for district in pair)})
        return tuple(
            (here, via, there)
            for here in known
            for via in known
            for there in known
            if here <= there
            and self.minutes(here, via) + self.minutes(via, there) < self.minutes(here, there)
        )


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
