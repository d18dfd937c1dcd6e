"""Plans whole queues beside a plain CP-SAT model, CP-SAT with cliques, greedy, and one LP."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from lotsen.domain.settings import PoolSettings
from tests.bench.checking import values
from tests.bench.conftest import AddSection
from tests.bench.instances import (
    COUNTRY,
    LAND,
    METROPOLIS,
    REMOTE_COUNTRY,
    SCARCE,
    TOWN,
    Instance,
    Size,
    as_problem,
    make,
)
from tests.bench.measuring import Run, run, spread, verdict
from tests.support.lotsen import ROOT

pytestmark = pytest.mark.bench

_MB = 2**20
_FULL = "planner, full plan"
_LIMIT_SECONDS = 170
# What a coordinator's plan may take unless the pool says otherwise.
_FULL_SECONDS = PoolSettings().plan_seconds


@dataclass(slots=True)
class Measured:
    """What the runs of one size gave, a list entry for each seed."""

    options: list[int] = field(default_factory=list[int])
    eligibility: list[float] = field(default_factory=list[float])
    runs: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    tiers: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def seconds(self, name: str) -> list[float]:
        return [one.seconds for one in self.runs[name]]

    def ratios(self, slow: str, fast: str) -> list[float]:
        return [one / other for one, other in zip(self.seconds(slow), self.seconds(fast), strict=True)]


def measure(
    size: Size, seeds: tuple[int, ...], peers: tuple[str, ...], limit_seconds: int = _LIMIT_SECONDS
) -> Measured:
    """Let everyone plan the same instances; every plan is checked by other code than its maker's."""
    found = Measured()
    for seed in seeds:
        instance = make(size, seed)
        found.options.append(len(instance.window))
        found.eligibility.append(instance.eligibility_seconds)
        for name, start in _contestants(instance, peers, limit_seconds):
            done = start()
            found.runs[name].append(done)
            if name != "one LP":
                found.tiers[name].append(values(instance, done.chosen))
        if seed == seeds[0]:
            done = run("planner", "full", _FULL_SECONDS, instance=instance)
            found.runs[_FULL].append(done)
            found.tiers[_FULL].append(values(instance, done.chosen))
        equal_where_proven(found)
    return found


def _contestants(
    instance: Instance, peers: tuple[str, ...], limit_seconds: int
) -> list[tuple[str, Callable[[], Run]]]:
    def peer(name: str) -> Callable[[], Run]:
        return lambda: run("peers", name, instance=instance, peer=True)

    return [
        ("planner", lambda: run("planner", "two-tiers", limit_seconds, instance=instance)),
        ("greedy", lambda: run("greedy", instance=instance)),
        # The largest have no peers: not even their relaxation is solved in time.
        *((("one LP", lambda: run("one_lp", instance=instance)),) if peers else ()),
        *((name, peer(name)) for name in peers),
    ]


def equal_where_proven(found: Measured) -> None:
    """Two exact solvers that both claim a proof must agree; nobody beats what is proven."""
    (best, planner), ours = found.tiers["planner"][-1], found.runs["planner"][-1]
    if len(found.tiers["planner"]) == 1 and found.runs[_FULL][0].proven and ours.proven:
        assert found.tiers[_FULL][0][0] == best
    for name in ("intervals", "components", "greedy"):
        if not found.tiers[name]:
            continue
        theirs = found.tiers[name][-1]
        if found.runs[name][-1].proven and ours.proven:
            assert theirs == (best, planner), f"{name} proves {theirs}, the planner {(best, planner)}"
        assert theirs <= (best, planner) or not ours.proven, (
            f"{name} found {theirs}, more than the proven one"
        )
        assert name != "greedy" or theirs <= (best, planner), "the plan is worse than greedy"


def rows(found: Measured) -> list[list[str]]:
    """Say for each contestant: seconds, memory, proven how often, and what is lost against the planner."""
    best = found.tiers["planner"]
    said: list[list[str]] = []
    for name, runs in found.runs.items():
        tiers = found.tiers[name]
        lost = [100 * (1 - one[0] / other[0]) for one, other in zip(tiers, best, strict=False)]
        said.append(
            [
                name,
                spread([one.seconds for one in runs], " s", 3),
                spread([one.processor_seconds for one in runs], " s", 2),
                spread([one.peak_bytes / _MB for one in runs], " MiB", 0),
                f"{sum(one.proven for one in runs)} of {len(runs)}" if tiers else "–",
                spread(lost, " %") if tiers else "–",
                " · ".join(f"{first:,} / {second:,}" for first, second in tiers) or "–",
            ]
        )
    return said


HEAD = ("who", "seconds", "processor", "memory", "proven", "priority lost", "tier 1 / tier 2 for each seed")


def about(size: Size, found: Measured, seeds: tuple[int, ...]) -> str:
    return (
        f"{size.requests:,} requests × {size.guides:,} guides in {size.towns} town(s); seeds "
        f"{', '.join(map(str, seeds))}; options {spread(found.options, digits=0)}; finding them takes "
        f"{spread(found.eligibility, ' s', 3)}. “planner” and its peers solve tiers 1 "
        f"and 2 with `fit_band: 1`; the full plan, of the first seed and within {_FULL_SECONDS} s, adds "
        f"fairness, bands of 10 points, stand-bys and reasons. "
        f"Processor time leaves out what else the machine was doing."
    )


