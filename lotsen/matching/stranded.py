"""Says which open requests would be left with nobody if a guide took another one, by the same rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from lotsen.matching.profiles import Candidate, Held, Need, Rules
from lotsen.matching.question import question
from lotsen.matching.rules import judge
from lotsen.matching.table import CandidateTable


@dataclass(frozen=True, slots=True)
class Other:
    """Another open request, and how many guides it still lacks."""

    need: Need
    missing: int


def stranded(
    need: Need,
    takers: Sequence[tuple[Candidate, int]],
    others: Sequence[Other],
    table: CandidateTable,
    rules: Rules,
    now: datetime,
) -> dict[int, tuple[int, ...]]:
    """Return by guide the ids of the requests that could no longer be served.

    `takers` are guides of the table with the index of the window that each would take. A request that cannot
    be served as things are is not lost by anybody.
    """
    found: dict[int, list[int]] = {candidate.guide_id: [] for candidate, _ in takers}
    after = CandidateTable(_busier(need, candidate, window) for candidate, window in takers)
    row_of = {guide_id: row for row, guide_id in enumerate(table.guide_id.tolist())}
    rows = np.array([row_of[guide_id] for guide_id in found], np.int64)
    for other in others:
        if other.need.request_id == need.request_id:
            continue
        asked = question(other.need, rules, now)
        free = judge(asked, table).failures() == 0
        able = np.count_nonzero(free, axis=1)
        if not (able >= other.missing).any():
            continue
        lost = free[:, rows] & (judge(asked, after).failures() > 0)
        served = (able[:, None] - lost >= other.missing).any(axis=0)
        for guide_id, is_served in zip(found, served.tolist(), strict=True):
            if not is_served:
                found[guide_id].append(other.need.request_id)
    return {guide_id: tuple(requests) for guide_id, requests in found.items() if requests}


def _busier(need: Need, candidate: Candidate, window: int) -> Candidate:
    """Return the guide as it would be with this appointment."""
    taken = need.windows[window]
    held = Held(taken.start, taken.end, need.district, need.mode, need.request_id)
    return replace(candidate, held=(*candidate.held, held))
