"""Finds the smallest changes of a request that open guides, with exact counts by the same rules.

The language itself is never dropped, and no change touches what guides have said, but for one: they may be
asked whether they would go one border further. Pairs of changes are looked at only if no single one helps and
there are still too few.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

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
from lotsen.matching.question import question
from lotsen.matching.rules import always, in_windows
from lotsen.matching.table import CandidateTable, Mask

_STEP: Final = timedelta(minutes=15)
_MOST_STEPS: Final = 12
_SHORTER: Final = timedelta(minutes=30)
_DAYS: Final = 7
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


@dataclass(frozen=True, slots=True)
class Alternative:
    """One change or a pair, how many could come then, and how many of them cannot as things are."""

    changes: tuple[Change, ...]
    count: int
    opens: int
    ids: Numbers = field(default_factory=_nobody, compare=False, repr=False)

    @property
    def size(self) -> int:
        """How much the changes ask of people."""
        return sum(change.size for change in self.changes)

    @property
    def guide_ids(self) -> tuple[int, ...]:
        """Who could come, by id."""
        return tuple(sorted(self.ids.tolist()))


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
    part = _relevant(variants, table, rules, now)
    times = tuple(_times(need, rules, scope))
    struck = _struck_windows(base, part, rules, now)
    able_now = _able_at_all(base, part, rules, now, struck)

    found = [*_at_times(base, times, part, rules, now, able_now)]
    found += _counted(variants[1:], part, rules, now, able_now, struck)
    found += _elsewhere(need, now, scope)
    if not found and np.count_nonzero(able_now) < need.guides_needed:
        found += _pairs(variants, times, part, rules, now, scope, able_now, struck)
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


def _times(need: Need, rules: Rules, scope: Scope) -> Iterator[Change]:
    """Yield each window moved within its day, shortened, or at the same hour of another day."""
    for index, window in enumerate(need.windows):
        day, length = local_day(window.start, rules.zone), window.end - window.start
        last = local_day(window.end - _TICK, rules.zone)
        for steps in range(-_MOST_STEPS, _MOST_STEPS + 1):
            start = window.start + steps * _STEP
            end = start + length
            same = local_day(start, rules.zone) == day and local_day(end - _TICK, rules.zone) == last
            if steps and same:
                yield Change(ChangeKind.SHIFTED, abs(steps), index, Window(start, end))
        shorter = length - _SHORTER
        if shorter >= max(_STEP, timedelta(minutes=scope.shortest_minutes)):
            size = _SIZE[ChangeKind.SHORTER]
            yield Change(ChangeKind.SHORTER, size, index, Window(window.start, window.start + shorter))
        wall = window.start.astimezone(rules.zone).time()
        for days in range(-_DAYS, _DAYS + 1):
            moved = local_datetime(day + timedelta(days=days), wall, rules.zone)
            if days and moved.exists:
                size = _SIZE[ChangeKind.OTHER_DAY] + abs(days)
                there = Window(moved.moment, moved.moment + length)
                yield Change(ChangeKind.OTHER_DAY, size, index, there)


def _relevant(
    variants: Sequence[_Variant], table: CandidateTable, rules: Rules, now: datetime
) -> CandidateTable:
    """Return the table of those who can come at some time under some pair of changes.

    Whoever fails a rule that no change touches, or two at once that no pair relaxes, is nobody's alternative.
    """
    need = variants[0].need
    accepted = {code: serves for one in variants for code, serves in one.need.accepted.items()}
    widest = replace(
        need,
        accepted=accepted,
        level=LEVELS[max(0, need.level.rank - 1)],
        german_level=LEVELS[max(0, need.german_level.rank - 1)],
        wishes=(),
        mode=Mode.PHONE,
    )
    asked = question(widest, rules, now, ())
    fails = [mask for code, mask in always(asked, table).items() if code is not ReasonCode.MODE]
    return table.take(np.flatnonzero(~np.logical_or.reduce(fails)), accepted)


def _able(
    variant: _Variant, table: CandidateTable, rules: Rules, now: datetime, windows: Sequence[Window]
) -> Mask:
    """Return who can come in which of these windows, one line for each."""
    asked = question(variant.need, rules, now, tuple(windows), variant.further)
    able = np.zeros((len(windows), table.size), np.bool_)
    fails = always(asked, table)
    rows = np.flatnonzero(~np.logical_or.reduce([*fails.values()]))
    if not rows.size or not windows:
        return able
    part = table.take(rows, ())
    struck = np.zeros((len(windows), rows.size), np.bool_)
    for mask in in_windows(asked, part).values():
        struck |= mask
    able[:, rows] = ~struck
    return able


def _struck_windows(base: _Variant, table: CandidateTable, rules: Rules, now: datetime) -> tuple[Mask, Mask]:
    """Return who fails every window by the rules that go by it: with the way between two places, and without.

    No change but that of the mode touches these rules.
    """
    without = np.zeros((len(base.need.windows), table.size), np.bool_)
    masks = in_windows(question(base.need, rules, now), table)
    for code, mask in masks.items():
        if code is not ReasonCode.TRAVEL:
            without |= mask
    way = masks.get(ReasonCode.TRAVEL)
    every = without if way is None else without | way
    return _in_all(every), _in_all(without)


def _in_all(lines: Mask) -> Mask:
    return np.count_nonzero(lines, axis=0) == len(lines)


def _able_at_all(
    variant: _Variant, table: CandidateTable, rules: Rules, now: datetime, struck: tuple[Mask, Mask]
) -> Mask:
    """Return who can come in at least one of the request's own windows."""
    fails = struck[variant.need.mode is not Mode.ON_SITE].copy()
    for mask in always(question(variant.need, rules, now, (), variant.further), table).values():
        fails |= mask
    return np.logical_not(fails, out=fails)


