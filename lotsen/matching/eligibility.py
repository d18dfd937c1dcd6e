"""Finds for many requests at once who is free in which window, and how well that fits.

The rules and the parts of the fit are those that a single request is judged by. Each is asked once for all
requests that look the same to it (`SEES`), with the windows of all of them.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Weights
from lotsen.matching.question import Question, together
from lotsen.matching.rules import ALWAYS, BY_KEY, BY_WINDOW, SEES
from lotsen.matching.scoring import MEASURES, SEES_OF_FIT, weights_of
from lotsen.matching.table import CandidateTable, Mask

# So many pairs of a window and a guide are looked at in one go; more would no longer fit into the cache.
_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """Who can take what: places of the requests, of their windows, rows of the table, and the fit.

    They come by request, window and row.
    """

    request: Numbers
    window: Numbers
    row: Numbers
    fit: Numbers


def options(asked: Sequence[Question], table: CandidateTable, weights: Weights) -> Options:
    """Return everyone who is free in a window of a request; all requests are asked by the same rules."""
    found = [_found(some, first, table, weights) for first, some in _chunks(asked, table.size)]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    return Options(*columns) if columns else Options(*(np.zeros(0, np.int64) for _ in range(4)))


def _chunks(asked: Sequence[Question], size: int) -> Iterator[tuple[int, Sequence[Question]]]:
    """Yield some of the requests after the other, with the place of the first of them."""
    first = windows = 0
    for place, one in enumerate(asked):
        if windows and (windows + len(one.slots)) * size > _CELLS:
            yield first, asked[first:place]
            first, windows = place, 0
        windows += len(one.slots)
    if windows:
        yield first, asked[first:]


def _found(
    asked: Sequence[Question], first: int, table: CandidateTable, weights: Weights
) -> tuple[Numbers, ...]:
    whose = np.repeat(np.arange(len(asked)), [len(one.slots) for one in asked])
    windows = [(one, place) for one in asked for place in range(len(one.slots))]
    slots, rows = np.nonzero(~_fails(asked, whose, windows, table))
    fits = _fits(windows, table, weights, slots, rows)
    places = np.array([place for _, place in windows], np.int64)
    return whose[slots] + first, places[slots], rows, fits


def _fails(
    asked: Sequence[Question], whose: Numbers, windows: Sequence[tuple[Question, int]], table: CandidateTable
) -> Mask:
    """Return who fails any rule, one line for each window of all requests."""
    fails = np.zeros((len(windows), table.size), np.bool_)
    for code, rule in ALWAYS.items():
        keys, of = _numbered(SEES[code](one) for one in asked)
        lines = [rule(asked[place], table) for place in keys]
        _strike(fails, lines, of[whose])
    for code, (key, by_key) in BY_KEY.items():
        keys, of = _numbered((SEES[code](one), key(one.slots[place])) for one, place in windows)
        lines = [by_key(one, one.slots[place], table) for one, place in (windows[first] for first in keys)]
        _strike(fails, lines, of)
    for code, by_window in BY_WINDOW.items():
        keys, of = _numbered(SEES[code](one) for one in asked)
        for number in range(len(keys)):
            members = np.flatnonzero(of == number)
            struck = by_window(together([asked[place] for place in members.tolist()]), table)
            if struck is not None:
                fails[of[whose] == number] |= struck
    return fails


def _fits(
    windows: Sequence[tuple[Question, int]],
    table: CandidateTable,
    weights: Weights,
    slots: Numbers,
    rows: Numbers,
) -> Numbers:
    """Return the fit of each pair of a window and a row."""
    everyone = np.arange(table.size)
    wanted: list[int] = np.unique(slots).tolist()
    at = np.zeros(len(windows), np.int64)
    at[wanted] = np.arange(len(wanted))
    which = at[slots]
    some = [windows[slot] for slot in wanted]
    weighed = [weights_of(one.need, weights) for one, _ in some]
    points = np.zeros(slots.size, np.int64)
    for name, measure in MEASURES.items():
        weight = np.array([one[name] for one in weighed], np.int64)
        if weight.any():
            keys, of = _numbered(SEES_OF_FIT[name](one, one.slots[place]) for one, place in some)
            values = [
                measure(one, one.slots[place], table, everyone)
                for one, place in (some[first] for first in keys)
            ]
            points += (np.stack(values)[of[which], rows]) * weight[which]
    whole = np.array([sum(one.values()) for one in weighed], np.int64)[which]
    return (2 * points + whole) // np.maximum(2 * whole, 1)


def _numbered(keys: Iterable[Hashable]) -> tuple[list[int], Numbers]:
    """Return where each key comes first, and the number of its key for every place."""
    numbers: dict[Hashable, int] = {}
    firsts: list[int] = []
    of: list[int] = []
    for place, key in enumerate(keys):
        number = numbers.setdefault(key, len(numbers))
        if number == len(firsts):
            firsts.append(place)
        of.append(number)
    return firsts, np.array(of, np.int64)


def _strike(fails: Mask, lines: Sequence[Mask | None], of: Numbers) -> None:
    """Add to each window the line of its number."""
    known = [line for line in lines if line is not None]
    if len(lines) == 1 and known:
        fails |= known[0]
    elif known:
        nobody = np.zeros(fails.shape[1], np.bool_)
        fails |= np.stack([nobody if line is None else line for line in lines])[of]
