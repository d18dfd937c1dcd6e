"""The first two tiers: who is served, then how well; part by part of what competes for guides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lotsen.matching.planning.cliques import Rows, guide_rows
from lotsen.matching.planning.components import labels
from lotsen.matching.planning.greedy import greedy
from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.model import part
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.sifting import LARGE, sift
from lotsen.matching.planning.tables import Mask, Tables, only
from lotsen.matching.planning.tiers import Climb, Level

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """The first two tiers' choice, what each tier reached, and how much freedom is left for the next.

    `alive` marks the options that may be part of an equally good choice; requests of one `group` must
    together keep the weight `need_served` and the fit `need_value`.
    """

    chosen: Column
    served: Level
    value: Level
    alive: Mask
    group: Column
    need_served: Column
    need_value: Column


def serve(tables: Tables, clock: Clock, report: Report) -> Served:
    """Serve the most weight, then the best fit."""
    large = _oversized(tables)
    chosen = greedy(tables)
    count = len(tables.priority)
    most, best = ceilings(tables)
    alive = _best_only(tables, best)
    group = np.arange(count, dtype=np.int64)
    need_served, need_value = most.copy(), best.copy()
    ahead = np.zeros(tables.size, dtype=np.bool_)
    ahead[chosen] = True
    got_served, got_value = reached(tables, chosen)
    bound_served, bound_value = most.copy(), best.copy()
    todo: list[tuple[Column, Rows | None]] = []
    for label, options, rows in _parts(tables, large, got_served, got_value, most, best):
        group[np.unique(tables.request[options])] = label
        todo.append((options, rows))
    done = 0
    total = sum(len(options) for options, _ in todo) or 1
    for options, rows in sorted(todo, key=lambda one: (len(one[0]), int(one[0][0]))):
        # No part may use up the time of those after it, however long it could go on.
        own = clock.part(2 * len(options) / (total - done))
        requests = np.unique(tables.request[options])
        first = int(group[requests[0]])
        before = options[ahead[options]]
        ceiling = int(most[requests].sum()), int(best[requests].sum())
        if rows is None:
            result = sift(only(tables, options), np.searchsorted(options, before), ceiling, own)
            after, served, value = options[result.chosen], result.served, result.value
            alive[options] = result.alive
        else:
            one = part(tables, options, rows)
            climb = Climb(one, tables, before, own)
            served, value = climb.two_tiers(one.served, one.value, ceiling)
            after = climb.chosen
            alive[options] = True
        ahead[before] = False
        ahead[after] = True
        for column, level in ((need_served, served.value), (need_value, value.value)):
            column[requests] = 0
            column[first] = level
        for column, level in ((bound_served, served.bound), (bound_value, value.bound)):
            column[requests] = 0
            column[first] = level
        done += len(options)
        report(done / total)
    return Served(
        np.flatnonzero(ahead),
        Level(int(need_served.sum()), int(bound_served.sum())),
        Level(int(need_value.sum()), int(bound_value.sum())),
        alive,
        group,
        need_served,
        need_value,
    )


def reached(tables: Tables, chosen: Column) -> tuple[Column, Column]:
    """Return for each request the weight served and the fit that the chosen options bring."""
    count = len(tables.priority)
    served = np.zeros(count, dtype=np.int64)
    requests = np.unique(tables.request[chosen])
    served[requests] = tables.priority[requests]
    value = np.zeros(count, dtype=np.int64)
    np.add.at(value, tables.request[chosen], tables.value[chosen])
    return served, value


def ceilings(tables: Tables) -> tuple[Column, Column]:
    """Return for each request the weight and the best fit that it could bring if it were alone."""
    count = len(tables.priority)
    most, best = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    requests = np.unique(tables.request)
    most[requests] = tables.priority[requests]
    order = np.lexsort((-tables.value, tables.slot))
    slot = tables.slot[order]
    rank = np.arange(len(slot)) - np.searchsorted(slot, slot)
    team = order[rank < tables.needs[tables.request[order]]]
    total = np.zeros(len(tables.slot_request), dtype=np.int64)
    np.add.at(total, tables.slot[team], tables.value[team])
    np.maximum.at(best, tables.slot_request, total)
    return most, best


def _best_only(tables: Tables, best: Column) -> Mask:
    """Mark what may serve a request that must get its best; teams are left to the row that binds them."""
    return (tables.needs[tables.request] > 1) | (tables.value == best[tables.request])


def _oversized(tables: Tables) -> Mask:
    """Mark options of parts that are too large to list all their clashes, going by guides alone."""
    count = len(tables.priority)
    link = labels(count + int(tables.guide.max(initial=-1)) + 1, tables.request, count + tables.guide)
    size = np.bincount(link[tables.request], minlength=len(link))
    return size[link[tables.request]] > LARGE


def _parts(
    tables: Tables,
    large: Mask,
    got_served: Column,
    got_value: Column,
    most: Column,
    best: Column,
) -> Iterator[tuple[int, Column, Rows | None]]:
    """Yield the parts that the simple plan has not already solved: first request, options, rows."""
    short = (got_served < most) | (got_value < best)
    small = np.flatnonzero(~large)
    inner = only(tables, small)
    rows = guide_rows(inner)
    label = linked(inner, rows)
    for first, options, inside in split(inner, label, rows, short):
        yield first, small[options], inside
    if large.any():
        link = labels(
            len(tables.priority) + int(tables.guide.max()) + 1,
            tables.request,
            len(tables.priority) + tables.guide,
        )
        for first in np.unique(link[np.flatnonzero(short)]).tolist():
            if not large[link[tables.request] == first].any():
                continue
            yield first, np.flatnonzero(link[tables.request] == first), None


def linked(tables: Tables, rows: Rows) -> Column:
    """Label requests that share a row; a guide who has time for all of them binds nobody."""
    request = tables.request[rows.option]
    head = np.repeat(tables.request[rows.option[rows.first[:-1]]], rows.lengths)
    return labels(len(tables.priority), head, request)


def split(tables: Tables, label: Column, rows: Rows, wanted: Mask) -> Iterator[tuple[int, Column, Rows]]:
    """Yield the parts that hold a wanted request: the label, its options ascending, its rows among these."""
    keep = np.zeros(len(label), dtype=np.bool_)
    keep[label[wanted]] = True
    of_option = label[tables.request]
    order = np.argsort(of_option, kind="stable")
    order = order[keep[of_option[order]]]
    borders = np.flatnonzero(np.diff(of_option[order])) + 1
    of_row = of_option[rows.option[rows.first[:-1]]]
    row_order = np.argsort(of_row, kind="stable")
    row_label = of_row[row_order]
    position = np.zeros(tables.size, dtype=np.int64)
    for options in np.split(order, borders) if len(order) else ():
        first = int(of_option[options[0]])
        position[options] = np.arange(len(options))
        low, high = np.searchsorted(row_label, (first, first + 1)).tolist()
        yield first, options, pick(rows, row_order[low:high], position)


def pick(rows: Rows, which: Column, position: Column) -> Rows:
    """Return some of the rows, with `position` of each option for its number."""
    lengths = rows.lengths[which]
    first = np.concatenate(([0], np.cumsum(lengths)))
    entry = np.arange(int(first[-1])) + np.repeat(rows.first[which] - first[:-1], lengths)
    return Rows(first, position[rows.option[entry]], rows.weight[entry], rows.limit[which])
