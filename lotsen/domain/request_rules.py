"""When a request may be asked for: lead time, horizon, length, and order of its windows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lotsen.domain.calendar import lead_working_days
from lotsen.domain.settings import PoolSettings


class WindowProblem(StrEnum):
    """What is wrong with one window."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Times:
    """The windows of a request, [start, end) in aware UTC, the preferred one first."""

    windows: tuple[tuple[datetime, datetime], ...]

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
    seen: list[tuple[datetime, datetime]] = []
    for position, (start, end) in enumerate(times.windows):
        problem = _problem(start, end, now, settings)
        if problem is None and (start, end) in seen:
            problem = WindowProblem.REPEATED
        if problem is not None:
            found[position] = problem
        seen.append((start, end))
    return found


def _problem(start: datetime, end: datetime, now: datetime, settings: PoolSettings) -> WindowProblem | None:
    minutes = (end - start) / timedelta(minutes=1)
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
    return None
