"""Weekly times are understood as people write them, and refused with the word that is not."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotsen.domain.weekly_text import NotUnderstood, read_weekly


def written(text: str) -> list[str]:
    """Return the weekly times of a text as "0 08:00-12:00"."""
    return [f"{one.weekday} {one.start:%H:%M}-{one.end:%H:%M}" for one in read_weekly(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Mo 8-12, 14:00-18:00; Di 9-13", ["0 08:00-12:00", "0 14:00-18:00", "1 09:00-13:00"]),
        ("Mo, Mi 9 bis 12 Uhr", ["0 09:00-12:00", "2 09:00-12:00"]),
        ("Fr-So 10–11", ["4 10:00-11:00", "5 10:00-11:00", "6 10:00-11:00"]),
        ("Montags von 8.30 bis 12.00 Uhr\nSamstag 10-14", ["0 08:30-12:00", "5 10:00-14:00"]),
        ("Thu 9 to 12 and Sat: 10-0", ["3 09:00-12:00", "5 10:00-00:00"]),
        ("Mo 8-12; Mo 12-14", ["0 08:00-14:00"]),
        ("Mo 20-24", ["0 20:00-00:00"]),
        ("Mo + Di 9-10", ["0 09:00-10:00", "1 09:00-10:00"]),
    ],
)
def test_what_people_write(text: str, expected: list[str]):
    assert written(text) == expected


def test_every_day_and_every_working_day():
    assert [one.weekday for one in read_weekly("täglich 8-20")] == list(range(7))
    assert {one.weekday for one in read_weekly("werktags 8-12")} == set(range(5))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Mo", "mo"),
        ("Mo 9", "9"),
        ("9-12", "9"),
        ("Mo 13-12", "13-12"),
        ("Mo 25-26", "25"),
        ("Mo 8:75-9", "8:75"),
        ("Mo vormittags", "vormittags"),
        ("Mo 8-12, Di", "di"),
        ("Mo 8-12 ?", "?"),
    ],
)
def test_the_word_that_is_not_clear_is_named(text: str, word: str):
    with pytest.raises(NotUnderstood) as caught:
        read_weekly(text)
    assert caught.value.word == word


@given(st.text(alphabet="MoDiFr0123456789:.-–,; \nbis", max_size=40))
def test_anything_is_read_or_refused(text: str):
    try:
        found = read_weekly(text)
    except NotUnderstood:
        return
    assert all(one.end == time.min or one.start < one.end for one in found)
