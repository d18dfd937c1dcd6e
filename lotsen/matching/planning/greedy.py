"""The simple plan: the urgent and the scarce first, each with the best that is left; no plan is worse."""

from itertools import islice

import numpy as np

from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.tables import Tables


class Diaries:
    """What each guide has taken on so far, and what of their limits is left."""

    def __init__(self, tables: Tables) -> None:
        self._ways = tables.ways
        self._start, self._end = tables.start.tolist(), tables.end.tolist()
        self._place, self._takes = tables.place.tolist(), tables.takes.tolist()
        self._guide = tables.guide.tolist()
        self.taken: dict[int, list[int]] = {}
        self._spans: dict[int, list[list[int]]] = {}
        for guide, start, end, limit, by_ask in zip(
            tables.span_guide.tolist(),
            tables.span_start.tolist(),
            tables.span_end.tolist(),
            tables.span_limit.tolist(),
            tables.span_asks.tolist(),
            strict=True,
        ):
            self._spans.setdefault(guide, []).append([start, end, limit, by_ask])

    def free(self, option: int) -> bool:
        """Tell whether the guide can take this beside all that is taken."""
        guide, start = self._guide[option], self._start[option]
        takes = self._takes[option]
        for low, high, left, by_ask in self._spans.get(guide, ()):
            if low <= start < high and left < (1 if by_ask else takes):
                return False
        return not any(self.clash(option, other) for other in self.taken.get(guide, ()))

    def clash(self, option: int, other: int) -> bool:
        """Tell whether two options of one guide leave no time between them."""
        here, there = self._place[option], self._place[other]
        way = int(self._ways[here, there])
        return self._start[other] - self._end[option] < way and self._start[option] - self._end[other] < way

    def take(self, option: int) -> None:
        """Note an option as taken."""
        self.taken.setdefault(self._guide[option], []).append(option)
        self._charge(option, 1)

    def drop(self, option: int) -> None:
        """Take a note back."""
        self.taken[self._guide[option]].remove(option)
        self._charge(option, -1)

    def _charge(self, option: int, times: int) -> None:
        start = self._start[option]
        for span in self._spans.get(self._guide[option], ()):
            if span[0] <= start < span[1]:
                span[2] -= times * (1 if span[3] else self._takes[option])


def greedy(tables: Tables) -> Column:
    """Return the chosen options, ascending."""
    diaries = Diaries(tables)
    by_request = np.lexsort((tables.guide, -tables.fit, tables.slot, tables.request))
    request_of = tables.request[by_request]
    requests, first, count = np.unique(request_of, return_index=True, return_counts=True)
    order = np.lexsort((requests, count, -tables.priority[requests]))
    chosen: list[int] = []
    ranked: list[int] = by_request[np.lexsort((-tables.fit[by_request], request_of))].tolist()
    by_slot = by_request.tolist()
    slots = tables.slot.tolist()
    needs = tables.needs.tolist()
    fits = tables.fit.tolist()
    for at in order.tolist():
        low, high = int(first[at]), int(first[at] + count[at])
        need = needs[int(requests[at])]
        if need == 1:
            best = list(islice(filter(diaries.free, ranked[low:high]), 1))
        else:
            best = _team(diaries, by_slot[low:high], need, slots, fits)
        for one in best:
            diaries.take(one)
        chosen.extend(best)
    return np.array(sorted(chosen), dtype=np.int64)


def _team(diaries: Diaries, options: list[int], need: int, slots: list[int], fits: list[int]) -> list[int]:
    teams: dict[int, list[int]] = {}
    for one in options:
        team = teams.setdefault(slots[one], [])
        if len(team) < need and diaries.free(one):
            team.append(one)
    whole = [team for team in teams.values() if len(team) == need]
    return max(whole, key=lambda team: sum(fits[one] for one in team)) if whole else []
