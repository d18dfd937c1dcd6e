"""Solves an instance as others would: `python -m tests.bench.peers PEER INSTANCE ANSWER`.

Each peer runs in a process of its own, in the environment of requirements/bench.txt, since OR-Tools and
highspy cannot share one. The time counts building the model and solving, not reading the file.
"""

import sys
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from ortools.sat.python import cp_model

from tests.bench.answering import Solution, answer
from tests.bench.clashes import by_guide, clashing, cliques
from tests.bench.instances import Instance, Ints

CUT_SECONDS = 60
_SMALL = 300


def intervals(instance: Instance) -> Solution:
    """Write the problem the plain way: one optional interval for each option, no overlap for each guide.

    An interval includes the shortest way afterwards; longer ways exclude two options at a time. One objective
    weighs priority above all fit, which is exact in the solver's whole numbers.
    """
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in instance.window.tolist()]
    served = _serve_requests(model, instance, range(len(instance.priority)), dict(enumerate(taken)))
    start, end = instance.start[instance.window], instance.end[instance.window]
    minutes = end - start
    for options in by_guide(instance):
        model.add_no_overlap(
            model.new_optional_fixed_size_interval_var(
                int(start[one]), int(minutes[one]) + instance.shortest_way, taken[one], ""
            )
            for one in options.tolist()
        )
        model.add(
            sum(int(minutes[one]) * taken[one] for one in options.tolist())
            <= int(instance.capacity[instance.guide[options[0]]])
        )
        far = np.triu(clashing(instance, options), 1) & (
            end[options][:, None] + instance.shortest_way <= start[options][None]
        )
        for one, other in zip(*np.nonzero(far), strict=True):
            model.add_bool_or(~taken[options[one]], ~taken[options[other]])
    above = 100 * int(instance.needs.sum()) + 1
    model.maximize(
        above * sum(int(weight) * served[index] for index, weight in enumerate(instance.priority.tolist()))
        + sum(int(fit) * one for fit, one in zip(instance.fit.tolist(), taken, strict=True))
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 8
    solver.parameters.max_time_in_seconds = CUT_SECONDS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solution([], False)
    return Solution(
        [index for index, one in enumerate(taken) if solver.boolean_value(one)], status == cp_model.OPTIMAL
    )


def components(instance: Instance) -> Solution:
    """Write at-most-one rows for sets of clashing options, and solve each connected component by itself.

    Tier 1 first, then tier 2 with tier 1 fixed; one worker is fastest for small components, eight for others.
    """
    rows: dict[int, list[Ints]] = {}
    for options in by_guide(instance):
        rows[int(instance.guide[options[0]])] = cliques(instance, options)
    chosen: list[int] = []
    proven = True
    for options in _connected(instance):
        found, best = _component(instance, options, rows)
        chosen += found
        proven &= best
    return Solution(chosen, proven)


def _component(instance: Instance, options: Ints, rows: dict[int, list[Ints]]) -> tuple[list[int], bool]:
    model = cp_model.CpModel()
    taken = {one: model.new_bool_var("") for one in options.tolist()}
    requests = np.unique(instance.option_request[options]).tolist()
    served = _serve_requests(model, instance, requests, taken)
    window = instance.window[options]
    minutes = dict(zip(taken, (instance.end - instance.start)[window].tolist(), strict=True))
    of_guide: dict[int, list[int]] = defaultdict(list)
    for one, guide in zip(taken, instance.guide[options].tolist(), strict=True):
        of_guide[guide].append(one)
    for guide, own in of_guide.items():
        for row in rows[guide]:
            model.add_at_most_one(taken[one] for one in row.tolist())
        if sum(minutes[one] for one in own) > instance.capacity[guide]:
            model.add(sum(minutes[one] * taken[one] for one in own) <= int(instance.capacity[guide]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 8 if len(options) > _SMALL else 1
    solver.parameters.max_time_in_seconds = CUT_SECONDS
    first = sum(int(instance.priority[request]) * served[request] for request in requests)
    model.maximize(first)
    proven = solver.solve(model) == cp_model.OPTIMAL
    model.add(first >= round(solver.objective_value))
    for variable in taken.values():
        model.add_hint(variable, solver.boolean_value(variable))
    model.maximize(sum(int(instance.fit[one]) * variable for one, variable in taken.items()))
    proven &= solver.solve(model) == cp_model.OPTIMAL
    return [one for one, variable in taken.items() if solver.boolean_value(variable)], proven


def _serve_requests(
    model: cp_model.CpModel,
    instance: Instance,
    requests: list[int] | range,
    taken: dict[int, cp_model.IntVar],
) -> dict[int, cp_model.LinearExprT]:
    """Let each request have its guides in one window or in none; return what says that it is served."""
    served: dict[int, cp_model.LinearExprT] = {}
    of_window: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for option, variable in taken.items():
        of_window[int(instance.window[option])].append(variable)
    for request in requests:
        windows = [
            of_window[one]
            for one in range(int(instance.first_window[request]), int(instance.first_window[request + 1]))
            if one in of_window
        ]
        if instance.needs[request] == 1:
            every = [variable for variables in windows for variable in variables]
            model.add_at_most_one(every)
            served[request] = sum(every)
        else:
            held = [model.new_bool_var("") for _ in windows]
            for variables, one in zip(windows, held, strict=True):
                model.add(sum(variables) == int(instance.needs[request]) * one)
            model.add_at_most_one(held)
            served[request] = sum(held)
    return served


def _connected(instance: Instance) -> list[Ints]:
    """Split the options into sets that share neither request nor guide."""
    requests = len(instance.priority)
    parent = list(range(requests + len(instance.capacity)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    of_option = instance.option_request.tolist()
    for request, guide in zip(of_option, instance.guide.tolist(), strict=True):
        parent[root(requests + guide)] = root(request)
    groups: dict[int, list[int]] = defaultdict(list)
    for option, request in enumerate(of_option):
        groups[root(request)].append(option)
    return [np.array(group) for group in groups.values()]


PEERS: dict[str, Callable[[Instance], Solution]] = {"intervals": intervals, "components": components}

if __name__ == "__main__":
    answer(PEERS[sys.argv[1]], *sys.argv[2:])
