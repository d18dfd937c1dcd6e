"""Reads a plan for people: the next best, the loads, why a request has nobody, and what has changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lotsen.domain.vocabulary import PlanChange, UnservedReason
from lotsen.matching.planning.problem import Choice, Problem, Ways


@dataclass(frozen=True, slots=True)
class Option:
    """One guide in one window of a request, with fit and the minutes charged."""

    request: str
    window: int
    guide: str
    fit: int
    takes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One guide of a proposal, and who could come instead without any harm to the rest of it."""

    option: Option
    next_best: Option | None
    stand_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an earlier proposal said of a request: at which version, and who; `lost` if others came first."""

    version: int
    guides: frozenset[str]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a proposal says differently; `other` is the request that has, or had, the person."""

    request: str
    why: PlanChange
    before: tuple[str, ...]
    after: tuple[str, ...]
    other: str | None = None


class Sheet:
    """A problem with the choices made in it, by request and by guide."""

    def __init__(self, problem: Problem, chosen: Iterable[Choice]) -> None:
        self._requests = {one.id: one for one in problem.requests}
        self._guides = {one.id: one for one in problem.guides}
        self._ways = _Ways(problem.ways)
        self._chosen = tuple(chosen)
        self._options: dict[str, list[Option]] = defaultdict(list)
        requests: list[str] = [one.id for one in problem.requests]
        guides: list[str] = [one.id for one in problem.guides]
        columns = problem.options
        rows: list[tuple[int, int, int, int, int]] = list(
            zip(
                columns.request.tolist(),
                columns.window.tolist(),
                columns.guide.tolist(),
                columns.fit.tolist(),
                columns.takes.tolist(),
                strict=True,
            )
        )
        for request, window, guide, fit, takes in rows:
            one = Option(requests[request], window, guides[guide], fit, takes)
            self._options[one.request].append(one)
        self._taken: dict[str, list[Option]] = defaultdict(list)
        for choice in self._chosen:
            for option in self._of(choice):
                self._taken[option.guide].append(option)

    def rows(self, stand_by: Iterable[Choice]) -> list[Row]:
        """Return a row for each guide of the plan, requests in the plan's order."""
        waiting: dict[str, list[str]] = defaultdict(list)
        for choice in stand_by:
            waiting[choice.request] += choice.guides
        return [
            Row(option, self._next_best(choice, option), tuple(waiting[choice.request]))
            for choice in self._chosen
            for option in self._of(choice)
        ]

    def loads(self) -> list[tuple[str, int, int]]:
        """Return (guide, minutes before, minutes after) of whoever gets something, the most loaded first."""
        found = [
            (guide, self._guides[guide].load, self._guides[guide].load + sum(one.takes for one in options))
            for guide, options in self._taken.items()
        ]
        return sorted(found, key=lambda one: (-one[2], one[0]))

    def unserved(self, past: frozenset[str], *, anybody: bool) -> dict[str, tuple[UnservedReason, int]]:
        """Say of each request without a choice why, and how many could come at the best of its times."""
        served = {choice.request for choice in self._chosen}
        return {name: self._why(name, past, anybody=anybody) for name in self._requests if name not in served}

    def changes(self, before: Mapping[str, Seen], versions: Mapping[str, int]) -> list[Change]:
        """Say of each request what is no longer as it was proposed before, and why."""
        now = {choice.request: frozenset(choice.guides) for choice in self._chosen}
        # Whom requests had that have none of it any more: those people may have gone to others.
        left = {
            guide: name for name, seen in before.items() for guide in seen.guides - now.get(name, frozenset())
        }
        found: list[Change] = []
        for name in sorted({*before, *self._requests}, key=lambda one: (len(one), one)):
            seen, guides = before.get(name), now.get(name, frozenset())
            was = seen.guides if seen is not None else frozenset[str]()
            if was == guides:
                continue
            why, other = self._reason(name, before, was - guides, versions)
            if why in (PlanChange.SOMEBODY_FREE, PlanChange.BETTER_PLAN):
                released = [left[guide] for guide in sorted(guides - was) if guide in left]
                if released:
                    why, other = PlanChange.RELEASED, released[0]
            found.append(Change(name, why, tuple(sorted(was)), tuple(sorted(guides)), other))
        return found

    def _reason(
        self, name: str, before: Mapping[str, Seen], gone: frozenset[str], versions: Mapping[str, int]
    ) -> tuple[PlanChange, str | None]:
        seen = before.get(name)
        if name not in self._requests:
            return PlanChange.NO_LONGER_OPEN, None
        if seen is None:
            return PlanChange.NEW_REQUEST, None
        if seen.version != versions[name]:
            return PlanChange.REQUEST_CHANGED, None
        able = {option.guide for option in self._options[name]}
        if gone - able:
            return PlanChange.NO_LONGER_FREE, None
        elsewhere = [
            (guide in before[option.request].guides if option.request in before else False, option.request)
            for guide in sorted(gone)
            for option in self._taken.get(guide, ())
        ]
        if elsewhere:
            # What the person has newly got is the reason, rather than what they had all along.
            return PlanChange.NEEDED_ELSEWHERE, min(elsewhere, key=lambda one: one[0])[1]
        if not seen.guides and not seen.lost:
            return PlanChange.SOMEBODY_FREE, None
        return PlanChange.BETTER_PLAN, None

    def _why(self, name: str, past: frozenset[str], *, anybody: bool) -> tuple[UnservedReason, int]:
        if not anybody:
            return UnservedReason.NO_GUIDES, 0
        able: dict[int, int] = defaultdict(int)
        for option in self._options[name]:
            able[option.window] += 1
        most = max(able.values(), default=0)
        if not most:
            return (UnservedReason.PAST if name in past else UnservedReason.NOBODY), 0
        if most < self._requests[name].needs:
            return UnservedReason.TOO_FEW, most
        return UnservedReason.LOST, most

    def _of(self, choice: Choice) -> list[Option]:
        by_guide = {one.guide: one for one in self._options[choice.request] if one.window == choice.window}
        return [by_guide[guide] for guide in choice.guides]

    def _next_best(self, choice: Choice, option: Option) -> Option | None:
        alone = len(choice.guides) == 1
        able = [
            one
            for one in self._options[choice.request]
            if one.guide not in choice.guides
            and (alone or one.window == choice.window)
            and self._is_free(one)
        ]
        return min(
            able,
            key=lambda one: (-one.fit, one.window != option.window, len(one.guide), one.guide),
            default=None,
        )

    def _is_free(self, option: Option) -> bool:
        mine = self._taken.get(option.guide, ())
        start = self._start(option)
        asks = self._guides[option.guide].asks
        if asks is not None and len(mine) >= asks:
            return False
        for span in self._guides[option.guide].capacity:
            if span.start <= start < span.end:
                used = sum(one.takes for one in mine if span.start <= self._start(one) < span.end)
                if used + option.takes > span.minutes:
                    return False
        return not any(self._clash(option, one) for one in mine)

    def _clash(self, one: Option, other: Option) -> bool:
        here, there = self._requests[one.request], self._requests[other.request]
        way = self._ways.minutes(here.place, there.place)
        first, second = here.windows[one.window], there.windows[other.window]
        return second.start - first.end < way and first.start - second.end < way

    def _start(self, option: Option) -> int:
        return self._requests[option.request].windows[option.window].start


class _Ways:
    def __init__(self, ways: Ways) -> None:
        self._default, self._same = ways.default, ways.same
        self._pairs = {frozenset((here, there)): minutes for here, there, minutes in ways.pairs}

    def minutes(self, here: str | None, there: str | None) -> int:
        if here is None or there is None:
            return 0
        if here == there:
            return self._same
        return self._pairs.get(frozenset((here, there)), self._default)