@pytest.mark.parametrize(
    ("size", "intervals_ratio", "lp_ratio"),
    [(TOWN, 4, None), (LAND, 25, 10), (SCARCE, None, None), (COUNTRY, 30, 5)],
    ids=lambda one: getattr(one, "name", None),
)
def test_against_peers(
    size: Size,
    intervals_ratio: float | None,
    lp_ratio: float | None,
    seeds: tuple[int, ...],
    report: AddSection,
) -> None:
    found = measure(size, seeds, ("components", "intervals"))
    faster = found.ratios("intervals", "planner")
    floor = [elig + lp for elig, lp in zip(found.eligibility, found.seconds("one LP"), strict=True)]
    beside = [one / other for one, other in zip(found.seconds("planner"), floor, strict=True)]
    memory = [
        one.peak_bytes / other.peak_bytes
        for one, other in zip(found.runs["intervals"], found.runs["planner"], strict=True)
    ]
    checks = [("proven for every seed", all(one.proven for one in found.runs["planner"]))]
    if intervals_ratio is not None:
        said = f"{spread(faster, digits=1)} × as fast as plain CP-SAT, at least {intervals_ratio} ×"
        checks.append((said, median(faster) >= intervals_ratio))
    if lp_ratio is not None:
        said = f"{spread(beside, digits=1)} × the time of eligibility and one LP, at most {lp_ratio} ×"
        checks.append((said, median(beside) <= lp_ratio))
    if size is COUNTRY:
        said = f"plain CP-SAT takes {spread(memory, digits=1)} × the memory, at least 10 ×"
        checks.append((said, median(memory) >= 10))
    _say_and_check(f"Plan: {size.name}", size, found, seeds, checks, report)


def test_metropolis(seeds: tuple[int, ...], report: AddSection) -> None:
    seeds = seeds[:1]
    found = measure(METROPOLIS, seeds, ())
    times = [one / other for one, other in zip(found.seconds("planner"), found.eligibility, strict=True)]
    peak = max(one.peak_bytes for one in found.runs["planner"])
    checks = [
        ("proven for every seed", all(one.proven for one in found.runs["planner"])),
        (f"{spread(times, digits=1)} × the time of eligibility, at most 120 ×", median(times) <= 120),
        (f"{peak / _MB:,.0f} MiB at most, allowed 1,024", peak <= 1024 * _MB),
    ]
    _say_and_check("Plan: metropolis", METROPOLIS, found, seeds, checks, report)


def test_remote_country(seeds: tuple[int, ...], report: AddSection) -> None:
    seeds = seeds[:1]
    # Five seconds less than allowed, for what comes after the last tier.
    found = measure(REMOTE_COUNTRY, seeds, (), limit_seconds=115)
    first = [_gap(one, 0) for one in found.runs["planner"]]
    second = [100 * _gap(one, 1) for one in found.runs["planner"]]
    checks = [
        ("tier 1 proven for every seed", all(gap == 0 for gap in first)),
        (f"gap of tier 2 {spread(second, ' %', 4)}, at most 0.01 %", max(second) <= 0.01),
        (f"{spread(found.seconds('planner'), ' s')}, at most 120 s", median(found.seconds("planner")) <= 120),
    ]
    _say_and_check("Plan: country with remote talks", REMOTE_COUNTRY, found, seeds, checks, report)


def test_the_command(tmp_path: Path, report: AddSection) -> None:
    instance = make(LAND, 1)
    path = tmp_path / "problem.json"
    problem = as_problem(instance, fit_band=1, fairness=False, limit_seconds=_LIMIT_SECONDS)
    path.write_text(json.dumps(problem), encoding="utf-8")
    began = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "lotsen", "plan", path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds = perf_counter() - began
    answer = json.loads(done.stdout)
    tiers = [(tier["name"], tier["value"]) for tier in answer["tiers"]]
    inside = run("planner", "two-tiers", _LIMIT_SECONDS, instance=instance)
    assert tiers == list(zip(("served", "fit"), values(instance, inside.chosen), strict=True))
    report(
        "Plan: `python -m lotsen plan`",
        f"Land, seed 1, from a file of {path.stat().st_size / _MB:.1f} MiB. The whole command includes the "
        "start of Python, stand-bys and reasons.",
        ("whole command", "planning in it", "planning without the command"),
        [[f"{seconds:.2f} s", f"{answer['seconds']:.2f} s", f"{inside.seconds:.2f} s"]],
    )


def _gap(done: Run, tier: int) -> float:
    tiers = done.answer["tiers"]
    assert isinstance(tiers, list)
    value, bound = tiers[tier]["value"], tiers[tier]["bound"]
    return abs(bound - value) / max(1, abs(value))


def _say_and_check(
    title: str,
    size: Size,
    found: Measured,
    seeds: tuple[int, ...],
    checks: list[tuple[str, bool]],
    report: AddSection,
) -> None:
    lines = [f"- {text}: {verdict(reached=reached)}" for text, reached in checks]
    report(title, "\n".join([about(size, found, seeds), "", *lines]), HEAD, rows(found))
    assert [text for text, reached in checks if not reached] == []
