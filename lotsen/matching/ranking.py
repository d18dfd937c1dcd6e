"""Ranks the guides of a table for one request, and says of everyone else why not.

A guide is excluded exactly when no window is free of reasons. The reasons that count for an excluded guide
are those of the guide's best window: the one with the fewest reasons, the earliest in the request's order
among equals. `having` counts a guide under every reason of that window, `only` under its single one,
`first` under the first one in the order of the vocabulary, so that it adds up to everybody. Whoever stands in
`only` would be free if just that changed.

Names and words are read from the table when they are asked for; a table that has changed since gives none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from lotsen.domain.vocabulary import ReasonCode
from lotsen.errors import StaleIndex
from lotsen.matching.entries import Numbers
from lotsen.matching.highlights import Highlight, highlights
from lotsen.matching.profiles import Candidate, Need, Rules, Weights
from lotsen.matching.question import Slot, question
from lotsen.matching.reasons import Reason
from lotsen.matching.rules import Verdict, judge
from lotsen.matching.scoring import Fit, explain, totals
from lotsen.matching.table import Bytes, CandidateTable, Mask


@dataclass(frozen=True, slots=True)
class Option:
    """A window in which a guide is free, and how well it fits."""

    window_index: int
    fit: Fit
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A guide who can be asked: the best window first, then the other free ones from best to worst."""

    guide_id: int
    window_index: int
    fit: Fit
    highlights: tuple[Highlight, ...]
    others: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """A guide who cannot: the reasons of each window in the request's order, and the index of the best one.

    A request without windows excludes everyone without a reason; `best_window` is None then.
    """

    guide_id: int
    reasons: tuple[tuple[Reason, ...], ...]
    best_window: int | None

    @property
    def best_reasons(self) -> tuple[Reason, ...]:
        """The reasons that count for this guide."""
        return () if self.best_window is None else self.reasons[self.best_window]


