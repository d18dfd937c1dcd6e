"""Says when a guide is free: a weekly pattern in local time, extra dates, and absences.

The weekly pattern and the extra dates add up. An absence takes whole days out, extra dates on them
included; it is asked for separately, so that "never free then" and "away then" stay two different answers.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lotsen.domain.localtime import Span, local_days, local_spans

_MINUTE = timedelta(minutes=1)
_MINUTES_A_DAY = 24 * 60


def _check_order(start: time, end: time) -> None:
    if end != time.min and end <= start:
        raise ValueError(f"{start} to {end} ends before it begins")


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """Free every week on this weekday (0 is Monday) from start to end; an end of 00:00 is 24:00."""

    weekday: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"{self.weekday} is no weekday")
        _check_order(self.start, self.end)


@dataclass(frozen=True, slots=True)
class ExtraTime:
    """Free on this one day from start to end; an end of 00:00 is 24:00."""

    day: date
    start: time
    end: time

    def __post_init__(self) -> None:
        _check_order(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Absence:
    """Away from the first to the last day, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Availability:
    """All that a guide has said about free time."""

    weekly: tuple[WeeklyTime, ...] = ()
    extra: tuple[ExtraTime, ...] = ()
    absences: tuple[Absence, ...] = ()


def free_spans(
    availability: Availability,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    closed_days: AbstractSet[date],
) -> tuple[Span, ...]:
    """Return the free time inside [start, end), merged and in order, absences not yet taken out.

    On `closed_days` the weekly pattern does not hold; extra dates do.
    """
    merged: list[Span] = []
    for opens, closes in sorted(_pieces(availability, start, end, zone, closed_days)):
        since, until = max(opens, start), min(closes, end)
        if since >= until:
            continue
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)


def minutes_missing(
    availability: Availability,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    closed_days: AbstractSet[date],
) -> int:
    """Return how many minutes of [start, end) are not free, begun ones counted, absences left aside."""
    free = sum(
        (until - since for since, until in free_spans(availability, start, end, zone, closed_days)),
        timedelta(),
    )
    return minutes_up(end - start - free)


def absences_in(
    availability: Availability, start: datetime, end: datetime, zone: ZoneInfo
) -> tuple[tuple[Absence, int], ...]:
    """Return each absence that [start, end) runs into, by first day, and the minutes inside it."""
    hits: list[tuple[Absence, int]] = []
    for absence in sorted(availability.absences, key=lambda one: (one.first, one.last)):
        inside = timedelta()
        for day in local_days(start, end, zone):
            if absence.first <= day <= absence.last:
                spans = local_spans(day, time.min, time.min, zone)
                inside += sum((max(timedelta(), min(u, end) - max(s, start)) for s, u in spans), timedelta())
        if inside:
            hits.append((absence, minutes_up(inside)))
    return tuple(hits)


def is_covered(
    availability: Availability,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    closed_days: AbstractSet[date],
) -> bool:
    """Say whether all of [start, end) is free and no absence touches it."""
    return not (
        minutes_missing(availability, start, end, zone, closed_days)
        or absences_in(availability, start, end, zone)
    )


def joined(spans: Iterable[tuple[int, int, int]]) -> tuple[WeeklyTime, ...]:
    """Return (weekday, start, end) in minutes as weekly times in order, those that touch joined."""
    merged: list[tuple[int, int, int]] = []
    for day, start, end in sorted(spans):
        if merged and merged[-1][0] == day and start <= merged[-1][2]:
            merged[-1] = (day, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((day, start, end))
    return tuple(WeeklyTime(day, _wall(start), _wall(end)) for day, start, end in merged)


def minutes_of(start: time, end: time) -> tuple[int, int]:
    """Return a stretch of a day in minutes; an end of 00:00 is 24:00."""
    return start.hour * 60 + start.minute, end.hour * 60 + end.minute or _MINUTES_A_DAY


def minutes_up(length: timedelta) -> int:
    """Return a length in minutes, a begun minute counted as one."""
    return -(-length // _MINUTE)


def _pieces(
    availability: Availability,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    closed_days: AbstractSet[date],
) -> Iterator[Span]:
    for day in local_days(start, end, zone):
        if day not in closed_days:
            for weekly in availability.weekly:
                if weekly.weekday == day.weekday():
                    yield from local_spans(day, weekly.start, weekly.end, zone)
        for extra in availability.extra:
            if extra.day == day:
                yield from local_spans(day, extra.start, extra.end, zone)


def _wall(minutes: int) -> time:
    return time.min if minutes == _MINUTES_A_DAY else time(minutes // 60, minutes % 60)
