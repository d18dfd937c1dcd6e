"""Plans a part too large to be written down whole: a few columns first, all others judged by prices.

A small linear program over the best candidates of each request gives prices; options that pay at these
prices come in, until none is left. Requests whose price lies below their weight are scarce: what they can
reach among themselves bounds the first tier and cuts the program. The gap that remains after a search among
the good columns tells which others could still matter; the last search has all of these, and proves.
"""

from dataclasses import dataclass, replace

import numpy as np

from lotsen.matching.planning.cliques import Rows, guide_rows, weights
from lotsen.matching.planning.highs import INFINITY, Clock, Floats, Model
from lotsen.matching.planning.model import Part, floor, part
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.tables import Mask, Tables, flattened, only, ranges
from lotsen.matching.planning.tiers import Climb, Level

LARGE = 3000
_FIRST = 6
_MORE = 6
_ROUNDS = 8
_PAYS = 1e-6
_FEW = 200
# With more options than these a last search only spends the time that is left.
_LAST = 30_000
_ENOUGH = 2.0
# How far an option may lie below the prices and still join the first search, in units of fit.
_NEAR = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Sifted:
    """What a large part reached; `alive` marks the options that may be part of an equally good choice."""

    chosen: Column
    served: Level
    value: Level
    alive: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """A solved small program: what each option gains at its prices, and a bound that holds for all."""

    gain: Floats
    bound: float
    slack: float
    unit: float
    request_price: Floats


def sift(tables: Tables, before: Column, ceiling: tuple[int, int], clock: Clock) -> Sifted:
    """Serve the most weight, then the best fit; never less than `before`."""
    market = Market(tables, clock)
    unit = float(int(tables.value.max(initial=0)) * int(tables.needs.max()) * 4 + 1)
    start = Level(int(tables.priority[np.unique(tables.request[before])].sum()), ceiling[0])
    simple = Sifted(
        before,
        start,
        Level(int(tables.value[before].sum()), ceiling[1]),
        np.ones(tables.size, dtype=np.bool_),
    )
    columns = _best(tables, np.arange(tables.size), tables.value.astype(np.float64), _FIRST)
    columns = np.union1d(columns, before)
    prices, columns = market.sift(columns, unit, None)
    if prices is None:
        return simple
    weight = tables.priority * unit
    core = np.zeros(len(tables.priority), dtype=np.bool_)
    asked = np.unique(tables.request)
    core[asked] = prices.request_price[asked] < weight[asked] - _PAYS * unit
    limit = int(tables.priority[asked].sum())
    best_core = _core(tables, core, before, clock)
    limit += best_core - int(tables.priority[core].sum())
    prices, columns = market.sift(columns, unit, (core, best_core))
    if prices is None:
        return replace(simple, served=Level(start.value, min(limit, ceiling[0])))
    limit = min(limit, ceiling[0])
    return _search(tables, simple, prices, core, limit, ceiling[1], clock)


def _search(
    tables: Tables, simple: Sifted, prices: Prices, core: Mask, limit: int, most: int, clock: Clock
) -> Sifted:
    """Search among the columns that nearly pay, then, if they are not too many, among all that matter."""
    near = np.union1d(np.flatnonzero(prices.gain >= -_NEAR), simple.chosen)
    chosen, served, reached = _climb(tables, near, simple.chosen, core, limit, most, clock.part(0.7))
    if served.value < limit:
        # Too few columns to serve as many as the bound allows: the cheapest of the others come in.
        near = np.sort(np.argsort(-prices.gain, kind="stable")[:_LAST])
        near = np.union1d(near, chosen)
        chosen, served, reached = _climb(tables, near, chosen, core, limit, most, clock)
        if len(near) == tables.size:
            return Sifted(chosen, served, reached, simple.alive)
    if served.value < limit:
        return Sifted(chosen, Level(served.value, limit), Level(reached.value, most), simple.alive)
    ceiling = prices.bound - prices.unit * limit
    bound = min(most, floor(ceiling) or most)
    alive = prices.gain >= reached.value - ceiling - _PAYS
    alive[chosen] = True
    if reached.value < bound and alive.sum() <= _LAST:
        rest = np.flatnonzero(alive)
        chosen, served, reached = _climb(tables, rest, chosen, core, limit, bound, clock)
        bound = min(bound, reached.bound)
        alive &= prices.gain >= reached.value - ceiling - _PAYS
        alive[chosen] = True
    return Sifted(chosen, served, Level(reached.value, max(bound, reached.value)), alive)


