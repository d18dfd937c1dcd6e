"""By when a guide should answer; the clock stands still at night."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.deadlines import QUIET, AnswerHours, answer_deadline, halfway
from lotsen.domain.localtime import local_datetime

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = AnswerHours()
MINUTE = timedelta(minutes=1)


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return local_datetime(date(year, month, day), time(hour, minute), BERLIN).moment


@pytest.mark.parametrize(
    ("remaining", "hours"),
    [
        (timedelta(days=10, seconds=1), 48),
        (timedelta(days=10), 24),
        (timedelta(days=5), 24),
        (timedelta(days=5) - MINUTE, 8),
        (timedelta(days=2), 8),
        (timedelta(days=2) - MINUTE, 2),
        (timedelta(0), 2),
        (timedelta(days=-1), 2),
    ],
)
def test_hours_to_answer_follow_the_time_that_remains(remaining: timedelta, hours: int):
    assert HOURS.within(remaining) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("asked", "starts", "expected"),
    [
        (at(11, 23, 9), at(11, 24, 14), at(11, 23, 11)),
        (at(11, 23, 20), at(11, 25, 10), at(11, 24, 9)),
        (at(11, 23, 22), at(11, 25, 10), at(11, 24, 10)),
        (at(11, 23, 19), at(11, 24, 14), at(11, 23, 21)),
        (at(11, 23, 22), at(11, 24, 7, 30), at(11, 24, 7, 30)),
        (at(11, 23, 9), at(11, 23, 10), at(11, 23, 10)),
        (at(11, 23, 9), at(11, 27, 9), at(11, 23, 17)),
        # 13 waking hours a day: 24 hours are one day and 11 hours, 48 are three days and 9 hours
        (at(11, 23, 8), at(11, 29, 8), at(11, 24, 19)),
        (at(11, 23, 8), at(12, 23, 8), at(11, 26, 17)),
        # the nights of both clock changes cost nothing and give nothing
        (at(10, 24, 20), at(10, 26, 12), at(10, 25, 9)),
        (at(3, 27, 20, year=2027), at(3, 29, 12, year=2027), at(3, 28, 9, year=2027)),
    ],
)
def test_the_deadline_stands_still_at_night(asked: datetime, starts: datetime, expected: datetime):
    assert answer_deadline(asked, starts, BERLIN, HOURS) == expected


def test_an_appointment_in_the_past_ends_the_time_at_its_start():
    assert answer_deadline(at(11, 23, 9), at(11, 22, 9), BERLIN, HOURS) == at(11, 22, 9)


@pytest.mark.parametrize(
    ("asked", "answer_by", "expected"),
    [
        (at(11, 23, 9), at(11, 23, 17), at(11, 23, 13)),
        (at(11, 23, 20), at(11, 24, 9), at(11, 24, 8)),
        (at(11, 23, 22), at(11, 24, 10), at(11, 24, 9)),
        (at(11, 23, 22), at(11, 24, 7), at(11, 24, 7)),
        (at(11, 23, 9), at(11, 22, 9), at(11, 22, 9)),
    ],
)
def test_halfway_is_counted_in_waking_hours(asked: datetime, answer_by: datetime, expected: datetime):
    assert halfway(asked, answer_by, BERLIN) == expected


def waking(moment: datetime, quiet: tuple[time, time]) -> bool:
    begins, ends = quiet
    wall = moment.astimezone(BERLIN).time()
    if begins == ends:
        return True
    return not (begins <= wall < ends) if begins < ends else ends <= wall < begins


moments = st.one_of(
    st.integers(0, 6 * 24 * 4).map(lambda n: datetime(2026, 10, 22, tzinfo=UTC) + n * 15 * MINUTE),
    st.integers(0, 6 * 24 * 4).map(lambda n: datetime(2027, 3, 25, tzinfo=UTC) + n * 15 * MINUTE),
)
quiets = st.sampled_from(
    [
        QUIET,
        (time(21), time.min),
        (time.min, time(7)),
        (time(2, 30), time(2, 45)),
        (time(12), time(13)),
        (time(0), time(0)),
    ]
)


@settings(deadline=None)
@given(moments, st.integers(1, 14 * 24 * 4), quiets)
def test_deadline_and_halfway_agree_with_a_count_of_minutes(
    asked: datetime, quarters: int, quiet: tuple[time, time]
):
    starts = asked + quarters * 15 * MINUTE
    answer_by = answer_deadline(asked, starts, BERLIN, HOURS, quiet)
    assert asked < answer_by <= starts
    minutes = [asked + n * MINUTE for n in range((answer_by - asked) // MINUTE)]
    awake = sum(waking(minute, quiet) for minute in minutes)
    wanted = HOURS.within(starts - asked) // MINUTE
    assert awake == wanted if answer_by < starts else awake <= wanted
    assert answer_by == starts or waking(answer_by - MINUTE, quiet)

    half = halfway(asked, answer_by, BERLIN, quiet)
    assert asked <= half <= answer_by
    assert half == answer_by or waking(half, quiet)
    if awake:
        assert abs(2 * sum(waking(minute, quiet) for minute in minutes if minute < half) - awake) <= 1
