"""The problem as columns in one canonical order, without what can never be chosen.

The order follows the ids and times alone, so that a shuffled problem becomes the same tables.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lotsen.matching.planning.problem import Column, Problem
from lotsen.matching.planning.ways import minutes_between

HALF_HOUR = 30
_EVER = 10**9
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Requests, slots (a window of a request), options and spans; options go by guide, start and slot.

    A span limits what its guide takes on within some time: minutes, or with `span_asks` how often they are
    asked.
    """

    priority: Column
    needs: Column
    slot_request: Column
    slot_start: Column
    slot_end: Column
    slot_place: Column
    load: Column
    guide: Column
    slot: Column
    fit: Column
    value: Column
    takes: Column
    kept: Column
    request: Column
    start: Column
    end: Column
    place: Column
    number: Column
    span_guide: Column
    span_start: Column
    span_end: Column
    span_limit: Column
    span_asks: Mask
    ways: Column

    @property
    def size(self) -> int:
        """Return the number of options."""
        return len(self.guide)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Leads from the tables' numbers back to the problem's ids and windows."""

    requests: tuple[str, ...]
    guides: tuple[str, ...]
    slot_window: Column


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Appointments that stay: columns of guide, start, end and place."""

    guide: Column
    start: Column
    end: Column
    place: Column


def build(problem: Problem) -> tuple[Tables, Names]:
    """Return the tables of what can be chosen at all, beside what is held and within every capacity."""
    requests, _ = _ranked([request.id for request in problem.requests])
    guides, guide_rank = _ranked([guide.id for guide in problem.guides])
    places = sorted(
        {request.place for request in problem.requests if request.place is not None}
        | {held.place for guide in problem.guides for held in guide.held if held.place is not None}
    )
    place_at: dict[str | None, int] = {None: 0} | {place: at for at, place in enumerate(places, 1)}
    slots = _columns(
        [
            (rank, window.start, window.end, at, place_at[request.place])
            for rank, request in enumerate(problem.requests[index] for index in requests)
            for at, window in sorted(enumerate(request.windows), key=lambda one: (one[1].start, one[1].end))
        ],
        5,
    )
    window_counts = np.array([len(request.windows) for request in problem.requests], dtype=np.int64)
    slot_at = _slot_positions(slots, window_counts, requests)
    spans = _columns(
        sorted(
            (int(guide_rank[at]), span.start, span.end, span.minutes)
            for at, guide in enumerate(problem.guides)
            for span in guide.capacity
        ),
        4,
    )
    asked = _columns(
        sorted(
            (int(guide_rank[at]), -_EVER, _EVER, guide.asks)
            for at, guide in enumerate(problem.guides)
            if guide.asks is not None
        ),
        4,
    )
    held = _columns(
        [
            (int(guide_rank[at]), held.start, held.end, place_at[held.place])
            for at, guide in enumerate(problem.guides)
            for held in guide.held
        ],
        4,
    )
    options = problem.options
    first_slot = np.concatenate(([0], np.cumsum(window_counts)))[:-1]
    slot = slot_at[first_slot[options.request] + options.window]
    guide = guide_rank[options.guide]
    order = np.lexsort((slot, slots[1][slot], guide))
    slot, guide = slot[order], guide[order]
    tables = Tables(
        priority=np.array([problem.requests[at].priority for at in requests], dtype=np.int64),
        needs=np.array([problem.requests[at].needs for at in requests], dtype=np.int64),
        slot_request=slots[0],
        slot_start=slots[1],
        slot_end=slots[2],
        slot_place=slots[4],
        load=np.array([problem.guides[at].load for at in guides], dtype=np.int64),
        guide=guide,
        slot=slot,
        fit=options.fit[order],
        value=options.fit[order] // problem.fit_band,
        takes=options.takes[order],
        kept=_kept(problem, order),
        request=slots[0][slot],
        start=slots[1][slot],
        end=slots[2][slot],
        place=slots[4][slot],
        number=np.arange(len(slot), dtype=np.int64),
        span_guide=np.concatenate((spans[0], asked[0])),
        span_start=np.concatenate((spans[1], asked[1])),
        span_end=np.concatenate((spans[2], asked[2])),
        span_limit=np.concatenate((spans[3], asked[3])),
        span_asks=np.repeat([False, True], [len(spans[0]), len(asked[0])]),
        ways=minutes_between(problem.ways, places),
    )
    names = Names(
        tuple(problem.requests[at].id for at in requests),
        tuple(problem.guides[at].id for at in guides),
        slots[3],
    )
    return possible(tables, Busy(*held)), names