def _climb(
    tables: Tables, options: Column, before: Column, core: Mask, limit: int, most: int, clock: Clock
) -> tuple[Column, Level, Level]:
    inner = only(tables, options)
    one = part(inner, np.arange(len(options)), guide_rows(inner))
    climb = Climb(one, inner, np.searchsorted(options, before), clock)
    served = climb.tier(one.served, limit)
    if served.value < limit:
        value = climb.tier(one.value, most)
        return options[climb.chosen], served, value
    # At the limit everybody outside the core is served: row by row that says more than one sum over all.
    lower = one.program.row_lower.copy()
    requests = np.unique(inner.request)
    lower[: len(requests)][~core[requests]] = 1.0
    firm = replace(one, program=replace(one.program, row_lower=lower))
    climb = Climb(firm, inner, climb.chosen, clock)
    scarce = one.served * ((one.request >= 0) & core[np.maximum(one.request, 0)])
    at_core = round(float(scarce @ climb.values))
    climb.tier(scarce, at_core)
    value = climb.tier(one.value, most)
    return options[climb.chosen], served, value


def _core(tables: Tables, core: Mask, before: Column, clock: Clock) -> int:
    """Return a bound on the weight that the scarce requests reach among themselves."""
    options = np.flatnonzero(core[tables.request])
    total = int(tables.priority[core].sum())
    if not len(options) or len(options) > 10 * LARGE:
        return total
    inner = only(tables, options)
    one = part(inner, np.arange(len(options)), guide_rows(inner))
    inside = np.searchsorted(options, before[core[tables.request[before]]])
    return Climb(one, inner, inside, clock.part(0.3)).tier(one.served, total).bound


