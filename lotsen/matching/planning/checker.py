"""Verifies a plan against the problem itself, with code that the planner does not use."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lotsen.matching.planning.problem import Choice, Guide, Problem, Request

HALF_HOUR = 30


class PlanBroken(Exception):
    """A plan breaks a rule; that is a mistake of the planner, and the plan must not be shown."""


Appointment = tuple[int, int, str | None, str]


def check(
    problem: Problem,
    assignments: tuple[Choice, ...],
    standby: tuple[Choice, ...],
    next_best: tuple[Choice, ...] = (),
) -> tuple[int, ...]:
    """Raise PlanBroken if a rule is broken; return the values of the tiers: served, fit, squares, kept."""
    requests = {request.id: request for request in problem.requests}
    options = _options(problem, assignments + standby + next_best)
    for choice in assignments:
        if len(choice.guides) != requests[choice.request].needs:
            raise PlanBroken(f"{choice.request} has {len(choice.guides)} guides")
    _once(assignments)
    _once(standby)
    taken = {choice.request: choice for choice in assignments}
    for choice in standby:
        served = taken.get(choice.request)
        if served is None or served.window != choice.window:
            raise PlanBroken(f"stand-by for {choice.request}, which is not planned for that time")
        if set(served.guides) & set(choice.guides) or len(choice.guides) > len(served.guides):
            raise PlanBroken(f"stand-by for {choice.request} is there already, or one too many")
    minutes = _minutes(problem)
    diary: dict[str, list[tuple[Appointment, int]]] = defaultdict(list)

    def note(choice: Choice) -> None:
        request = requests[choice.request]
        window = request.windows[choice.window]
        for guide in choice.guides:
            takes = options[choice.request, choice.window, guide][1]
            diary[guide].append(((window.start, window.end, request.place, choice.request), takes))

    guides = {guide.id: guide for guide in problem.guides}
    for choice in assignments:
        note(choice)
    _once(next_best)
    for choice in next_best:
        (name,), served = choice.guides, taken.get(choice.request)
        if (
            served is None
            or name in served.guides
            or (served.window != choice.window and len(served.guides) > 1)
        ):
            raise PlanBroken(f"{name} cannot replace anybody for {choice.request}")
        note(choice)
        _diary(guides[name], diary[name], minutes)
        diary[name].pop()
    for choice in standby:
        note(choice)
    for name, appointments in diary.items():
        _diary(guides[name], appointments, minutes)
    return _values(problem, assignments, requests, options)


def _options(problem: Problem, choices: tuple[Choice, ...]) -> dict[tuple[str, int, str], tuple[int, int]]:
    """Return fit and minutes of the options that are used; all must be there."""
    used = {(one.request, one.window, guide) for one in choices for guide in one.guides}
    names = {request for request, _, _ in used}
    wanted = [request.id in names for request in problem.requests]
    found: dict[tuple[str, int, str], tuple[int, int]] = {}
    columns = problem.options
    requests, guides = problem.requests, problem.guides
    rows: Iterable[tuple[int, int, int, int, int]] = zip(
        columns.request.tolist(),
        columns.window.tolist(),
        columns.guide.tolist(),
        columns.fit.tolist(),
        columns.takes.tolist(),
        strict=True,
    )
    for request, window, guide, fit, takes in rows:
        if wanted[request]:
            key = (requests[request].id, window, guides[guide].id)
            if key in used:
                found[key] = (fit, takes)
    if missing := used - found.keys():
        raise PlanBroken(f"nobody offered {min(missing)}")
    return found


def _once(choices: tuple[Choice, ...]) -> None:
    if len({choice.request for choice in choices}) != len(choices):
        raise PlanBroken("a request has two windows")
    for choice in choices:
        if len(set(choice.guides)) != len(choice.guides):
            raise PlanBroken(f"{choice.request} has one guide twice")


def _minutes(problem: Problem) -> Mapping[tuple[str, str], int]:
    """Return the shortest measured ways, from each place by the nearest first."""
    near: dict[str, dict[str, int]] = defaultdict(dict)
    for here, there, minutes in problem.ways.pairs:
        near[here][there] = near[there][here] = minutes
    places = {request.place for request in problem.requests}
    places |= {held.place for guide in problem.guides for held in guide.held}
    found: dict[tuple[str, str], int] = {}
    for origin in near:
        if origin not in places:
            continue
        reached: dict[str, int] = {}
        ahead = {origin: 0}
        while ahead:
            here = min(ahead, key=ahead.__getitem__)
            reached[here] = ahead.pop(here)
            for there, minutes in near[here].items():
                if there not in reached:
                    ahead[there] = min(ahead.get(there, reached[here] + minutes), reached[here] + minutes)
        for there, minutes in reached.items():
            found[origin, there] = minutes if there in near[origin] else min(minutes, problem.ways.default)
        found[origin, origin] = problem.ways.same
    for place in places:
        if place is not None:
            found[place, place] = problem.ways.same
    found["", ""] = problem.ways.default
    return found


def _diary(
    guide: Guide, taken: list[tuple[Appointment, int]], minutes: Mapping[tuple[str, str], int]
) -> None:
    new = sorted((appointment for appointment, _ in taken), key=lambda one: one[:2])
    for at, one in enumerate(new):
        for other in new[at + 1 :]:
            _apart(guide, one, other, minutes)
        for held in guide.held:
            _apart(guide, one, (held.start, held.end, held.place, "held"), minutes)
    if guide.asks is not None and len(taken) > guide.asks:
        raise PlanBroken(f"{guide.id} would be asked {len(taken)} times instead of {guide.asks}")
    for span in guide.capacity:
        used = sum(takes for one, takes in taken if span.start <= one[0] < span.end)
        if used > span.minutes:
            raise PlanBroken(f"{guide.id} has {used} minutes where {span.minutes} are left")


def _apart(
    guide: Guide, one: Appointment, other: Appointment, minutes: Mapping[tuple[str, str], int]
) -> None:
    here, there = one[2], other[2]
    way = 0 if here is None or there is None else minutes.get((here, there), minutes["", ""])
    if one[1] + way > other[0] and other[1] + way > one[0]:
        raise PlanBroken(f"{guide.id} cannot take both {one[3]} and {other[3]}")


def _values(
    problem: Problem,
    assignments: tuple[Choice, ...],
    requests: Mapping[str, Request],
    options: Mapping[tuple[str, int, str], tuple[int, int]],
) -> tuple[int, ...]:
    served = sum(requests[choice.request].priority for choice in assignments)
    used = [(one.request, one.window, guide) for one in assignments for guide in one.guides]
    fit = sum(options[key][0] // problem.fit_band for key in used)
    load = {guide.id: guide.load // HALF_HOUR for guide in problem.guides}
    for key in used:
        load[key[2]] += (options[key][1] + HALF_HOUR - 1) // HALF_HOUR
    before = {(one.request, one.window, guide) for one in problem.previous or () for guide in one.guides}
    return served, fit, sum(half * half for half in load.values()), len(before & set(used))
