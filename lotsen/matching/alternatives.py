"""Finds the smallest changes of a request that open guides, with exact counts by the same rules.

The language itself is never dropped, and no change touches what guides have said, but for one: they may be
asked whether they would go one border further. Pairs of changes are looked at only if no single one helps and
there are still too few.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from lotsen.domain.localtime import local_datetime, local_day
from lotsen.domain.vocabulary import (
    LEVELS,
    ChangeKind,
    LanguageFit,
    Level,
    Mode,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Need, Rules, Window
from lotsen.matching.question import MINUTE, Question, day_span, question
from lotsen.matching.rules import Known, always, in_windows, refused
from lotsen.matching.table import CandidateTable, Mask, micros

_STEP: Final = timedelta(minutes=15)
_MOST_STEPS: Final = 12
_SHORTER: Final = timedelta(minutes=30)
_DAYS: Final = 7
_QUARTER: Final = 15 * MINUTE
_TICK: Final = timedelta(microseconds=1)
# How much a change asks of people: a quarter of an hour is 1, another day the more the further it is.
_SIZE: Final = {
    ChangeKind.SHORTER: 2,
    ChangeKind.WISH: 3,
    ChangeKind.LOWER_LEVEL: 4,
    ChangeKind.LOWER_GERMAN: 4,
    ChangeKind.FURTHER: 4,
    ChangeKind.SUBSTITUTE: 5,
    ChangeKind.PHONE: 6,
    ChangeKind.VIDEO: 6,
    ChangeKind.OTHER_DAY: 6,
    ChangeKind.OTHER_POOL: 12,
}
_KINDS: Final = tuple(ChangeKind)
_REMOTE: Final = {Mode.PHONE: ChangeKind.PHONE, Mode.VIDEO: ChangeKind.VIDEO}


@dataclass(frozen=True, slots=True)
class Change:
    """One small change; `window_index` and `window` belong to changes of time, the others to their kind."""

    kind: ChangeKind
    size: int
    window_index: int | None = None
    window: Window | None = None
    level: Level | None = None
    wish: WishKind | None = None
    languages: tuple[str, ...] = ()
    pool_id: int | None = None


def _nobody() -> Numbers:
    return np.zeros(0, np.int64)


def _none() -> Mask:
    return np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One change or a pair, how many could come then, and how many of them cannot as things are."""

    changes: tuple[Change, ...]
    count: int
    opens: int
    among: Numbers = field(default_factory=_nobody, compare=False, repr=False)
    able: Mask = field(default_factory=_none, compare=False, repr=False)

    @property
    def size(self) -> int:
        """How much the changes ask of people."""
        return sum(change.size for change in self.changes)

    @property
    def guide_ids(self) -> tuple[int, ...]:
        """Who could come, by id."""
        return tuple(sorted(self.among[self.able].tolist()))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pool that shares its guides, and its own rules."""

    pool_id: int
    table: CandidateTable
    rules: Rules


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be changed: the accepted varieties with all substitutes, the shortest talk, other pools."""

    substitutes: Mapping[str, LanguageFit] = field(default_factory=dict[str, LanguageFit])
    shortest_minutes: int = 30
    neighbours: Sequence[Neighbour] = ()


class _Time(NamedTuple):
    """A change of time before anybody is known to gain by it."""

    kind: ChangeKind
    size: int
    place: int
    window: Window


@dataclass(frozen=True, slots=True)
class _Variant:
    """A need with changes made, but for the windows and for what guides might be asked."""

    need: Need
    changes: tuple[Change, ...] = ()
    further: int = 0


def alternatives(
    need: Need, table: CandidateTable, rules: Rules, now: datetime, scope: Scope
) -> tuple[Alternative, ...]:
    """Return every change that opens somebody: the smallest first, then what opens most.

    A change of time is counted for the new time alone, all others for all windows of the request.
    """
    base = _Variant(need)
    variants = [base, *_variants(base, scope)]
    times = tuple(_times(need, rules, scope))
    among = _Among(need, table, rules, now)

    found = [*among.at_times(base, times, among.moved(times))]
    found += among.counted(variants[1:])
    found += _elsewhere(need, now, scope)
    if not found and np.count_nonzero(among.able_now) < need.guides_needed:
        found += _pairs(variants, times, among, scope)
    return tuple(sorted(found, key=_order))


