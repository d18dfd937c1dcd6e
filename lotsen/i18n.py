"""Texts, dates, times, sums and language names in the words of each interface language; knows no request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations
from babel.units import format_unit

from lotsen.reference import catalogue

LOCALES = ("de", "en", "tr", "ar", "uk", "ru", "fr")
"""The interface languages, in the order in which they are offered."""

OFFICE = ("de", "en")
"""Those in which the office works too; what it reads is in no other catalogue."""

DEFAULT = "de"
"""The source of truth for wording."""

_MSGIDS = "en"
_TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def N_(msgid: str) -> str:  # noqa: N802 - the marker's name is gettext's convention
    """Mark a msgid that is translated elsewhere."""
    return msgid


class Translator:
    """Translates into one locale; what its catalogue lacks is said in German."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._catalogue = _catalogue(locale)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The direction of writing, as HTML names it."""
        return "rtl" if Locale.parse(self.locale).text_direction == "rtl" else "ltr"

    def gettext(self, msgid: str, **params: object) -> str:
        """Return the text for a msgid, with its placeholders filled if there are any."""
        text = str(self._catalogue.ugettext(msgid))
        return text % params if params else text

    def ngettext(self, singular: str, plural: str, num: int, **params: object) -> str:
        """Return the form that fits a number; the placeholder `num` is the number itself."""
        text = str(self._catalogue.ungettext(singular, plural, num))
        return text % {"num": num, **params}


@cache
def translator(locale: str) -> Translator:
    """Return the translator of a locale; an unknown one gets the default's."""
    return Translator(known(locale))


def known(locale: str | None, among: tuple[str, ...] = LOCALES) -> str:
    """Return the locale if it is among the offered ones, else the default."""
    return locale if locale in among else DEFAULT


