"""Turns a function that solves an instance into a process that is timed; needs nothing but numpy."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, process_time

from tests.bench.instances import Instance, load


@dataclass(frozen=True, slots=True)
class Solution:
    """Chosen options, whether they are proven to be the best, and what else there is to say."""

    chosen: list[int]
    proven: bool
    tiers: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


def answer(solve: Callable[[Instance], Solution], instance: str, to: str) -> None:
    """Solve, and write what was found, the seconds it took by both clocks, and the most memory held."""
    problem = load(Path(instance))
    began, worked = perf_counter(), process_time()
    solution = solve(problem)
    seconds, processor = perf_counter() - began, process_time() - worked
    said = {"seconds": seconds, "processor_seconds": processor, "peak_bytes": peak_bytes()}
    Path(to).write_text(json.dumps(asdict(solution) | said), encoding="utf-8")


def peak_bytes() -> int:
    """Return the most memory that this process ever held.

    Not from `getrusage`: that remembers, through exec, how large the parent was when it forked.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("the kernel does not say how much memory this process held")
