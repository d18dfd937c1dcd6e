"""Finds who stands by for each assignment, so that nobody stands by for two at the same time."""

from dataclasses import replace

import numpy as np

from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.serving import serve
from lotsen.matching.planning.tables import Busy, Tables, charged, flattened, pairs_within, possible


def stand_by(tables: Tables, chosen: Column, clock: Clock) -> Column:
    """Return the options of those who stand by, ascending; as many assignments as possible have one.

    It is the planning problem again: each place in an assignment asks for one more guide, beside all that is
    assigned and within what capacities and asks have left.
    """
    seats = chosen[np.argsort(tables.slot[chosen], kind="stable")]
    by_slot = np.argsort(tables.slot, kind="stable")
    slots = tables.slot[by_slot]
    seat, at = flattened(
        np.searchsorted(slots, tables.slot[seats]), np.searchsorted(slots, tables.slot[seats], side="right")
    )
    option = by_slot[at]
    spare = ~np.isin(option, chosen)
    seat, option = seat[spare], option[spare]
    order = np.lexsort((seat, tables.start[option], tables.guide[option]))
    seat, option = seat[order], option[order]
    owner, taken = pairs_within(
        _seated(tables, chosen), tables.span_guide, tables.span_start, tables.span_end
    )
    used = np.bincount(
        owner, charged(tables, owner, tables.takes[chosen][taken]), minlength=len(tables.span_limit)
    ).astype(np.int64)
    one = np.ones(len(seats), dtype=np.int64)
    asked = replace(
        tables,
        priority=one,
        needs=one,
        slot_request=np.arange(len(seats), dtype=np.int64),
        slot_start=tables.start[seats],
        slot_end=tables.end[seats],
        slot_place=tables.place[seats],
        guide=tables.guide[option],
        slot=seat,
        fit=tables.fit[option],
        # Only how many there are is worth a search; among those the simple plan prefers who fits.
        value=np.zeros(len(option), dtype=np.int64),
        takes=tables.takes[option],
        kept=np.zeros(len(option), dtype=np.int64),
        request=seat,
        start=tables.start[option],
        end=tables.end[option],
        place=tables.place[option],
        span_limit=tables.span_limit - used,
        number=option,
    )
    busy = Busy(tables.guide[chosen], tables.start[chosen], tables.end[chosen], tables.place[chosen])
    found = possible(asked, busy)
    return np.sort(found.number[serve(found, clock, lambda _: None).chosen])


def _seated(tables: Tables, chosen: Column) -> Tables:
    return replace(tables, guide=tables.guide[chosen], start=tables.start[chosen])
