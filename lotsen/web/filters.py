"""Dates, times, sums and labels for templates, in the page's language."""

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import Flask

from lotsen import i18n
from lotsen.labels import label
from lotsen.models import TimeWindow
from lotsen.web.context import gettext, locale, office


def _zone(zone: str | None) -> ZoneInfo:
    return ZoneInfo(zone or office().zone)


def span(start: datetime, end: datetime, zone: str | None = None) -> str:
    """Return "Freitag, 27. November 2026, 10:00 bis 11:00 Uhr"."""
    return i18n.span(start, end, locale(), _zone(zone))


def window(one: TimeWindow, zone: str | None = None) -> str:
    """Return a time that suits, and how much of it the talk takes."""
    return i18n.window(one.starts_at, one.ends_at, one.minutes, locale(), _zone(zone))


def room(start: datetime, end: datetime, minutes: int) -> str:
    """Return a time within which a talk of so many minutes may be."""
    return i18n.window(start, end, minutes, locale(), _zone(None))


def moment(at: datetime, zone: str | None = None) -> str:
    """Return "Freitag, 27. November 2026, 10:00 Uhr"."""
    return i18n.day_and_time(at, locale(), _zone(zone))


def moment_short(at: datetime, zone: str | None = None) -> str:
    """Return "Fr, 27.11., 10 Uhr"."""
    return i18n.day_and_time_short(at, locale(), _zone(zone))


def day(at: date | datetime, zone: str | None = None) -> str:
    """Return "Freitag, 27. November 2026"."""
    if isinstance(at, datetime):
        at = at.astimezone(_zone(zone)).date()
    return i18n.date_long(at, locale())


def month(at: date) -> str:
    """Return "November 2026"."""
    return i18n.month(at, locale())


def weekday(at: datetime, zone: str | None = None) -> str:
    """Return "Freitag"."""
    return i18n.weekday(at.astimezone(_zone(zone)).date(), locale())


def time_of_day(at: datetime, zone: str | None = None) -> str:
    """Return "10:00 Uhr"."""
    return i18n.time_of_day(at, locale(), _zone(zone))


def clock(at: datetime, zone: str | None = None) -> str:
    """Return "10:00", for a range in words."""
    return at.astimezone(_zone(zone)).strftime("%H:%M")


def language_name(code: str) -> str:
    """Return the name of a spoken language."""
    return i18n.language_name(code, locale())


def minutes(number: int) -> str:
    """Return "1 Stunde 30 Minuten"."""
    return i18n.minutes_in_words(number, locale())


def euros(cents: int) -> str:
    """Return "12,50 Euro"."""
    return i18n.euros(cents, locale())


def word(member: StrEnum) -> str:
    """Return the label of a member of the vocabulary."""
    return gettext(label(member))


def is_address(text: str) -> bool:
    """Say whether a text is nothing but the address of a page, such as a room for a talk by video."""
    return text.startswith("https://") and " " not in text


def subscription(address: str) -> str:
    """Return the address of a feed in the form that opens the calendar of a device."""
    return "webcal://" + address.partition("://")[2]


def locale_name(code: str) -> str:
    """Return what an interface language calls itself."""
    return i18n.locale_name(code)


def install(app: Flask) -> None:
    """Make all of them filters of the same names."""
    for one in (
        span,
        window,
        moment,
        moment_short,
        day,
        month,
        weekday,
        time_of_day,
        clock,
        language_name,
        minutes,
        euros,
        word,
        is_address,
        subscription,
        locale_name,
    ):
        app.add_template_filter(one)
    app.add_template_global(span, "span")
