"""Keeps guides as columns of numbers, one row each, so that a rule looks at all of them at once.

Days are ordinals, moments are microseconds since 1970 in UTC, free time is whole minutes of a local day. A
weekly or extra time that is not on the minute is narrowed to it.
"""

from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, Final, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lotsen.domain.vocabulary import CredentialKind, Gender, GuideStatus, Mode, Occasion
from lotsen.matching.entries import Entries, Numbers, PartOfEntries
from lotsen.matching.profiles import Candidate
from lotsen.matching.travel import Travel

Mask: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Shorts: TypeAlias = npt.NDArray[np.int16]
Whole: TypeAlias = npt.NDArray[np.int32]
KeptT = TypeVar("KeptT", np.bool_, np.int32, np.uint8)
Line: TypeAlias = npt.NDArray[KeptT]

Place: TypeAlias = tuple[int | None, str]
Measure: TypeAlias = Callable[["CandidateTable"], Line[Any]]

NO_LIMIT: Final = 2**30
FOREVER: Final = 2**31 - 1
FAR: Final = 2**15 - 1
DAY_MINUTES: Final = 24 * 60
LONGEST_NOTICE: Final = 2**15 - 1

STATUSES: Final = tuple(GuideStatus)
GENDERS: Final = tuple(Gender)
MODES: Final = tuple(Mode)
PROOFS: Final = tuple(CredentialKind)
OCCASIONS: Final = tuple(Occasion)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEPT = 256
_CHANGES = 64
_CHUNK = 1024
# name of the column: type, what an empty row holds, and how many numbers a row has at first.
_COLUMNS: Final[dict[str, tuple[type, int, tuple[int, ...]]]] = {
    "guide_id": (np.int64, 0, ()),
    "german": (np.uint8, 0, ()),
    "modes": (np.uint8, 0, ()),
    "gender": (np.uint8, 0, ()),
    "status": (np.uint8, 0, ()),
    "anywhere": (np.bool_, 0, ()),
    "home": (np.int32, -1, ()),
    "reach": (np.int32, -1, ()),
    "paused": (np.int32, 0, ()),
    "away_until": (np.int32, 0, ()),
    "week_limit": (np.int32, NO_LIMIT, ()),
    "month_limit": (np.int32, NO_LIMIT, ()),
    "asks_limit": (np.int32, NO_LIMIT, ()),
    "asks_used": (np.int32, 0, ()),
    "notice": (np.int16, 0, ()),
    "load": (np.int32, 0, ()),
    "asks_90": (np.int32, 0, ()),
    "occasions": (np.int32, 0, (len(OCCASIONS),)),
    "opens": (np.int16, DAY_MINUTES, (7, 1)),
    "closes": (np.int16, 0, (7, 1)),
    "valid_from": (np.int32, FOREVER, (len(PROOFS), 1)),
    "valid_until": (np.int32, 0, (len(PROOFS), 1)),
}
# name of the entries: how many numbers each has; the first is the one they are found by.
_ENTRIES: Final = {
    "held": 6,  # start, end, district, on site, request, minutes
    "absences": 2,  # last day, first day
    "extra": 3,  # day, opens, closes
    "named": 1,  # district
    "history": 3,  # institution, times, last day
    "blocked": 1,  # institution
    "unwanted": 1,  # occasion
    "declined": 1,  # request
    "families": 1,  # request
    "asked": 1,  # request
}


@dataclass(slots=True)
class _Kept:
    """What was measured of each row, how, and at which revision of the table."""

    measure: Measure
    line: Line[Any]
    revision: int


