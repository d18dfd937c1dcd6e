"""Says what it would cost to serve a request: which others would have nobody."""

from dataclasses import dataclass

import numpy as np

from lotsen.matching.planning.cliques import Rows, guide_rows
from lotsen.matching.planning.greedy import Diaries
from lotsen.matching.planning.highs import Clock, Floats, Model
from lotsen.matching.planning.model import Part, chosen_of, floor, holds, part, start_of
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.serving import linked, split
from lotsen.matching.planning.sifting import LARGE
from lotsen.matching.planning.tables import Mask, Tables


@dataclass(frozen=True, slots=True)
class Forced:
    """The best plan with something forced into it: who loses against now, and the weight still served."""

    lost: tuple[int, ...]
    served: int
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """The requests that would have nobody; `exact` if no plan that serves the request loses less weight."""

    lost: tuple[int, ...]
    exact: bool


def costs(tables: Tables, chosen: Column, *, proven: bool, clock: Clock) -> dict[int, Cost]:
    """Return for each request that has options but is not served what serving it would cost."""
    served = np.zeros(len(tables.priority), dtype=np.bool_)
    served[tables.request[chosen]] = True
    wanted = np.zeros(len(served), dtype=np.bool_)
    wanted[tables.request] = True
    wanted &= ~served
    if not wanted.any():
        return {}
    exchanges = Exchanges(tables, chosen)
    found = {request: exchanges.cheapest(request) for request in np.flatnonzero(wanted).tolist()}
    weight = tables.priority
    open_: dict[int, Cost] = {}
    for request, lost in found.items():
        # A best plan cannot gain by an exchange: whoever comes in costs at least his own weight.
        even = lost is not None and int(weight[list(lost)].sum()) <= int(weight[request])
        open_[request] = Cost(lost or (), proven and even)
    unsure = wanted.copy()
    unsure[[request for request, cost in open_.items() if cost.exact]] = False
    if unsure.any():
        rows = guide_rows(tables) if tables.size < 50 * LARGE else None
        if rows is not None:
            for _, options, inside in split(tables, linked(tables, rows), rows, unsure):
                if len(options) <= LARGE:
                    _search(tables, options, inside, chosen, unsure, open_, clock)
    return open_


def _search(
    tables: Tables,
    options: Column,
    rows: Rows,
    chosen: Column,
    unsure: Mask,
    found: dict[int, Cost],
    clock: Clock,
) -> None:
    one = part(tables, options, rows)
    requests = np.unique(tables.request[options])
    start = start_of(one, tables, np.intersect1d(chosen, options))
    for request in requests[unsure[requests]].tolist():
        if clock.left() <= 0:
            return
        lost = forced(one, tables, start, np.flatnonzero(one.request == request), clock, every=False)
        if lost is not None and not lost.impossible:
            found[request] = Cost(lost.lost, exact=True)


def forced(
    one: Part, tables: Tables, start: Floats, column: Column, clock: Clock, *, every: bool
) -> Forced | None:
    """Choose one of the columns, or all if `every`, then serve as much weight and as many of now as possible.

    None says that the time was too short to know.
    """
    model = Model(one.program, clock)
    if every:
        model.bound(column, 1.0, 1.0)
    else:
        model.add_row(column, np.ones(len(column)), 1.0, np.inf)
    stays = np.zeros(one.width)
    before = np.unique(one.request[(start > 0.5) & (one.request >= 0)])
    stays[np.isin(one.request, before)] = 1.0
    # Exact at this size: weights are small, and no request counts more than once.
    cost = one.served * (len(before) + 1) + stays
    answer = model.search(cost, one.whole)
    if answer.impossible:
        return Forced((), 0, impossible=True)
    if answer.values is None:
        return None
    values = start_of(one, tables, chosen_of(one, answer.values))
    reached = round(float(cost @ values))
    if not holds(one.program, values) or floor(answer.bound) != reached:
        return None
    after = one.request[(values > 0.5) & (one.request >= 0)]
    return Forced(tuple(np.setdiff1d(before, after).tolist()), round(float(one.served @ values)))


class Exchanges:
    """Tries what happens if a guide takes a request and those in the way look for another guide."""

    def __init__(self, tables: Tables, chosen: Column) -> None:
        self._tables = tables
        self._diaries = Diaries(tables)
        self._of: dict[int, list[int]] = {}
        for option in chosen.tolist():
            self._diaries.take(option)
            self._of.setdefault(int(tables.request[option]), []).append(option)
        self._by_request = np.argsort(tables.request, kind="stable")
        self._first = np.searchsorted(tables.request[self._by_request], np.arange(len(tables.priority) + 1))

    def cheapest(self, request: int) -> tuple[int, ...] | None:
        """Return who loses in the cheapest exchange found; None if a team would have to be formed."""
        if int(self._tables.needs[request]) > 1:
            return None
        best: tuple[int, int, tuple[int, ...]] | None = None
        for option in self._options(request):
            lost = self.clear(option)
            weight = int(self._tables.priority[list(lost)].sum())
            if best is None or (weight, len(lost), lost) < best:
                best = weight, len(lost), lost
        return best[2] if best else None

    def clear(self, option: int) -> tuple[int, ...]:
        """Return who would lose if this option were taken and those in the way tried all other guides."""
        guide = int(self._tables.guide[option])
        moved: list[int] = []
        for other in list(self._diaries.taken.get(guide, ())):
            if self._diaries.clash(option, other):
                moved.extend(self._leave(int(self._tables.request[other])))
        held = sorted(
            self._diaries.taken.get(guide, ()),
            key=lambda one: (int(self._tables.priority[self._tables.request[one]]), one),
        )
        for other in held:
            if self._diaries.free(option):
                break
            moved.extend(self._leave(int(self._tables.request[other])))
        self._diaries.take(option)
        gone: list[int] = []
        placed: list[int] = []
        for request in dict.fromkeys(int(self._tables.request[one]) for one in moved):
            free = None
            if int(self._tables.needs[request]) == 1:
                free = next((one for one in self._options(request) if self._diaries.free(one)), None)
            if free is None:
                gone.append(request)
            else:
                self._diaries.take(free)
                placed.append(free)
        for one in (*placed, option):
            self._diaries.drop(one)
        for one in moved:
            self._diaries.take(one)
        return tuple(sorted(gone))

    def _leave(self, request: int) -> list[int]:
        for one in self._of[request]:
            self._diaries.drop(one)
        return self._of[request]

    def _options(self, request: int) -> list[int]:
        return self._by_request[self._first[request] : self._first[request + 1]].tolist()
