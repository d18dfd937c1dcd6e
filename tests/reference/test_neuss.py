"""The Neuss preset: complete, consistent, and in plain German."""

import re
from itertools import chain
from zoneinfo import ZoneInfo

import pytest

from lotsen.domain.spelling import words
from lotsen.domain.vocabulary import Occasion
from lotsen.reference import catalogue
from lotsen.reference.presets import preset

PRESET = preset("neuss")
MOST_WORDS = 12


def test_the_28_districts_are_numbered_and_named() -> None:
    assert [district.code for district in PRESET.districts] == [f"{number:02}" for number in range(1, 29)]
    assert len({district.name for district in PRESET.districts}) == 28
    assert PRESET.districts[0].name == "Innenstadt"


def test_neighbours_are_known_and_named_once() -> None:
    known = {district.code for district in PRESET.districts}
    assert len(PRESET.neighbours) == 27
    assert all(one in known and other in known and one < other for one, other in PRESET.neighbours)
    assert len(set(PRESET.neighbours)) == len(PRESET.neighbours)


def test_each_district_has_its_own_place_on_the_map_and_neighbours_lie_close() -> None:
    places = {district.code: (district.x, district.y) for district in PRESET.districts}
    assert len(set(places.values())) == 28
    for one, other in PRESET.neighbours:
        (x, y), (x2, y2) = places[one], places[other]
        assert max(abs(x - x2), abs(y - y2)) <= 2, (one, other)


def test_the_languages_shown_first_are_the_eight_most_asked() -> None:
    assert PRESET.settings.languages_first == tuple(one.code for one in catalogue().ordered_for_picker()[:8])


def test_settings_are_those_of_the_town() -> None:
    assert ZoneInfo(PRESET.timezone).key == "Europe/Berlin"
    assert (PRESET.settings.country, PRESET.settings.subdivision) == ("DE", "NW")
    assert PRESET.settings.office_email.endswith(".example")
    assert set(PRESET.settings.occasions) == set(Occasion)
    assert len(PRESET.neighbouring_towns) == 6


def test_texts_have_the_same_keys_in_both_languages() -> None:
    german, english = PRESET.texts["de"], PRESET.texts["en"]
    assert set(english) == {*german, "out_of_scope"}
    for key, lines in german.items():
        assert len(lines) == len(english[key]), key
    assert len(english["out_of_scope"]) == len(PRESET.settings.out_of_scope)


@pytest.mark.parametrize("line", [*chain.from_iterable(PRESET.texts["de"].values())])
def test_german_sentences_are_short(line: str) -> None:
    sentences = re.split(r"(?<=[.!?]) ", line)
    assert all(0 < len(words(sentence)) <= MOST_WORDS for sentence in sentences)
    assert not re.search(r"\w[*:_]\w", line)
