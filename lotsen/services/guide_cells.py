"""Turns the cells of a pool's list into values: languages with levels, districts, dates, hours."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Final, TypeVar

from lotsen.domain import contact
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.languages import Catalogue
from lotsen.domain.spelling import normalise, spellings
from lotsen.domain.vocabulary import Gender, Level, Mode
from lotsen.domain.weekly_text import NotUnderstood, read_weekly
from lotsen.errors import LotsenError
from lotsen.i18n import LOCALES, N_
from lotsen.services.sheets import Cell
from lotsen.services.wording import TEXT_PROBLEMS

ChoiceT = TypeVar("ChoiceT", Gender, Mode, Level)

_EVERYWHERE: Final = frozenset({"alle", "all", "uberall", "everywhere", "ganze stadt", "whole town"})

_SUGGESTIONS_MAX: Final = 4
_LEVEL_WORDS: Final[Mapping[str, Level]] = {
    **{level.value.casefold(): level for level in Level},
    **dict.fromkeys(
        ("muttersprache", "muttersprachlich", "muttersprachler", "muttersprachlerin", "erstsprache"),
        Level.NATIVE,
    ),
    **dict.fromkeys(("native speaker", "mother tongue", "first language", "l1"), Level.NATIVE),
    **dict.fromkeys(("fliessend", "fluent", "verhandlungssicher"), Level.C1),
    **dict.fromkeys(("grundkenntnisse", "basic"), Level.A2),
}
_GENDERS: Final[Mapping[str, Gender]] = {
    **dict.fromkeys(("w", "f", "weiblich", "female", "frau", "woman"), Gender.FEMALE),
    **dict.fromkeys(("m", "mannlich", "male", "mann", "herr", "man"), Gender.MALE),
    **dict.fromkeys(("d", "divers", "diverse", "x"), Gender.DIVERSE),
}
_MODES: Final[Mapping[str, Mode]] = {
    **dict.fromkeys(("vor ort", "prasenz", "personlich", "on site", "in person"), Mode.ON_SITE),
    **dict.fromkeys(("telefon", "telefonisch", "tel", "phone", "by phone", "telephone"), Mode.PHONE),
    **dict.fromkeys(("video", "online", "by video", "videocall"), Mode.VIDEO),
}
_NO_ANSWER: Final = frozenset({"", "k a", "keine angabe", "n a", "not stated"})
_SEPARATORS: Final = ",;\n"
_LEVELLED: Final = re.compile(
    r"(?P<name>.*?)\s*[(\[:–-]?\s*(?P<level>"
    + "|".join(sorted((*_LEVEL_WORDS, "fließend"), key=len, reverse=True))
    + r")\s*[)\]]?\s*",
    re.IGNORECASE | re.DOTALL,
)
_LEVEL_LEFT: Final = re.compile(r"\b[ABC][12]\b")
_GERMAN_DATE: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})")
_HOURS: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:h|std\.?|stunden|hours?)?", re.IGNORECASE)
_HOPS: Final = re.compile(r"\d{1,2}")
_OLDEST: Final = date(1950, 1, 1)


class CellWrong(LotsenError):
    """A cell cannot be read: a msgid and its parameters."""

    def __init__(self, msgid: str, **params: object) -> None:
        super().__init__(msgid)
        self.msgid = msgid
        self.params = params


def text_of(cell: Cell) -> str:
    """Return what a spreadsheet shows in a cell."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def typed(clean: Callable[[str], str]) -> Callable[[Cell], str]:
    """Make a reader of cells from one that cleans what people type."""

    def read(cell: Cell) -> str:
        try:
            return clean(text_of(cell))
        except contact.Unusable as error:
            raise CellWrong(TEXT_PROBLEMS[error.problem]) from error

    return read


def phone(cell: Cell) -> str:
    """Return a phone number, also one whose leading zero a spreadsheet took for a number's."""
    text = text_of(cell)
    if isinstance(cell, int | float):
        text = f"+{text}" if text.startswith("49") and len(text) > 10 else f"0{text}"
    return typed(contact.phone)(text)


def languages(cell: Cell, catalogue: Catalogue) -> tuple[tuple[str, Level], ...]:
    """Return codes with levels of "Arabisch (Muttersprache), Ewe/Fante C1"; a group shares its level."""
    found: dict[str, Level] = {}
    for piece in split(text_of(cell)):
        name, level = _level_of(piece)
        if _LEVEL_LEFT.search(name) and "/" not in name:
            raise CellWrong(N_("Please give one level for “%(word)s”."), word=piece)
        parts = [name] if len(catalogue.named(name)) == 1 else split(name, "/")
        for part in reversed(parts):
            word, own = _level_of(part) if len(parts) > 1 else (part, None)
            level = own or level
            code = _code(word, catalogue)
            if level is None:
                raise CellWrong(N_("Please add the level of “%(word)s”, such as B2 or native."), word=word)
            found[code] = level
    if not found:
        raise CellWrong(N_("Please choose at least one language."))
    return tuple(found.items())


def locale(cell: Cell, catalogue: Catalogue) -> str:
    """Return the interface language in which a guide is written to."""
    word = text_of(cell).strip()
    codes = (word.casefold(), *(language.code for language in catalogue.named(word)))
    chosen = next((code for code in codes if code in LOCALES), None)
    if chosen is None:
        raise CellWrong(
            N_("“%(word)s” is not offered. Possible are: %(choices)s."), word=word, choices=", ".join(LOCALES)
        )
    return chosen