@cache
def _catalogue(locale: str) -> NullTranslations:
    found = Translations.load(_TRANSLATIONS, [locale])
    # English needs no net: its texts equal the msgids.
    if locale not in (DEFAULT, _MSGIDS):
        found.add_fallback(_catalogue(DEFAULT))
    return found


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language writes a date (in CLDR's letters), a time, and from-to; where CLDR's own do not fit us.

    Weekday first, 24 hours, Latin digits, ranges in words; `hours` writes a full hour without minutes.
    """

    long: str
    short: str
    hours: str = "{hour}:00"
    clock: str = "{time}"
    moment: str = "{day}, {time}"
    same_day: str = "{day}, {start} – {end}"
    other_day: str = "{start} – {end}"


_WORDS = {
    "de": _Words(
        "EEEE, d. MMMM y",
        "ccc, dd.MM.",
        hours="{hour} Uhr",
        clock="{time} Uhr",
        same_day="{day}, {start} bis {end} Uhr",
        other_day="{start} bis {end}",
    ),
    "en": _Words(
        "EEEE, d MMMM y",
        "EEE, d MMM",
        same_day="{day}, {start} to {end}",
        other_day="{start} to {end}",
    ),
    "tr": _Words(
        "EEEE, d MMMM y",
        "EEE, d MMM",
        moment="{day}, saat {time}",
        same_day="{day}, saat {start} ile {end} arası",
    ),
    "ar": _Words(
        "EEEE، d MMMM y",
        "EEEE، d MMMM",
        moment="{day}، {time}",
        same_day="{day}، من {start} إلى {end}",
        other_day="من {start} إلى {end}",
    ),
    "uk": _Words(
        "EEEE, d MMMM y 'р'.",
        "EEE, dd.MM",
        same_day="{day}, з {start} до {end}",
    ),
    "ru": _Words(
        "EEEE, d MMMM y 'г'.",
        "EEE, dd.MM",
        same_day="{day}, с {start} до {end}",
    ),
    "fr": _Words(
        "EEEE d MMMM y",
        "EEE d MMM",
        same_day="{day}, de {start} à {end}",
    ),
}


def date_long(day: date, locale: str) -> str:
    """Return "Freitag, 27. November 2026"."""
    return format_date(day, _WORDS[locale].long, locale=locale)


def date_short(day: date, locale: str) -> str:
    """Return "Fr, 27.11."."""
    return format_date(day, _WORDS[locale].short, locale=locale)


def weekday(day: date, locale: str) -> str:
    """Return "Freitag"."""
    return format_date(day, "EEEE", locale=locale)


def month(day: date, locale: str) -> str:
    """Return "November 2026"."""
    return format_date(day, "LLLL y", locale=locale)


def time_of_day(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """Return "10:00 Uhr"."""
    return _WORDS[locale].clock.format(time=_clock(moment, zone))


def time_short(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """Return "10 Uhr" for a full hour, else "10:30 Uhr"."""
    local = moment.astimezone(zone)
    return time_of_day(moment, locale, zone) if local.minute else _WORDS[locale].hours.format(hour=local.hour)


def day_and_time(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """Return "Freitag, 27. November 2026, 10:00 Uhr"."""
    return _joined(moment, locale, zone, date_long, time_of_day)


def day_and_time_short(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """Return "Fr, 27.11., 10 Uhr"."""
    return _joined(moment, locale, zone, date_short, time_short)


def span(start: datetime, end: datetime, locale: str, zone: ZoneInfo) -> str:
    """Return "Freitag, 27. November 2026, 10:00 bis 11:00 Uhr"; over midnight, each end with its day."""
    words = _WORDS[locale]
    day = start.astimezone(zone).date()
    if day == end.astimezone(zone).date():
        return words.same_day.format(
            day=date_long(day, locale), start=_clock(start, zone), end=_clock(end, zone)
        )
    return words.other_day.format(
        start=day_and_time(start, locale, zone), end=day_and_time(end, locale, zone)
    )


def window(start: datetime, end: datetime, minutes: int, locale: str, zone: ZoneInfo) -> str:
    """Return a span, and how much of it the talk takes: "…, 9:00 bis 12:00 Uhr, davon 1 Stunde"."""
    words = span(start, end, locale, zone)
    if end - start <= timedelta(minutes=minutes):
        return words
    length = minutes_in_words(minutes, locale)
    return translator(locale).gettext("%(span)s, %(length)s of it", span=words, length=length)


def minutes_in_words(minutes: int, locale: str) -> str:
    """Return "1 Stunde 30 Minuten"."""
    hours, rest = divmod(minutes, 60)
    parts = [format_unit(hours, "duration-hour", locale=locale)] if hours else []
    if rest or not hours:
        parts.append(format_unit(rest, "duration-minute", locale=locale))
    return " ".join(parts)


def euros(cents: int, locale: str) -> str:
    """Return "12,50 Euro", a whole sum as "20 Euro"."""
    return format_currency(
        Decimal(cents) / 100,
        "EUR",
        "#,##0.00" if cents % 100 else "#,##0",
        locale=locale,
        currency_digits=False,
        format_type="name",
    )


def language_name(code: str, locale: str) -> str:
    """Return the name of a spoken language, in German where no other is known; unknown codes raise."""
    language = catalogue().get(code)
    if locale == DEFAULT:
        return language.german
    if locale == _MSGIDS:
        return language.english
    names = cast(Mapping[str, str], Locale.parse(locale).languages)
    return names.get(code, language.german)


def locale_name(locale: str) -> str:
    """Return what an interface language calls itself: "Deutsch", "Türkçe"."""
    own = Locale.parse(locale).get_language_name(locale) or locale
    return own[0].upper() + own[1:]


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")


def _joined(
    moment: datetime,
    locale: str,
    zone: ZoneInfo,
    day: Callable[[date, str], str],
    time: Callable[[datetime, str, ZoneInfo], str],
) -> str:
    return _WORDS[locale].moment.format(
        day=day(moment.astimezone(zone).date(), locale), time=time(moment, locale, zone)
    )