def _best(tables: Tables, options: Column, score: Floats, count: int) -> Column:
    """Return the options of each request with the highest scores; ties are scattered over the guides."""
    scatter = (tables.guide[options] * 2_654_435_761 + tables.request[options] * 40_503) % 1_000_003
    request = tables.request[options]
    order = np.lexsort((scatter, -score, request))
    ranked = request[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    need = tables.needs[ranked]
    return np.sort(options[order[rank < count * need]])


class Market:
    """The relaxation of a large part: rows for all options, columns for those that came in."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock
        used = np.unique(tables.place)
        pause = int(tables.ways[np.ix_(used, used)].min(initial=0)) if len(used) else 0
        self._first, self._last, self._points = _points(tables, pause)
        self._span_first, self._span_last = ranges(
            tables, tables.span_guide, tables.span_start, tables.span_end
        )
        tight = weights(tables, self._span_first, self._span_last, tables.span_asks) > tables.span_limit
        self._span_first, self._span_last = self._span_first[tight], self._span_last[tight]
        self._span_limit, self._span_asks = tables.span_limit[tight], tables.span_asks[tight]

    def sift(
        self, columns: Column, unit: float, cut: tuple[Mask, int] | None
    ) -> tuple[Prices | None, Column]:
        """Let options in until none pays; return the prices (None if time ran out) and the columns."""
        last: Prices | None = None
        for _ in range(_ROUNDS):
            prices = self._solve(columns, unit, cut)
            if prices is None:
                return last, columns
            last = prices if last is None or prices.bound <= last.bound else last
            paying = np.flatnonzero(prices.gain > _PAYS)
            paying = paying[~np.isin(paying, columns)]
            # The first prices only have to tell what is scarce; the last ones bound the fit.
            if not len(paying) or prices.slack < _ENOUGH or (cut is None and len(paying) < _FEW):
                return last, columns
            columns = np.union1d(columns, _best(self._tables, paying, prices.gain[paying], _MORE))
        return last, columns

    def _solve(self, columns: Column, unit: float, cut: tuple[Mask, int] | None) -> Prices | None:
        tables = self._tables
        inner = only(tables, columns)
        owner, point = flattened(self._first[columns], self._last[columns])
        point_used = np.bincount(point, minlength=self._points) > 1
        kept = point_used[point]
        number = np.cumsum(point_used) - 1
        span_first = np.searchsorted(columns, self._span_first)
        span_last = np.searchsorted(columns, self._span_last)
        tight = weights(inner, span_first, span_last, self._span_asks) > self._span_limit
        span_row, span_column = flattened(span_first[tight], span_last[tight])
        span_weight = np.where(self._span_asks[tight][span_row], 1, inner.takes[span_column])
        points = int(point_used.sum())
        spans = int(tight.sum())
        row = np.concatenate((number[point[kept]], points + span_row))
        column = np.concatenate((owner[kept], span_column))
        weight = np.concatenate((np.ones(int(kept.sum()), dtype=np.int64), span_weight))
        order = np.lexsort((column, row))
        rows = Rows(
            np.searchsorted(row[order], np.arange(points + spans + 1)).astype(np.int64),
            column[order],
            weight[order],
            np.concatenate((np.ones(points, dtype=np.int64), self._span_limit[tight])),
        )
        one = part(inner, np.arange(len(columns)), rows)
        cut_row = cut is not None and bool(cut[0].any())
        # Rows already keep these columns at 1 or less, and only rows have prices that other options see.
        upper = one.program.upper.copy()
        upper[: len(columns)][inner.needs[inner.request] == 1] = INFINITY
        model = Model(replace(one.program, upper=upper), self._clock)
        if cut is not None and cut_row:
            inside = np.flatnonzero((one.request >= 0) & cut[0][np.maximum(one.request, 0)])
            model.add_row(inside, one.served[inside], -INFINITY, float(cut[1]))
        solved = model.relax(one.served * unit + one.value)
        if solved is None:
            return None
        return self._priced(one, columns, solved.prices, solved.value, point_used, tight, unit, cut)

    def _priced(
        self,
        one: Part,
        columns: Column,
        prices: Floats,
        value: float,
        point_used: Mask,
        tight: Mask,
        unit: float,
        cut: tuple[Mask, int] | None,
    ) -> Prices:
        tables = self._tables
        requests = np.unique(tables.request[columns])
        windows = len(one.window_slots)
        request_price = np.zeros(len(tables.priority))
        request_price[requests] = np.maximum(prices[: len(requests)], 0)
        teams = int((tables.needs[tables.request[columns]] > 1).sum())
        offset = len(requests) + windows + teams
        points = int(point_used.sum())
        point_price = np.zeros(self._points)
        point_price[point_used] = np.maximum(prices[offset : offset + points], 0)
        span_price = np.zeros(len(tight))
        span_price[tight] = np.maximum(prices[offset + points : offset + points + int(tight.sum())], 0)
        passed = np.concatenate(([0.0], np.cumsum(point_price)))
        busy = passed[self._last] - passed[self._first]
        for which, counts in ((~self._span_asks, tables.takes), (self._span_asks, 1)):
            change = np.zeros(tables.size + 1)
            np.add.at(change, self._span_first[which], span_price[which])
            np.add.at(change, self._span_last[which], -span_price[which])
            busy = busy + np.cumsum(change)[:-1] * counts
        weight = tables.priority * unit
        if cut is not None and cut[0].any():
            weight = weight - np.where(cut[0], tables.priority * max(0.0, float(prices[-1])), 0.0)
        # A window that is not in the program yet would enter it at the price that leaves it nothing to gain.
        of_slot = tables.slot_request
        window_price = (request_price[of_slot] - weight[of_slot]) / tables.needs[of_slot]
        window_price[one.window_slots] = prices[len(requests) : len(requests) + windows]
        alone = tables.needs[tables.request] == 1
        own = np.where(
            alone, request_price[tables.request] - weight[tables.request], window_price[tables.slot]
        )
        gain = tables.value - busy - own
        # What the rows leave to gain: each request at most once, with as many guides as it needs.
        outside = np.maximum(gain, 0)
        outside[columns] = 0
        over = np.zeros(len(tables.priority))
        np.maximum.at(over, tables.request, outside)
        slack = float((over * tables.needs).sum())
        return Prices(gain, value + slack, slack, unit, request_price)


def _points(tables: Tables, pause: int) -> tuple[Column, Column, int]:
    """Return the range of its guide's busiest moments that each option covers, and how many there are."""
    if not tables.size:
        return tables.guide, tables.guide, 0
    least = int(tables.start.min())
    width = int(tables.end.max()) + pause - least + 1
    key = tables.guide * width + (tables.start - least)
    events, first = np.unique(key, return_inverse=True)
    last = np.searchsorted(events, tables.guide * width + (tables.end + pause - least))
    # A moment after which nobody leaves is part of the next one.
    kept = np.unique(last - 1)
    return (
        np.searchsorted(kept, first).astype(np.int64),
        np.searchsorted(kept, last).astype(np.int64),
        len(kept),
    )