def districts(cell: Cell, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of the districts in a cell; none means everywhere."""
    text = text_of(cell)
    if normalise(text) in _EVERYWHERE:
        return ()
    codes: list[str] = []
    for piece in split(text):
        whole = _district(piece, known)
        codes += [whole] if whole else [district(part, known) for part in split(piece, "/")]
    return tuple(dict.fromkeys(codes))


def district(cell: Cell, known: Mapping[str, str]) -> str:
    """Return the code of one district, given by code or name."""
    word = text_of(cell).strip()
    code = _district(word, known)
    if code is None:
        near = get_close_matches(normalise(word), [normalise(name) for name in known.values()], n=3)
        names = [name for name in known.values() if normalise(name) in near]
        if names:
            raise CellWrong(
                N_("There is no district “%(word)s”. Do you mean %(suggestions)s?"),
                word=word,
                suggestions=", ".join(names),
            )
        raise CellWrong(N_("There is no district “%(word)s”."), word=word)
    return code


def reach(cell: Cell) -> int:
    """Return how many borders of districts a guide crosses."""
    match = _HOPS.fullmatch(text_of(cell).strip())
    if match is None or int(match.group()) > 20:
        raise CellWrong(N_("Please give a number from 0 to 20. Who goes everywhere has “all” as districts."))
    return int(match.group())


def weekly(cell: Cell) -> tuple[WeeklyTime, ...]:
    """Return the weekly times in a cell."""
    try:
        return read_weekly(text_of(cell))
    except NotUnderstood as error:
        raise CellWrong(
            N_("“%(word)s” is not clear. Please write it like “Mo 8-12, 14-18; Di 9-13”."), word=error.word
        ) from error


def day(cell: Cell, today: date) -> date:
    """Return a date of the past, written like 27.11.2026 or 2026-11-27."""
    found = cell if isinstance(cell, date) else _day(text_of(cell).strip(), today)
    if found is None:
        raise CellWrong(N_("“%(word)s” is no date. Please write it like 27.11.2026."), word=text_of(cell))
    if not _OLDEST <= found <= today:
        raise CellWrong(N_("The date %(date)s cannot be right."), date=found.strftime("%d.%m.%Y"))
    return found


def minutes(cell: Cell) -> int:
    """Return hours such as 6 or 7,5 in minutes; at most a whole week."""
    match = _HOURS.fullmatch(text_of(cell).strip())
    hours = float(f"{match.group(1)}.{match.group(2) or 0}") if match else -1.0
    if not 0 <= hours <= 168:
        raise CellWrong(N_("Please give the hours as a number, such as 6 or 7,5."))
    return round(hours * 60)


def level(cell: Cell) -> Level:
    """Return a single level."""
    return _choice(cell, _LEVEL_WORDS, [one.value for one in Level])


def gender(cell: Cell) -> Gender | None:
    """Return the gender that a guide has stated, if any."""
    if normalise(text_of(cell)) in _NO_ANSWER:
        return None
    return _choice(cell, _GENDERS, ["weiblich", "männlich", "divers"])


def modes(cell: Cell) -> frozenset[Mode]:
    """Return the ways in which a guide works."""
    pieces = (part for piece in split(text_of(cell)) for part in split(piece, "/"))
    return frozenset(_choice(piece, _MODES, ["vor Ort", "Telefon", "Video"]) for piece in pieces)


def split(text: str, separators: str = _SEPARATORS) -> list[str]:
    """Return the parts of a list; what stands in brackets is left whole."""
    parts, depth = [""], 0
    for letter in text:
        depth = max(0, depth + (letter in "([") - (letter in ")]"))
        if letter in separators and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _level_of(piece: str) -> tuple[str, Level | None]:
    match = _LEVELLED.fullmatch(piece)
    if match is None or not match.group("name"):
        return piece.strip(), None
    return match.group("name").strip(), _LEVEL_WORDS[match.group("level").casefold()]


def _code(word: str, catalogue: Catalogue) -> str:
    named = catalogue.named(word)
    if len(named) == 1:
        return named[0].code
    likely: Iterable[str] = (language.german for language in (named or catalogue.find(word)))
    suggestions = ", ".join(f"“{name}”" for name in tuple(likely)[:_SUGGESTIONS_MAX])
    if named:
        raise CellWrong(
            N_("“%(word)s” can mean several languages. Please write one of %(suggestions)s."),
            word=word,
            suggestions=suggestions,
        )
    if suggestions:
        raise CellWrong(
            N_("“%(word)s” is not in the list of languages. Do you mean %(suggestions)s?"),
            word=word,
            suggestions=suggestions,
        )
    raise CellWrong(N_("“%(word)s” is not in the list of languages."), word=word)


def _district(word: str, known: Mapping[str, str]) -> str | None:
    wanted = spellings(word)
    for code, name in known.items():
        if word == code or (word.isdecimal() and code.isdecimal() and int(word) == int(code)):
            return code
        if wanted & (spellings(name) | spellings(name.partition("(")[0]) | spellings(f"{code} {name}")):
            return code
    return None


def _day(word: str, today: date) -> date | None:
    match = _GERMAN_DATE.fullmatch(word)
    try:
        if match is None:
            return date.fromisoformat(word[:10])
        year = int(match.group(3))
        if year < 100:
            year += 2000 if 2000 + year <= today.year else 1900
        return date(year, int(match.group(2)), int(match.group(1)))
    except ValueError:
        return None


def _choice(cell: Cell, words: Mapping[str, ChoiceT], choices: Iterable[str]) -> ChoiceT:
    word = text_of(cell).strip()
    found = words.get(normalise(word))
    if found is None:
        raise CellWrong(
            N_("“%(word)s” is not offered. Possible are: %(choices)s."), word=word, choices=", ".join(choices)
        )
    return found
