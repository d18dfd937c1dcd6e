"""Prepares a need for looking at columns: each window by its local days, week and month, as numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lotsen.domain.localtime import local_day, local_days, local_spans
from lotsen.matching.profiles import Need, Rules, Window
from lotsen.matching.table import micros

MINUTE = 60_000_000
_DAY = timedelta(days=1)


class Piece(NamedTuple):
    """The part of a window that lies in one local day, in microseconds of its wall time."""

    day: int
    closed: bool
    since: int
    until: int


class Slot(NamedTuple):
    """A window in numbers; `lead` is in whole hours, rounded down, `week` and `month` in moments."""

    window: Window
    start: int
    end: int
    minutes: int
    day: int
    pieces: tuple[Piece, ...]
    week: tuple[int, int]
    month: tuple[int, int]
    lead: int


@dataclass(frozen=True, slots=True)
class Question:
    """A need with everything that the rules ask of its windows; `by_day` holds the places of its slots.

    `further` is by how many borders guides may be asked to go beyond their reach; only alternatives do that.
    """

    need: Need
    rules: Rules
    now: datetime
    slots: tuple[Slot, ...]
    by_day: Mapping[int, tuple[int, ...]]
    further: int = 0


def question(
    need: Need, rules: Rules, now: datetime, windows: tuple[Window, ...] | None = None, further: int = 0
) -> Question:
    """Prepare a need and its windows, in the request's order, or other windows instead of them."""
    present = micros(now)
    slots = tuple(_slot(window, rules, present) for window in (need.windows if windows is None else windows))
    return Question(need, rules, now, slots, _by_day(slots), further)


def together(asked: Sequence[Question]) -> Question:
    """Return the first of some questions with the windows of all of them, one after the other."""
    if len(asked) == 1:
        return asked[0]
    slots = tuple(slot for one in asked for slot in one.slots)
    return replace(asked[0], slots=slots, by_day=_by_day(slots))


def _by_day(slots: Iterable[Slot]) -> dict[int, tuple[int, ...]]:
    by_day: dict[int, list[int]] = {}
    for place, slot in enumerate(slots):
        by_day.setdefault(slot.day, []).append(place)
    return {day: tuple(places) for day, places in by_day.items()}


def day_span(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return the moments between which a local day lies."""
    stretches = _stretches(day, zone)
    return stretches[0][0], stretches[-1][1]


def _slot(window: Window, rules: Rules, now: int) -> Slot:
    day = local_day(window.start, rules.zone)
    start, end = micros(window.start), micros(window.end)
    week, month = _spans(day, rules.zone)
    return Slot(
        window=window,
        start=start,
        end=end,
        minutes=-((start - end) // MINUTE),
        day=day.toordinal(),
        pieces=_pieces(window, start, end, day, rules),
        week=week,
        month=month,
        lead=(start - now) // (60 * MINUTE),
    )


def _pieces(window: Window, start: int, end: int, first: date, rules: Rules) -> tuple[Piece, ...]:
    stretches = _stretches(first, rules.zone)
    if len(stretches) == 1 and end <= stretches[0][1]:
        since, _, wall = stretches[0]
        return (
            Piece(first.toordinal(), first in rules.closed_days, wall + start - since, wall + end - since),
        )
    days = (first,) if end <= stretches[-1][1] else local_days(window.start, window.end, rules.zone)
    return tuple(
        Piece(
            day.toordinal(),
            day in rules.closed_days,
            wall + max(0, start - since),
            wall + min(end, until) - since,
        )
        for day in days
        for since, until, wall in _stretches(day, rules.zone)
        if since < end and start < until
    )


@lru_cache(maxsize=4096)
def _stretches(day: date, zone: ZoneInfo) -> tuple[tuple[int, int, int], ...]:
    """Return (since, until, wall time of since) for each part of a day without a change of the clock."""
    midnight = datetime.combine(day, time.min)
    return tuple(
        (
            micros(since),
            micros(until),
            (since.astimezone(zone).replace(tzinfo=None) - midnight) // timedelta(microseconds=1),
        )
        for since, until in local_spans(day, time.min, time.min, zone)
    )


@lru_cache(maxsize=4096)
def _spans(day: date, zone: ZoneInfo) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the moments of the ISO week and of the month of a day."""
    monday, first = day - day.weekday() * _DAY, day.replace(day=1)
    following = (first + 31 * _DAY).replace(day=1)
    return (
        (_midnight(monday, zone), _midnight(monday + 7 * _DAY, zone)),
        (_midnight(first, zone), _midnight(following, zone)),
    )


def _midnight(day: date, zone: ZoneInfo) -> int:
    stretches = _stretches(day, zone)
    # A zone that moved across the date line has skipped a whole day.
    return stretches[0][0] if stretches else _midnight(day + _DAY, zone)
