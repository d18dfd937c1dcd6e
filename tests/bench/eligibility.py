"""Finds all options of a queue: `python -m tests.bench.eligibility POOLS GUIDES_EACH REQUESTS ANSWER`.

Each request is held against the guides of its pool, as before a plan, by the product's rules: who is free in
which window, and how well that fits. The tables are warm: building them is measured elsewhere.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from lotsen.domain.settings import PoolSettings
from lotsen.matching.question import question
from lotsen.matching.rules import judge
from lotsen.matching.scoring import totals
from lotsen.matching.table import CandidateTable
from tests.bench.answering import peak_bytes
from tests.bench.pools import NOW, guides, needs, rules

_SEED = 1


def main() -> None:
    """Measure once, and write seconds and the number of options."""
    pools, each, requests = map(int, sys.argv[1:4])
    shared, weights = rules(pools), PoolSettings().weights()
    tables = [CandidateTable(guides(pool, each, _SEED)) for pool in range(pools)]
    asked = list(needs(requests, pools, _SEED, remote=False))
    options = 0
    began = perf_counter()
    for pool, need in asked:
        prepared = question(need, shared, NOW)
        free = judge(prepared, tables[pool]).failures() == 0
        rows = np.flatnonzero(free.any(axis=0))
        totals(prepared, tables[pool], rows, weights)
        options += int(np.count_nonzero(free))
    seconds = perf_counter() - began
    peak = peak_bytes()
    Path(sys.argv[4]).write_text(
        json.dumps({"seconds": seconds, "options": options, "peak_bytes": peak}), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
