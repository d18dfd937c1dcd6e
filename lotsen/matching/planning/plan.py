"""Plans a problem tier by tier, then who stands by and why a request has nobody; checked at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lotsen.matching.planning.checker import PlanBroken, check
from lotsen.matching.planning.fairness import refine
from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.problem import Choice, Column, Problem
from lotsen.matching.planning.reasons import Cost, costs
from lotsen.matching.planning.serving import serve
from lotsen.matching.planning.standby import next_best, stand_by
from lotsen.matching.planning.tables import Names, Tables, build
from lotsen.matching.planning.tiers import Level


class Stage(StrEnum):
    """What the planner is busy with."""

    SERVING = "serving"
    REFINING = "refining"
    EXPLAINING = "explaining"


class Why(StrEnum):
    """Why a request has nobody."""

    NOBODY = "nobody eligible"
    LOST = "lost to others"


def silent(_stage: Stage, _share: float) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier's value, and the best value it can have while the tiers before it keep theirs."""

    name: str
    value: int
    bound: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A request with nobody; `lost_to` would have nobody if it were served, `exact` if nothing costs less."""

    request: str
    why: Why
    lost_to: tuple[str, ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """Who takes what and who stands by; `proven` if every tier reached its bound.

    `next_best` names one guide for an assignment who could replace any of its guides, maybe at another of the
    request's times, while all others stay as they are.
    """

    assignments: tuple[Choice, ...]
    standby: tuple[Choice, ...]
    next_best: tuple[Choice, ...]
    unserved: tuple[Unserved, ...]
    tiers: tuple[Tier, ...]
    proven: bool
    seconds: float


def plan(
    problem: Problem,
    *,
    now: Callable[[], float],
    progress: Callable[[Stage, float], None] = silent,
    cancelled: Callable[[], bool] = lambda: False,
    deadline: float | None = None,
    explain: bool = True,
) -> Plan:
    """Return the best plan, or the best by the deadline, which is a time of `now`; raise Cancelled on demand.

    `explain` adds stand-bys, the next best and what an unserved request would cost.
    """
    began = now()
    clock = Clock(now, deadline, cancelled)
    tables, names = build(problem)
    served = serve(tables, clock, lambda share: progress(Stage.SERVING, share))
    chosen = served.chosen
    spread: Level | None = None
    kept: Level | None = None
    if problem.fairness or problem.previous is not None:
        chosen, spread, kept = refine(
            tables,
            served,
            clock,
            lambda share: progress(Stage.REFINING, share),
            fair=problem.fairness,
            keep=problem.previous is not None,
        )
    tiers = [
        Tier("served", served.served.value, served.served.bound),
        Tier("fit", served.value.value, served.value.bound),
    ]
    if spread:
        tiers.append(Tier("fairness", spread.value, spread.bound))
    if kept:
        tiers.append(Tier("kept", kept.value, kept.bound))
    progress(Stage.EXPLAINING, 0.0)
    ready, other = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    found: dict[int, Cost] = {}
    if explain:
        ready = stand_by(tables, chosen, clock.part(0.5))
        other = next_best(tables, chosen)
        proven = served.served.value == served.served.bound
        found = costs(tables, chosen, proven=proven, clock=clock)
    assignments, standby, instead = (_choices(tables, names, one) for one in (chosen, ready, other))
    verified = check(problem, assignments, standby, instead)
    for tier in tiers:
        if tier.value != verified[_AT[tier.name]]:
            raise PlanBroken(f"{tier.name} is {verified[_AT[tier.name]]}, not {tier.value}")
    return Plan(
        assignments,
        standby,
        instead,
        _unserved(tables, names, chosen, found),
        tuple(tiers),
        all(tier.value == tier.bound for tier in tiers),
        now() - began,
    )


_AT = {"served": 0, "fit": 1, "fairness": 2, "kept": 3}


def as_json(made: Plan) -> dict[str, object]:
    """Say a plan in the plain format."""
    instead = {one.request: {"window": one.window, "guide": one.guides[0]} for one in made.next_best}
    return {
        "assignments": [_choice(one) | {"next_best": instead.get(one.request)} for one in made.assignments],
        "standby": [_choice(one) for one in made.standby],
        "unserved": [
            {
                "request": one.request,
                "why": one.why.value,
                "lost_to": list(one.lost_to),
                "exact": one.exact,
            }
            for one in made.unserved
        ],
        "tiers": [{"name": one.name, "value": one.value, "bound": one.bound} for one in made.tiers],
        "proven": made.proven,
        "seconds": round(made.seconds, 3),
    }


def _choice(one: Choice) -> dict[str, object]:
    return {"request": one.request, "window": one.window, "guides": list(one.guides)}


def _choices(tables: Tables, names: Names, chosen: Column) -> tuple[Choice, ...]:
    guides: dict[int, list[str]] = {}
    order = np.lexsort((tables.guide[chosen], tables.slot[chosen]))
    for option in chosen[order].tolist():
        guides.setdefault(int(tables.slot[option]), []).append(names.guides[int(tables.guide[option])])
    return tuple(
        Choice(names.requests[int(tables.slot_request[slot])], int(names.slot_window[slot]), tuple(team))
        for slot, team in guides.items()
    )


def _unserved(tables: Tables, names: Names, chosen: Column, found: dict[int, Cost]) -> tuple[Unserved, ...]:
    served = set(tables.request[chosen].tolist())
    wanted = set(tables.request.tolist())
    rows: list[Unserved] = []
    for request, name in enumerate(names.requests):
        if request in served:
            continue
        if request not in wanted:
            rows.append(Unserved(name, Why.NOBODY))
        else:
            cost = found.get(request, Cost((), exact=False))
            rows.append(Unserved(name, Why.LOST, tuple(names.requests[one] for one in cost.lost), cost.exact))
    return tuple(rows)
