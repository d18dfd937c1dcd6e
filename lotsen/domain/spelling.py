"""Names and search words as people type them: without case, accents, or the choice between twin letters."""

import unicodedata
from typing import Final

# Latin letters that no decomposition splits; Arabic letters that keyboards of different countries write
# differently; letters that stand for an apostrophe, and the Arabic stretch.
_LETTERS: Final = {
    **str.maketrans("ıłđøəɛɔʋɩɓɗʌ", "ildoeeovibda"),
    **str.maketrans({"æ": "ae", "œ": "oe", "ŋ": "ng", "ɣ": "gh"}),
    **str.maketrans("ٱىیېێۍکڪګةہھەۆۇۊۏڵڕ", "ايييييككگهههه" + "وووو" + "لر"),
    **dict.fromkeys(map(ord, "'’‘ʼʻ`´ʿʾـ")),
}
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# Marks with a lower combining class (nukta, virama) change the letter and stay.
_HIGHEST_LETTER_MARK: Final = 9


def normalise(text: str) -> str:
    """Return the text in lower case, without accents and vowel points, twin letters merged, gaps single."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFKD", lowered).translate(_LETTERS)
    return " ".join("".join(map(_kept, bare)).split())


def _kept(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind == "Cf" or unicodedata.combining(letter) > _HIGHEST_LETTER_MARK:
        return ""
    return letter if kind[0] in "LMN" else " "


def spellings(text: str) -> frozenset[str]:
    """Return the normalised forms of a text: umlauts as plain vowels and as ae, oe, ue."""
    composed = unicodedata.normalize("NFC", text).lower()
    return frozenset({normalise(composed), normalise(composed.translate(_UMLAUTS))} - {""})


def words(normalised: str) -> list[str]:
    """Return the words of a normalised text."""
    return normalised.split()


def close(typed: str, word: str) -> int | None:
    """Return the number of slips between a typed text and a word or its beginning; None if they are too many.

    One slip from 4 letters on, two from 8; a slip is a letter too much, missing, wrong, or two swapped.
    """
    allowed = 0 if len(typed) < 4 else 1 if len(typed) < 8 else 2
    if not allowed:
        return None
    candidates = {word} if len(typed) < 5 else {word, word[: len(typed)]}
    near = [one for one in candidates if abs(len(one) - len(typed)) <= allowed]
    slips = min((_slips(typed, one) for one in near), default=allowed + 1)
    return slips if slips <= allowed else None


def _slips(one: str, other: str) -> int:
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
