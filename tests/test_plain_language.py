"""What guides and institutions read is Einfache Sprache: short sentences, and one word for one thing."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from babel.messages.pofile import read_po

from lotsen.i18n import LOCALES
from tests.test_i18n import OFFICE, TRANSLATIONS, catalogue

MOST_WORDS = 12
# The aim of issue 4 is 5 %; what has been reached is kept.
MOST_LONG = 0.01
LONGEST = 20
# The law gives some of their words.
LEGAL = ("lotsen/templates/public/privacy.html", "lotsen/templates/public/accessibility.html")

# "24. November" ends no sentence.
_END = re.compile(r"(?<=[.?!…])(?<!\s\d\.)(?<!\s\d\d\.)[\s“\"»)]+")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
_GENDER_SIGNS = re.compile(r"\w[*:_·/]-?in(?:nen)?\b")


@dataclass
class Measure:
    """How many sentences there are, and which are too long, the longest first."""

    sentences: int = 0
    long: list[str] = field(default_factory=list[str])

    @property
    def share(self) -> float:
        """The share of long sentences."""
        return len(self.long) / self.sentences


def measure(texts: Iterable[str], most: int = MOST_WORDS) -> Measure:
    found = Measure()
    for text in texts:
        for sentence in sentences(text):
            found.sentences += 1
            if words(sentence) > most:
                found.long.append(sentence)
    found.long.sort(key=words, reverse=True)
    return found


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; each line ends one."""
    return [one for line in text.splitlines() for one in _END.split(line.strip()) if words(one)]


def words(sentence: str) -> int:
    """Count what stands between blanks and holds a letter or a digit; a placeholder counts as one word."""
    parts = _PLACEHOLDER.sub("x", sentence).split()
    return sum(any(sign.isalnum() for sign in part) for part in parts)


def read_by_guides_and_institutions(but: tuple[str, ...] = ()) -> list[str]:
    """Return the German texts that stand anywhere outside of the office's pages, and of those in `but`."""
    with (TRANSLATIONS / "messages.pot").open("rb") as file:
        wanted = [
            message.id
            for message in read_po(file)
            if message.id and any(not str(path).startswith((*OFFICE, *but)) for path, _ in message.locations)
        ]
    german = catalogue("de")
    texts: list[str] = []
    for msgid in wanted:
        entry = german.get(msgid)
        if entry is not None:
            texts += [entry.string] if isinstance(entry.string, str) else entry.string
    return texts


def avoided(locale: str) -> dict[str, str]:
    """Return what a glossary forbids: the beginning of a word, and the word that is meant."""
    file = TRANSLATIONS / locale / "glossary.toml"
    if not file.exists():
        return {}
    terms: dict[str, dict[str, object]] = tomllib.loads(file.read_text(encoding="utf-8"))["terms"]
    found: dict[str, str] = {}
    for term in terms.values():
        stems = term.get("avoid", [])
        assert isinstance(stems, list)
        found |= {str(stem): str(term["word"]) for stem in stems}
    return found


def breaches(text: str, forbidden: dict[str, str]) -> list[str]:
    """Return the words of a text that the glossary says otherwise; short ones must match as a whole."""
    ends = {stem: r"\b" if len(stem) <= 4 else "" for stem in forbidden}
    return [
        f"{stem}: say {word}"
        for stem, word in forbidden.items()
        if re.search(rf"\b{re.escape(stem)}{ends[stem]}", text, re.IGNORECASE)
    ]


def test_the_measure_sees_a_long_sentence_and_lets_a_short_one_pass() -> None:
    twelve = "Am 24. November kommt um 10:30 Uhr eine Person in Ihre Schule."
    thirteen = "Am 24. November kommt um 10:30 Uhr eine Person in Ihre kleine Schule."
    assert (words(twelve), words(thirteen)) == (12, 13)
    assert measure([twelve, "Danke! Bis bald."]) == Measure(3, [])
    assert measure([f"{twelve} {thirteen}"]) == Measure(2, [thirteen])
    assert measure([thirteen, twelve]).share == 0.5


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("Das Büro antwortet bis %(day)s um %(time)s.", [7]),
        ("Schreiben Sie 8 oder 14:30. Leeren Sie die Zeile.", [5, 4]),
        ("Erste Zeile\nZweite Zeile", [2, 2]),
        ("Wirklich? Ja! Gut …", [1, 1, 1]),
        ("„Ich kann doch nicht.“ Dann suchen wir weiter.", [4, 4]),
        ("Ein – zwei", [2]),
    ],
)
def test_sentences_and_words_are_counted_as_people_do(text: str, counted: list[int]) -> None:
    assert [words(one) for one in sentences(text)] == counted


def test_german_sentences_are_short() -> None:
    found = measure(read_by_guides_and_institutions())
    assert found.sentences > 900
    assert found.share <= MOST_LONG, f"{found.share:.1%} of {found.sentences}\n" + "\n".join(found.long)


def test_no_german_sentence_outside_of_legal_pages_is_very_long() -> None:
    assert measure(read_by_guides_and_institutions(but=LEGAL), LONGEST).long == []


@pytest.mark.parametrize("locale", LOCALES)
def test_one_word_for_one_thing(locale: str) -> None:
    forbidden = avoided(locale)
    found = {
        text: wrong
        for message in catalogue(locale)
        if message.id
        for text in ([message.string] if isinstance(message.string, str) else message.string)
        if (wrong := breaches(text, forbidden))
    }
    assert found == {}


def test_german_knows_words_to_avoid_and_they_are_noticed() -> None:
    forbidden = avoided("de")
    assert len(forbidden) > 40
    assert breaches("Ihre Buchungen wurden storniert", forbidden) == [
        "Buchung: say Anfrage",
        "storn: say Absage, absagen",
    ]
    assert breaches("Hast du Zeit?", forbidden) == ["du: say Sie"]
    assert breaches("Durch Ihre Zusage steht der Termin.", forbidden) == []


def test_german_has_no_gender_signs() -> None:
    texts = [str(message.string) for message in catalogue("de") if message.id]
    assert [text for text in texts if _GENDER_SIGNS.search(text)] == []
    assert all(map(_GENDER_SIGNS.search, ("Lotse*in", "Lots:innen", "Partner/in", "Partner/-innen")))
