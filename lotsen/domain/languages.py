"""The spoken-language catalogue: varieties, their search words, and who can serve a request for which."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from lotsen.domain.spelling import close, normalise, spellings, words
from lotsen.domain.vocabulary import SubstituteQuality
from lotsen.errors import UnknownLanguage

EXACT: Final = "exact"
_QUALITIES: Final = tuple(SubstituteQuality)

# Classes of a hit, best first. Within a class the order of the picker decides.
_NAMED, _VARIETY, _BEGINS, _WORD_BEGINS, _ALL_WORDS, _CONTAINS, _MISSPELT, _MISSPELT_VARIETY = range(8)


@dataclass(frozen=True, slots=True)
class Language:
    """A language or variety; `aliases` are search words for it alone, `rank` counts from 1 (most asked)."""

    code: str
    german: str
    english: str
    autonym: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    rank: int | None = None
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Substitute:
    """A speaker of `speaker` can serve a request for `serves`; never read backwards."""

    speaker: str
    serves: str
    quality: SubstituteQuality


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All languages with the words that find them; `shared` maps a word to several codes, likeliest first."""

    languages: Mapping[str, Language]
    shared: Mapping[str, tuple[str, ...]]
    substitutes: tuple[Substitute, ...]
    _children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _quality: Mapping[tuple[str, str], SubstituteQuality] = field(init=False, repr=False, compare=False)
    _spelt: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    _named: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _position: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        children: dict[str, list[str]] = {}
        spelt: dict[str, set[str]] = {}
        named: dict[str, list[str]] = {}
        for word, codes in self.shared.items():
            for key in spellings(word):
                named[key] = [*codes]
                for code in codes:
                    spelt.setdefault(code, set()).add(key)
        for language in self:
            if language.parent is not None:
                children.setdefault(language.parent, []).append(language.code)
            for word in own_words(language):
                for key in spellings(word):
                    spelt.setdefault(language.code, set()).add(key)
                    codes = named.setdefault(key, [])
                    if language.code not in codes:
                        codes.append(language.code)
        quality = {(one.speaker, one.serves): one.quality for one in self.substitutes}
        position = {language.code: place for place, language in enumerate(self.ordered_for_picker())}
        object.__setattr__(self, "_children", {code: tuple(found) for code, found in children.items()})
        object.__setattr__(self, "_quality", quality)
        object.__setattr__(self, "_spelt", {code: frozenset(keys) for code, keys in spelt.items()})
        object.__setattr__(self, "_named", {key: tuple(codes) for key, codes in named.items()})
        object.__setattr__(self, "_position", position)

    def __contains__(self, code: object) -> bool:
        return code in self.languages

    def __iter__(self) -> Iterator[Language]:
        return iter(self.languages.values())

    def __len__(self) -> int:
        return len(self.languages)

    def get(self, code: str) -> Language:
        """Return the language with this code, or raise UnknownLanguage."""
        try:
            return self.languages[code]
        except KeyError:
            raise UnknownLanguage(code) from None

    def children(self, code: str) -> tuple[Language, ...]:
        """Return the direct varieties of a group, in the order of the catalogue."""
        self.get(code)
        return tuple(self.languages[child] for child in self._children.get(code, ()))

    def varieties(self, code: str) -> tuple[Language, ...]:
        """Return the language itself and everything below it."""
        found = [self.get(code)]
        for language in found:
            found.extend(self.children(language.code))
        return tuple(found)

    def serves(self, speaker: str, wanted: str) -> SubstituteQuality | Literal["exact"] | None:
        """Return how well a speaker of one code serves a request for another; None means not at all.

        A variety serves a request for its group exactly. The group serves a wanted variety only where a
        substitute says so, and so does a sister variety: nothing is inherited on the speaker's side.
        """
        self.get(speaker)
        wanted_codes = [language.code for language in self.varieties(wanted)]
        if speaker in wanted_codes:
            return EXACT
        found = [self._quality[speaker, code] for code in wanted_codes if (speaker, code) in self._quality]
        return min(found, key=_QUALITIES.index, default=None)

    def ordered_for_picker(self, first: Sequence[str] = ()) -> tuple[Language, ...]:
        """Return all languages: those in `first`, then the most asked, then the rest by German name."""
        return tuple(
            sorted(
                self,
                key=lambda language: (
                    first.index(language.code) if language.code in first else len(first),
                    language.rank or len(self.languages) + 1,
                    normalise(language.german),
                    language.code,
                ),
            )
        )

    def named(self, text: str) -> tuple[Language, ...]:
        """Return the languages that have exactly this name, search word or code, likeliest first."""
        codes = dict.fromkeys(code for key in sorted(spellings(text)) for code in self._named.get(key, ()))
        return tuple(self.languages[code] for code in codes)

    def search_words(self) -> dict[str, tuple[str, ...]]:
        """Return by code what finds each language, as `normalise` writes it: for a search elsewhere."""
        return {code: tuple(sorted(keys)) for code, keys in self._spelt.items()}

    def several(self) -> dict[str, tuple[str, ...]]:
        """Return the normalised words that name several languages, likeliest first."""
        return {key: codes for key, codes in self._named.items() if len(codes) > 1}

    def find(self, text: str) -> tuple[Language, ...]:
        """Return the languages that a typed text may mean, best first.

        Slips of spelling count only where nothing else hits.
        """
        named = [language.code for language in self.named(text)]
        hits: dict[str, tuple[int, int]] = {code: (_NAMED, place) for place, code in enumerate(named)}
        for place, code in enumerate(named):
            for variety in self.varieties(code):
                hits.setdefault(variety.code, (_VARIETY, place))
        typed = spellings(text)
        for language in self:
            for key in typed:
                kind = self._kind(language, key)
                if kind is not None:
                    hits[language.code] = min(hits.get(language.code, (kind, 0)), (kind, 0))
        if not hits:
            hits = self._misspelt(typed)
        ordered = sorted(hits, key=lambda code: (hits[code], self._position[code]))
        return tuple(self.languages[code] for code in ordered)

    def _kind(self, language: Language, typed: str) -> int | None:
        keys = self._spelt[language.code]
        if any(key.startswith(typed) for key in keys):
            return _BEGINS
        if any(f" {typed}" in key for key in keys):
            return _WORD_BEGINS
        parts = words(typed)
        if len(parts) > 1:
            above = self._spelt.get(language.parent or "", frozenset())
            known = {word for key in keys | above for word in words(key)}
            if all(any(word.startswith(part) for word in known) for part in parts):
                return _ALL_WORDS
        if len(typed) > 2 and any(typed in key for key in keys):
            return _CONTAINS
        return None

    def _misspelt(self, typed: frozenset[str]) -> dict[str, tuple[int, int]]:
        hits: dict[str, tuple[int, int]] = {}
        for code, keys in self._spelt.items():
            slips = [found for key in keys for one in typed if (found := close(one, key)) is not None]
            if slips:
                hits[code] = (_MISSPELT, min(slips))
        for code in tuple(hits):
            for variety in self.varieties(code):
                hits.setdefault(variety.code, (_MISSPELT_VARIETY, 0))
        return hits


def own_words(language: Language) -> tuple[str, ...]:
    """Return the words that find this language: its names, its code and its aliases."""
    return (language.german, language.english, language.autonym, language.code, *language.aliases)
