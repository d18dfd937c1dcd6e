"""Ranks requests among 100,000 and 1,000,000 guides, and keeps their index up to date."""

from statistics import median

import numpy as np
import pytest

from tests.bench.conftest import AddSection
from tests.bench.measuring import run, spread, verdict

pytestmark = pytest.mark.bench

_REQUESTS = 300
_POOLS = 50
_HEAD = ("work", "median", "p95", "most", "p95 of processor time", "must reach", "")
_WORK = {
    "pool": "ranked among one pool",
    "pool, in words": "the same, and the best 20 in words",
    "all": "ranked among all pools, by phone",
    "all, in words": "the same, and the best 20 in words",
    "pool, alternatives": "alternatives in one pool",
    "all, alternatives": "alternatives in all pools, by phone",
    "update": "update of one guide",
}


@pytest.mark.parametrize(
    ("guides", "most"),
    [
        (
            100_000,
            {"pool": 1.0, "all": 5.0, "pool, alternatives": 5.0, "all, alternatives": 10.0, "update": 5.0},
        ),
        (1_000_000, {"pool": 2.0, "all": 40.0}),
    ],
    ids=["100000", "1000000"],
)
def test_ranking(guides: int, most: dict[str, float], quick: bool, report: AddSection) -> None:
    if quick:
        guides //= 10
    answer = run("ranker", _POOLS, guides // _POOLS, _REQUESTS).answer
    rows = [_row(what, answer[name], most.get(name)) for name, what in _WORK.items()]
    peak = answer["peak_bytes"]
    assert isinstance(peak, int)
    able, of_all = answer["pool, eligible"], answer["all, eligible"]
    report(
        f"Rank one request among {guides:,} guides",
        f"{guides:,} guides in {_POOLS} pools; {_REQUESTS} requests one after the other once the index is "
        f"warm, top 20, everybody else counted by reason. In the middle, {able:,.0f} guides of one pool and "
        f"{of_all:,.0f} of all can be asked. Memory {peak / 2**20:,.0f} MiB with an index for each pool and "
        f"one for all. Processor time leaves out what else the machine was doing.",
        _HEAD,
        rows,
    )
    assert [name for name, limit in most.items() if _p95(answer[name]) > limit] == []


def test_building_the_index(quick: bool, report: AddSection) -> None:
    each = 200 if quick else 2_000
    answer = run("indexer", _POOLS, each).answer
    reading, building = answer["reading"], answer["building"]
    assert isinstance(reading, list)
    assert isinstance(building, list)
    ratio = [one / other for one, other in zip(building, reading, strict=True)]
    reached = median(ratio) <= 3
    report(
        f"Build the index of {_POOLS * each:,} guides from the database",
        f"{_POOLS} pools on SQLite, {answer['rows']:,} rows, read as tuples and built into an index in turn.",
        ("reading the rows", "building the index", "ratio", "must reach", ""),
        [
            [
                spread(reading, " s"),
                spread(building, " s"),
                spread(ratio, " ×"),
                "≤ 3 ×",
                verdict(reached=reached),
            ]
        ],
    )
    assert reached


def test_eligibility(quick: bool, report: AddSection) -> None:
    each, requests = (40, 1_000) if quick else (400, 10_000)
    done = run("eligibility", _POOLS, each, requests)
    reached = done.seconds <= 2
    report(
        f"Eligibility of {requests:,} requests against {_POOLS * each:,} guides",
        f"{_POOLS} pools, all rules and the fit of everyone who can; tables built before.",
        ("seconds", "of the processor", "options", "memory", "must reach", ""),
        [
            [
                f"{done.seconds:.2f} s",
                f"{done.answer['processor_seconds']:.2f} s",
                f"{done.answer['options']:,}",
                f"{done.peak_bytes / 2**20:,.0f} MiB",
                "≤ 2 s",
                verdict(reached=reached),
            ]
        ],
    )
    assert reached


def _row(what: str, taken: object, must: float | None) -> list[str]:
    wall, processor = (_numbers(taken, clock) for clock in (0, 1))
    p95 = _p95(taken)
    said = [what, *(f"{np.percentile(wall, one):.2f} ms" for one in (50, 95, 100))]
    said.append(f"{np.percentile(processor, 95):.2f} ms")
    return [*said, "", ""] if must is None else [*said, f"p95 ≤ {must:g} ms", verdict(reached=p95 <= must)]


def _p95(taken: object) -> float:
    return float(np.percentile(_numbers(taken, 0), 95))


def _numbers(taken: object, clock: int) -> list[float]:
    assert isinstance(taken, list)
    return [one[clock] for one in taken]
