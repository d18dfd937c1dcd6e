"""Says why a rule refuses one guide in one window and by how much, out of the columns that the rule looks at.

Unit of the margin, the amount by which a rule is missed, always above 0 (None where "how far" means nothing):

- days: NOT_ACTIVE (until the pause ends), CREDENTIAL (from the proof to the appointment)
- steps on the scale of levels: LANGUAGE_LEVEL, GERMAN_LEVEL
- borders of districts: DISTRICT
- minutes: NOT_AVAILABLE, ABSENT, OVERLAP, TRAVEL, CAPACITY_WEEK, CAPACITY_MONTH, NOTICE
- offers: ASKS
- None: LANGUAGE, MODE, the wishes, CONFLICT
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeAlias

import numpy as np

from lotsen.domain.vocabulary import LEVELS, GuideStatus, Level, Mode, ReasonCode, WishKind, WishWeight
from lotsen.matching.profiles import Need
from lotsen.matching.question import MINUTE, Question, Slot
from lotsen.matching.table import (
    FAR,
    FOREVER,
    GENDERS,
    OCCASIONS,
    PROOFS,
    STATUSES,
    CandidateTable,
    micros,
    moment_of,
)

Fact: TypeAlias = str | int | date | datetime | tuple[str, ...] | None
HeldEntry: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, with what the words need; unit of the margin: see the module."""

    code: ReasonCode
    parameters: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    margin: int | None = None


Words: TypeAlias = Callable[[Question, Slot, CandidateTable, int], Reason]


def spoken(need: Need, table: CandidateTable, row: int) -> list[tuple[str, Level]]:
    """Return the accepted varieties that a guide speaks, with the levels."""
    rows = np.array([row])
    levels = ((code, int(table.speaks(code, rows)[0])) for code in need.accepted)
    return [(code, LEVELS[level - 1]) for code, level in levels if level]


def held_near(
    asked: Question, slot: Slot, table: CandidateTable, row: int
) -> Iterator[tuple[HeldEntry, int, int]]:
    """Yield the appointments on site beside an on-site window, the time between, the minutes of the way."""
    if asked.need.mode is not Mode.ON_SITE:
        return
    ways = table.way_minutes(asked.rules.travel, asked.need.pool_id, asked.need.district)
    for one in table.held.of(row):
        gap = max(slot.start - one[1], one[0] - slot.end)
        if one[3] and gap >= 0:
            yield one, gap, int(ways[one[2]])


def district_of(table: CandidateTable, number: int) -> str | None:
    """Return the code of a district by its number in the table."""
    return None if number < 0 else table.districts[number][1]


