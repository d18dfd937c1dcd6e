"""Says by when a guide should answer an offer, and when to remind; the clock stands still at night."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from lotsen.domain.localtime import Span, local_day, local_spans

Quiet: TypeAlias = tuple[time, time]

QUIET: Quiet = (time(21), time(8))


@dataclass(frozen=True, slots=True)
class AnswerHours:
    """Hours to answer by the time that remains until the appointment (DOMAIN.md, answer deadline)."""

    over_10_days: int = 48
    from_5_to_10_days: int = 24
    from_2_to_5_days: int = 8
    under_2_days: int = 2

    def within(self, remaining: timedelta) -> timedelta:
        """Return the time to answer when this much remains; exactly 5 days belong to the longer class."""
        if remaining > timedelta(days=10):
            return timedelta(hours=self.over_10_days)
        if remaining >= timedelta(days=5):
            return timedelta(hours=self.from_5_to_10_days)
        if remaining >= timedelta(days=2):
            return timedelta(hours=self.from_2_to_5_days)
        return timedelta(hours=self.under_2_days)


def answer_deadline(
    asked_at: datetime, starts_at: datetime, zone: ZoneInfo, hours: AnswerHours, quiet: Quiet = QUIET
) -> datetime:
    """Return when the time to answer ends: hours outside of quiet local time, never later than the start."""
    left = hours.within(starts_at - asked_at)
    for since, until in _waking(asked_at, starts_at, zone, quiet):
        if left <= until - since:
            return since + left
        left -= until - since
    return starts_at


def halfway(asked_at: datetime, answer_by: datetime, zone: ZoneInfo, quiet: Quiet = QUIET) -> datetime:
    """Return when half of the waking time to answer is over, never at night; without any, `answer_by`."""
    waking = tuple(_waking(asked_at, answer_by, zone, quiet))
    left = sum((until - since for since, until in waking), timedelta()) / 2
    for since, until in waking:
        if left < until - since:
            return since + left
        left -= until - since
    return answer_by


def _waking(start: datetime, end: datetime, zone: ZoneInfo, quiet: Quiet) -> Iterator[Span]:
    """Yield the stretches of [start, end) in which the clock runs."""
    day = local_day(start, zone)
    while day <= local_day(end, zone):
        for since, until in _waking_on(day, zone, quiet):
            if max(since, start) < min(until, end):
                yield max(since, start), min(until, end)
        day += timedelta(days=1)


def _waking_on(day: date, zone: ZoneInfo, quiet: Quiet) -> tuple[Span, ...]:
    begins, ends = quiet
    if begins == ends:
        return local_spans(day, time.min, time.min, zone)
    if begins > ends:
        return local_spans(day, ends, begins, zone)
    early = () if begins == time.min else local_spans(day, time.min, begins, zone)
    return tuple(sorted((*early, *local_spans(day, ends, time.min, zone))))