class CandidateTable:
    """The guides of a pool, or of several, one row each in the order in which they came."""

    guide_id: Numbers
    german: Bytes
    modes: Bytes
    gender: Bytes
    status: Bytes
    anywhere: Mask
    home: Whole
    reach: Whole
    paused: Whole
    away_until: Whole
    week_limit: Whole
    month_limit: Whole
    asks_limit: Whole
    asks_used: Whole
    notice: Shorts
    load: Whole
    asks_90: Whole
    occasions: Whole
    opens: Shorts
    closes: Shorts
    valid_from: Whole
    valid_until: Whole
    held: Entries | PartOfEntries
    absences: Entries | PartOfEntries
    extra: Entries | PartOfEntries
    named: Entries | PartOfEntries
    history: Entries | PartOfEntries
    blocked: Entries | PartOfEntries
    unwanted: Entries | PartOfEntries
    declined: Entries | PartOfEntries
    families: Entries | PartOfEntries
    asked: Entries | PartOfEntries
    _anew: Numbers

    def __init__(self, candidates: Iterable[Candidate] = ()) -> None:
        self.size = 0
        self.revision = 0
        self.longest = 0
        self.levels: dict[str, Bytes] = {}
        self.districts: list[Place] = []
        self._places: dict[Place, int] = {}
        self._travel: Travel | None = None
        self._ways: dict[tuple[str, int | None, str | None], Whole] = {}
        self._lines: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._changes: deque[tuple[int, CandidateTable]] = deque()
        self._origin: tuple[CandidateTable, Numbers] | None = None
        self._allocate(0)
        gathered = {name: (array("q"), array("q")) for name in _ENTRIES}
        for candidate in candidates:
            row = self.size
            if row == self.guide_id.size:
                self._widen(max(_CHUNK, row))
            self._write(row, candidate)
            self.size += 1
            for name, entries in self._entries(candidate).items():
                if entries:
                    gathered[name][0].extend([row] * len(entries))
                    gathered[name][1].extend(chain.from_iterable(entries))
        self._narrow()
        for name, (rows, numbers) in gathered.items():
            values = np.frombuffer(numbers, np.int64).reshape(-1, _ENTRIES[name])
            entries = Entries(np.ascontiguousarray(values.T), np.frombuffer(rows, np.int64), self.size)
            setattr(self, name, entries)

    def update(self, row: int, candidate: Candidate) -> None:
        """Write a guide over a row; the row behind the last one adds a guide."""
        self.revision += 1
        if row == self.size:
            self._widen(1)
            self.size += 1
        self._clear(row)
        self._write(row, candidate)
        for name, entries in self._entries(candidate).items():
            column: Entries = getattr(self, name)
            column.replace(row, entries)
        self._changes.append((row, CandidateTable((candidate,))))
        if len(self._changes) > _CHANGES:
            self._changes.popleft()

    def take(self, rows: Numbers) -> "CandidateTable":
        """Return a table of some rows, which reads the columns of this one as soon as they are asked for."""
        origin, base = (self, None) if self._origin is None else self._origin
        part = CandidateTable.__new__(CandidateTable)
        part.size, part.revision, part.longest = rows.size, 0, self.longest
        part.districts, part._places = self.districts, self._places
        part._travel, part._ways = self._travel, self._ways
        part._lines = OrderedDict()
        part._origin = origin, rows if base is None else base[rows]
        return part

    def __getattr__(self, name: str) -> object:
        """Gather a column of some rows when a rule first looks at it; most parts need only a few."""
        if self.__dict__.get("_origin") is None:
            raise AttributeError(name)
        origin, rows = cast("tuple[CandidateTable, Numbers]", self._origin)
        found: object
        if name in _COLUMNS:
            found = np.take(getattr(origin, name), rows, axis=-1)
        elif name in _ENTRIES:
            found = PartOfEntries(getattr(origin, name), rows, self._anew)
        elif name == "_anew":
            found = np.full(origin.size, -1, np.int64)
            found[rows] = np.arange(rows.size)
        else:
            raise AttributeError(name)
        setattr(self, name, found)
        return found

    def speaks(self, code: str, rows: Numbers | None = None) -> Bytes:
        """Return the levels of a language, counted from 1; 0 speaks none of it."""
        if self._origin is not None:
            origin, mine = self._origin
            return origin.speaks(code, mine if rows is None else mine[rows])
        found = self.levels.get(code)
        if found is None:
            return np.zeros(self.size if rows is None else rows.size, np.uint8)
        return found if rows is None else found[rows]

    def hops(self, travel: Travel, pool_id: int | None, place: str) -> Whole:
        """Return the borders from each district to a place, FAR for none known; the last stands for none."""
        return self._way(travel, ("hops", pool_id, place), lambda here: travel.hops(here, place), FAR)

    def way_minutes(self, travel: Travel, pool_id: int | None, place: str | None) -> Whole:
        """Return the minutes from each district to a place; the last stands for no district."""
        unknown = travel.minutes(None, place)
        return self._way(
            travel, ("minutes", pool_id, place), lambda here: travel.minutes(here, place), unknown
        )

    def best(self, codes: tuple[str, ...]) -> Bytes:
        """Return the level of everyone's best variety of some, counted from 1; 0 speaks none."""

        def look(table: CandidateTable) -> Bytes:
            best = np.zeros(table.size, np.uint8)
            for code in codes:
                np.maximum(best, table.speaks(code), out=best)
            return best

        return self._line(("best", *codes), look)

    def used(self, since: int, until: int) -> Whole:
        """Return each guide's appointments that begin in [since, until): their minutes, then their number."""

        def count(table: CandidateTable) -> Whole:
            places, rows = table.held.near(since, until)
            weights = table.held.values[5, places]
            both = (np.bincount(rows, weights, table.size), np.bincount(rows, minlength=table.size))
            return np.stack(both).astype(np.int32)

        return self._line(("used", since, until), count)

    def left_in_week(self, since: int, until: int) -> Whole:
        """Return the minutes that each guide has left in a week, less than none if there are too many."""
        return self._line(
            ("week", since, until), lambda table: table.week_limit - table.used(since, until)[0]
        )

    def left_in_month(self, since: int, until: int) -> Whole:
        """Return the minutes that each guide has left in a month, less than none if there are too many."""
        return self._line(
            ("month", since, until), lambda table: table.month_limit - table.used(since, until)[0]
        )

    def inactive(self, day: int) -> Mask:
        """Return who has left or pauses on a day."""
        return self._line(("inactive", day), lambda table: table.away_until >= day)

    def unproven(self, kinds: frozenset[CredentialKind], day: int) -> Mask:
        """Return who lacks a proof of some of these kinds that holds on a day."""

        def look(table: CandidateTable) -> Mask:
            lacking = np.zeros(table.size, np.bool_)
            for number in map(PROOFS.index, kinds):
                outside = (table.valid_from[number] > day) | (table.valid_until[number] < day)
                lacking |= np.logical_and.reduce(outside)
            return lacking

        return self._line(("unproven", kinds, day), look)

    def away(self, first: int, last: int) -> Mask:
        """Return who is absent on one of these days, both included."""

        def look(table: CandidateTable) -> Mask:
            places, rows = table.absences.near(first, FOREVER)
            found = np.zeros(table.size, np.bool_)
            found[rows[table.absences.values[1, places] <= last]] = True
            return found

        return self._line(("away", first, last), look)

    def _line(
        self, key: tuple[object, ...], measure: Callable[["CandidateTable"], Line[KeptT]]
    ) -> Line[KeptT]:
        """Return what is kept of each row, or measure and keep it; the oldest goes when it gets too much.

        After an update the new guide is measured alone, so nothing but columns and entries may be looked at,
        and no district: those have other numbers there.
        """
        kept = self._lines.get(key)
        if kept is not None and self._catch_up(kept):
            return kept.line
        if self._origin is None:
            line = measure(self)
        else:
            origin, rows = self._origin
            line = np.take(origin._line(key, measure), rows, axis=-1)
        self._lines[key] = _Kept(measure, line, self.revision)
        if len(self._lines) > _KEPT:
            self._lines.popitem(last=False)
        return line

    def _catch_up(self, kept: "_Kept") -> bool:
        """Take over into a line what has changed since it was measured; false if that is too long ago."""
        behind = self.revision - kept.revision
        if behind > _CHANGES:
            return False
        if behind:
            more = self.size - kept.line.shape[-1]
            if more:
                empty = np.zeros((*kept.line.shape[:-1], more), kept.line.dtype)
                kept.line = np.concatenate((kept.line, empty), axis=-1)
            for row, alone in islice(self._changes, len(self._changes) - behind, None):
                kept.line[..., row] = kept.measure(alone)[..., 0]
            kept.revision = self.revision
        return True

    def open_minutes(self, row: int, day: int, closed: bool) -> list[tuple[int, int]]:
        """Return the free stretches of a local day in its minutes, merged and in order."""
        extra = [(opens, closes) for on, opens, closes in self.extra.of(row) if on == day]
        if closed:
            return _merged(extra)
        weekday = date.fromordinal(day).weekday()
        weekly = zip(self.opens[weekday, :, row].tolist(), self.closes[weekday, :, row].tolist(), strict=True)
        return _merged([*extra, *((opens, closes) for opens, closes in weekly if opens < closes)])

    def _way(
        self,
        travel: Travel,
        key: tuple[str, int | None, str | None],
        measure: Callable[[str], int | None],
        unknown: int,
    ) -> Whole:
        if travel is not self._travel:
            self._travel, self._ways = travel, {}
        found = self._ways.get(key)
        if found is None or found.size != len(self.districts) + 1:
            found = np.full(len(self.districts) + 1, unknown, np.int32)
            for number, (pool_id, here) in enumerate(self.districts):
                far = measure(here) if key[1] is None or pool_id in (None, key[1]) else None
                if far is not None:
                    found[number] = far
            self._ways[key] = found
        return found

    def _allocate(self, size: int) -> None:
        for name, (kind, empty, shape) in _COLUMNS.items():
            setattr(self, name, np.full((*shape, size), empty, kind))

    def _widen(self, rows: int) -> None:
        for name, (_, empty, _) in _COLUMNS.items():
            old: Numbers = getattr(self, name)
            new = np.full((*old.shape[:-1], rows), empty, old.dtype)
            setattr(self, name, np.concatenate((old, new), axis=-1))
        for code, levels in self.levels.items():
            self.levels[code] = np.concatenate((levels, np.zeros(rows, np.uint8)))

    def _narrow(self) -> None:
        for name in _COLUMNS:
            column: Numbers = getattr(self, name)
            setattr(self, name, np.ascontiguousarray(column[..., : self.size]))
        self.levels = {code: column[: self.size].copy() for code, column in self.levels.items()}

    def _clear(self, row: int) -> None:
        for name, (_, empty, _) in _COLUMNS.items():
            column: Numbers = getattr(self, name)
            column[..., row] = empty
        for levels in self.levels.values():
            levels[row] = 0

    def _write(self, row: int, candidate: Candidate) -> None:
        """Write a guide over an empty row."""
        self.guide_id[row] = candidate.guide_id
        self.german[row] = candidate.german_level.rank
        self.modes[row] = sum(1 << MODES.index(mode) for mode in candidate.modes)
        self.gender[row] = 0 if candidate.gender is None else GENDERS.index(candidate.gender) + 1
        self.anywhere[row] = not candidate.districts and candidate.reach_hops is None
        self.home[row] = self._number(candidate.pool_id, candidate.home_district)
        self.reach[row] = -1 if candidate.reach_hops is None else candidate.reach_hops
        self.status[row] = STATUSES.index(candidate.status)
        self.paused[row] = 0 if candidate.paused_until is None else candidate.paused_until.toordinal()
        self.away_until[row] = _away_until(candidate)
        self.week_limit[row] = _limit(candidate.week_minutes)
        self.month_limit[row] = _limit(candidate.month_minutes)
        self.asks_limit[row] = _limit(candidate.asks_per_week)
        self.asks_used[row] = candidate.asks_this_week
        self.notice[row] = min(candidate.notice_hours, LONGEST_NOTICE)
        self.load[row] = candidate.load_minutes_90
        self.asks_90[row] = candidate.asks_90
        self.occasions[:, row] = [candidate.occasions.get(occasion, 0) for occasion in OCCASIONS]
        self._write_languages(row, candidate)
        self._write_weekly(row, candidate)
        self._write_proofs(row, candidate)

    def _write_languages(self, row: int, candidate: Candidate) -> None:
        for code, level in candidate.languages:
            if code not in self.levels:
                self.levels[code] = np.zeros(self.guide_id.size, np.uint8)
            self.levels[code][row] = max(int(self.levels[code][row]), level.rank + 1)

    def _write_weekly(self, row: int, candidate: Candidate) -> None:
        days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
        for weekly in candidate.availability.weekly:
            days[weekly.weekday].append((_minute_up(weekly.start), _minute_down(weekly.end)))
        stretches = [_merged(day) if len(day) > 1 else day for day in days]
        more = max(map(len, stretches)) - self.opens.shape[1]
        if more > 0:
            room = (7, more, self.guide_id.size)
            self.opens = np.concatenate((self.opens, np.full(room, DAY_MINUTES, np.int16)), axis=1)
            self.closes = np.concatenate((self.closes, np.zeros(room, np.int16)), axis=1)
        for weekday, day in enumerate(stretches):
            for slot, (opens, closes) in enumerate(day):
                self.opens[weekday, slot, row], self.closes[weekday, slot, row] = opens, closes

    def _write_proofs(self, row: int, candidate: Candidate) -> None:
        taken = [0] * len(PROOFS)
        for proof in candidate.credentials:
            kind = PROOFS.index(proof.kind)
            slot = taken[kind]
            taken[kind] += 1
            if slot == self.valid_from.shape[1]:
                room = (len(PROOFS), 1, self.guide_id.size)
                self.valid_from = np.concatenate((self.valid_from, np.full(room, FOREVER, np.int32)), axis=1)
                self.valid_until = np.concatenate((self.valid_until, np.zeros(room, np.int32)), axis=1)
            self.valid_from[kind, slot, row] = proof.valid_from.toordinal()
            self.valid_until[kind, slot, row] = (
                FOREVER if proof.valid_until is None else proof.valid_until.toordinal()
            )

    def _entries(self, candidate: Candidate) -> dict[str, list[tuple[int, ...]]]:
        held = [
            (
                micros(one.start),
                micros(one.end),
                self._number(candidate.pool_id if one.pool_id is None else one.pool_id, one.district),
                int(one.mode is Mode.ON_SITE),
                one.request_id,
                one.minutes,
            )
            for one in candidate.held
        ]
        self.longest = max([self.longest, *(one[1] - one[0] for one in held)])
        free = candidate.availability
        return {
            "held": held,
            "absences": [(one.last.toordinal(), one.first.toordinal()) for one in free.absences],
            "extra": [
                (one.day.toordinal(), _minute_up(one.start), _minute_down(one.end)) for one in free.extra
            ],
            "named": [
                (self._number(candidate.pool_id, district),) for district in sorted(candidate.districts)
            ],
            "history": [
                (institution, one.times, one.last_on.toordinal())
                for institution, one in sorted(candidate.histories.items())
            ],
            "blocked": [(one,) for one in sorted(candidate.blocked_institutions)],
            "unwanted": sorted((OCCASIONS.index(one),) for one in candidate.unwanted_occasions),
            "declined": [(one,) for one in sorted(candidate.declined_requests)],
            "families": [(one,) for one in sorted(candidate.conflict_requests)],
            "asked": [(one.request_id,) for one in candidate.held],
        }

    def _number(self, pool_id: int | None, district: str | None) -> int:
        if district is None:
            return -1
        place = pool_id, district
        number = self._places.setdefault(place, len(self.districts))
        if number == len(self.districts):
            self.districts.append(place)
        return number


def micros(moment: datetime) -> int:
    """Return a moment as the tables keep it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """Return the moment behind a number of a table."""
    return _EPOCH + number * _MICROSECOND


def _away_until(candidate: Candidate) -> int:
    if candidate.status is GuideStatus.LEFT:
        return FOREVER
    if candidate.paused_until is None:
        return FOREVER if candidate.status is GuideStatus.PAUSED else 0
    return candidate.paused_until.toordinal()


def _limit(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit


def _minute_up(at: time) -> int:
    return 60 * at.hour + at.minute + bool(at.second or at.microsecond)


def _minute_down(at: time) -> int:
    return DAY_MINUTES if at == time.min else 60 * at.hour + at.minute


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted(stretches):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        elif opens < closes:
            merged.append((opens, closes))
    return merged
