"""Finds who else could come: stand-bys, nobody for two at the same time, and the next best for each."""

from dataclasses import replace

import numpy as np

from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.serving import serve
from lotsen.matching.planning.tables import Tables, busy_with, flattened, only, possible, room_beside


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
        span_limit=room_beside(tables, chosen),
        number=option,
    )
    found = possible(asked, busy_with(tables, chosen))
    return np.sort(found.number[serve(found, clock, lambda _: None).chosen])


def next_best(tables: Tables, chosen: Column) -> Column:
    """Return for each assignment the option that fits best beside all others, ascending; some have none.

    It could take the place of any of the assignment's guides, and nobody else would notice. Teams keep their
    window; a single guide may be replaced by somebody at another time.
    """
    slot_of = np.full(len(tables.priority), -1, dtype=np.int64)
    slot_of[tables.request[chosen]] = tables.slot[chosen]
    team = np.unique(tables.request[chosen] * len(tables.load) + tables.guide[chosen])
    able = slot_of[tables.request] >= 0
    able &= (tables.needs[tables.request] == 1) | (slot_of[tables.request] == tables.slot)
    able &= ~np.isin(tables.request * len(tables.load) + tables.guide, team)
    asked = replace(
        only(tables, able),
        needs=np.ones(len(tables.needs), dtype=np.int64),
        span_limit=room_beside(tables, chosen),
        number=np.flatnonzero(able),
    )
    found = possible(asked, busy_with(tables, chosen))
    elsewhen = found.slot != slot_of[found.request]
    order = np.lexsort((found.guide, found.slot, elsewhen, -found.fit, found.request))
    first = np.unique(found.request[order], return_index=True)[1]
    return np.sort(found.number[order[first]])
