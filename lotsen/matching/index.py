"""Keeps the table of a pool, or of several, warm between requests, and refuses to answer for another version.

The caller counts a version up whenever anything changes that a `Candidate` is made of, in the transaction
that changes it, and hands in the version it has read; an index of another version raises StaleIndex and
must be updated or built anew first. What was ranked with an index gives names only until the next update.
"""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from lotsen.errors import StaleIndex
from lotsen.matching.profiles import Candidate, Need, Rules, Weights
from lotsen.matching.ranking import Ranking, rank
from lotsen.matching.table import CandidateTable


class Index:
    """A warm table and the version of the guides that it shows; safe to share between threads."""

    def __init__(self, version: int, candidates: Iterable[Candidate]) -> None:
        self._table = CandidateTable(candidates)
        self._rows = {guide_id: row for row, guide_id in enumerate(self._table.guide_id.tolist())}
        self._version = version
        self._lock = Lock()

    @property
    def version(self) -> int:
        """The version of the guides that the index shows."""
        return self._version

    def __len__(self) -> int:
        return self._table.size

    def update_guide(self, candidate: Candidate, version: int) -> None:
        """Take over what changed about one guide, or a new one; `version` is that after the change."""
        with self._lock:
            row = self._rows.setdefault(candidate.guide_id, self._table.size)
            self._table.update(row, candidate)
            self._version = version

    def table(self, version: int) -> CandidateTable:
        """Return the table for reading while nobody updates; StaleIndex if it shows another version."""
        if version != self._version:
            raise StaleIndex(f"the index is of version {self._version}, asked for is {version}")
        return self._table

    def rank(
        self,
        need: Need,
        rules: Rules,
        weights: Weights,
        now: datetime,
        version: int,
        top: int | None = None,
    ) -> Ranking:
        """Rank one request's guides; StaleIndex if the guides have another version by now."""
        with self._lock:
            return rank(need, self.table(version), rules, weights, now, top)
