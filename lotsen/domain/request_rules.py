"""When a request may be asked for: lead time, horizon, length, order of its windows, and its repetition."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from lotsen.domain.calendar import lead_working_days
from lotsen.domain.localtime import Span, local_datetime
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Rhythm

# A talk within a longer window begins at one of these distances from the window's start.
STEP: Final = timedelta(minutes=30)

_WEEKS: Final = {Rhythm.WEEKLY: 1, Rhythm.FORTNIGHTLY: 2}


class WindowProblem(StrEnum):
    """What is wrong with one window."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED = "repeated"
    NARROW = "narrow"


@dataclass(frozen=True)
class Times:
    """The windows of a request, [start, end) in aware UTC, the preferred one first.

    `minutes` is how long the talk is; None if each window is as long as the talk.
    """

    windows: tuple[Span, ...]
    minutes: int | None = None

    @property
    def first_start(self) -> datetime:
        """The earliest start of all windows."""
        return min(start for start, _ in self.windows)

    @property
    def last_end(self) -> datetime:
        """The latest end of all windows."""
        return max(end for _, end in self.windows)


def is_urgent(times: Times, now: datetime, zone: ZoneInfo, settings: PoolSettings) -> bool:
    """Tell whether the lead time is too short, so that a reason is needed."""
    days = lead_working_days(now, times.first_start, zone, settings.country, settings.subdivision)
    return days < settings.lead_working_days


def problems(times: Times, now: datetime, settings: PoolSettings) -> dict[int, WindowProblem]:
    """Return the first problem of each window by its position; empty where all may be asked for."""
    found: dict[int, WindowProblem] = {}
    seen: list[Span] = []
    for position, (start, end) in enumerate(times.windows):
        problem = _problem(start, end, times.minutes, now, settings)
        if problem is None and (start, end) in seen:
            problem = WindowProblem.REPEATED
        if problem is not None:
            found[position] = problem
        seen.append((start, end))
    return found


def places(start: datetime, end: datetime, minutes: int) -> tuple[Span, ...]:
    """Return when a talk of so many minutes can be within [start, end), the earliest first."""
    length = min(timedelta(minutes=minutes), end - start)
    steps = (end - start - length) // STEP
    return tuple((start + step * STEP, start + step * STEP + length) for step in range(steps + 1))


def further_days(first: date, rhythm: Rhythm, count: int) -> tuple[date, ...]:
    """Return the days that follow the first one of `count`; chosen days follow no rule and raise KeyError."""
    step = timedelta(weeks=_WEEKS[rhythm])
    return tuple(first + number * step for number in range(1, count))


def on_day(span: Span, day: date, zone: ZoneInfo) -> Span | None:
    """Return the same time by the clock on another day; None where that day does not have it."""
    wall = span[0].astimezone(zone).time()
    start = local_datetime(day, wall, zone)
    return (start.moment, start.moment + (span[1] - span[0])) if start.exists else None


def _problem(
    start: datetime, end: datetime, talk: int | None, now: datetime, settings: PoolSettings
) -> WindowProblem | None:
    room = (end - start) / timedelta(minutes=1)
    minutes = room if talk is None else talk
    if start <= now:
        return WindowProblem.PAST
    if start < now + timedelta(hours=settings.shortest_notice_hours):
        return WindowProblem.TOO_SOON
    if start > now + timedelta(days=settings.horizon_days):
        return WindowProblem.TOO_FAR
    if minutes < settings.shortest_minutes:
        return WindowProblem.TOO_SHORT
    if minutes > settings.longest_minutes:
        return WindowProblem.TOO_LONG
    return WindowProblem.NARROW if minutes > room else None
