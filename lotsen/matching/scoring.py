"""The fit: how well a guide suits a request in a window, 0 to 100, from named parts that a pool weighs.

Values are whole hundredths, the total is rounded half up in whole numbers, so the same input gives the same
number on every machine. Each part is measured once, over rows of a table; the facts behind it are read from
the same columns.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

import numpy as np

from lotsen.domain.vocabulary import LEVELS, FitPart, LanguageFit, Level, Mode, WishKind, WishWeight
from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Candidate, Need, Rules, Weights, Window
from lotsen.matching.question import Question, Slot, question
from lotsen.matching.reasons import Fact, district_of, spoken
from lotsen.matching.table import FAR, GENDERS, NO_LIMIT, OCCASIONS, CandidateTable

Facts: TypeAlias = dict[str, Fact]
Measure: TypeAlias = Callable[[Question, Slot, CandidateTable, Numbers], Numbers]
Explain: TypeAlias = Callable[[Question, Slot, CandidateTable, int], Facts]

_QUALITY: Final = {
    LanguageFit.EXACT: 100,
    LanguageFit.WELL: 80,
    LanguageFit.FAIRLY: 60,
    LanguageFit.BARELY: 30,
}
_LEVEL: Final = {
    Level.A1: 10,
    Level.A2: 25,
    Level.B1: 50,
    Level.B2: 70,
    Level.C1: 85,
    Level.C2: 95,
    Level.NATIVE: 100,
}
_NEARNESS: Final = np.array((100, 80, 60, 40, 25, 10), np.int64)
_UNKNOWN_WAY, _NAMED_DISTRICT = 30, 70
_TIMES_AT_INSTITUTION: Final = np.array((0, 60, 80, 100), np.int64)
_TIMES_AT_OCCASION: Final = np.array((0, 50, 70, 85, 85, 100), np.int64)
_LONG_AGO_DAYS = 365
_WEEKS_OF_LOAD, _MONTHS_OF_LOAD = 13, 3
# What an unlimited guide's load is measured against: four hours a week.
_USUAL_WEEK_MINUTES = 240
_WITHOUT_LIMIT: Final = np.array((100, 75, 50, 25, 0), np.int64)


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
    asked = question(need, rules, need.waiting_since, (window,))
    return explain(asked, 0, CandidateTable((candidate,)), 0, weights)


def totals(asked: Question, table: CandidateTable, rows: Numbers, weights: Weights) -> Numbers:
    """Return the fit of some rows, which ascend, one line for each window."""
    weighed = weights_of(asked.need, weights)
    points = np.zeros((len(asked.slots), rows.size), np.int64)
    for name, weight in weighed.items():
        measure = MEASURES[name]
        if weight and name in _BY_WINDOW:
            for number, slot in enumerate(asked.slots):
                points[number] += measure(asked, slot, table, rows) * weight
        elif weight and asked.slots:
            points += measure(asked, asked.slots[0], table, rows) * weight
    whole = sum(weighed.values())
    return (2 * points + whole) // (2 * whole) if whole else points


def explain(asked: Question, window: int, table: CandidateTable, row: int, weights: Weights) -> Fit:
    """Return the fit of one row in a window with all its parts and facts."""
    slot, rows = asked.slots[window], np.array([row])
    parts = tuple(
        Part(
            name,
            int(measure(asked, slot, table, rows)[0]) / 100,
            weight,
            _FACTS[name](asked, slot, table, row),
        )
        for (name, measure), weight in zip(
            MEASURES.items(), weights_of(asked.need, weights).values(), strict=True
        )
    )
    return Fit(_total(parts), parts)


def _total(parts: tuple[Part, ...]) -> int:
    points = sum(round(100 * one.value) * one.weight for one in parts)
    whole = sum(one.weight for one in parts)
    return (2 * points + whole) // (2 * whole) if whole else 0


def weights_of(need: Need, weights: Weights) -> dict[FitPart, int]:
    """Return the weight of every part; nice-wishes weigh only where there are any."""
    weighed = {name: weights.get(name, 0) for name in MEASURES}
    if not _nice(need):
        weighed[FitPart.WISHES] = 0
    return weighed


def _language(asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    best = np.zeros(rows.size, np.int64)
    for code, serves in asked.need.accepted.items():
        values = [_language_value(serves, level, asked.need) for level in LEVELS]
        np.maximum(best, np.array([0, *values])[table.speaks(code, rows)], out=best)
    return best


def _language_value(serves: LanguageFit, level: Level, need: Need) -> int:
    return _QUALITY[serves] * _LEVEL[level] // 100 if level.rank >= need.level.rank else 0


def _language_facts(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    need = asked.need
    enough = [
        (_language_value(need.accepted[code], level, need), level.rank, code)
        for code, level in spoken(need, table, row)
        if level.rank >= need.level.rank
    ]
    if not enough:
        return {}
    _, rank, code = max(enough)
    return {"code": code, "level": LEVELS[rank], "as": need.accepted[code]}


def _nearness(asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    place = asked.need.district
    if asked.need.mode is not Mode.ON_SITE:
        return np.full(rows.size, 100)
    unknown = np.full(rows.size, _UNKNOWN_WAY)
    if place is None:
        return unknown
    every = table.hops(asked.rules.travel, asked.need.pool_id, place)
    for number in np.flatnonzero(every[:-1] == 0).tolist():
        _, where = _among(table.named.rows_at(number), rows)
        unknown[where] = _NAMED_DISTRICT
    hops = every[table.home[rows]]
    return np.where(hops == FAR, unknown, _NEARNESS[np.minimum(hops, len(_NEARNESS) - 1)])


def _nearness_facts(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    need, place = asked.need, asked.need.district
    if need.mode is not Mode.ON_SITE:
        return {"mode": need.mode}
    home = int(table.home[row])
    every = None if place is None else table.hops(asked.rules.travel, need.pool_id, place)
    hops = FAR if every is None else int(every[home])
    return {
        "home": district_of(table, home),
        "district": place,
        "hops": None if hops == FAR else hops,
        "named": every is not None and any(every[number] == 0 for (number,) in table.named.of(row)),
    }


def _among(some: Numbers, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return the places in `some` of what also stands in `rows`, and the places there; `rows` ascend."""
    if not rows.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    where = np.minimum(np.searchsorted(rows, some), rows.size - 1)
    found = np.flatnonzero(rows[where] == some)
    return found, where[found]


