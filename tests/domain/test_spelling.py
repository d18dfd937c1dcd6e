"""Typed words: what is told apart and what is not."""

import pytest

from lotsen.domain.spelling import close, normalise, spellings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Türkçe", "turkce"),
        ("KIRMANCKÎ", "kirmancki"),
        ("Kırmancki", "kirmancki"),
        ("İngilizce", "ingilizce"),
        ("Straße", "strasse"),
        ("أردني", "اردنى"),
        ("العَرَبِيّة", "العربيه"),
        ("فارسی", "فارسي"),
        ("كوردي", "کوردی"),
        ("عـــربي", "عربي"),
        ("Oʻzbekcha", "O'zbekcha"),
        ("farsi / dari", "Farsi-Dari"),
        ("Русский", "русскии"),
    ],
)
def test_same_word(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), [("हिन्दी", "हनद"), ("Tigre", "Tigrinya"), ("دری", "دار")])
def test_different_word(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_umlauts_are_understood_both_ways() -> None:
    assert spellings("Rumänisch") == {"rumanisch", "rumaenisch"}
    assert spellings("RUMA\u0308NISCH") == {"rumanisch", "rumaenisch"}
    assert spellings(" - ") == frozenset()


@pytest.mark.parametrize(
    ("typed", "word", "slips"),
    [
        ("arbisch", "arabisch", 1),
        ("arabsich", "arabisch", 1),
        ("rumnsich", "rumanisch", 2),
        ("twy", "twi", None),
        ("urdo", "urdu", 1),
        ("polnish", "russisch", None),
        ("ukranisc", "ukrainisch", 2),
    ],
)
def test_slips(typed: str, word: str, slips: int | None) -> None:
    assert close(typed, word) == slips