def _alternative(
    changes: tuple[Change, ...], able: Mask, table: CandidateTable, able_now: Mask
) -> Alternative | None:
    opens = int(np.count_nonzero(able & ~able_now))
    if not opens:
        return None
    ids = table.guide_id[able]
    return Alternative(changes, ids.size, opens, ids)


def _at_times(
    variant: _Variant,
    times: Sequence[Change],
    table: CandidateTable,
    rules: Rules,
    now: datetime,
    able_now: Mask,
) -> Iterator[Alternative]:
    windows = [change.window for change in times if change.window is not None]
    able = _able(variant, table, rules, now, windows)
    for number in np.flatnonzero((able & ~able_now).any(axis=1)).tolist():
        found = _alternative((*variant.changes, times[number]), able[number], table, able_now)
        if found is not None:
            yield found


def _counted(
    variants: Iterable[_Variant],
    table: CandidateTable,
    rules: Rules,
    now: datetime,
    able_now: Mask,
    struck: tuple[Mask, Mask],
) -> Iterator[Alternative]:
    for variant in variants:
        able = _able_at_all(variant, table, rules, now, struck)
        found = _alternative(variant.changes, able, table, able_now)
        if found is not None:
            yield found


def _elsewhere(need: Need, now: datetime, scope: Scope) -> Iterator[Alternative]:
    for other in scope.neighbours:
        base = _Variant(need)
        struck = _struck_windows(base, other.table, other.rules, now)
        able = _able_at_all(base, other.table, other.rules, now, struck)
        change = Change(ChangeKind.OTHER_POOL, _SIZE[ChangeKind.OTHER_POOL], pool_id=other.pool_id)
        found = _alternative((change,), able, other.table, np.zeros_like(able))
        if found is not None:
            yield found


def _pairs(
    variants: Sequence[_Variant],
    times: Sequence[Change],
    table: CandidateTable,
    rules: Rules,
    now: datetime,
    scope: Scope,
    able_now: Mask,
    struck: tuple[Mask, Mask],
) -> Iterator[Alternative]:
    """Yield two changes at once, of two kinds; either alone opens nobody."""
    base, *others = variants
    for variant in others:
        yield from _at_times(variant, times, table, rules, now, able_now)
    pairs = [two for one in others for two in _variants(one, scope) if _in_turn(*two.changes)]
    yield from _counted(pairs, table, rules, now, able_now, struck)
    for change in times:
        if change.kind is ChangeKind.SHORTER and change.window is not None:
            shorter = replace(base.need, windows=(change.window,))
            moved = [
                replace(one, window_index=change.window_index)
                for one in _times(shorter, rules, scope)
                if one.kind is not ChangeKind.SHORTER
            ]
            yield from _at_times(_Variant(base.need, (change,)), moved, table, rules, now, able_now)
