"""The list of reasons beside a proposal."""

from datetime import date, datetime, time
from typing import Any

import pytest

from lotsen.domain.availability import Availability, WeeklyTime
from lotsen.domain.vocabulary import Gender, HighlightCode, Level, Mode, Occasion, WishKind, WishWeight
from lotsen.matching.highlights import Highlight, highlights
from lotsen.matching.profiles import Candidate, History, Need, Wish
from lotsen.matching.question import question
from lotsen.matching.scoring import explain
from lotsen.matching.table import CandidateTable
from tests.matching import reference
from tests.matching.factories import NOW, RULES, WEIGHTS, at, candidate, held, need


def told(guide: Candidate, asked: Need | None = None) -> dict[HighlightCode, Highlight]:
    asked = asked or need()
    prepared, table = question(asked, RULES, NOW), CandidateTable((guide,))
    measured = explain(prepared, 0, table, 0, WEIGHTS)
    found = highlights(prepared, 0, table, 0, measured)
    assert found == reference.highlights(asked, asked.windows[0], guide, RULES, measured)
    assert [one.attention for one in found] == sorted(one.attention for one in found)
    return {one.code: one for one in found}


def test_the_ordinary_guide():
    found = told(candidate())
    assert list(found) == [
        HighlightCode.SPEAKS,
        HighlightCode.FREE,
        HighlightCode.SAME_DISTRICT,
        HighlightCode.SELDOM_ASKED,
    ]
    assert found[HighlightCode.SPEAKS].parameters == {"code": "ar", "level": "native", "as": "exact"}
    assert not any(one.attention for one in found.values())


def test_a_substitute_wants_attention():
    found = told(candidate(languages=(("ary", Level.NATIVE),)))[HighlightCode.SPEAKS_SUBSTITUTE]
    assert found.attention
    assert found.parameters["as"] == "barely"


def test_free_names_the_stretch_around_the_window():
    fridays = Availability(weekly=(WeeklyTime(4, time(8), time(9)), WeeklyTime(4, time(9, 30), time(12))))
    found = told(candidate(availability=fridays))[HighlightCode.FREE]
    assert found.parameters == {"start": at(9, 30), "end": at(12)}


@pytest.mark.parametrize(
    ("home", "code"), [("02", HighlightCode.DISTRICT_NEAR), ("14", HighlightCode.DISTRICT_NEAR), ("15", None)]
)
def test_near_districts_are_named(home: str, code: HighlightCode | None):
    found = set(told(candidate(home_district=home))) & {
        HighlightCode.SAME_DISTRICT,
        HighlightCode.DISTRICT_NEAR,
    }
    assert found == ({code} if code else set())


def test_experience_is_named():
    guide = candidate(history=History(2, date(2026, 6, 1)), occasions={Occasion.PARENT_TALK: 4}, asks_90=3)
    found = told(guide)
    assert found[HighlightCode.KNOWS_INSTITUTION].parameters == {"times": 2, "last_on": date(2026, 6, 1)}
    assert found[HighlightCode.KNOWS_OCCASION].parameters["times"] == 4
    assert HighlightCode.SELDOM_ASKED not in found


def test_wishes_met_and_not_met():
    wishes = (
        Wish(WishKind.GENDER, WishWeight.NICE, gender=Gender.FEMALE),
        Wish(WishKind.GUIDE, WishWeight.NICE, guide_id=1),
    )
    found = told(candidate(), need(wishes=wishes))
    assert found[HighlightCode.WISH_MET].parameters == {"kinds": ("guide",)}
    assert found[HighlightCode.WISH_NOT_MET] == Highlight(
        HighlightCode.WISH_NOT_MET, {"kinds": ("gender",)}, True
    )


def test_two_appointments_in_the_week_want_attention():
    days = (date(2026, 11, 23), date(2026, 11, 25))
    week = tuple(held(at(9, day=day), at(10, day=day)) for day in days)
    assert HighlightCode.APPOINTMENTS_THIS_WEEK not in told(candidate(held=week[:1]))
    found = told(candidate(held=week))[HighlightCode.APPOINTMENTS_THIS_WEEK]
    assert (found.attention, found.parameters["appointments"]) == (True, 2)


@pytest.mark.parametrize(
    ("start", "end", "code", "moment"),
    [
        (at(9), at(9, 45), HighlightCode.COMES_FROM, at(9, 45)),
        (at(8), at(8, 46), HighlightCode.COMES_FROM, at(8, 46)),
        (at(8), at(8, 45), None, None),
        (at(11, 20), at(12), HighlightCode.GOES_ON_TO, at(11, 20)),
        (at(12, 15), at(13), None, None),
    ],
)
def test_an_appointment_close_by_wants_attention(
    start: datetime, end: datetime, code: HighlightCode | None, moment: datetime | None
):
    found = told(candidate(held=(held(start, end),)))
    close = {HighlightCode.COMES_FROM, HighlightCode.GOES_ON_TO} & set(found)
    assert close == ({code} if code else set())
    if code:
        assert found[code] == Highlight(code, {"at": moment, "district": "01", "travel": 15}, True)


@pytest.mark.parametrize("changes", [{"mode": Mode.PHONE}, {"mode": Mode.VIDEO}])
def test_remote_appointments_close_by_are_nothing_to_mind(changes: dict[str, Any]):
    found = told(candidate(held=(held(at(9), at(10), **changes),)))
    assert HighlightCode.COMES_FROM not in found
