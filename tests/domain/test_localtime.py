"""Wall time and moments on ordinary days and on days when the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.localtime import local_datetime, local_day, local_days, local_spans

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)
ZONES = [
    BERLIN,
    ZoneInfo("UTC"),
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Pacific/Apia"),
]


def test_an_ordinary_time_exists_once():
    found = local_datetime(date(2026, 11, 27), time(10), BERLIN)
    assert (found.moment, found.exists, found.ambiguous) == (
        datetime(2026, 11, 27, 9, tzinfo=UTC),
        True,
        False,
    )


@pytest.mark.parametrize(
    ("at", "exists"), [(time(1, 59), True), (time(2), False), (time(2, 59), False), (time(3), True)]
)
def test_the_skipped_hour_does_not_exist(at: time, exists: bool):
    found = local_datetime(SPRING, at, BERLIN)
    assert (found.exists, found.ambiguous) == (exists, False)


@pytest.mark.parametrize(
    ("at", "ambiguous"), [(time(1, 59), False), (time(2), True), (time(2, 59), True), (time(3), False)]
)
def test_the_doubled_hour_is_ambiguous_and_means_the_first(at: time, ambiguous: bool):
    found = local_datetime(AUTUMN, at, BERLIN)
    assert (found.exists, found.ambiguous) == (True, ambiguous)
    if ambiguous:
        assert found.moment == datetime(2026, 10, 25, at.hour - 2, at.minute, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 11, 27), 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_whole_day_has_its_true_length(day: date, hours: int):
    assert sum((u - s for s, u in local_spans(day, time.min, time.min, BERLIN)), timedelta()) == timedelta(
        hours=hours
    )


def test_days_touched_end_before_midnight():
    start = local_datetime(date(2026, 11, 27), time(22), BERLIN).moment
    end = local_datetime(date(2026, 11, 28), time.min, BERLIN).moment
    assert list(local_days(start, end, BERLIN)) == [date(2026, 11, 27)]
    assert list(local_days(start, end + timedelta(minutes=1), BERLIN)) == [
        date(2026, 11, 27),
        date(2026, 11, 28),
    ]


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31))
    | st.sampled_from(
        [SPRING, AUTUMN, date(2026, 4, 24), date(2026, 10, 29), date(2026, 4, 5), date(2026, 10, 4)]
    ),
    begin=st.integers(0, 95),
    length=st.integers(1, 96),
)
def test_spans_hold_exactly_the_moments_that_the_clock_on_the_wall_shows(
    zone: ZoneInfo, day: date, begin: int, length: int
):
    until = min(begin + length, 96)
    start = time(begin // 4, begin % 4 * 15)
    end = time.min if until == 96 else time(until // 4, until % 4 * 15)
    spans = local_spans(day, start, end, zone)
    first = datetime.combine(day, time.min, UTC) - timedelta(hours=14)
    for step in range(0, 54 * 60, 5):
        moment = first + timedelta(minutes=step)
        wall = moment.astimezone(zone)
        inside = local_day(moment, zone) == day and begin * 15 <= wall.hour * 60 + wall.minute < until * 15
        assert any(s <= moment < u for s, u in spans) is inside