def possible(tables: Tables, busy: Busy) -> Tables:
    """Drop options that clash with `busy`, exceed a limit alone, or whose window has too few guides."""
    free = np.ones(tables.size, dtype=np.bool_)
    reach = int((tables.end - tables.start).max(initial=0)) + int(tables.ways.max(initial=0))
    owner, option = pairs_within(
        tables, busy.guide, busy.start - reach, busy.end + int(tables.ways.max(initial=0))
    )
    way = tables.ways[busy.place[owner], tables.place[option]]
    clash = (tables.start[option] - busy.end[owner] < way) & (busy.start[owner] - tables.end[option] < way)
    free[option[clash]] = False
    owner, option = pairs_within(tables, tables.span_guide, tables.span_start, tables.span_end)
    free[option[charged(tables, owner, tables.takes[option]) > tables.span_limit[owner]]] = False
    count = np.bincount(tables.slot[free], minlength=len(tables.slot_request))
    free &= (count >= tables.needs[tables.slot_request])[tables.slot]
    return tables if free.all() else only(tables, free)


def only(tables: Tables, keep: Mask | Column) -> Tables:
    """Return the tables with some of their options."""
    names = ("guide", "slot", "fit", "value", "takes", "kept", "request", "start", "end", "place", "number")
    columns: dict[str, Column] = {name: getattr(tables, name)[keep] for name in names}
    return replace(tables, **columns)


def ranges(tables: Tables, guide: Column, start: Column, end: Column) -> tuple[Column, Column]:
    """Return for each (guide, start, end) the range of options that start in [start, end)."""
    if not tables.size:
        return np.zeros(len(guide), dtype=np.int64), np.zeros(len(guide), dtype=np.int64)
    least, most = int(tables.start.min()), int(tables.start.max()) + 1
    width = most - least + 1
    key = tables.guide * width + (tables.start - least)
    first = np.searchsorted(key, guide * width + (np.clip(start, least, most) - least))
    last = np.searchsorted(key, guide * width + (np.clip(end, least, most) - least))
    return first.astype(np.int64), np.maximum(first, last).astype(np.int64)


def pairs_within(tables: Tables, guide: Column, start: Column, end: Column) -> tuple[Column, Column]:
    """Pair each (guide, start, end), by its position, with every option that starts in [start, end)."""
    first, last = ranges(tables, guide, start, end)
    return flattened(first, last)


def flattened(first: Column, last: Column) -> tuple[Column, Column]:
    """Return for ranges [first, last) the number of the range and the member, one below the other."""
    length = last - first
    owner = np.repeat(np.arange(len(first), dtype=np.int64), length)
    offset = np.cumsum(length) - length
    return owner, np.arange(len(owner), dtype=np.int64) - offset[owner] + first[owner]


def busy_with(tables: Tables, chosen: Column) -> Busy:
    """Return the appointments of the chosen options."""
    return Busy(tables.guide[chosen], tables.start[chosen], tables.end[chosen], tables.place[chosen])


def room_beside(tables: Tables, chosen: Column) -> Column:
    """Return what the chosen options leave of each span."""
    seated = only(tables, chosen)
    owner, option = pairs_within(seated, tables.span_guide, tables.span_start, tables.span_end)
    counts = charged(tables, owner, seated.takes[option])
    used = np.bincount(owner, counts, minlength=len(tables.span_limit))
    return tables.span_limit - used.astype(np.int64)


def charged(tables: Tables, span: Column, minutes: Column) -> Column:
    """Return what appointments of so many minutes count in their spans: the minutes, or one ask each."""
    return np.where(tables.span_asks[span], 1, minutes)


def half_hours(minutes: Column) -> Column:
    """Return begun half hours."""
    return -(-minutes // HALF_HOUR)


def _ranked(ids: list[str]) -> tuple[list[int], Column]:
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return order, rank


def _columns(rows: list[tuple[int, ...]], width: int) -> list[Column]:
    table = np.array(rows, dtype=np.int64).reshape(-1, width)
    return [np.ascontiguousarray(table[:, at]) for at in range(width)]


def _slot_positions(slots: list[Column], window_counts: Column, requests: list[int]) -> Column:
    """Return for each window, in the problem's order, its slot."""
    first = np.cumsum(window_counts) - window_counts
    by_rank = np.array(requests, dtype=np.int64)
    position = np.empty(len(slots[0]), dtype=np.int64)
    position[first[by_rank[slots[0]]] + slots[3]] = np.arange(len(slots[0]))
    return position


def _kept(problem: Problem, order: Column) -> Column:
    kept = np.zeros(len(order), dtype=np.int64)
    if problem.previous:
        before = {(one.request, one.window, guide) for one in problem.previous for guide in one.guides}
        guide_ids: Callable[[int], str] = [guide.id for guide in problem.guides].__getitem__
        options = problem.options
        named = {one.request for one in problem.previous}
        at = {request.id: index for index, request in enumerate(problem.requests)}
        asked = np.zeros(len(problem.requests), dtype=np.bool_)
        asked[[at[name] for name in sorted(named & set(at))]] = True
        for row in np.flatnonzero(asked[options.request]).tolist():
            request = problem.requests[int(options.request[row])].id
            key = (request, int(options.window[row]), guide_ids(int(options.guide[row])))
            kept[row] = key in before
    return kept[order]