def _active(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    status, paused = STATUSES[int(table.status[row])], int(table.paused[row])
    facts: dict[str, Fact] = {"status": status, "until": date.fromordinal(paused) if paused else None}
    endless = status is GuideStatus.LEFT or not paused
    return Reason(ReasonCode.NOT_ACTIVE, facts, None if endless else paused - slot.day + 1)


def _language(asked: Question, _slot: Slot, _table: CandidateTable, _row: int) -> Reason:
    return Reason(ReasonCode.LANGUAGE, {"wanted": asked.need.language})


def _language_level(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    rank, code = max((level.rank, code) for code, level in spoken(asked.need, table, row))
    facts: dict[str, Fact] = {"code": code, "level": LEVELS[rank], "asked": asked.need.level}
    return Reason(ReasonCode.LANGUAGE_LEVEL, facts, asked.need.level.rank - rank)


def _german_level(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    level, wanted = LEVELS[int(table.german[row])], asked.need.german_level
    return Reason(ReasonCode.GERMAN_LEVEL, {"level": level, "asked": wanted}, wanted.rank - level.rank)


def _mode(asked: Question, _slot: Slot, _table: CandidateTable, _row: int) -> Reason:
    return Reason(ReasonCode.MODE, {"mode": asked.need.mode})


def _district(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    place = asked.need.district or ""
    hops = table.hops(asked.rules.travel, asked.need.pool_id, place)
    home, reach = int(table.home[row]), int(table.reach[row])
    too_far = [int(hops[number]) for (number,) in table.named.of(row)]
    if reach >= 0 and hops[home] != FAR:
        too_far.append(int(hops[home]) - reach)
    margin = min((far for far in too_far if far != FAR), default=None)
    facts: dict[str, Fact] = {"district": place, "home": district_of(table, home)}
    return Reason(ReasonCode.DISTRICT, facts, margin)


def _available(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    free = sum(
        max(0, min(piece.until, closes * MINUTE) - max(piece.since, opens * MINUTE))
        for piece in slot.pieces
        for opens, closes in table.open_minutes(row, piece.day, piece.closed)
    )
    return Reason(ReasonCode.NOT_AVAILABLE, {}, _up(slot.end - slot.start - free))


def _absent(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    hits = [
        (sum(one.until - one.since for one in slot.pieces if first <= one.day <= last), first, last)
        for last, first in table.absences.of(row)
    ]
    inside, first, last = min(hits, key=lambda hit: (-_up(hit[0]), hit[1], hit[2]))
    facts: dict[str, Fact] = {"first": date.fromordinal(first), "last": date.fromordinal(last)}
    return Reason(ReasonCode.ABSENT, facts, _up(inside))


def _overlap(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    clashes = [
        (_up(min(slot.end, one[1]) - max(slot.start, one[0])), one)
        for one in table.held.of(row)
        if one[0] < slot.end and slot.start < one[1]
    ]
    minutes, one = min(clashes, key=lambda clash: (-clash[0], _held_key(clash[1])))
    return Reason(ReasonCode.OVERLAP, _held_facts(table, one), minutes)


def _travel(asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    tight = [(_up(way * MINUTE - gap), one, way) for one, gap, way in held_near(asked, slot, table, row)]
    short, one, way = min(tight, key=lambda found: (-found[0], _held_key(found[1])))
    return Reason(ReasonCode.TRAVEL, {**_held_facts(table, one), "travel": way}, short)


def _credential(asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    lacking: list[tuple[str, int | None, int]] = []
    for kind in sorted(asked.need.credentials):
        number = PROOFS.index(kind)
        since, until = table.valid_from[number, :, row].tolist(), table.valid_until[number, :, row].tolist()
        proofs = [(first, last) for first, last in zip(since, until, strict=True) if first != FOREVER]
        off, last = min(
            ((max(first - slot.day, slot.day - last, 0), last) for first, last in proofs),
            default=(None, FOREVER),
        )
        if off != 0:
            lacking.append((kind, off, last))
    kind, margin, last = max(lacking, key=lambda one: (one[1] is None, one[1] or 0))
    facts: dict[str, Fact] = {
        "kinds": tuple(one[0] for one in lacking),
        "worst": kind,
        "until": None if last == FOREVER else date.fromordinal(last),
    }
    return Reason(ReasonCode.CREDENTIAL, facts, margin)


def _wish_gender(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    wanted = {
        wish.gender
        for wish in asked.need.wishes
        if wish.kind is WishKind.GENDER and wish.weight is WishWeight.MUST and wish.gender is not None
    }
    number = int(table.gender[row])
    facts: dict[str, Fact] = {
        "wanted": tuple(sorted(wanted)),
        "gender": GENDERS[number - 1] if number else None,
    }
    return Reason(ReasonCode.WISH_GENDER, facts)


def _conflict(asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    request, institution = asked.need.request_id, asked.need.institution_id
    found = {
        "blocked_institution": institution is not None and (institution,) in table.blocked.of(row),
        "unwanted_occasion": (OCCASIONS.index(asked.need.occasion),) in table.unwanted.of(row),
        "knows_family": (request,) in table.families.of(row),
        "declined": (request,) in table.declined.of(row),
        "already_asked": (request,) in table.asked.of(row),
    }
    return Reason(ReasonCode.CONFLICT, {"kinds": tuple(kind for kind, true in found.items() if true)})


def _capacity_week(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    used, limit = int(table.used(*slot.week)[0, row]), int(table.week_limit[row])
    return Reason(ReasonCode.CAPACITY_WEEK, {"used": used, "limit": limit}, used + slot.minutes - limit)


def _capacity_month(_asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    used, limit = int(table.used(*slot.month)[0, row]), int(table.month_limit[row])
    return Reason(ReasonCode.CAPACITY_MONTH, {"used": used, "limit": limit}, used + slot.minutes - limit)


def _asks(_asked: Question, _slot: Slot, table: CandidateTable, row: int) -> Reason:
    used, limit = int(table.asks_used[row]), int(table.asks_limit[row])
    return Reason(ReasonCode.ASKS, {"used": used, "limit": limit}, used - limit + 1)


def _notice(asked: Question, slot: Slot, table: CandidateTable, row: int) -> Reason:
    hours = int(table.notice[row])
    short = 60 * max(0, hours) * MINUTE - (slot.start - micros(asked.now))
    return Reason(ReasonCode.NOTICE, {"hours": hours}, _up(short))


def _wish_guide(_asked: Question, _slot: Slot, _table: CandidateTable, _row: int) -> Reason:
    return Reason(ReasonCode.WISH_GUIDE)


def _wish_not_guide(_asked: Question, _slot: Slot, _table: CandidateTable, _row: int) -> Reason:
    return Reason(ReasonCode.WISH_NOT_GUIDE)


WORDS: Final[dict[ReasonCode, Words]] = {
    ReasonCode.NOT_ACTIVE: _active,
    ReasonCode.LANGUAGE: _language,
    ReasonCode.LANGUAGE_LEVEL: _language_level,
    ReasonCode.GERMAN_LEVEL: _german_level,
    ReasonCode.MODE: _mode,
    ReasonCode.DISTRICT: _district,
    ReasonCode.NOT_AVAILABLE: _available,
    ReasonCode.ABSENT: _absent,
    ReasonCode.OVERLAP: _overlap,
    ReasonCode.TRAVEL: _travel,
    ReasonCode.CREDENTIAL: _credential,
    ReasonCode.WISH_GENDER: _wish_gender,
    ReasonCode.WISH_GUIDE: _wish_guide,
    ReasonCode.WISH_NOT_GUIDE: _wish_not_guide,
    ReasonCode.CONFLICT: _conflict,
    ReasonCode.CAPACITY_WEEK: _capacity_week,
    ReasonCode.CAPACITY_MONTH: _capacity_month,
    ReasonCode.ASKS: _asks,
    ReasonCode.NOTICE: _notice,
}


def _held_key(one: HeldEntry) -> tuple[int, int, int]:
    return one[0], one[1], one[4]


def _held_facts(table: CandidateTable, one: HeldEntry) -> dict[str, Fact]:
    return {
        "start": moment_of(one[0]),
        "end": moment_of(one[1]),
        "district": district_of(table, one[2]),
        "request": one[4],
    }


def _up(length: int) -> int:
    """Return microseconds as minutes, a begun one counted."""
    return -(-length // MINUTE)
