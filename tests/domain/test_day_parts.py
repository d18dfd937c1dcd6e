"""The week in parts of days: ticks become times, and times that no tick shows stay as they were."""

from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from lotsen.domain.availability import WeeklyTime
from lotsen.domain.day_parts import SLOTS, changed, filled, fits
from lotsen.domain.vocabulary import DayPart

MORNING, NOON = (0, DayPart.MORNING), (0, DayPart.NOON)
slots = st.frozensets(st.sampled_from(SLOTS))
odd = WeeklyTime(0, time(6, 30), time(13, 15))


@given(slots)
def test_ticks_come_back_as_they_were(ticked: frozenset[tuple[int, DayPart]]) -> None:
    weekly = changed((), ticked)
    assert filled(weekly) == ticked
    assert fits(weekly)


@given(slots, slots)
def test_times_beside_what_was_changed_stay_to_the_minute(
    before: frozenset[tuple[int, DayPart]], after: frozenset[tuple[int, DayPart]]
) -> None:
    weekly = changed((odd,), before | {MORNING})
    assert filled(changed(weekly, after)) == after
    early = WeeklyTime(0, time(6, 30), time(8))
    assert any(one.start <= early.start and one.weekday == 0 for one in changed(weekly, after))


def test_a_part_that_is_free_only_in_part_is_not_ticked_and_stays() -> None:
    assert filled((odd,)) == {MORNING}
    assert not fits((odd,))
    assert changed((odd,), {MORNING}) == (odd,)
    assert changed((odd,), {MORNING, NOON}) == (WeeklyTime(0, time(6, 30), time(15)),)
    assert changed((odd,), set()) == (
        WeeklyTime(0, time(6, 30), time(8)),
        WeeklyTime(0, time(12), time(13, 15)),
    )


def test_a_day_to_midnight_fills_the_evening() -> None:
    late = WeeklyTime(6, time(18), time(0))
    assert filled((late,)) == {(6, DayPart.EVENING)}
    assert changed((late,), ()) == (WeeklyTime(6, time(21), time(0)),)
