"""Binds the options of one guide: times that exclude each other, limits that could overflow."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

import numpy as np

from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.tables import Mask, Tables, ranges


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Σ weight·x ≤ limit over options; row i has the entries first[i] to first[i + 1]."""

    first: Column
    option: Column
    weight: Column
    limit: Column

    @property
    def lengths(self) -> Column:
        """Return the number of entries of each row."""
        return np.diff(self.first)


def clashes(tables: Tables) -> tuple[Column, Column]:
    """Return all pairs of options of one guide, of different requests, that leave no time between them."""
    here: list[Column] = [np.zeros(0, dtype=np.int64)]
    there: list[Column] = [np.zeros(0, dtype=np.int64)]
    widest = tables.ways.max(axis=1, initial=0)[tables.place] if tables.size else tables.place
    # Options go by guide and start, and none that starts later than this can clash with an earlier one.
    latest = tables.end + widest
    longest = int((latest - tables.start).max(initial=0))
    ahead = np.arange(tables.size, dtype=np.int64)
    step = 0
    while len(ahead):
        step += 1
        ahead = ahead[ahead + step < tables.size]
        other = ahead + step
        near = (tables.guide[ahead] == tables.guide[other]) & (
            tables.start[other] - tables.start[ahead] < longest
        )
        ahead, other = ahead[near], other[near]
        way = tables.ways[tables.place[ahead], tables.place[other]]
        meet = (tables.start[other] - tables.end[ahead] < way) & (
            tables.start[ahead] - tables.end[other] < way
        )
        meet &= tables.request[ahead] != tables.request[other]
        here.append(ahead[meet])
        there.append(other[meet])
    return np.concatenate(here), np.concatenate(there)


def guide_rows(tables: Tables) -> Rows:
    """Return cliques that cover all clashes, then the capacities and asks that could be exceeded."""
    cliques = _cliques(tables)
    spans = list(_spans(tables))
    members = [*cliques, *(options for options, _, _ in spans)]
    entries = [*([1] * len(clique) for clique in cliques), *(weight for _, weight, _ in spans)]
    lengths = [len(one) for one in members]
    return Rows(
        np.concatenate(([0], np.cumsum(np.array(lengths, dtype=np.int64)))),
        np.fromiter((one for row in members for one in row), dtype=np.int64, count=sum(lengths)),
        np.fromiter((one for row in entries for one in row), dtype=np.int64, count=sum(lengths)),
        np.array([1] * len(cliques) + [limit for _, _, limit in spans], dtype=np.int64),
    )


def _cliques(tables: Tables) -> list[list[int]]:
    here, there = clashes(tables)
    order = np.lexsort((there, here))
    here, there = here[order], there[order]
    found: list[list[int]] = []
    # Chains of clashes, not guides: two days of one guide have nothing to do with each other.
    bounds = np.flatnonzero(np.diff(tables.guide[here])) + 1
    for left, right in zip(np.split(here, bounds), np.split(there, bounds), strict=True):
        if len(left) == 1:
            found.append([int(left[0]), int(right[0])])
        elif len(left):
            found.extend(_cover(tables, left, right))
    return found


def _cover(tables: Tables, here: Column, there: Column) -> Iterable[list[int]]:
    """Cover the clashes of one guide: cliques around a start first, each extended as far as it goes."""
    options = np.unique(np.concatenate((here, there)))
    count = len(options)
    meets = [0] * count
    for a, b in zip(
        np.searchsorted(options, here).tolist(), np.searchsorted(options, there).tolist(), strict=True
    ):
        meets[a] |= 1 << b
        meets[b] |= 1 << a
    request = tables.request[options].tolist()
    same: dict[int, int] = {}
    for at, one in enumerate(request):
        same[one] = same.get(one, 0) | 1 << at
    # Windows of one request exclude each other as well: they may widen a clique, they do not need one.
    joins = [(meets[at] | same[request[at]]) & ~(1 << at) for at in range(count)]
    places = np.unique(tables.place[options])
    pause = int(tables.ways[np.ix_(places, places)].min())
    start, until = tables.start[options].tolist(), (tables.end[options] + pause).tolist()
    covered = [0] * count
    for at in range(count):
        before = (1 << at) - 1
        core = sum(1 << one for one in _bits(joins[at] & before) if until[one] > start[at])
        while todo := meets[at] & before & ~covered[at]:
            clique, allowed = 1 << at, joins[at]
            seed = core & allowed if core & todo else todo
            for source in (seed, todo, before, -1):
                while near := source & allowed:
                    bit = near & -near
                    clique |= bit
                    allowed &= joins[bit.bit_length() - 1]
            members = list(_bits(clique))
            for one in members:
                covered[one] |= clique
            yield [int(options[one]) for one in members]


def _bits(mask: int) -> Iterable[int]:
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def weights(tables: Tables, first: Column, last: Column, asks: Mask) -> Column:
    """Return what the options of spans, first to last each, would count all together: minutes or asks."""
    total = np.concatenate(([0], np.cumsum(tables.takes)))
    return np.where(asks, last - first, total[last] - total[first])


def _spans(tables: Tables) -> Iterable[tuple[list[int], list[int], int]]:
    first, last = ranges(tables, tables.span_guide, tables.span_start, tables.span_end)
    for span in np.flatnonzero(weights(tables, first, last, tables.span_asks) > tables.span_limit).tolist():
        options = range(int(first[span]), int(last[span]))
        takes = [1] * len(options)
        if not tables.span_asks[span]:
            takes = tables.takes[options.start : options.stop].tolist()
        most: dict[int, int] = {}
        for request, minutes in zip(
            tables.request[options.start : options.stop].tolist(), takes, strict=True
        ):
            most[request] = max(most.get(request, 0), minutes)
        limit = int(tables.span_limit[span])
        if sum(most.values()) > limit:
            step = gcd(*takes)
            yield list(options), [one // step for one in takes], limit // step
