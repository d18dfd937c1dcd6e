"""Says what the open queue loses if somebody takes a request now, before anybody is asked.

Three steps, each dearer and surer than the one before: requests whose every option clashes with the choice; a
warm relaxation for the candidates that are shown, which bounds the loss; the exact search for the chosen one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lotsen.matching.planning.cliques import guide_rows
from lotsen.matching.planning.highs import Clock, Floats, Model
from lotsen.matching.planning.model import Part, floor, part, start_of
from lotsen.matching.planning.problem import Choice, Column, Problem
from lotsen.matching.planning.reasons import forced
from lotsen.matching.planning.serving import linked, serve, split
from lotsen.matching.planning.tables import build
from lotsen.matching.planning.tiers import Climb


@dataclass(frozen=True, slots=True)
class Hint:
    """Requests that surely lose their last option, and the weight that is lost at least."""

    surely: tuple[str, ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Requests that the best plan serves, but not the best plan with the choice, and how much weight is lost.

    The weight may be less than theirs, where others come in. `exact` is False if the time did not suffice;
    `impossible` says that the choice fits no plan at all.
    """

    requests: tuple[str, ...] = ()
    weight: int = 0
    exact: bool = True
    impossible: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Reach:
    """The part of the queue that a choice can touch, with its best plan."""

    part: Part
    start: Floats
    best: int
    proven: bool
    relaxed: Model


class Outlook:
    """Keeps the best plan of a queue, and compares it with what remains after a choice."""

    def __init__(self, problem: Problem, clock: Clock) -> None:
        self._clock = clock
        self._tables, names = build(problem)
        self._names = names
        self._rows = guide_rows(self._tables)
        self._label = linked(self._tables, self._rows)
        self._chosen = serve(self._tables, clock, lambda _: None).chosen
        self._reaches: dict[int, _Reach] = {}
        slots: Iterable[tuple[int, int, int]] = zip(
            self._tables.request.tolist(),
            names.slot_window[self._tables.slot].tolist(),
            self._tables.guide.tolist(),
            strict=True,
        )
        self._option = {
            (names.requests[request], window, names.guides[guide]): at
            for at, (request, window, guide) in enumerate(slots)
        }

    def hint(self, choice: Choice) -> Hint:
        """Return what is lost at least; quick enough for every candidate of a page."""
        options = self._options(choice)
        if options is None:
            return Hint((), 0)
        reach = self._reach(options)
        blocked = self._blocked(reach, options)
        least = int(self._tables.priority[blocked].sum())
        columns = np.searchsorted(reach.part.options, options)
        reach.relaxed.bound(columns, 1.0, 1.0)
        relaxed = reach.relaxed.relax(reach.part.served)
        reach.relaxed.bound(columns, 0.0, 1.0)
        if relaxed is not None:
            least = reach.best - (floor(relaxed.value) or 0)
        surely: list[int] = np.intersect1d(blocked, self._tables.request[self._chosen]).tolist()
        return Hint(tuple(self._names.requests[one] for one in surely), max(0, least))

    def loss(self, choice: Choice) -> Loss:
        """Return what is lost, by an exact search of the part of the queue that the choice can touch."""
        options = self._options(choice)
        if options is None:
            return Loss(impossible=True)
        reach = self._reach(options)
        columns = np.searchsorted(reach.part.options, options)
        found = forced(reach.part, self._tables, reach.start, columns, self._clock, every=True)
        if found is None:
            return Loss(exact=False)
        if found.impossible:
            return Loss(impossible=True)
        lost = tuple(self._names.requests[one] for one in found.lost)
        return Loss(lost, reach.best - found.served, exact=reach.proven)

    def _options(self, choice: Choice) -> Column | None:
        keys = [(choice.request, choice.window, guide) for guide in choice.guides]
        if not keys or any(key not in self._option for key in keys):
            return None
        return np.array(sorted(self._option[key] for key in keys), dtype=np.int64)

    def _reach(self, options: Column) -> _Reach:
        label = int(self._label[self._tables.request[options[0]]])
        if label not in self._reaches:
            wanted = np.zeros(len(self._label), dtype=np.bool_)
            wanted[label] = True
            _, inside, rows = next(split(self._tables, self._label, self._rows, wanted))
            one = part(self._tables, inside, rows)
            climb = Climb(one, self._tables, np.intersect1d(self._chosen, inside), self._clock)
            requests = np.unique(self._tables.request[inside])
            level = climb.tier(one.served, int(self._tables.priority[requests].sum()))
            start = start_of(one, self._tables, climb.chosen)
            relaxed = Model(one.program, self._clock)
            self._reaches[label] = _Reach(one, start, level.value, level.value == level.bound, relaxed)
        return self._reaches[label]

    def _blocked(self, reach: _Reach, options: Column) -> Column:
        """Return requests with no option left beside the choice: each shares a row of one with it."""
        program = reach.part.program
        columns = np.searchsorted(reach.part.options, options)
        row = np.repeat(np.arange(len(program.row_upper)), np.diff(program.first))
        taken = np.unique(row[np.isin(program.column, columns)])
        # Only rows of "at most one": with a capacity, others may still find room.
        single = (program.row_upper == 1.0) & (program.row_lower < 0)
        shut = np.unique(program.column[np.isin(row, taken[single[taken]])])
        shut = np.setdiff1d(shut[shut < len(reach.part.options)], columns)
        request = self._tables.request[reach.part.options]
        asked, total = np.unique(request, return_counts=True)
        gone = np.bincount(request[shut], minlength=len(self._label))[asked]
        return asked[(gone == total) & (asked != self._tables.request[options[0]])]


def opportunity_cost(problem: Problem, choice: Choice, clock: Clock) -> Loss:
    """Return what the queue loses if the guides of the choice take that window of the request."""
    return Outlook(problem, clock).loss(choice)
