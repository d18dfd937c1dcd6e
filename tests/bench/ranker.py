"""Ranks requests one after the other: `python -m tests.bench.ranker POOLS GUIDES_EACH REQUESTS ANSWER`.

Two ways: among the guides of one pool, on site; and among all pools together, by phone. Ranking finds the 20
best and counts everybody by reason; how long it takes to put the reasons of these 20 into words as well is
measured besides, and how long it takes to find all alternatives. 40 requests for each index go first,
unmeasured, so that it is warm.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from lotsen.domain.settings import PoolSettings
from lotsen.matching.alternatives import Scope, alternatives
from lotsen.matching.index import Index
from lotsen.matching.profiles import Candidate, Need, Rules, Weights, accepted_codes
from lotsen.reference import catalogue
from tests.bench.answering import peak_bytes
from tests.bench.pools import NOW, guides, needs, rules

_SEED = 1
_TOP = 20
_WARM = 40
_VERSION = 1


Taken = tuple[float, float]
"""Milliseconds on the clock and of the processor; they differ where the machine had other work as well."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something began, by both clocks."""

    wall: float
    processor: float

    @staticmethod
    def now() -> "Moment":
        return Moment(perf_counter(), process_time())

    def taken(self) -> Taken:
        return 1000 * (perf_counter() - self.wall), 1000 * (process_time() - self.processor)


def main() -> None:
    """Measure, and write what each request and each update took."""
    pools, each, requests = map(int, sys.argv[1:4])
    shared, weights = rules(pools), PoolSettings().weights()
    began = perf_counter()
    indexes: list[Index] = []
    everybody = Index(_VERSION, _everybody(pools, each, indexes))
    answer: dict[str, object] = {"seconds": perf_counter() - began}

    for name, remote, warm in (("pool", False, _WARM * pools), ("all", True, _WARM)):
        asked = list(needs(warm + requests, pools, _SEED, remote=remote))
        measured = [
            _rank(everybody if remote else indexes[pool], need, shared, weights) for pool, need in asked
        ]
        ranked, worded, eligible = zip(*measured[warm:], strict=True)
        changed = [
            _change(everybody if remote else indexes[pool], need, shared) for pool, need in asked[-requests:]
        ]
        answer |= {f"{name}, alternatives": changed}
        answer |= {name: ranked, f"{name}, in words": worded, f"{name}, eligible": float(np.median(eligible))}

    draw = np.random.default_rng(_SEED)
    updates: list[Taken] = []
    for candidate in guides(0, requests, _SEED + 1):
        changed = replace(candidate, guide_id=int(draw.integers(1, pools * each + 1)))
        began = Moment.now()
        everybody.update_guide(changed, _VERSION)
        updates.append(began.taken())
    answer["update"] = updates
    answer["peak_bytes"] = peak_bytes()
    Path(sys.argv[4]).write_text(json.dumps(answer), encoding="utf-8")


def _everybody(pools: int, each: int, indexes: list[Index]) -> Iterator[Candidate]:
    """Invent the guides of one pool after the other, and add an index of each to the others."""
    for pool in range(pools):
        invented = list(guides(pool, each, _SEED))
        indexes.append(Index(_VERSION, invented))
        yield from invented


def _rank(index: Index, need: Need, shared: Rules, weights: Weights) -> tuple[Taken, Taken, int]:
    began = Moment.now()
    ranking = index.rank(need, shared, weights, NOW, _VERSION, _TOP)
    ranked = began.taken()
    proposals = ranking.proposals
    worded = began.taken()
    assert len(proposals) == min(_TOP, ranking.eligible)
    assert sum(ranking.first.values()) + ranking.eligible == len(index)
    return ranked, worded, ranking.eligible


def _change(index: Index, need: Need, shared: Rules) -> Taken:
    scope = Scope(substitutes=accepted_codes(catalogue(), need.language, substitutes=True))
    began = Moment.now()
    alternatives(need, index.table(_VERSION), shared, NOW, scope)
    return began.taken()


if __name__ == "__main__":
    main()
