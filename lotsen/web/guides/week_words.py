"""The names of the days of the week, and weekly times in words."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from babel.dates import get_day_names

from lotsen import i18n
from lotsen.domain.availability import WeeklyTime
from lotsen.web.context import gettext, locale

_MONDAY = date(2026, 11, 23)


def days() -> list[tuple[int, str, str]]:
    """Return number, short and long name of each day of the week, Monday first."""
    short = get_day_names("short", context="stand-alone", locale=locale())
    return [(day, str(short[day]), i18n.weekday(_MONDAY + timedelta(days=day), locale())) for day in range(7)]


def lines(weekly: Sequence[WeeklyTime]) -> list[str]:
    """Return weekly times in words: a line for each day that has some."""
    found: list[str] = []
    for day, _, name in days():
        spans = [span(one.start.strftime("%H:%M"), _end(one)) for one in weekly if one.weekday == day]
        if spans:
            found.append(f"{name}: {_listed(spans)}")
    return found


def span(start: str, end: str) -> str:
    """Return "8:00 bis 12:00 Uhr"."""
    return gettext("%(start)s to %(end)s", start=start, end=end)


def _end(one: WeeklyTime) -> str:
    return "24:00" if not one.end.hour and not one.end.minute else one.end.strftime("%H:%M")


def _listed(spans: Iterable[str]) -> str:
    return ", ".join(spans)