def _continuity(asked: Question, slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    value = np.zeros(rows.size, np.int64)
    institution = asked.need.institution_id
    number = -1 if institution is None else institution
    places, knowing = table.history.near(number, number + 1)
    if not places.size or not rows.size:
        return value
    _, times, last = table.history.values[:, places]
    points = _TIMES_AT_INSTITUTION[np.minimum(np.maximum(times, 0), len(_TIMES_AT_INSTITUTION) - 1)]
    points = np.where(slot.day - last > _LONG_AGO_DAYS, points // 2, points)
    known, where = _among(knowing, rows)
    value[where] = points[known]
    return value


def _continuity_facts(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    for institution, times, last in table.history.of(row):
        if institution == asked.need.institution_id and times > 0:
            return {"times": times, "last_on": date.fromordinal(last)}
    return {"times": 0}


def _experience(asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    times = table.occasions[OCCASIONS.index(asked.need.occasion)][rows]
    return _TIMES_AT_OCCASION[np.minimum(np.maximum(times, 0), len(_TIMES_AT_OCCASION) - 1)]


def _experience_facts(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    times = int(table.occasions[OCCASIONS.index(asked.need.occasion), row])
    return {"times": max(0, times), "occasion": asked.need.occasion}


def _load_limit(table: CandidateTable, rows: Numbers) -> Numbers:
    week, month = table.week_limit[rows].astype(np.int64), table.month_limit[rows].astype(np.int64)
    limit = np.minimum(
        np.where(week == NO_LIMIT, NO_LIMIT, week * _WEEKS_OF_LOAD),
        np.where(month == NO_LIMIT, NO_LIMIT, month * _MONTHS_OF_LOAD),
    )
    return np.where(limit == NO_LIMIT, _USUAL_WEEK_MINUTES * _WEEKS_OF_LOAD, limit)


def _load(_asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    limit = _load_limit(table, rows)
    used = 100 * table.load[rows].astype(np.int64) // np.maximum(limit, 1)
    return np.where(limit > 0, 100 - np.minimum(100, used), 0)


def _load_facts(_asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    return {"minutes": int(table.load[row]), "limit": int(_load_limit(table, np.array([row]))[0])}


def _asks(_asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    return 300 // (3 + np.maximum(0, table.asks_90[rows].astype(np.int64)))


def _asks_facts(_asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    return {"asks": int(table.asks_90[row])}


def _room(_asked: Question, slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    used, held = (line[rows].astype(np.int64) for line in table.used(*slot.week))
    limit = table.week_limit[rows].astype(np.int64)
    value = np.where(limit > 0, 100 * np.maximum(0, limit - used) // np.maximum(limit, 1), 0)
    return np.where(limit == NO_LIMIT, _WITHOUT_LIMIT[np.minimum(held, len(_WITHOUT_LIMIT) - 1)], value)


def _room_facts(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Facts:
    minutes, held = table.used(*slot.week)[:, row].tolist()
    limit = int(table.week_limit[row])
    return {
        "appointments": held,
        "minutes": minutes,
        "limit": None if limit == NO_LIMIT else limit,
    }


def _wishes(asked: Question, _slot: Slot, table: CandidateTable, rows: Numbers) -> Numbers:
    nice = _nice(asked.need)
    met = np.zeros(rows.size, np.int64)
    for kind, wanted in nice.items():
        column = table.gender if kind is WishKind.GENDER else table.guide_id
        met += np.isin(column[rows], list(wanted), invert=kind is WishKind.NOT_GUIDE)
    return 100 * met // max(1, len(nice))


def _wishes_facts(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Facts:
    met: list[str] = []
    not_met: list[str] = []
    for kind, wanted in sorted(_nice(asked.need).items()):
        one = int(table.gender[row] if kind is WishKind.GENDER else table.guide_id[row])
        (met if (one in wanted) is (kind is not WishKind.NOT_GUIDE) else not_met).append(kind)
    return {"met": tuple(met), "not_met": tuple(not_met)}


def _nice(need: Need) -> dict[WishKind, set[int]]:
    """Gather the nice-wishes by kind: two wished guides are one wish that either of them meets."""
    gathered: dict[WishKind, set[int]] = {}
    for wish in need.wishes:
        if wish.weight is WishWeight.NICE:
            gender = None if wish.gender is None else GENDERS.index(wish.gender) + 1
            wanted = gender if wish.kind is WishKind.GENDER else wish.guide_id
            if wanted is not None:
                gathered.setdefault(wish.kind, set()).add(wanted)
    return gathered


MEASURES: Final[dict[FitPart, Measure]] = {
    FitPart.LANGUAGE: _language,
    FitPart.NEARNESS: _nearness,
    FitPart.CONTINUITY: _continuity,
    FitPart.EXPERIENCE: _experience,
    FitPart.LOAD: _load,
    FitPart.ASKS: _asks,
    FitPart.ROOM: _room,
    FitPart.WISHES: _wishes,
}
# What of a need and of a window each part looks at: equal answers, equal values.
SEES_OF_FIT: Final[dict[FitPart, Callable[[Question, Slot], Hashable]]] = {
    FitPart.LANGUAGE: lambda asked, _: (tuple(asked.need.accepted.items()), asked.need.level),
    FitPart.NEARNESS: lambda asked, _: (asked.need.mode, asked.need.pool_id, asked.need.district),
    FitPart.CONTINUITY: lambda asked, slot: (asked.need.institution_id, slot.day),
    FitPart.EXPERIENCE: lambda asked, _: asked.need.occasion,
    FitPart.LOAD: lambda _, __: None,
    FitPart.ASKS: lambda _, __: None,
    FitPart.ROOM: lambda _, slot: slot.week,
    FitPart.WISHES: lambda asked, _: tuple(w for w in asked.need.wishes if w.weight is WishWeight.NICE),
}
# The other parts are the same in every window.
_BY_WINDOW: Final = frozenset({FitPart.CONTINUITY, FitPart.ROOM})
_FACTS: Final[dict[FitPart, Explain]] = {
    FitPart.LANGUAGE: _language_facts,
    FitPart.NEARNESS: _nearness_facts,
    FitPart.CONTINUITY: _continuity_facts,
    FitPart.EXPERIENCE: _experience_facts,
    FitPart.LOAD: _load_facts,
    FitPart.ASKS: _asks_facts,
    FitPart.ROOM: _room_facts,
    FitPart.WISHES: _wishes_facts,
}
