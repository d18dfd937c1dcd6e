"""Reads weekly times as people write them: "Mo 8-12, 14:00-18:00; Di 9-13", "Mo-Fr 9 bis 12 Uhr"."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from lotsen.domain.availability import WeeklyTime, joined
from lotsen.errors import LotsenError

_NAMES: Final = (
    "mo mon montag montags monday",
    "di die tu tue tues dienstag dienstags tuesday",
    "mi mit we wed mittwoch mittwochs wednesday",
    "do don th thu thur thurs donnerstag donnerstags thursday",
    "fr fre fri freitag freitags friday",
    "sa sam sat samstag samstags sonnabend saturday",
    "so son su sun sonntag sonntags sunday",
)
_DAYS: Final[Mapping[str, tuple[int, ...]]] = {
    name: (day,) for day, names in enumerate(_NAMES) for name in names.split()
} | {
    "täglich": tuple(range(7)),
    "daily": tuple(range(7)),
    "werktags": tuple(range(5)),
    "weekdays": tuple(range(5)),
}
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<day>[^\W\d_]+)\.?|(?P<time>(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?)|(?P<dash>-)|(?P<gap>[,;/|&+:]))"
)
_TO: Final = frozenset({"bis", "to", "until"})
_FILLERS: Final = frozenset({"uhr", "h", "von", "from", "und", "and", "immer", "o", "clock"})
_DASHES: Final = re.compile("[‐‑‒–—−]")
_MINUTES_A_DAY: Final = 24 * 60

_Token = tuple[str, str]


class NotUnderstood(LotsenError):
    """Weekly times could not be read; `word` is where reading stopped."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def read_weekly(text: str) -> tuple[WeeklyTime, ...]:
    """Return the weekly times of a text in order, those that touch joined; raises NotUnderstood."""
    days: list[int] = []
    spans: list[tuple[int, int, int]] = []
    complete = True
    tokens = _tokens(text)
    place = 0
    while place < len(tokens):
        kind, word = tokens[place]
        if kind == "gap":
            place += 1
        elif kind == "day":
            if complete:
                days, complete = [], False
            found, place = _read_days(tokens, place)
            days += found
        elif kind == "time" and days:
            start, end, place = _read_span(tokens, place)
            spans += [(day, start, end) for day in days]
            complete = True
        else:
            raise NotUnderstood(word)
    if not complete:
        raise NotUnderstood(tokens[-1][1])
    return joined(spans)


def _tokens(text: str) -> list[_Token]:
    plain = _DASHES.sub("-", text.casefold()).strip().replace("\n", ";")
    found: list[_Token] = []
    place = 0
    while place < len(plain):
        match = _TOKEN.match(plain, place)
        if match is None:
            raise NotUnderstood(plain[place:].strip()[:20])
        place = match.end()
        kind, word = match.lastgroup or "", match.group().strip()
        if match.group("day") is not None:
            name = match.group("day")
            if name in _TO:
                found.append(("dash", word))
            elif name in _DAYS:
                found.append(("day", name))
            elif name not in _FILLERS:
                raise NotUnderstood(word)
        elif match.group("time") is not None:
            found.append(("time", word))
        else:
            found.append((kind, word))
    return found


def _read_days(tokens: Sequence[_Token], place: int) -> tuple[tuple[int, ...], int]:
    first = _DAYS[tokens[place][1]]
    kinds = [kind for kind, _ in tokens[place : place + 3]]
    if kinds != ["day", "dash", "day"]:
        return first, place + 1
    last = _DAYS[tokens[place + 2][1]]
    if len((*first, *last)) != 2:
        raise NotUnderstood(tokens[place][1])
    since, until = (*first, *last)
    return tuple((since + step) % 7 for step in range((until - since) % 7 + 1)), place + 3


def _read_span(tokens: Sequence[_Token], place: int) -> tuple[int, int, int]:
    kinds = [kind for kind, _ in tokens[place : place + 3]]
    if kinds != ["time", "dash", "time"]:
        raise NotUnderstood(tokens[place][1])
    start, end = _minutes(tokens[place][1]), _minutes(tokens[place + 2][1])
    end = end or _MINUTES_A_DAY
    if start >= end:
        raise NotUnderstood(f"{tokens[place][1]}-{tokens[place + 2][1]}")
    return start, end, place + 3


def _minutes(word: str) -> int:
    hour, _, minute = word.replace(".", ":").partition(":")
    minutes = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or minutes > _MINUTES_A_DAY:
        raise NotUnderstood(word)
    return minutes
