"""The fit's parts and its total."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.vocabulary import FitPart, Gender, Level, Mode, Occasion, WishKind, WishWeight
from lotsen.matching.profiles import Candidate, History, Need, Wish
from lotsen.matching.scoring import Part, fit
from tests.matching import reference
from tests.matching.factories import RULES, WEIGHTS, at, candidate, held, need, window


def part(name: FitPart, asked: Need | None = None, guide: Candidate | None = None) -> Part:
    asked, guide = asked or need(), guide or candidate()
    found = fit(asked, asked.windows[0], guide, RULES, WEIGHTS)
    assert found == reference.fit(asked, asked.windows[0], guide, RULES, WEIGHTS)
    return found.part(name)


@pytest.mark.parametrize(
    ("languages", "value", "code", "serves"),
    [
        ((("ar", Level.NATIVE),), 1.0, "ar", "exact"),
        ((("ar", Level.B2),), 0.7, "ar", "exact"),
        ((("arz", Level.NATIVE),), 0.8, "arz", "well"),
        ((("ary", Level.NATIVE),), 0.3, "ary", "barely"),
        ((("arz", Level.NATIVE), ("ar", Level.C1)), 0.85, "ar", "exact"),
        ((("arz", Level.NATIVE), ("ar", Level.B1)), 0.8, "arz", "well"),
    ],
)
def test_language_takes_the_best_variety_of_sufficient_level(
    languages: tuple[tuple[str, Level], ...], value: float, code: str, serves: str
):
    found = part(FitPart.LANGUAGE, guide=candidate(languages=languages))
    assert (found.value, found.facts["code"], found.facts["as"]) == (value, code, serves)


def test_nobody_without_the_language_fits_it():
    assert part(FitPart.LANGUAGE, guide=candidate(languages=())).value == 0


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"home_district": "01"}, 1.0),
        ({"home_district": "02"}, 0.8),
        ({"home_district": "15"}, 0.4),
        ({"home_district": "09"}, 0.3),
        ({"home_district": None}, 0.3),
        ({"home_district": None, "districts": frozenset({"01"})}, 0.7),
    ],
)
def test_nearness(changes: dict[str, Any], value: float):
    assert part(FitPart.NEARNESS, guide=candidate(**changes)).value == value


def test_nearness_does_not_matter_on_the_phone():
    asked = need(mode=Mode.PHONE, district=None)
    assert part(FitPart.NEARNESS, asked, candidate(home_district="09")).value == 1


@pytest.mark.parametrize(
    ("history", "value"),
    [
        (None, 0),
        (History(1, date(2026, 6, 1)), 0.6),
        (History(2, date(2026, 6, 1)), 0.8),
        (History(9, date(2026, 6, 1)), 1),
        (History(9, date(2025, 6, 1)), 0.5),
    ],
)
def test_continuity_halves_after_a_year(history: History | None, value: float):
    assert part(FitPart.CONTINUITY, guide=candidate(history=history)).value == value


@pytest.mark.parametrize(("times", "value"), [(0, 0), (1, 0.5), (4, 0.85), (30, 1)])
def test_experience(times: int, value: float):
    guide = candidate(occasions={Occasion.PARENT_TALK: times, Occasion.HOME_VISIT: 50})
    assert part(FitPart.EXPERIENCE, guide=guide).value == value


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, 1),
        ({"load_minutes_90": 1560}, 0.5),
        ({"load_minutes_90": 9999}, 0),
        ({"load_minutes_90": 390, "week_minutes": 60}, 0.5),
        ({"load_minutes_90": 90, "week_minutes": 60, "month_minutes": 60}, 0.5),
        ({"week_minutes": 0}, 0),
    ],
)
def test_load_is_relative_to_the_tightest_capacity(changes: dict[str, Any], value: float):
    assert part(FitPart.LOAD, guide=candidate(**changes)).value == value


@pytest.mark.parametrize(("asks", "value"), [(0, 1), (3, 0.5), (9, 0.25)])
def test_who_was_asked_least_fits_best(asks: int, value: float):
    assert part(FitPart.ASKS, guide=candidate(asks_90=asks)).value == value


def test_room_in_the_week():
    monday = held(at(9, day=date(2026, 11, 23)), at(10, day=date(2026, 11, 23)))
    assert part(FitPart.ROOM, guide=candidate(held=(monday,))).value == 0.75
    assert part(FitPart.ROOM, guide=candidate(held=(monday,), week_minutes=240)).value == 0.75
    assert part(FitPart.ROOM, guide=candidate(held=(monday,), week_minutes=120)).value == 0.5
    assert part(FitPart.ROOM, guide=candidate(week_minutes=0)).value == 0


NICE = (
    Wish(WishKind.GENDER, WishWeight.NICE, gender=Gender.FEMALE),
    Wish(WishKind.GUIDE, WishWeight.NICE, guide_id=2),
    Wish(WishKind.GUIDE, WishWeight.NICE, guide_id=3),
    Wish(WishKind.NOT_GUIDE, WishWeight.NICE, guide_id=4),
)


@pytest.mark.parametrize(
    ("guide", "value", "met"),
    [
        (candidate(3, gender=Gender.FEMALE), 1.0, ("gender", "guide", "not_guide")),
        (candidate(4, gender=Gender.FEMALE), 0.33, ("gender",)),
        (candidate(4), 0.0, ()),
    ],
)
def test_nice_wishes_count_by_kind(guide: Candidate, value: float, met: tuple[str, ...]):
    found = part(FitPart.WISHES, need(wishes=NICE), guide)
    assert (found.value, found.facts["met"]) == (value, met)
    assert found.weight == WEIGHTS[FitPart.WISHES]


def test_without_nice_wishes_that_part_has_no_weight():
    assert part(FitPart.WISHES).weight == 0
    nobody = Wish(WishKind.GUIDE, WishWeight.NICE)
    assert part(FitPart.WISHES, need(wishes=(nobody,))).weight == 0


def test_the_total_is_the_weighted_mean_rounded_half_up():
    guide = candidate(languages=(("ar", Level.B2),), home_district="02")
    only = {FitPart.LANGUAGE: 1, FitPart.NEARNESS: 1}
    assert fit(need(), window(), guide, RULES, only).total == 75
    assert fit(need(), window(), guide, RULES, {FitPart.LANGUAGE: 3, FitPart.NEARNESS: 1}).total == 73
    assert fit(need(), window(), guide, RULES, {}).total == 0


@settings(deadline=None)
@given(
    weights=st.dictionaries(st.sampled_from(FitPart), st.integers(0, 10)),
    load=st.integers(0, 10_000),
    asks=st.integers(0, 500),
    capacity=st.none() | st.integers(0, 600),
    level=st.sampled_from(Level),
)
def test_the_total_lies_between_its_least_and_its_best_part(
    weights: dict[FitPart, int], load: int, asks: int, capacity: int | None, level: Level
):
    guide = candidate(load_minutes_90=load, asks_90=asks, week_minutes=capacity, languages=(("arz", level),))
    found = fit(need(), window(), guide, RULES, weights)
    assert [one.part for one in found.parts] == list(FitPart)
    weighed = [one.value * 100 for one in found.parts if one.weight]
    if weighed:
        assert round(min(weighed)) <= found.total <= round(max(weighed))
    else:
        assert found.total == 0
