"""Holidays of North Rhine-Westphalia and the count of working days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.calendar import (
    add_working_days,
    is_public_holiday,
    is_working_day,
    lead_working_days,
    public_holidays,
    school_time,
    working_days_between,
)
from lotsen.domain.vocabulary import SchoolTime

BERLIN = ZoneInfo("Europe/Berlin")
days = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 6, 4), True),  # Corpus Christi, not a holiday in every Land
        (date(2026, 11, 1), True),
        (date(2026, 10, 31), False),  # Reformation Day, a holiday elsewhere
        (date(2026, 12, 24), False),
        (date(2027, 3, 29), True),
    ],
)
def test_public_holidays_are_those_of_the_land(day: date, expected: bool):
    assert is_public_holiday(day) is expected


def test_another_land_has_other_holidays():
    assert is_public_holiday(date(2026, 10, 31), subdivision="NI")
    assert not is_public_holiday(date(2026, 6, 4), subdivision="NI")


def test_holidays_of_a_span_include_both_ends_and_cross_the_year():
    found = public_holidays(date(2026, 12, 25), date(2027, 1, 1))
    assert found == {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}
    assert public_holidays(date(2027, 1, 2), date(2026, 12, 1)) == frozenset()


def test_five_working_days_over_christmas():
    assert add_working_days(date(2026, 12, 22), 5) == date(2026, 12, 30)
    assert working_days_between(date(2026, 12, 22), date(2026, 12, 30)) == 5


def test_from_a_monday_to_the_next_are_five_working_days():
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 30)) == 5
    assert working_days_between(date(2026, 11, 30), date(2026, 11, 23)) == 0


def test_lead_time_counts_by_the_calendar_of_the_zone():
    late_evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # already Monday in Berlin
    starts_at = datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert lead_working_days(late_evening, starts_at, BERLIN) == 4
    assert lead_working_days(late_evening, starts_at, ZoneInfo("UTC")) == 5


@settings(deadline=None)
@given(days, st.integers(1, 30))
def test_counting_and_adding_agree(day: date, count: int):
    reached = add_working_days(day, count)
    assert is_working_day(reached)
    assert working_days_between(day, reached) == count
    assert working_days_between(day, reached - timedelta(days=1)) == count - 1


@settings(deadline=None)
@given(days)
def test_adding_none_stays(day: date):
    assert add_working_days(day, 0) == day == add_working_days(day, -3)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 23), SchoolTime.TERM),
        (date(2026, 11, 22), SchoolTime.FREE_DAY),
        (date(2027, 5, 6), SchoolTime.FREE_DAY),
        (date(2026, 12, 23), SchoolTime.HOLIDAYS),
        (date(2029, 8, 14), SchoolTime.HOLIDAYS),
        (date(2029, 8, 15), SchoolTime.UNKNOWN),
        (date(2030, 1, 2), SchoolTime.UNKNOWN),
        (date(1950, 1, 2), SchoolTime.UNKNOWN),
    ],
)
def test_school_days_are_known_or_unknown_never_guessed(day: date, expected: SchoolTime):
    assert school_time(day) is expected


def test_a_country_without_published_school_holidays_is_unknown():
    assert school_time(date(2026, 11, 23), "NL", "") is SchoolTime.UNKNOWN
