"""Facts that ship with lotsen: the language catalogue and the presets of towns, read once."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NotRequired, TypedDict, cast

from lotsen.domain.languages import Catalogue, Language, Substitute
from lotsen.domain.vocabulary import SubstituteQuality


class _Entry(TypedDict):
    german: str
    english: str
    autonym: str
    parent: NotRequired[str]
    rank: NotRequired[int]
    aliases: NotRequired[list[str]]


class _LanguageFile(TypedDict):
    languages: dict[str, _Entry]
    shared_aliases: dict[str, list[str]]
    substitutes: dict[str, list[list[str]]]


def read_toml(name: str) -> Mapping[str, object]:
    """Return the content of a data file of this package."""
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


@cache
def catalogue() -> Catalogue:
    """Return the language catalogue; the same object every time."""
    content = cast(_LanguageFile, read_toml("languages.toml"))
    return Catalogue(
        languages={code: _language(code, entry) for code, entry in content["languages"].items()},
        shared={word: tuple(codes) for word, codes in content["shared_aliases"].items()},
        substitutes=tuple(
            Substitute(speaker, serves, SubstituteQuality(quality))
            for quality, pairs in content["substitutes"].items()
            for speaker, serves in pairs
        ),
    )


def _language(code: str, entry: _Entry) -> Language:
    return Language(
        code=code,
        german=entry["german"],
        english=entry["english"],
        autonym=entry["autonym"],
        parent=entry.get("parent"),
        aliases=tuple(entry.get("aliases", ())),
        rank=entry.get("rank"),
        rtl=_runs_right_to_left(entry["autonym"]),
    )


def _runs_right_to_left(text: str) -> bool:
    """Decide by the first letter that has a direction, as the Unicode bidi algorithm does."""
    directions = map(unicodedata.bidirectional, text)
    strong = next((direction for direction in directions if direction in ("L", "R", "AL")), "L")
    return strong != "L"
