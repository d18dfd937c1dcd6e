"""The week in parts of days: which ones weekly times fill, and what a change of ticks makes of them."""

from collections.abc import Collection, Mapping
from datetime import time
from typing import Final, TypeAlias

from lotsen.domain.availability import WeeklyTime, joined, minutes_of
from lotsen.domain.vocabulary import DayPart

Slot: TypeAlias = tuple[int, DayPart]

HOURS: Final[Mapping[DayPart, tuple[time, time]]] = {
    DayPart.MORNING: (time(8), time(12)),
    DayPart.NOON: (time(12), time(15)),
    DayPart.AFTERNOON: (time(15), time(18)),
    DayPart.EVENING: (time(18), time(21)),
}
SLOTS: Final[tuple[Slot, ...]] = tuple((day, part) for day in range(7) for part in DayPart)


def filled(weekly: Collection[WeeklyTime]) -> frozenset[Slot]:
    """Return the parts of days that are free as a whole."""
    spans = _spans(weekly)
    return frozenset(slot for slot in SLOTS if _fills(spans, slot))


def changed(weekly: Collection[WeeklyTime], ticked: Collection[Slot]) -> tuple[WeeklyTime, ...]:
    """Return the times with exactly these parts filled; times beside what changes stay to the minute."""
    spans = _spans(weekly)
    for slot in SLOTS:
        if (slot in ticked) != _fills(spans, slot):
            spans = [*spans, _span(slot)] if slot in ticked else _without(spans, _span(slot))
    return joined(spans)


def fits(weekly: Collection[WeeklyTime]) -> bool:
    """Say whether the table of parts shows all there is to these times."""
    return changed((), filled(weekly)) == joined(_spans(weekly))


def _spans(weekly: Collection[WeeklyTime]) -> list[tuple[int, int, int]]:
    merged = joined((one.weekday, *minutes_of(one.start, one.end)) for one in weekly)
    return [(one.weekday, *minutes_of(one.start, one.end)) for one in merged]


def _span(slot: Slot) -> tuple[int, int, int]:
    return (slot[0], *minutes_of(*HOURS[slot[1]]))


def _fills(spans: list[tuple[int, int, int]], slot: Slot) -> bool:
    day, start, end = _span(slot)
    return any(one[0] == day and one[1] <= start and end <= one[2] for one in spans)


def _without(spans: list[tuple[int, int, int]], taken: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    left: list[tuple[int, int, int]] = []
    for day, start, end in spans:
        if day != taken[0]:
            left.append((day, start, end))
        else:
            pieces = ((start, min(end, taken[1])), (max(start, taken[2]), end))
            left += [(day, since, until) for since, until in pieces if since < until]
    return left
