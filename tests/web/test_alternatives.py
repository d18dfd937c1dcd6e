"""Every small change and every chance has its sentence."""

from collections.abc import Generator

import pytest
from flask import Flask

from lotsen.domain.vocabulary import ChanceBand, ChangeKind, Level, ReasonCode, WishKind
from lotsen.matching.alternatives import Alternative, Change
from lotsen.matching.chance import Chance
from lotsen.web import alternatives
from lotsen.web.reasons import Place
from tests.matching.factories import BERLIN, window

PLACE = Place(BERLIN, {})
POOLS = {9: "Kaarst"}
WINDOW = window(10, 11)
SAID: dict[ChangeKind, tuple[Change, str]] = {
    change.kind: (change, words)
    for change, words in (
        (
            Change(ChangeKind.SHIFTED, 1, 0, WINDOW),
            "Friday, 27 November 2026, 10:00 to 11:00: 1 more person could come.",
        ),
        (
            Change(ChangeKind.OTHER_DAY, 7, 0, WINDOW),
            "Friday, 27 November 2026, 10:00 to 11:00: 1 more person could come.",
        ),
        (Change(ChangeKind.SHORTER, 2, 0, WINDOW), "only 1 hour long"),
        (Change(ChangeKind.LOWER_LEVEL, 4, level=Level.B1), "if level B1 is enough"),
        (Change(ChangeKind.LOWER_GERMAN, 4, level=Level.B1), "if German at level B1 is enough"),
        (Change(ChangeKind.WISH, 3, wish=WishKind.GENDER), "if a woman or a man is only a wish"),
        (Change(ChangeKind.FURTHER, 4), "if somebody goes one district further"),
        (Change(ChangeKind.SUBSTITUTE, 5, languages=("fr",)), "if a related language is enough (French)"),
        (Change(ChangeKind.PHONE, 6), "by phone"),
        (Change(ChangeKind.VIDEO, 6), "by video"),
        (Change(ChangeKind.OTHER_POOL, 12, pool_id=9), "with help from Kaarst"),
    )
}


@pytest.fixture(autouse=True)
def english_page() -> Generator[None]:
    """Stand within a request for an English page."""
    app = Flask("tests")
    app.secret_key = "for tests only"
    with app.test_request_context("/?sprache=en"):
        yield


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_change_has_a_sentence(kind: ChangeKind) -> None:
    change, words = SAID[kind]
    said = alternatives.alternative(Alternative((change,), 1, 1), PLACE, POOLS)
    assert said.startswith(words)


def test_two_changes_are_said_together_with_the_number() -> None:
    both = (SAID[ChangeKind.FURTHER][0], SAID[ChangeKind.PHONE][0])
    assert alternatives.alternative(Alternative(both, 2, 2), PLACE, POOLS) == (
        "if somebody goes one district further, and by phone: 2 more people could come."
    )


@pytest.mark.parametrize("band", ChanceBand)
def test_every_band_has_a_sentence_without_a_number(band: ChanceBand) -> None:
    (said,) = alternatives.chance(Chance(band), PLACE, POOLS)
    assert said.endswith(".")
    assert not any(letter.isdigit() for letter in said)


def test_a_low_chance_says_why_and_what_would_help() -> None:
    best = Alternative((SAID[ChangeKind.PHONE][0],), 2, 2)
    told = Chance(ChanceBand.NOBODY, ReasonCode.DISTRICT, best)
    assert alternatives.chance(told, PLACE, POOLS) == [
        "So far we see hardly anybody for this.",
        "For most the way is too far.",
        "This would help: by phone.",
    ]
