"""The fit: how well a guide suits a request in a window, 0 to 100, from named parts that a pool weighs.

Values are whole hundredths inside and the total is rounded half up in whole numbers, so the same input
gives the same number on every machine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import FitPart, LanguageFit, Level, Mode, WishKind, WishWeight
from lotsen.matching.profiles import Candidate, Need, Rules, Weights, Window
from lotsen.matching.rules import Fact, held_in_week

Facts: TypeAlias = dict[str, Fact]

_QUALITY = {LanguageFit.EXACT: 100, LanguageFit.WELL: 80, LanguageFit.FAIRLY: 60, LanguageFit.BARELY: 30}
_LEVEL = {
    Level.A1: 10,
    Level.A2: 25,
    Level.B1: 50,
    Level.B2: 70,
    Level.C1: 85,
    Level.C2: 95,
    Level.NATIVE: 100,
}
_NEARNESS = (100, 80, 60, 40, 25)
_FAR, _UNKNOWN_WAY, _NAMED_DISTRICT = 10, 30, 70
_TIMES_AT_INSTITUTION = (0, 60, 80, 100)
_TIMES_AT_OCCASION = (0, 50, 70, 85, 85, 100)
_LONG_AGO = timedelta(days=365)
_WEEKS_OF_LOAD, _MONTHS_OF_LOAD = 13, 3
# What an unlimited guide's load is measured against: four hours a week.
_USUAL_WEEK_MINUTES = 240
_WITHOUT_LIMIT = (100, 75, 50, 25, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """One named part of the fit: its value from 0 to 1 in hundredths, its weight, and the facts behind it."""

    part: FitPart
    value: float
    weight: int
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])


@dataclass(frozen=True, slots=True)
class Fit:
    """The weighted total from 0 to 100 and what it is made of; 0 if no part has a weight."""

    total: int
    parts: tuple[Part, ...]

    def part(self, name: FitPart) -> Part:
        """Return the part of this name."""
        return next(one for one in self.parts if one.part is name)


def fit(need: Need, window: Window, candidate: Candidate, rules: Rules, weights: Weights) -> Fit:
    """Weigh how well a guide suits a request in a window; a part without a weight in `weights` counts 0."""
    parts: list[Part] = []
    points = sum_of_weights = 0
    for name, measure in _MEASURES.items():
        hundredths, facts = measure(need, window, candidate, rules)
        weight = weights.get(name, 0)
        if name is FitPart.WISHES and not _nice(need):
            weight = 0
        parts.append(Part(name, hundredths / 100, weight, facts))
        points += hundredths * weight
        sum_of_weights += weight
    total = (2 * points + sum_of_weights) // (2 * sum_of_weights) if sum_of_weights else 0
    return Fit(total, tuple(parts))


def _language(need: Need, _window: Window, candidate: Candidate, _rules: Rules) -> tuple[int, Facts]:
    spoken = [
        (_QUALITY[need.accepted[code]] * _LEVEL[level] // 100, level.rank, code, level)
        for code, level in candidate.languages
        if code in need.accepted and level.rank >= need.level.rank
    ]
    if not spoken:
        return 0, {}
    value, _, code, level = max(spoken)
    return value, {"code": code, "level": level, "as": need.accepted[code]}


def _nearness(need: Need, _window: Window, candidate: Candidate, rules: Rules) -> tuple[int, Facts]:
    if need.mode is not Mode.ON_SITE:
        return 100, {"mode": need.mode}
    home, place = candidate.home_district, need.district
    hops = None if home is None or place is None else rules.travel.hops(home, place)
    facts: Facts = {"home": home, "district": place, "hops": hops, "named": place in candidate.districts}
    if hops is not None:
        return (_NEARNESS[hops] if hops < len(_NEARNESS) else _FAR), facts
    return (_NAMED_DISTRICT if facts["named"] else _UNKNOWN_WAY), facts


def _continuity(_need: Need, window: Window, candidate: Candidate, rules: Rules) -> tuple[int, Facts]:
    history = candidate.history
    if history is None or history.times <= 0:
        return 0, {"times": 0}
    value = _TIMES_AT_INSTITUTION[min(history.times, len(_TIMES_AT_INSTITUTION) - 1)]
    long_ago = local_day(window.start, rules.zone) - history.last_on > _LONG_AGO
    return (value // 2 if long_ago else value), {"times": history.times, "last_on": history.last_on}


def _experience(need: Need, _window: Window, candidate: Candidate, _rules: Rules) -> tuple[int, Facts]:
    times = max(0, candidate.occasions.get(need.occasion, 0))
    value = _TIMES_AT_OCCASION[min(times, len(_TIMES_AT_OCCASION) - 1)]
    return value, {"times": times, "occasion": need.occasion}


def _load(_need: Need, _window: Window, candidate: Candidate, _rules: Rules) -> tuple[int, Facts]:
    limits: list[int] = []
    if candidate.week_minutes is not None:
        limits.append(candidate.week_minutes * _WEEKS_OF_LOAD)
    if candidate.month_minutes is not None:
        limits.append(candidate.month_minutes * _MONTHS_OF_LOAD)
    limit = min(limits, default=_USUAL_WEEK_MINUTES * _WEEKS_OF_LOAD)
    value = 100 - min(100, 100 * candidate.load_minutes_90 // limit) if limit > 0 else 0
    return value, {"minutes": candidate.load_minutes_90, "limit": limit}


def _asks(_need: Need, _window: Window, candidate: Candidate, _rules: Rules) -> tuple[int, Facts]:
    return 300 // (3 + max(0, candidate.asks_90)), {"asks": candidate.asks_90}


def _room(_need: Need, window: Window, candidate: Candidate, rules: Rules) -> tuple[int, Facts]:
    held = held_in_week(window, candidate, rules)
    used = sum(one.minutes for one in held)
    limit = candidate.week_minutes
    facts: Facts = {"appointments": len(held), "minutes": used, "limit": limit}
    if limit is None:
        return _WITHOUT_LIMIT[min(len(held), len(_WITHOUT_LIMIT) - 1)], facts
    return (100 * max(0, limit - used) // limit if limit > 0 else 0), facts


def _wishes(need: Need, _window: Window, candidate: Candidate, _rules: Rules) -> tuple[int, Facts]:
    nice = _nice(need)
    met = tuple(sorted(kind for kind, wanted in nice.items() if _is_met(kind, wanted, candidate)))
    not_met = tuple(sorted(kind for kind in nice if kind not in met))
    return (100 * len(met) // len(nice) if nice else 0), {"met": met, "not_met": not_met}


def _nice(need: Need) -> dict[WishKind, set[str | int]]:
    """Gather the nice-wishes by kind: two wished guides are one wish that either of them meets."""
    gathered: dict[WishKind, set[str | int]] = {}
    for wish in need.wishes:
        if wish.weight is WishWeight.NICE:
            wanted = wish.gender if wish.kind is WishKind.GENDER else wish.guide_id
            if wanted is not None:
                gathered.setdefault(wish.kind, set()).add(wanted)
    return gathered


def _is_met(kind: WishKind, wanted: set[str | int], candidate: Candidate) -> bool:
    if kind is WishKind.GENDER:
        return candidate.gender is not None and candidate.gender in wanted
    return (candidate.guide_id in wanted) is (kind is WishKind.GUIDE)


_MEASURES: dict[FitPart, Callable[[Need, Window, Candidate, Rules], tuple[int, Facts]]] = {
    FitPart.LANGUAGE: _language,
    FitPart.NEARNESS: _nearness,
    FitPart.CONTINUITY: _continuity,
    FitPart.EXPERIENCE: _experience,
    FitPart.LOAD: _load,
    FitPart.ASKS: _asks,
    FitPart.ROOM: _room,
    FitPart.WISHES: _wishes,
}
