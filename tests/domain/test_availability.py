"""When a guide is free, checked against a count minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.availability import (
    Absence,
    Availability,
    ExtraTime,
    WeeklyTime,
    absences_in,
    free_spans,
    is_covered,
    minutes_missing,
)
from lotsen.domain.localtime import local_datetime

BERLIN = ZoneInfo("Europe/Berlin")
NONE: frozenset[date] = frozenset()
FRIDAY = date(2026, 11, 27)
SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)
MINUTE = timedelta(minutes=1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return local_datetime(day, time(hour, minute), BERLIN).moment


def missing(
    availability: Availability, start: datetime, end: datetime, closed: frozenset[date] = NONE
) -> int:
    return minutes_missing(availability, start, end, BERLIN, closed)


FRIDAYS = Availability(weekly=(WeeklyTime(4, time(8), time(12)),))


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [((8, 0), (12, 0), 0), ((7, 50), (9, 0), 10), ((11, 30), (12, 30), 30), ((13, 0), (14, 0), 60)],
)
def test_the_margin_is_the_minutes_outside_of_the_pattern(
    start: tuple[int, int], end: tuple[int, int], minutes: int
):
    assert missing(FRIDAYS, at(FRIDAY, *start), at(FRIDAY, *end)) == minutes


def test_a_begun_minute_is_missing_as_a_whole():
    assert missing(FRIDAYS, at(FRIDAY, 11), at(FRIDAY, 12) + timedelta(seconds=1)) == 1


def test_another_weekday_is_not_free():
    assert missing(FRIDAYS, at(FRIDAY - timedelta(days=1), 9), at(FRIDAY - timedelta(days=1), 10)) == 60


def test_adjacent_and_overlapping_pieces_join():
    joined = Availability(
        weekly=(WeeklyTime(4, time(8), time(10)), WeeklyTime(4, time(9), time(11))),
        extra=(ExtraTime(FRIDAY, time(11), time(13)),),
    )
    assert free_spans(joined, at(FRIDAY, 9), at(FRIDAY, 14), BERLIN, NONE) == (
        (at(FRIDAY, 9), at(FRIDAY, 13)),
    )
    assert is_covered(joined, at(FRIDAY, 8), at(FRIDAY, 13), BERLIN, NONE)


def test_a_night_is_covered_by_two_days():
    nights = Availability(weekly=(WeeklyTime(4, time(20), time.min), WeeklyTime(5, time.min, time(2))))
    saturday = FRIDAY + timedelta(days=1)
    assert missing(nights, at(FRIDAY, 23), at(saturday, 1)) == 0
    assert missing(nights, at(FRIDAY, 23), at(saturday, 3)) == 60


def test_on_a_closed_day_only_extra_dates_hold():
    availability = Availability(weekly=FRIDAYS.weekly, extra=(ExtraTime(FRIDAY, time(9), time(10)),))
    closed = frozenset({FRIDAY})
    assert missing(availability, at(FRIDAY, 9), at(FRIDAY, 10), closed) == 0
    assert missing(availability, at(FRIDAY, 10), at(FRIDAY, 11), closed) == 60


def test_an_absence_takes_whole_days_out_and_extra_dates_with_them():
    away = Absence(FRIDAY, FRIDAY)
    availability = Availability(FRIDAYS.weekly, (ExtraTime(FRIDAY, time(14), time(16)),), (away,))
    assert missing(availability, at(FRIDAY, 14), at(FRIDAY, 15)) == 0
    assert absences_in(availability, at(FRIDAY, 14), at(FRIDAY, 15), BERLIN) == ((away, 60),)
    assert not is_covered(availability, at(FRIDAY, 14), at(FRIDAY, 15), BERLIN, NONE)


def test_an_absence_counts_its_minutes_only():
    away = Absence(FRIDAY, FRIDAY)
    thursday = FRIDAY - timedelta(days=1)
    assert absences_in(Availability(absences=(away,)), at(thursday, 23), at(FRIDAY, 0, 30), BERLIN) == (
        (away, 30),
    )
    assert absences_in(Availability(absences=(away,)), at(thursday, 23), at(FRIDAY, 0), BERLIN) == ()


def test_the_whole_day_is_covered_on_days_of_23_and_25_hours():
    sundays = Availability(weekly=(WeeklyTime(6, time.min, time.min),))
    for day, hours in ((SPRING, 23), (AUTUMN, 25)):
        start, end = at(day, 0), at(day + timedelta(days=1), 0)
        assert end - start == timedelta(hours=hours)
        assert missing(sundays, start, end) == 0
        assert missing(sundays, start - MINUTE, end + MINUTE) == 2


@pytest.mark.parametrize("end", [time(8), time(7)])
def test_a_time_that_ends_before_it_begins_is_refused(end: time):
    with pytest.raises(ValueError, match="ends before"):
        WeeklyTime(4, time(8), end)
    with pytest.raises(ValueError, match="ends before"):
        ExtraTime(FRIDAY, time(8), end)


def test_an_eighth_weekday_is_refused():
    with pytest.raises(ValueError, match="weekday"):
        WeeklyTime(7, time(8), time(9))


quarters = st.integers(0, 94).flatmap(lambda a: st.tuples(st.just(a), st.integers(a + 1, 96)))


def clock(quarter: int) -> time:
    return time(quarter % 96 // 4, quarter % 4 * 15)


@st.composite
def pools_of_time(draw: st.DrawFn) -> tuple[date, Availability, frozenset[date]]:
    middle = draw(st.sampled_from([SPRING, AUTUMN, FRIDAY]))
    days = st.integers(-1, 1).map(lambda n: middle + timedelta(days=n))
    near = st.tuples(days, quarters)
    weekly = draw(st.lists(near, max_size=4))
    extra = draw(st.lists(near, max_size=2))
    away = draw(st.lists(st.tuples(days, st.integers(0, 1)), max_size=1))
    return (
        middle,
        Availability(
            tuple(WeeklyTime(day.weekday(), clock(a), clock(b)) for day, (a, b) in weekly),
            tuple(ExtraTime(day, clock(a), clock(b)) for day, (a, b) in extra),
            tuple(Absence(day, day + timedelta(days=n)) for day, n in away),
        ),
        draw(st.frozensets(days, max_size=1)),
    )


def free_at(moment: datetime, availability: Availability, closed: frozenset[date]) -> bool:
    wall = moment.astimezone(BERLIN)
    minute = wall.hour * 60 + wall.minute

    def shows(start: time, end: time) -> bool:
        last = end.hour * 60 + end.minute or 24 * 60
        return start.hour * 60 + start.minute <= minute < last

    return any(
        one.weekday == wall.weekday() and wall.date() not in closed and shows(one.start, one.end)
        for one in availability.weekly
    ) or any(one.day == wall.date() and shows(one.start, one.end) for one in availability.extra)


@settings(deadline=None)
@given(pools_of_time(), st.integers(-30, 40), st.integers(1, 40))
def test_every_minute_agrees_with_a_look_at_the_clock(
    case: tuple[date, Availability, frozenset[date]], begin: int, length: int
):
    middle, availability, closed = case
    start = datetime.combine(middle, time.min, UTC) + begin * 15 * MINUTE
    end = start + length * 15 * MINUTE
    moments = [start + n * MINUTE for n in range(length * 15)]
    free = [free_at(moment, availability, closed) for moment in moments]
    away = [
        any(a.first <= m.astimezone(BERLIN).date() <= a.last for a in availability.absences) for m in moments
    ]
    assert missing(availability, start, end, closed) == free.count(False)
    assert sum(minutes for _, minutes in absences_in(availability, start, end, BERLIN)) == away.count(True)
    assert is_covered(availability, start, end, BERLIN, closed) is (all(free) and not any(away))
