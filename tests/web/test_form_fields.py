"""What people type as a day or a time, and what is understood."""

from datetime import date, time

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from lotsen.web.forms import DayForm, read_clock


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("10", time(10)),
        ("9", time(9)),
        ("10.30", time(10, 30)),
        ("10:30", time(10, 30)),
        ("10,30", time(10, 30)),
        ("1030", time(10, 30)),
        ("930", time(9, 30)),
        ("10 Uhr", time(10)),
        ("10 uhr 30", time(10, 30)),
        ("10:30 Uhr", time(10, 30)),
        ("10h30", time(10, 30)),
        ("10h", time(10)),
        (" 8:05 ", time(8, 5)),
        ("0:00", time(0)),
        ("١٠:٣٠", time(10, 30)),
        ("24:00", None),
        ("25", None),
        ("10:60", None),
        ("10:", time(10)),
        ("zehn", None),
        ("10-11", None),
        ("10:30:00", None),
        ("-1", None),
        ("", None),
    ],
)
def test_a_time_is_understood(typed: str, understood: time | None) -> None:
    assert read_clock(typed) == understood


@pytest.mark.parametrize(
    ("day", "month", "year", "understood"),
    [
        ("27", "11", "2026", date(2026, 11, 27)),
        ("27.", "11.", "26", date(2026, 11, 27)),
        ("7", "Nov", "26", date(2026, 11, 7)),
        ("07", "november", "2026", date(2026, 11, 7)),
        ("1", "Mär", "2027", date(2027, 3, 1)),
        ("1", "maerz", "2027", None),
        ("1", "MÄRZ", "2027", date(2027, 3, 1)),
        ("1", "march", "2027", date(2027, 3, 1)),
        ("1", "Mart", "2027", date(2027, 3, 1)),
        ("29", "2", "2028", date(2028, 2, 29)),
        ("29", "2", "2027", None),
        ("31", "4", "2027", None),
        ("0", "4", "2027", None),
        ("32", "4", "2027", None),
        ("1", "13", "2027", None),
        ("1", "J", "2027", None),
        ("1", "Ju", "2027", None),
        ("1", "4", "127", None),
        ("1", "4", "", None),
        ("", "4", "2027", None),
        ("1", "4", "99999", None),
        ("١", "٤", "٢٠٢٧", date(2027, 4, 1)),
        ("<b>", "4", "2027", None),
    ],
)
def test_a_day_is_understood(app: Flask, day: str, month: str, year: str, understood: date | None) -> None:
    with app.test_request_context("/"):
        form = DayForm(MultiDict({"day": day, "month": month, "year": year}))
        assert form.validate() == (understood is not None)
        assert form.value == understood
        assert bool(form.errors) == (understood is None)


def test_an_empty_day_is_an_error_only_where_it_is_needed(app: Flask) -> None:
    with app.test_request_context("/"):
        assert DayForm(MultiDict({"day": " "})).validate()
        form = DayForm(MultiDict({"day": ""}))
        form.needed = "Please give the day."
        assert not form.validate()
        assert form.form_errors
