"""Plans greedily: `python -m tests.bench.greedy INSTANCE ANSWER`."""

import sys
from collections import defaultdict

import numpy as np

from tests.bench.answering import Solution, answer
from tests.bench.instances import Instance, travel


def greedy(instance: Instance) -> Solution:
    """Take the most urgent request first, then that with fewest options; for each the best fit still free."""
    of_request: dict[int, list[int]] = defaultdict(list)
    for option, request in enumerate(instance.option_request.tolist()):
        of_request[request].append(option)
    start, end = instance.start[instance.window].tolist(), instance.end[instance.window].tolist()
    window, guide, fit = instance.window.tolist(), instance.guide.tolist(), instance.fit.tolist()
    place = instance.place[instance.option_request].tolist()
    needs, room = instance.needs.tolist(), instance.capacity.tolist()
    held: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    chosen: list[int] = []

    def free(option: int) -> bool:
        if room[guide[option]] < end[option] - start[option]:
            return False
        for begins, ends, there in held[guide[option]]:
            way = int(travel(np.array(place[option]), np.array(there)))
            if start[option] < ends + way and begins < end[option] + way:
                return False
        return True

    priority = instance.priority.tolist()
    for request in sorted(of_request, key=lambda one: (-priority[one], len(of_request[one]), one)):
        by_window: dict[int, list[int]] = defaultdict(list)
        for option in of_request[request]:
            by_window[window[option]].append(option)
        teams: list[list[int]] = []
        for options in by_window.values():
            team: list[int] = []
            for option in sorted(options, key=lambda one: (-fit[one], guide[one])):
                if len(team) < needs[request] and free(option):
                    team.append(option)
            if len(team) == needs[request]:
                teams.append(team)
        if teams:
            for option in max(teams, key=lambda team: sum(fit[one] for one in team)):
                chosen.append(option)
                held[guide[option]].append((start[option], end[option], place[option]))
                room[guide[option]] -= end[option] - start[option]
    return Solution(chosen, proven=False)


if __name__ == "__main__":
    answer(greedy, *sys.argv[1:])
