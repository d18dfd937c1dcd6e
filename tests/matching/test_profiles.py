"""Windows and accepted varieties."""

from datetime import datetime, timedelta

import pytest

from lotsen.domain.languages import Catalogue, Language, Substitute
from lotsen.domain.vocabulary import LanguageFit, SubstituteQuality
from lotsen.matching.profiles import Window, accepted_codes
from tests.matching.factories import at

CATALOGUE = Catalogue(
    languages={
        code: Language(code, code, code, code, parent=parent)
        for code, parent in (("ar", None), ("arz", "ar"), ("ary", "ar"), ("fr", None))
    },
    shared={},
    substitutes=(
        Substitute("ar", "ary", SubstituteQuality.FAIRLY),
        Substitute("arz", "ary", SubstituteQuality.BARELY),
    ),
)


def test_exact_speakers_are_always_accepted_and_substitutes_on_wish():
    assert accepted_codes(CATALOGUE, "ary", substitutes=False) == {"ary": LanguageFit.EXACT}
    assert accepted_codes(CATALOGUE, "ary", substitutes=True) == {
        "ar": LanguageFit.FAIRLY,
        "arz": LanguageFit.BARELY,
        "ary": LanguageFit.EXACT,
    }


def test_a_group_is_served_by_its_varieties():
    assert set(accepted_codes(CATALOGUE, "ar", substitutes=False)) == {"ar", "arz", "ary"}


def test_a_window_is_in_utc_and_has_a_length():
    assert Window(at(10), at(11, 30)).minutes == 90
    with pytest.raises(ValueError, match="ends before"):
        Window(at(10), at(10))
    with pytest.raises(ValueError, match="UTC"):
        Window(datetime(2026, 11, 27, 10), datetime(2026, 11, 27, 11))  # noqa: DTZ001 - naive on purpose


def test_a_held_time_counts_begun_minutes():
    assert Window(at(10), at(11) + timedelta(seconds=1)).minutes == 61
