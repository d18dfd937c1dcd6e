"""The last two tiers: loads spread evenly, then little change against the proposal seen before."""

import numpy as np

from lotsen.matching.planning.cliques import guide_rows
from lotsen.matching.planning.components import labels
from lotsen.matching.planning.highs import Clock, Floats
from lotsen.matching.planning.model import Part, Steps, Ties, part
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.serving import Report, Served, linked, split
from lotsen.matching.planning.tables import HALF_HOUR, Tables, half_hours, only
from lotsen.matching.planning.tiers import Climb, Level


def refine(
    tables: Tables, served: Served, clock: Clock, report: Report, *, fair: bool, keep: bool
) -> tuple[Column, Level | None, Level | None]:
    """Return the choice, its sum of squared loads (if `fair`) and how much it keeps (if `keep`)."""
    inner_of = np.flatnonzero(served.alive)
    inner = only(tables, inner_of)
    rows = guide_rows(inner)
    count = len(tables.priority)
    mine = np.arange(count, dtype=np.int64)
    bonds = [linked(inner, rows), served.group]
    if fair:
        bonds.append(labels(count + len(tables.load), inner.request, count + inner.guide)[:count])
    label = labels(count, np.tile(mine, len(bonds)), np.concatenate(bonds))
    ahead = np.isin(inner_of, served.chosen)
    ties = Ties(served.group, served.need_served, served.need_value)
    spread, spread_bound, kept, kept_bound = 0, 0, 0, 0
    parts = split(inner, label, rows, np.ones(count, dtype=np.bool_))
    todo = sorted(parts, key=lambda one: (len(one[1]), one[0]))
    ahead_of = sum(len(options) for _, options, _ in todo)
    total = ahead_of or 1
    for _, options, inside in todo:
        before = options[ahead[options]]
        # No part may use up the time of those after it, however long it could go on.
        own = clock.part(2 * len(options) / ahead_of)
        ahead_of -= len(options)
        if len(before) == len(options):
            added, stays = int(_added(inner, before)), int(inner.kept[before].sum())
            spread, spread_bound = spread + added, spread_bound + added
            kept, kept_bound = kept + stays, kept_bound + stays
            continue
        steps = _steps(inner, options) if fair else None
        one = part(inner, options, inside, steps=steps, ties=ties)
        climb = Climb(one, inner, before, own, steps)
        if steps is not None:
            level = climb.tier(_costs(one, steps), 0)
            spread, spread_bound = spread - level.value, spread_bound - level.bound
        if keep:
            level = climb.tier(one.kept, int(one.kept.sum()))
            kept, kept_bound = kept + level.value, kept_bound + level.bound
        ahead[before] = False
        ahead[climb.chosen] = True
        report(1 - ahead_of / total)
    present = int(((tables.load // HALF_HOUR) ** 2).sum())
    return (
        inner_of[ahead],
        Level(present + spread, present + spread_bound) if fair else None,
        Level(kept, kept_bound) if keep else None,
    )


def _added(tables: Tables, chosen: Column) -> int:
    """Return by how much the chosen options raise the sum of squares."""
    more = np.bincount(
        tables.guide[chosen], half_hours(tables.takes[chosen]), minlength=len(tables.load)
    ).astype(np.int64)
    return int((more * more + 2 * more * (tables.load // HALF_HOUR)).sum())


def _steps(tables: Tables, options: Column) -> Steps:
    guides, guide_at = np.unique(tables.guide[options], return_inverse=True)
    halves = half_hours(tables.takes[options])
    # A guide can take each request once, at its longest.
    order = np.lexsort((-halves, tables.request[options], guide_at))
    pair = guide_at[order] * len(tables.priority) + tables.request[options][order]
    longest = order[np.concatenate(([True], pair[1:] != pair[:-1]))]
    most = np.bincount(guide_at[longest], halves[longest], minlength=len(guides)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(most)))
    within = np.arange(int(first[-1])) - np.repeat(first[:-1], most)
    present = np.repeat(tables.load[guides] // HALF_HOUR, most)
    return Steps(first, (2 * (present + within) + 1).astype(np.float64), guide_at.astype(np.int64), halves)


def _costs(one: Part, steps: Steps) -> Floats:
    cost = np.zeros(one.width)
    cost[one.width - steps.width :] = -steps.cost
    return cost