def smallest_of_each_kind(found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Keep the first alternative of each kind of change, in the order given."""
    kept: dict[tuple[object, ...], Alternative] = {}
    for one in found:
        kept.setdefault(tuple((change.kind, change.wish, change.pool_id) for change in one.changes), one)
    return tuple(kept.values())


def _in_turn(one: Change, other: Change) -> bool:
    """Say whether two changes are of two kinds and in order, so that no pair is counted twice."""
    first, second = ((_KINDS.index(change.kind), change.wish or "") for change in (one, other))
    return first < second and not {one.kind, other.kind} <= {*_REMOTE.values()}


def _order(one: Alternative) -> tuple[object, ...]:
    moments = tuple(change.window.start for change in one.changes if change.window is not None)
    kinds = tuple(_KINDS.index(change.kind) for change in one.changes)
    places = tuple(
        (change.window_index or 0, change.wish or "", change.pool_id or 0) for change in one.changes
    )
    return one.size, -one.opens, kinds, moments, places


def _variants(base: _Variant, scope: Scope) -> Iterator[_Variant]:
    """Yield the need with each single change that is not one of time."""
    need = base.need

    def changed(kind: ChangeKind, other: Need, further: int = 0, **what: object) -> _Variant:
        change = replace(Change(kind, _SIZE[kind]), **what)
        return _Variant(other, (*base.changes, change), max(base.further, further))

    for kind in dict.fromkeys(wish.kind for wish in need.wishes if wish.weight is WishWeight.MUST):
        wishes = tuple(
            replace(wish, weight=WishWeight.NICE) if wish.kind is kind else wish for wish in need.wishes
        )
        yield changed(ChangeKind.WISH, replace(need, wishes=wishes), wish=kind)
    if need.level.rank:
        lower = LEVELS[need.level.rank - 1]
        yield changed(ChangeKind.LOWER_LEVEL, replace(need, level=lower), level=lower)
    if need.german_level.rank:
        lower = LEVELS[need.german_level.rank - 1]
        yield changed(ChangeKind.LOWER_GERMAN, replace(need, german_level=lower), level=lower)
    if need.mode is Mode.ON_SITE and need.district is not None and not base.further:
        yield changed(ChangeKind.FURTHER, need, further=1)
    if more := {code: serves for code, serves in scope.substitutes.items() if code not in need.accepted}:
        yield changed(
            ChangeKind.SUBSTITUTE,
            replace(need, accepted={**need.accepted, **more}),
            languages=tuple(sorted(more)),
        )
    for mode, kind in _REMOTE.items():
        if need.mode is not mode:
            yield changed(kind, replace(need, mode=mode))


def _times(need: Need, rules: Rules, scope: Scope) -> Iterator[_Time]:
    """Yield each window moved within its day, shortened, or at the same hour of another day."""
    for index, window in enumerate(need.windows):
        day, length = local_day(window.start, rules.zone), window.end - window.start
        last = local_day(window.end - _TICK, rules.zone)
        (opens, midnight), (following, closes) = day_span(day, rules.zone), day_span(last, rules.zone)
        first, end = micros(window.start), micros(window.end)
        for steps in range(-_MOST_STEPS, _MOST_STEPS + 1):
            by = steps * _QUARTER
            if steps and opens <= first + by < midnight and following < end + by <= closes:
                start = window.start + steps * _STEP
                yield _Time(ChangeKind.SHIFTED, abs(steps), index, Window(start, start + length))
        shorter = length - _SHORTER
        if shorter >= max(_STEP, timedelta(minutes=scope.shortest_minutes)):
            size = _SIZE[ChangeKind.SHORTER]
            yield _Time(ChangeKind.SHORTER, size, index, Window(window.start, window.start + shorter))
        wall = window.start.astimezone(rules.zone).time()
        for days in range(-_DAYS, _DAYS + 1):
            moved = local_datetime(day + timedelta(days=days), wall, rules.zone)
            if days and moved.exists:
                size = _SIZE[ChangeKind.OTHER_DAY] + abs(days)
                there = Window(moved.moment, moved.moment + length)
                yield _Time(ChangeKind.OTHER_DAY, size, index, there)


def _any(masks: Iterable[Mask], size: int) -> Mask:
    found = np.zeros(size, np.bool_)
    for mask in masks:
        found |= mask
    return found


class _Among:
    """Some guides, and what is known of them already: changes differ in little."""

    def __init__(self, need: Need, table: CandidateTable, rules: Rules, now: datetime) -> None:
        self._table, self._ids = table, table.guide_id
        self.rules = rules
        self._asked = question(need, rules, now, ())
        self._known: Known = {}
        self._struck, self._struck_remote = _struck_windows(question(need, rules, now), table)
        self.able_now = self._able(_Variant(need))

    def moved(self, times: Sequence[_Time]) -> Question:
        """Prepare other times."""
        windows = tuple(time.window for time in times)
        return question(self._asked.need, self.rules, self._asked.now, windows)

    def counted(self, variants: Iterable[_Variant]) -> Iterator[Alternative]:
        """Yield the variants that open somebody in one of the request's own windows."""
        for variant in variants:
            able = self._able(variant)
            opens = int(np.count_nonzero(able & ~self.able_now))
            if opens:
                yield Alternative(variant.changes, int(np.count_nonzero(able)), opens, self._ids, able)

    def at_times(self, variant: _Variant, times: Sequence[_Time], moved: Question) -> Iterator[Alternative]:
        """Yield the times that open somebody."""
        asked = replace(moved, need=variant.need, further=variant.further)
        rows = np.flatnonzero(~self._failing(asked))
        if not rows.size:
            return
        able = refused(asked, self._table, rows)
        np.logical_not(able, out=able)
        new, ids = ~self.able_now[rows], self._ids[rows]
        for time, line in zip(times, able, strict=True):
            opens = int(np.count_nonzero(line & new))
            if opens:
                change = Change(time.kind, time.size, time.place, time.window)
                yield Alternative((*variant.changes, change), int(np.count_nonzero(line)), opens, ids, line)

    def _able(self, variant: _Variant) -> Mask:
        """Return who can come in at least one of the request's own windows."""
        fails = self._failing(replace(self._asked, need=variant.need, further=variant.further))
        fails |= self._struck if variant.need.mode is Mode.ON_SITE else self._struck_remote
        return ~fails

    def _failing(self, asked: Question) -> Mask:
        """Return who fails whatever the window."""
        return _any(always(asked, self._table, self._known).values(), self._table.size)


def _struck_windows(asked: Question, table: CandidateTable) -> tuple[Mask, Mask]:
    """Return who fails every window by the rules that go by it: with the way between two places, and without.

    No change but that of the mode touches these rules.
    """
    without = np.zeros((len(asked.slots), table.size), np.bool_)
    masks = in_windows(asked, table)
    for code, mask in masks.items():
        if code is not ReasonCode.TRAVEL:
            without |= mask
    way = masks.get(ReasonCode.TRAVEL)
    every = without if way is None else without | way
    return np.logical_and.reduce(every), np.logical_and.reduce(without)


def _elsewhere(need: Need, now: datetime, scope: Scope) -> Iterator[Alternative]:
    for other in scope.neighbours:
        able = _Among(need, other.table, other.rules, now).able_now
        count = int(np.count_nonzero(able))
        if count:
            change = Change(ChangeKind.OTHER_POOL, _SIZE[ChangeKind.OTHER_POOL], pool_id=other.pool_id)
            yield Alternative((change,), count, count, other.table.guide_id, able)


def _pairs(
    variants: Sequence[_Variant], times: Sequence[_Time], among: _Among, scope: Scope
) -> Iterator[Alternative]:
    """Yield two changes at once, of two kinds; either alone opens nobody."""
    base, *others = variants
    moved = among.moved(times)
    for variant in others:
        yield from among.at_times(variant, times, moved)
    yield from among.counted(two for one in others for two in _variants(one, scope) if _in_turn(*two.changes))
    for time in times:
        if time.kind is ChangeKind.SHORTER:
            shorter = replace(base.need, windows=(time.window,))
            again = [
                one._replace(place=time.place)
                for one in _times(shorter, among.rules, scope)
                if one.kind is not ChangeKind.SHORTER
            ]
            change = Change(time.kind, time.size, time.place, time.window)
            yield from among.at_times(_Variant(base.need, (change,)), again, among.moved(again))
