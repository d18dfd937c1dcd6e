"""Which times may be asked for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lotsen.domain.request_rules import Times, WindowProblem, is_urgent, problems
from lotsen.domain.settings import PoolSettings

NEUSS = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def times(*starts: datetime, length: timedelta = HOUR) -> Times:
    return Times(tuple((start, start + length) for start in starts))


def test_the_first_start_and_the_last_end_count_whatever_the_order() -> None:
    later, sooner = MONDAY + timedelta(days=9), MONDAY + timedelta(days=8)
    asked = times(later, sooner)
    assert asked.first_start == sooner
    assert asked.last_end == later + HOUR


@pytest.mark.parametrize(
    ("days", "hour", "urgent"),
    [
        (4, 9, True),  # Friday of the same week: four working days
        (6, 9, True),  # Sunday
        (7, 9, False),  # the Monday after: five
        (7, 5, False),  # the hour does not matter
    ],
)
def test_less_than_five_working_days_are_urgent(days: int, hour: int, urgent: bool) -> None:
    start = (MONDAY + timedelta(days=days)).replace(hour=hour)
    assert is_urgent(times(start), MONDAY, NEUSS, PoolSettings()) is urgent


def test_holidays_are_no_working_days() -> None:
    asked_on = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    # 25 December is a holiday: 24, 28, 29, 30, 31 December make five.
    assert is_urgent(times(datetime(2026, 12, 30, 9, 0, tzinfo=UTC)), asked_on, NEUSS, PoolSettings())
    assert not is_urgent(times(datetime(2026, 12, 31, 9, 0, tzinfo=UTC)), asked_on, NEUSS, PoolSettings())


def test_the_day_is_that_of_the_pool() -> None:
    # 23:30 UTC on Sunday is Monday in Neuss.
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert not is_urgent(times(late), MONDAY, NEUSS, PoolSettings())


def test_one_near_window_makes_the_request_urgent() -> None:
    far, near = MONDAY + timedelta(days=30), MONDAY + timedelta(days=2)
    assert is_urgent(times(far, near), MONDAY, NEUSS, PoolSettings())


def test_a_pool_may_ask_for_no_lead_time() -> None:
    rules = PoolSettings(lead_working_days=0)
    assert not is_urgent(times(MONDAY + HOUR), MONDAY, NEUSS, rules)


@pytest.mark.parametrize(
    ("start", "length", "problem"),
    [
        (MONDAY - HOUR, HOUR, WindowProblem.PAST),
        (MONDAY, HOUR, WindowProblem.PAST),
        (MONDAY + 4 * HOUR - timedelta(minutes=1), HOUR, WindowProblem.TOO_SOON),
        (MONDAY + 4 * HOUR, HOUR, None),
        (MONDAY + timedelta(days=365), HOUR, None),
        (MONDAY + timedelta(days=365, minutes=1), HOUR, WindowProblem.TOO_FAR),
        (MONDAY + timedelta(days=8), timedelta(minutes=29), WindowProblem.TOO_SHORT),
        (MONDAY + timedelta(days=8), timedelta(minutes=30), None),
        (MONDAY + timedelta(days=8), timedelta(minutes=180), None),
        (MONDAY + timedelta(days=8), timedelta(minutes=181), WindowProblem.TOO_LONG),
        (MONDAY + timedelta(days=8), -HOUR, WindowProblem.TOO_SHORT),
    ],
)
def test_a_window_keeps_the_rules(start: datetime, length: timedelta, problem: WindowProblem | None) -> None:
    expected = {} if problem is None else {0: problem}
    assert problems(times(start, length=length), MONDAY, PoolSettings()) == expected


def test_the_length_counts_over_the_change_of_the_clocks() -> None:
    # 1:30 to 3:30 on the wall, but one hour.
    start = datetime(2027, 3, 28, 1, 30, tzinfo=NEUSS)
    asked = Times(((start.astimezone(UTC), start.astimezone(UTC) + HOUR),))
    assert problems(asked, MONDAY, PoolSettings()) == {}


def test_the_same_window_twice_is_a_problem_of_the_second() -> None:
    start, other = MONDAY + timedelta(days=8), MONDAY + timedelta(days=9)
    assert problems(times(start, other, start), MONDAY, PoolSettings()) == {2: WindowProblem.REPEATED}


def test_each_window_has_its_own_problem() -> None:
    asked = times(MONDAY - HOUR, MONDAY + timedelta(days=8), MONDAY + timedelta(days=900))
    assert problems(asked, MONDAY, PoolSettings()) == {0: WindowProblem.PAST, 2: WindowProblem.TOO_FAR}
