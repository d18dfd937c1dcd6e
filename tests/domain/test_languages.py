"""The language catalogue: what ships holds together, and what people type finds what they mean."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from babel import Locale, localedata

from lotsen.domain.languages import EXACT, Catalogue, Language, Substitute, own_words
from lotsen.domain.spelling import spellings
from lotsen.domain.vocabulary import SubstituteQuality
from lotsen.errors import UnknownLanguage
from lotsen.reference import catalogue

SHIPPED = catalogue()


def undeclared_twins(
    languages: Iterable[Language], shared: Mapping[str, tuple[str, ...]]
) -> dict[str, set[str]]:
    """Return the search words that several languages claim although `shared` does not say so."""
    declared = {key: set(codes) for word, codes in shared.items() for key in spellings(word)}
    claims: dict[str, set[str]] = {}
    for language in languages:
        for word in own_words(language):
            for key in spellings(word):
                claims.setdefault(key, set()).add(language.code)
    return {
        key: codes
        for key, codes in claims.items()
        if (key in declared and not codes <= declared[key]) or (key not in declared and len(codes) > 1)
    }


def lost_parents(languages: Iterable[Language]) -> set[str]:
    """Return the codes whose line of parents leaves the catalogue or runs in a circle."""
    known = {language.code: language for language in languages}
    lost: set[str] = set()
    for code in known:
        seen: list[str] = []
        step: str | None = code
        while step is not None and step in known and step not in seen:
            seen.append(step)
            step = known[step].parent
        if step is not None:
            lost.add(code)
    return lost


def codes(found: tuple[Language, ...]) -> list[str]:
    return [language.code for language in found]


def test_catalogue_is_large_and_knows_the_sign_language() -> None:
    assert len(SHIPPED) >= 120
    assert SHIPPED.get("gsg").german == "Deutsche Gebärdensprache"


def test_no_language_is_an_orphan_or_its_own_ancestor() -> None:
    assert lost_parents(SHIPPED) == set()


def test_the_check_of_parents_sees_orphans_and_circles() -> None:
    broken = [Language("a", "A", "A", "A", parent="b"), Language("b", "B", "B", "B", parent="a")]
    orphan = [Language("c", "C", "C", "C", parent="nowhere")]
    assert lost_parents(broken + orphan) == {"a", "b", "c"}


def test_every_search_word_is_unique_or_deliberately_shared() -> None:
    assert undeclared_twins(SHIPPED, SHIPPED.shared) == {}


def test_the_check_of_search_words_sees_a_stray_twin() -> None:
    stray = [*SHIPPED, replace(SHIPPED.get("pl"), code="xx-pl", german="X", english="X", autonym="Türkce")]
    assert undeclared_twins(stray, SHIPPED.shared)["turkce"] == {"tr", "xx-pl"}


def test_shared_words_are_declared_once_and_lead_to_several_known_languages() -> None:
    keys = [key for word in SHIPPED.shared for key in spellings(word)]
    assert len(keys) == len(set(keys))
    for word, shared in SHIPPED.shared.items():
        assert len(shared) == len(set(shared)) > 1, word
        assert all(code in SHIPPED for code in shared), word


def test_no_search_word_is_listed_twice_for_a_language() -> None:
    for language in SHIPPED:
        assert len(language.aliases) == len(set(language.aliases)), language.code
        assert all(word == word.strip() and spellings(word) for word in own_words(language)), language.code


def test_names_are_unique() -> None:
    for name in ("german", "english", "autonym"):
        assert len({getattr(language, name) for language in SHIPPED}) == len(SHIPPED), name


def test_ranks_count_from_one_without_gaps() -> None:
    ranks = sorted(language.rank for language in SHIPPED if language.rank is not None)
    assert ranks == list(range(1, len(ranks) + 1))
    assert len(ranks) >= 25


def test_substitutes_are_known_distinct_and_lead_elsewhere() -> None:
    pairs = [(one.speaker, one.serves) for one in SHIPPED.substitutes]
    assert len(pairs) == len(set(pairs))
    for speaker, serves in pairs:
        assert speaker in SHIPPED, speaker
        assert serves in SHIPPED, serves
        assert serves != speaker, speaker
        assert speaker not in codes(SHIPPED.varieties(serves)), f"{speaker} serves {serves} exactly anyway"


# Latin Rohingya is what people in Germany read; Babel assumes the Hanifi script, which few devices can show.
OTHER_SCRIPT_THAN_BABEL = {"rhg"}


def test_direction_is_the_one_that_babel_knows() -> None:
    by_babel = [one for one in SHIPPED if localedata.exists(one.code)]
    known = [one for one in by_babel if one.code not in OTHER_SCRIPT_THAN_BABEL]
    assert len(known) > 60
    wrong = [one.code for one in known if one.rtl != (Locale.parse(one.code).text_direction == "rtl")]
    assert wrong == []


@pytest.mark.parametrize("code", ["prs", "acm", "apc", "ckb", "pnb", "azb", "haz", "aii", "uzs"])
def test_varieties_that_babel_does_not_know_run_right_to_left_too(code: str) -> None:
    assert SHIPPED.get(code).rtl


LEADS_TO = {
    "fa": ["farsi", "Farsi"],
    "tr": ["türkç", "turkce", "TÜRKÇE", "Tuerkisch"],
    "en": ["İngilizce"],
    "ar": ["العر", "عربي", "الْعَرَبِيَّة", "العـــربية", "arabisch", "arbisch"],
    "ti": ["ትግ", "Tigrinia", "eritreisch"],
    "tig": ["ትግረ"],
    "kmr": ["kurmandschi", "Kurmanji", "kmr"],
    "ckb": ["Kurdisch Sorani", "Sorani", "سورانی", "سوراني"],
    "zza": ["Zazaki"],
    "uk": ["ukrainsk", "украї"],
    "ru": ["русск"],
    "apc": ["Arabisch (Syrien)"],
    "ary": ["marokkanisch"],
    "prs": ["dari", "دری", "afghanisch"],
    "ps": ["paschto", "بشتو", "پشتو"],
    "ro": ["rumänsich", "rumaenisch", "Moldawisch"],
    "so": ["somlia"],
    "sq": ["Kosovarisch", "shqi"],
    "sh": ["serbokroatisch", "Serbo-Kroatisch"],
    "sr": ["српски"],
    "ur": ["Pakistanisch"],
    "hi": ["हिन्"],
    "bn": ["বাং"],
    "zh": ["中文"],
    "vi": ["tieng viet"],
    "ka": ["ქარ"],
    "el": ["ελλ"],
    "fr": ["franzoesisch"],
    "es": ["spansh"],
    "pl": ["polsk"],
    "gaa": ["Ga"],
    "gsg": ["DGS", "gebärden"],
    "man": ["Mandingo"],
    "ff": ["fulla"],
    "syr": ["aramäisch"],
    "rom": ["Romanes"],
}


@pytest.mark.parametrize(
    ("typed", "first"), [(typed, code) for code, texts in LEADS_TO.items() for typed in texts]
)
def test_what_people_type_leads_there_first(typed: str, first: str) -> None:
    assert codes(SHIPPED.find(typed))[:1] == [first]


def test_the_40_queries_that_the_script_answers_too_lead_there_first() -> None:
    kinds = tomllib.loads((Path(__file__).parents[1] / "languages.toml").read_text(encoding="utf-8"))
    wanted = {typed: code for queries in kinds.values() for typed, code in queries.items()}
    assert len(wanted) >= 40
    assert {typed: codes(SHIPPED.find(typed))[:1] for typed in wanted} == {
        typed: [code] for typed, code in wanted.items()
    }


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Afghanisch", ["prs", "ps"]),
        ("Kurdisch", ["ku", "kmr", "ckb", "zza"]),
        ("Persisch", ["fa", "prs"]),
        ("Farsi/Dari", ["fa", "prs"]),
        ("Eritreisch", ["ti", "tig"]),
        ("Äthiopisch", ["am", "om", "ti"]),
        ("Serbokroatisch", ["sh", "bs", "hr", "sr", "cnr"]),
        ("Jugoslawisch", ["sh", "bs", "hr", "sr", "cnr", "mk"]),
        ("Irakisch", ["acm", "ckb"]),
        ("Chinesisch", ["zh", "yue"]),
        ("Arabisch", ["ar", "apc", "acm", "ary"]),
    ],
)
def test_wrong_and_wide_words_lead_to_all_that_is_meant(word: str, expected: list[str]) -> None:
    assert codes(SHIPPED.find(word))[: len(expected)] == expected


def test_every_name_and_search_word_finds_its_language() -> None:
    missed = [
        (language.code, word)
        for language in SHIPPED
        for word in own_words(language)
        if language not in SHIPPED.named(word)
    ]
    assert missed == []


def test_a_misspelt_group_brings_its_varieties() -> None:
    assert {"ar", "apc", "ary"} <= set(codes(SHIPPED.find("arbisch")))


@pytest.mark.parametrize("typed", ["", "   ", "-", "xyzzy", "\u200f"])
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert SHIPPED.find(typed) == ()


def test_named_takes_whole_words_only() -> None:
    assert codes(SHIPPED.named("tuerkisch")) == ["tr"]
    assert SHIPPED.named("Türk") == ()


@pytest.mark.parametrize(
    ("speaker", "wanted", "expected"),
    [
        ("ar", "ar", EXACT),
        ("apc", "ar", EXACT),
        ("kmr", "ku", EXACT),
        ("hr", "sh", EXACT),
        ("ar", "apc", SubstituteQuality.FAIRLY),
        ("ku", "kmr", None),
        ("kmr", "ckb", None),
        ("ckb", "kmr", None),
        ("prs", "fa", SubstituteQuality.WELL),
        ("fa", "prs", SubstituteQuality.WELL),
        ("ps", "prs", None),
        ("bs", "sr", SubstituteQuality.WELL),
        ("sh", "cnr", SubstituteQuality.WELL),
        ("arz", "ary", SubstituteQuality.BARELY),
        ("ti", "tig", SubstituteQuality.BARELY),
        ("ti", "am", None),
        # A group is served by whoever serves one of its varieties, at the best of their qualities.
        ("mk", "sh", SubstituteQuality.BARELY),
        ("mt", "ar", None),
        # Directed: read one way only.
        ("haz", "prs", SubstituteQuality.WELL),
        ("prs", "haz", SubstituteQuality.FAIRLY),
        ("gag", "tr", "well"),
    ],
)
def test_who_serves_what(speaker: str, wanted: str, expected: SubstituteQuality | str | None) -> None:
    assert SHIPPED.serves(speaker, wanted) == expected


def test_the_best_substitute_for_a_group_counts() -> None:
    small = Catalogue(
        languages={
            "g": Language("g", "Gruppe", "Group", "Grupo"),
            "g1": Language("g1", "Eins", "One", "Uno", parent="g"),
            "g2": Language("g2", "Zwei", "Two", "Duo", parent="g"),
            "x": Language("x", "Fremd", "Foreign", "Forano"),
        },
        shared={},
        substitutes=(
            Substitute("x", "g1", SubstituteQuality.BARELY),
            Substitute("x", "g2", SubstituteQuality.WELL),
        ),
    )
    assert small.serves("x", "g") is SubstituteQuality.WELL
    assert small.serves("g", "x") is None


def test_groups_and_varieties() -> None:
    assert codes(SHIPPED.children("ku"))[:3] == ["kmr", "ckb", "zza"]
    assert codes(SHIPPED.varieties("sh")) == ["sh", "bs", "hr", "sr", "cnr"]
    assert codes(SHIPPED.varieties("so")) == ["so"]


def test_unknown_codes_are_an_error() -> None:
    assert "xx" not in SHIPPED
    with pytest.raises(UnknownLanguage):
        SHIPPED.get("xx")
    with pytest.raises(UnknownLanguage):
        SHIPPED.serves("xx", "ar")
    with pytest.raises(UnknownLanguage):
        SHIPPED.serves("ar", "xx")


def test_picker_shows_the_most_asked_first_and_the_rest_by_name() -> None:
    ordered = SHIPPED.ordered_for_picker()
    assert codes(ordered)[:8] == ["ar", "uk", "ru", "tr", "fa", "prs", "kmr", "ro"]
    assert len(ordered) == len(SHIPPED)
    unranked = [language.german for language in ordered if language.rank is None]
    assert unranked.index("Afar") < unranked.index("Zulu")
    assert unranked.index("Dänisch") < unranked.index("Dinka")


def test_picker_takes_the_order_of_a_pool() -> None:
    assert codes(SHIPPED.ordered_for_picker(("so", "ti")))[:3] == ["so", "ti", "ar"]
