"""Finds all options of a queue: `python -m tests.bench.eligibility POOLS GUIDES_EACH REQUESTS ANSWER`.

Each request is held against the guides of its pool, as before a plan, by the product's rules: who is free in
which window, and how well that fits. The tables are warm: building them is measured elsewhere.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from lotsen.domain.settings import PoolSettings
from lotsen.matching.eligibility import options
from lotsen.matching.question import Question, question
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
    found = 0
    began, worked = perf_counter(), process_time()
    questions: dict[int, list[Question]] = {}
    for pool, need in asked:
        questions.setdefault(pool, []).append(question(need, shared, NOW))
    for pool, some in questions.items():
        found += options(some, tables[pool], weights).fit.size
    seconds, processor = perf_counter() - began, process_time() - worked
    peak = peak_bytes()
    Path(sys.argv[4]).write_text(
        json.dumps(
            {"seconds": seconds, "processor_seconds": processor, "options": found, "peak_bytes": peak}
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