class Ranking:
    """Who can, best first, and how many cannot for which reason; everyone by name on demand."""

    def __init__(self, verdict: Verdict, weights: Weights, top: int | None) -> None:
        self._verdict, self._weights = verdict, weights
        self._revision = verdict.table.revision
        failures = verdict.failures()
        self._free = failures == 0
        self._fails, self._best, self._fewest = _best_windows(verdict, failures)
        self.having, self.only, self.first = self._counts()
        self._rows, self.eligible = self._ranked(top)

    @property
    def guide_ids(self) -> tuple[int, ...]:
        """The guides who can be asked, best first."""
        return tuple(self._verdict.table.guide_id[self._rows].tolist())

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        """Everyone who can be asked, best first, with fit and words."""
        table = self._table()
        part = table.take(self._rows)
        free = np.take(self._free, self._rows, axis=1)
        return tuple(
            self._proposal(part, row, np.flatnonzero(free[:, row]).tolist()) for row in range(part.size)
        )

    @cached_property
    def excluded(self) -> tuple[Excluded, ...]:
        """Everyone who cannot, by guide id."""
        windows = range(len(self._free))
        ids = self._table().guide_id.tolist()
        found = [
            Excluded(
                ids[row],
                tuple(self._verdict.reasons(row, window) for window in windows),
                int(self._best[row]) if windows else None,
            )
            for row in np.flatnonzero(self._fewest > 0).tolist()
        ]
        return tuple(sorted(found, key=lambda one: one.guide_id))

    @cached_property
    def counts_by_reason(self) -> Mapping[ReasonCode, tuple[int, ...]]:
        """The ids of everyone who cannot under each of their reasons, in the order of the vocabulary."""
        return {code: self.who(code) for code in self.having}

    @cached_property
    def only_reason(self) -> Mapping[ReasonCode, tuple[int, ...]]:
        """The ids of those who fail for one reason alone."""
        return {code: self.who(code, only=True) for code in self.only}

    def who(self, code: ReasonCode, *, only: bool = False) -> tuple[int, ...]:
        """Return the ids of those who fail for this reason, or for it alone."""
        if code not in self._fails:
            return ()
        rows = self._fails[code] & (self._fewest == 1) if only else self._fails[code]
        return tuple(sorted(self._table().guide_id[rows].tolist()))

    def _table(self) -> CandidateTable:
        if self._verdict.table.revision != self._revision:
            raise StaleIndex("the guides have changed since they were ranked")
        return self._verdict.table

    def _counts(self) -> tuple[dict[ReasonCode, int], dict[ReasonCode, int], dict[ReasonCode, int]]:
        having, only, first = dict[ReasonCode, int](), dict[ReasonCode, int](), dict[ReasonCode, int]()
        alone, waiting = self._fewest == 1, self._fewest > 0
        struck = np.empty(waiting.size, np.bool_)
        for code in ReasonCode:
            fails = self._fails.get(code)
            if fails is None or not (number := int(np.count_nonzero(fails))):
                continue
            having[code] = number
            if number := int(np.count_nonzero(np.logical_and(fails, alone, out=struck))):
                only[code] = number
            if number := int(np.count_nonzero(np.logical_and(fails, waiting, out=struck))):
                first[code] = number
                waiting ^= struck
        return having, only, first

    def _ranked(self, top: int | None) -> tuple[Numbers, int]:
        """Return the best rows and how many are eligible.

        Equal fits: who was asked less in 90 days goes first, then who worked less, then the smaller guide id.
        """
        asked, table = self._verdict.asked, self._verdict.table
        rows = np.flatnonzero(self._fewest == 0)
        free = self._free if rows.size == table.size else np.take(self._free, rows, axis=1)
        fits = np.where(free, totals(asked, table, rows, self._weights), -1)
        best = fits.max(axis=0, initial=-1)
        eligible = rows.size
        if top is not None and 0 < top < eligible:
            # Only who reaches the fit of the last place can stand on one of the first places.
            last = np.partition(best, eligible - top)[eligible - top]
            reach = best >= last
            rows, best = rows[reach], best[reach]
        order = np.lexsort((table.guide_id[rows], table.load[rows], table.asks_90[rows], -best))
        return rows[order[:top]], eligible

    def _proposal(self, part: CandidateTable, row: int, windows: list[int]) -> Proposal:
        asked = self._verdict.asked
        fits = [(index, explain(asked, index, part, row, self._weights)) for index in windows]
        fits.sort(key=lambda one: (-one[1].total, *_window_key(asked.slots[one[0]]), one[0]))
        best, *others = (Option(index, fit, highlights(asked, index, part, row, fit)) for index, fit in fits)
        return Proposal(int(part.guide_id[row]), best.window_index, best.fit, best.highlights, tuple(others))


def rank(
    need: Need,
    candidates: Iterable[Candidate] | CandidateTable,
    rules: Rules,
    weights: Weights,
    now: datetime,
    top: int | None = None,
) -> Ranking:
    """Rank one request's guides; `top` cuts the proposals, everyone is counted all the same."""
    table = candidates if isinstance(candidates, CandidateTable) else CandidateTable(candidates)
    return Ranking(judge(question(need, rules, now), table), weights, top)


def _window_key(slot: Slot) -> tuple[int, int]:
    return slot.start, slot.end


def _best_windows(verdict: Verdict, failures: Bytes) -> tuple[dict[ReasonCode, Mask], Bytes, Bytes]:
    """Return who fails what in their best window, which window that is, and how much they fail there."""
    size, count = verdict.table.size, len(failures)
    if not count:
        # Without a window there is nothing to fail and nothing to be free in.
        return {}, np.zeros(size, np.uint8), np.ones(size, np.uint8)
    fails = verdict.always | {code: lines[0].copy() for code, lines in verdict.windows.items()}
    best, fewest = np.zeros(size, np.uint8), failures[0].copy()
    changed = np.empty(size, np.bool_)
    for window in range(1, count):
        better = failures[window] < fewest
        np.minimum(failures[window], fewest, out=fewest)
        best[better] = window
        for code, lines in verdict.windows.items():
            # Where this window is better, its line takes the place of the one before.
            np.not_equal(fails[code], lines[window], out=changed)
            changed &= better
            fails[code] ^= changed
    return fails, best, fewest
