"""Replays a year of one town, once greedily and once planned, and compares who carried how much."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.bench.checking import values
from tests.bench.conftest import AddSection
from tests.bench.greedy import greedy
from tests.bench.instances import Instance, Ints, Size, make, part
from tests.bench.measuring import spread, verdict
from tests.bench.planner import full

YEAR = Size("year", 1_500, 60, 1, (0, 10**6), languages=12, half_day=0.6)
_WEEKS = 52
_LIMIT_SECONDS = 60
_REMEMBERED = 13
_LOAD_SHARE = 15
"""Of 100 points of fit, those for having worked little, so that greedy is not blind to load either."""

Plan = Callable[[Instance], list[int]]


def replay(year: Instance, plan: Plan, weeks: list[Ints]) -> tuple[Ints, list[Ints], int]:
    """Plan week after week; return minutes for each guide, the requests served each week, and the fit."""
    given = np.zeros((len(weeks), len(year.capacity)), np.int64)
    served: list[Ints] = []
    fit = 0
    for number, requests in enumerate(weeks):
        worked = given[max(0, number - _REMEMBERED) : number].sum(axis=0)
        week = with_load(part(year, requests, worked))
        chosen = plan(week)
        values(week, chosen)
        taken = week.window[chosen]
        np.add.at(given[number], week.guide[chosen], (week.end - week.start)[taken])
        served.append(requests[np.unique(week.request[taken])])
        fit += int(week.fit[chosen].sum())
    return given.sum(axis=0), served, fit


def with_load(week: Instance) -> Instance:
    """Mix the load of the last weeks into the fit."""
    rested = 1 - np.minimum(1, week.load / (week.capacity * _REMEMBERED))
    fit = (week.fit * (100 - _LOAD_SHARE) // 100 + np.rint(_LOAD_SHARE * rested)[week.guide]).astype(np.int64)
    return replace(week, fit=fit)


def gini(minutes: Ints) -> float:
    """0 where all carry the same, near 1 where one carries all."""
    ordered = np.sort(minutes)
    count = len(ordered)
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * ordered.sum()))


def busiest_fifth(minutes: Ints) -> float:
    """The share of all time that the most loaded fifth of the guides gives, in percent."""
    ordered = np.sort(minutes)[::-1]
    return float(100 * ordered[: len(ordered) // 5].sum() / ordered.sum())


def _planned(band: int) -> Plan:
    return lambda week: full(week, _LIMIT_SECONDS, band).chosen


def test_gini_and_the_busiest_fifth() -> None:
    assert gini(np.array([5, 5, 5, 5, 5])) == 0
    assert gini(np.array([0, 0, 0, 0, 10])) == pytest.approx(0.8)
    assert busiest_fifth(np.array([1, 1, 1, 1, 6])) == 60


@pytest.mark.bench
def test_a_year_is_fairer_planned_than_greedy(seeds: tuple[int, ...], report: AddSection) -> None:
    names = ["greedy", *(f"planner, bands of {band}" for band in (1, 10, 25))]
    found: dict[str, list[tuple[int, float, float, float]]] = {name: [] for name in names}
    for seed in seeds:
        year = make(YEAR, seed)
        weeks = np.array_split(np.arange(YEAR.requests), _WEEKS)
        minutes, served, fit = replay(year, lambda week: greedy(week).chosen, weeks)
        count = sum(map(len, served))
        found["greedy"].append((count, gini(minutes), busiest_fifth(minutes), fit / count))
        for band in (1, 10, 25):
            # The planner gets just what greedy could serve, so that both serve the same requests.
            minutes, again, fit = replay(year, _planned(band), served)
            assert [one.tolist() for one in again] == [one.tolist() for one in served]
            found[f"planner, bands of {band}"].append(
                (count, gini(minutes), busiest_fifth(minutes), fit / count)
            )
    better = [
        one[1] < other[1] and one[2] < other[2]
        for one, other in zip(found["planner, bands of 10"], found["greedy"], strict=True)
    ]
    report(
        "Fairness over a year",
        f"60 guides, 12 languages, 1,500 requests in 52 weeks, planned week by week; all serve the same "
        f"requests. Loads of {_REMEMBERED} weeks count.\n\n"
        f"- the planner with bands of 10 spreads the load better than greedy: {verdict(reached=all(better))}",
        ("who", "served", "Gini", "given by the busiest fifth", "fit for each request"),
        [
            [
                name,
                spread([one[0] for one in found[name]], digits=0),
                spread([one[1] for one in found[name]], digits=3),
                spread([one[2] for one in found[name]], " %", 1),
                spread([one[3] for one in found[name]], digits=1),
            ]
            for name in names
        ],
    )
    assert all(better)
