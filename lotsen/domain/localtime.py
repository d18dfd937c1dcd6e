"""Turns wall-clock times of a zone into moments and back, also on days when the clock is changed.

A moment belongs to a stretch of wall-clock time when a clock on the wall, read at that moment, shows a time
inside it. So an hour that is skipped in spring is nobody's, and an hour that comes twice in autumn counts
twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

Span: TypeAlias = tuple[datetime, datetime]

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
# No zone is further from UTC than 14 hours.
_REACH = timedelta(hours=15)


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A wall time on a day as aware UTC.

    An ambiguous time means its first occurrence; one that does not exist is read as if the clock had not been
    put forward.
    """

    moment: datetime
    exists: bool
    ambiguous: bool


def local_datetime(day: date, at: time, zone: ZoneInfo) -> LocalMoment:
    """Return the moment of a wall time, and whether that time exists and is the only one of its name."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    first = wall.replace(tzinfo=zone)
    moment = first.astimezone(UTC)
    exists = moment.astimezone(zone).replace(tzinfo=None) == wall
    return LocalMoment(moment, exists, exists and first.utcoffset() != first.replace(fold=1).utcoffset())


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day that a moment falls on."""
    return moment.astimezone(zone).date()


def local_days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Yield every calendar day that [start, end) touches."""
    day = local_day(start, zone)
    last = local_day(end - timedelta.resolution, zone)
    while day <= last:
        yield day
        day += timedelta(days=1)


def local_spans(day: date, start: time, end: time, zone: ZoneInfo) -> tuple[Span, ...]:
    """Return the moments (UTC) of a day whose wall time lies in [start, end); an end of 00:00 is 24:00."""
    opens = datetime.combine(day, start, UTC)
    closes = datetime.combine(day + timedelta(days=1) if end == time.min else day, end, UTC)
    clipped = (
        (max(since, opens - offset), min(until, closes - offset))
        for since, until, offset in _offsets(day, zone)
    )
    return tuple(span for span in clipped if span[0] < span[1])


@lru_cache(maxsize=4096)
def _offsets(day: date, zone: ZoneInfo) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """Split the time around a local day into stretches with one distance from UTC each."""
    since = datetime.combine(day, time.min, UTC) - _REACH
    last = since + timedelta(days=1) + 2 * _REACH
    stretches: list[tuple[datetime, datetime, timedelta]] = []
    probe = since
    while probe < last:
        offset, after = _offset(probe, zone), _offset(probe + _HOUR, zone)
        if offset != after:
            change = _change(probe, probe + _HOUR, zone)
            stretches.append((since, change, offset))
            since = change
        probe += _HOUR
    return (*stretches, (since, last, _offset(last, zone)))


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
