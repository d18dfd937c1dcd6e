"""Holds what a guide has any number of (appointments, absences, extra dates …) as numbers side by side."""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.int64]

_SPARE = 64


class Entries:
    """Numbers by row and by their first one, the key; each column of `values` is one entry.

    An entry that is taken out stays where it was until the table is built anew: only the order by key
    forgets it.
    """

    def __init__(self, values: Numbers, row: Numbers, size: int) -> None:
        """Take entries that stand in the order of their rows."""
        self.values = values
        self._row = row
        self.used = row.size
        self.count = np.bincount(row, minlength=size).astype(np.int64)
        self.begin = np.cumsum(self.count) - self.count
        self._live = row.size

    def __len__(self) -> int:
        return self._live

    @cached_property
    def _order(self) -> Numbers:
        return np.argsort(self.values[0, : self.used], kind="stable")

    @cached_property
    def _keys(self) -> Numbers:
        return self.values[0, self._order]

    @cached_property
    def _rows(self) -> Numbers:
        return self._row[self._order]

    def near(self, low: int, high: int) -> tuple[Numbers, Numbers]:
        """Return the places of the entries whose key lies in [low, high), and their rows."""
        first, last = self._keys.searchsorted((low, high))
        return self._order[first:last], self._rows[first:last]

    def rows_at(self, key: int) -> Numbers:
        """Return the rows that have an entry with this key."""
        return self.near(key, key + 1)[1]

    def of(self, row: int) -> list[tuple[int, ...]]:
        """Return the entries of one row."""
        begin = int(self.begin[row])
        found: list[list[int]] = self.values[:, begin : begin + int(self.count[row])].T.tolist()
        return [tuple(one) for one in found]

    def count_of(self, rows: Numbers) -> Numbers:
        """Return how many entries some rows have."""
        return self.count[rows]

    def replace(self, row: int, entries: Sequence[tuple[int, ...]]) -> None:
        """Give a row other entries; one beyond the last row adds a row."""
        if row == self.count.size:
            self.count, self.begin = np.append(self.count, 0), np.append(self.begin, 0)
        if self.of(row) == list(entries):
            return
        self._live += len(entries) - int(self.count[row])
        self._take_out(row)
        if self.used + len(entries) > self.values.shape[1]:
            spare = len(entries) + self.used // 16 + _SPARE
            self.values = np.concatenate(
                (self.values, np.zeros((self.values.shape[0], spare), np.int64)), axis=1
            )
        places = np.arange(self.used, self.used + len(entries))
        self.begin[row], self.count[row] = self.used, len(entries)
        self.used += len(entries)
        if entries:
            self.values[:, places] = np.array(entries, np.int64).T
            keys: Numbers = self.values[0, places]
            sort = np.argsort(keys, kind="stable")
            into: Numbers = np.searchsorted(self._keys, keys[sort], side="right").astype(np.int64)
            self._order = np.insert(self._order, into, places[sort])
            self._keys = np.insert(self._keys, into, keys[sort])
            self._rows = np.insert(self._rows, into, row)

    def _take_out(self, row: int) -> None:
        # Asked for first: once an entry has left, the order can no longer be read from the values.
        order, keys, rows = self._order, self._keys, self._rows
        begin, count = int(self.begin[row]), int(self.count[row])
        gone: list[int] = []
        for place in range(begin, begin + count):
            key = self.values[0, place]
            first, last = np.searchsorted(keys, (key, key + 1))
            gone.append(int(first + np.flatnonzero(order[first:last] == place)[0]))
        if gone:
            self._order, self._keys = np.delete(order, gone), np.delete(keys, gone)
            self._rows = np.delete(rows, gone)


class PartOfEntries:
    """The entries of some rows, which are numbered anew; they stay where they are."""

    def __init__(self, origin: Entries, rows: Numbers, number: Numbers) -> None:
        """Take the rows, and the new number of every row of the origin: -1 for those that are left out."""
        self._origin, self._rows, self._number = origin, rows, number
        self.values = origin.values

    def __len__(self) -> int:
        """Return how many there are at most."""
        return len(self._origin)

    def near(self, low: int, high: int) -> tuple[Numbers, Numbers]:
        """Return the places of the entries whose key lies in [low, high), and their rows."""
        places, rows = self._origin.near(low, high)
        rows = self._number[rows]
        here = rows >= 0
        return places[here], rows[here]

    def rows_at(self, key: int) -> Numbers:
        """Return the rows that have an entry with this key."""
        return self.near(key, key + 1)[1]

    def of(self, row: int) -> list[tuple[int, ...]]:
        """Return the entries of one row."""
        return self._origin.of(int(self._rows[row]))

    def count_of(self, rows: Numbers) -> Numbers:
        """Return how many entries some rows have."""
        return self._origin.count_of(self._rows[rows])
