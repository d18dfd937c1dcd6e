"""Knows a Land's public and school holidays, and counts working days (Monday to Friday, no holiday)."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays
from holidays.constants import SCHOOL

from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import SchoolTime

COUNTRY = "DE"
SUBDIVISION = "NW"

_DAY = timedelta(days=1)
# Ministries publish school holidays some years ahead; no table reaches further than this.
_SCHOOL_YEARS = range(2020, 2050)


def public_holidays(
    first: date, last: date, country: str = COUNTRY, subdivision: str = SUBDIVISION
) -> frozenset[date]:
    """Return the public holidays from the first to the last day, both included."""
    return frozenset(
        day
        for year in range(first.year, last.year + 1)
        for day in _public(year, country, subdivision)
        if first <= day <= last
    )


def is_public_holiday(day: date, country: str = COUNTRY, subdivision: str = SUBDIVISION) -> bool:
    """Say whether shops and schools are closed by law on this day."""
    return day in _public(day.year, country, subdivision)


def is_working_day(day: date, country: str = COUNTRY, subdivision: str = SUBDIVISION) -> bool:
    """Say whether institutions work on this day."""
    return day.weekday() < 5 and not is_public_holiday(day, country, subdivision)


def add_working_days(day: date, count: int, country: str = COUNTRY, subdivision: str = SUBDIVISION) -> date:
    """Return the day that comes `count` working days later; 0 or less returns the day itself."""
    while count > 0:
        day += _DAY
        count -= is_working_day(day, country, subdivision)
    return day


def working_days_between(
    earlier: date, later: date, country: str = COUNTRY, subdivision: str = SUBDIVISION
) -> int:
    """Count the working days after `earlier` up to and with `later`; 0 if `later` is not later."""
    return sum(
        is_working_day(earlier + n * _DAY, country, subdivision) for n in range(1, (later - earlier).days + 1)
    )


def lead_working_days(
    now: datetime, starts_at: datetime, zone: ZoneInfo, country: str = COUNTRY, subdivision: str = SUBDIVISION
) -> int:
    """Count the working days from today to an appointment by the calendar of the pool's zone."""
    return working_days_between(local_day(now, zone), local_day(starts_at, zone), country, subdivision)


def school_time(day: date, country: str = COUNTRY, subdivision: str = SUBDIVISION) -> SchoolTime:
    """Say whether schools teach on this day; UNKNOWN where no holidays have been published, never a guess.

    The days after the last published holidays may be term or not, so they are unknown (NRW: after August
    2029).
    """
    breaks = _school(country, subdivision)
    if not breaks or not min(breaks) <= day <= max(breaks):
        return SchoolTime.UNKNOWN
    if day in breaks:
        return SchoolTime.HOLIDAYS
    return SchoolTime.TERM if is_working_day(day, country, subdivision) else SchoolTime.FREE_DAY


@lru_cache(maxsize=256)
def _public(year: int, country: str, subdivision: str) -> frozenset[date]:
    return frozenset(country_holidays(country, subdiv=subdivision or None, years=year, expand=False))


@lru_cache(maxsize=64)
def _school(country: str, subdivision: str) -> frozenset[date]:
    table = country_holidays(country, subdiv=subdivision or None)
    if SCHOOL not in table.supported_categories:
        return frozenset()
    return frozenset(
        country_holidays(
            country, subdiv=subdivision or None, years=_SCHOOL_YEARS, expand=False, categories=SCHOOL
        )
    )
