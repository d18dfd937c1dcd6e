"""Plans with lotsen itself: `python -m tests.bench.planner HOW SECONDS INSTANCE ANSWER`.

"two-tiers" is what the peers solve: requests served, then fit as it is. "full" is what coordinators get: fit
in bands of 10, fairness, stand-bys and why somebody is unserved. The planner's own check of its plan counts
as part of the time, and so does making the problem out of the instance's columns.
"""

import sys
from functools import partial
from time import perf_counter

import numpy as np

from lotsen.matching.planning.plan import Plan, plan
from lotsen.matching.planning.problem import Guide, Options, Problem, Request, Span, Ways, Window
from tests.bench.answering import Solution, answer
from tests.bench.instances import DISTRICTS, ELSEWHERE, REMOTE, SAME, WEEK, Instance, travel


def problem_of(instance: Instance, *, fit_band: int, fairness: bool) -> Problem:
    """Say the instance as the planner wants it."""
    places = np.unique(instance.place[instance.place != REMOTE])
    first, second = np.triu_indices(len(places), 1)
    near = places[first] // DISTRICTS == places[second] // DISTRICTS
    one, other = places[first[near]], places[second[near]]
    pairs = zip(one.tolist(), other.tolist(), travel(one, other).tolist(), strict=True)
    spans = [Window(*span) for span in zip(instance.start.tolist(), instance.end.tolist(), strict=True)]
    borders = instance.first_window.tolist()
    requests = zip(instance.needs.tolist(), instance.priority.tolist(), instance.place.tolist(), strict=True)
    guides = zip(instance.capacity.tolist(), instance.load.tolist(), strict=True)
    of_option = instance.option_request
    return Problem(
        guides=tuple(
            Guide(f"g{at}", (Span(0, WEEK, minutes),), load) for at, (minutes, load) in enumerate(guides)
        ),
        requests=tuple(
            Request(
                f"r{at}",
                tuple(spans[borders[at] : borders[at + 1]]),
                needs,
                priority,
                None if place == REMOTE else str(place),
            )
            for at, (needs, priority, place) in enumerate(requests)
        ),
        ways=Ways(ELSEWHERE, SAME, tuple((str(here), str(there), minutes) for here, there, minutes in pairs)),
        options=Options(
            of_option,
            instance.window - instance.first_window[of_option],
            instance.guide,
            instance.fit,
            (instance.end - instance.start)[instance.window],
        ),
        fit_band=fit_band,
        fairness=fairness,
    )


def options_of(instance: Instance, made: Plan) -> list[int]:
    """Find the plan's choices among the instance's options."""
    requests = [int(choice.request[1:]) for choice in made.assignments for _ in choice.guides]
    windows = [choice.window for choice in made.assignments for _ in choice.guides]
    guides = [int(guide[1:]) for choice in made.assignments for guide in choice.guides]
    count = len(instance.capacity)
    wanted = (instance.first_window[requests] + windows) * count + guides
    known = instance.window * count + instance.guide
    found = np.searchsorted(known, wanted)
    assert (known[found] == wanted).all(), "the plan takes what is not among the options"
    return found.tolist()


def two_tiers(instance: Instance, limit_seconds: float) -> Solution:
    """Serve the most, then fit best."""
    problem = problem_of(instance, fit_band=1, fairness=False)
    return _solution(
        instance, plan(problem, now=perf_counter, deadline=perf_counter() + limit_seconds, explain=False)
    )


def full(instance: Instance, limit_seconds: float, fit_band: int = 10) -> Solution:
    """Make the plan that coordinators get."""
    problem = problem_of(instance, fit_band=fit_band, fairness=True)
    return _solution(instance, plan(problem, now=perf_counter, deadline=perf_counter() + limit_seconds))


def _solution(instance: Instance, made: Plan) -> Solution:
    return Solution(
        options_of(instance, made),
        made.proven,
        [{"name": one.name, "value": one.value, "bound": one.bound} for one in made.tiers],
    )


if __name__ == "__main__":
    how = {"two-tiers": two_tiers, "full": full}[sys.argv[1]]
    answer(partial(how, limit_seconds=float(sys.argv[2])), *sys.argv[3:])
