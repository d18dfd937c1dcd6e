"""The hard rules: each says who cannot take a request in a window, over all rows of a table at once.

Each rule looks at one thing only, so that "fails only this" is true: someone without the language does not
fail the level too, and an absence is not a gap in the weekly pattern. Weeks (ISO) and months are those of
the local day on which an appointment begins.

Some rules ask the same of every window: their mask has one entry for each row. The others give one line of
such entries for each window. None says that nobody fails. The words come from `matching.reasons`, out of
the same columns.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np

from lotsen.domain.vocabulary import Mode, ReasonCode, WishKind, WishWeight
from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Candidate, Need, Rules, Window, Wish
from lotsen.matching.question import MINUTE, Piece, Question, question
from lotsen.matching.reasons import WORDS, Fact, Reason, speaks_best
from lotsen.matching.table import (
    FAR,
    FOREVER,
    GENDERS,
    LONGEST_NOTICE,
    MODES,
    PROOFS,
    Bytes,
    CandidateTable,
    Mask,
    Shorts,
    Whole,
)

__all__ = ["Fact", "Reason"]

Rule: TypeAlias = Callable[[Question, CandidateTable], Mask | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who fails what: `always` holds for every window, `windows` has one line for each; no entry: nobody."""

    asked: Question
    table: CandidateTable
    always: dict[ReasonCode, Mask]
    windows: dict[ReasonCode, Mask]

    def failures(self) -> Bytes:
        """Return how many rules each row fails, one line for each window."""
        once = np.zeros(self.table.size, np.uint8)
        for mask in self.always.values():
            once += mask.view(np.uint8)
        found = np.empty((len(self.asked.slots), self.table.size), np.uint8)
        found[:] = once
        for mask in self.windows.values():
            found += mask.view(np.uint8)
        return found

    def reasons(self, row: int, window: int) -> tuple[Reason, ...]:
        """Return every reason against a row in a window, in the order of the rules."""
        return tuple(
            WORDS[code](self.asked, self.asked.slots[window], self.table, row)
            for code in ReasonCode
            if (code in self.always and self.always[code][row])
            or (code in self.windows and self.windows[code][window, row])
        )


def judge(asked: Question, table: CandidateTable) -> Verdict:
    """Ask every rule about every row."""
    return Verdict(asked, table, always(asked, table), in_windows(asked, table))


def always(asked: Question, table: CandidateTable) -> dict[ReasonCode, Mask]:
    """Return who fails the rules that are the same for every window."""
    return {code: mask for code, rule in _ALWAYS.items() if (mask := rule(asked, table)) is not None}


def in_windows(asked: Question, table: CandidateTable) -> dict[ReasonCode, Mask]:
    """Return who fails the rules that go by the window, one line for each."""
    return {code: mask for code, rule in _WINDOWS.items() if (mask := rule(asked, table)) is not None}


def check(
    need: Need, window: Window, candidate: Candidate, rules: Rules, now: datetime
) -> tuple[Reason, ...]:
    """Return every reason against this guide in this window, in the order of the rules."""
    asked = question(need, rules, now, (window,))
    return judge(asked, CandidateTable((candidate,))).reasons(0, 0)


def able(need: Need, window: Window, table: CandidateTable, rules: Rules, now: datetime) -> frozenset[int]:
    """Return the ids of everyone whom no rule refuses in this window."""
    failures = judge(question(need, rules, now, (window,)), table).failures()[0]
    return frozenset(table.guide_id[failures == 0].tolist())


def language(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides who speak neither the language nor an accepted substitute, at whatever level."""
    return speaks_best(asked.need, table) == 0


def language_level(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides whose best accepted variety is below the level asked for."""
    best = speaks_best(asked.need, table)
    return (best > 0) & (best <= asked.need.level.rank)


def german_level(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides whose German is below the level asked for."""
    return table.german < asked.need.german_level.rank


def mode(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides who do not work this way (on site, by phone, by video)."""
    return (table.modes & (1 << MODES.index(asked.need.mode))) == 0


def district(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse places out of reach: neither named nor within the borders that the guide would cross."""
    place = asked.need.district
    if asked.need.mode is not Mode.ON_SITE or place is None:
        return None
    hops = table.hops(asked.rules.travel, place)
    within = hops[table.home]
    fails = ~table.anywhere & ((table.reach < 0) | (within == FAR) | (within > table.reach + asked.further))
    near = np.flatnonzero(hops[:-1] <= asked.further).tolist() if asked.further else [table.place(place)]
    for number in near:
        fails[table.named.rows_at(number)] = False
    return fails


def wish_gender(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides who are not known to be of a gender that must be."""
    wanted = {GENDERS.index(wish.gender) + 1 for wish in _musts(asked.need, WishKind.GENDER) if wish.gender}
    return np.logical_and.reduce([table.gender != gender for gender in wanted]) if wanted else None


def wish_guide(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse everyone but the guides who must come."""
    wanted = [wish.guide_id for wish in _musts(asked.need, WishKind.GUIDE) if wish.guide_id is not None]
    return ~np.isin(table.guide_id, wanted) if wanted else None


def wish_not_guide(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse the guides who must not come."""
    unwanted = [wish.guide_id for wish in _musts(asked.need, WishKind.NOT_GUIDE) if wish.guide_id is not None]
    return np.isin(table.guide_id, unwanted) if unwanted else None


def conflict(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse blocked pairs, families the guide knows, and requests that were declined or are already held."""
    request, institution = asked.need.request_id, asked.need.institution_id
    rows = [entries.rows_at(request) for entries in (table.families, table.declined, table.asked)]
    if institution is not None:
        rows.append(table.blocked.rows_at(institution))
    if not any(one.size for one in rows):
        return None
    fails = np.zeros(table.size, np.bool_)
    fails[np.concatenate(rows)] = True
    return fails


def asks(_asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse to ask someone more often in this week than the budget allows."""
    return table.asks_used >= table.asks_limit


def active(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides who have left or pause on the day."""
    return _by_day(asked, table.away_until >= _days(asked))


def available(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times outside of the weekly pattern and the extra dates."""
    free = np.empty((len(asked.slots), table.size), np.bool_)
    whole: dict[tuple[int, bool], list[int]] = {}
    for place, slot in enumerate(asked.slots):
        if len(slot.pieces) == 1:
            only = slot.pieces[0]
            whole.setdefault((only.day % 7, only.closed), []).append(place)
        else:
            free[place] = np.logical_and.reduce([_is_open(table, [piece])[0] for piece in slot.pieces])
    for places in whole.values():
        free[places] = _is_open(table, [asked.slots[place].pieces[0] for place in places])
    return np.logical_not(free, out=free)


def absent(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse days of absence."""
    if not len(table.absences):
        return None
    if len(table.absences) * len(asked.slots) <= _FEW and len(asked.slots) > 1:
        near = table.absences.between(0, FOREVER)
        last, first = table.absences.values[:, near]
        begin = np.array([[slot.pieces[0].day] for slot in asked.slots])
        end = np.array([[slot.pieces[-1].day] for slot in asked.slots])
        places = tuple(range(len(asked.slots)))
        return _struck(asked, table, None, places, (first <= end) & (last >= begin), table.absences.row[near])
    fails = np.empty((len(asked.slots), table.size), np.bool_)
    for place, slot in enumerate(asked.slots):
        fails[place] = table.away(slot.pieces[0].day, slot.pieces[-1].day)
    return fails


def overlap(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times in which the guide already has an appointment."""
    fails: Mask | None = None
    for places, starts, ends in _spans(asked, table):
        near = table.held.between(int(starts.min()) - table.longest, int(ends.max()))
        if near.size:
            begin, end = table.held.values[0, near], table.held.values[1, near]
            fails = _struck(
                asked, table, fails, places, (begin < ends) & (starts < end), table.held.row[near]
            )
    return fails


def travel(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times too close before or after another appointment on site."""
    if asked.need.mode is not Mode.ON_SITE:
        return None
    ways = table.way_minutes(asked.rules.travel, asked.need.district).astype(np.int64) * MINUTE
    longest = int(ways.max())
    fails: Mask | None = None
    for places, starts, ends in _spans(asked, table):
        near = table.held.between(int(starts.min()) - table.longest - longest, int(ends.max()) + longest)
        near = near[table.held.values[3, near] == 1]
        if near.size:
            begin, end, district_ = table.held.values[:3, near]
            gap = np.maximum(starts - end, begin - ends)
            fails = _struck(
                asked, table, fails, places, (gap >= 0) & (ways[district_] > gap), table.held.row[near]
            )
    return fails


def credential(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides without a required proof that holds on the day."""
    if not asked.need.credentials:
        return None
    days = _days(asked)
    found = np.zeros((days.size, table.size), np.bool_)
    for kind in asked.need.credentials:
        number = PROOFS.index(kind)
        outside = [
            (since > days) | (until < days)
            for since, until in zip(table.valid_from[number], table.valid_until[number], strict=True)
        ]
        found |= outside[0] if len(outside) == 1 else np.logical_and.reduce(outside)
    return _by_day(asked, found)


def capacity_week(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse what would exceed the guide's minutes of the week."""
    return _too_much(asked, table, [slot.week for slot in asked.slots], table.week_limit)


def capacity_month(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse what would exceed the guide's minutes of the month."""
    return _too_much(asked, table, [slot.month for slot in asked.slots], table.month_limit)


def notice(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse what begins sooner than the guide wants to know of it; the past is always too soon."""
    lead = np.array([max(-1, min(slot.lead, LONGEST_NOTICE)) for slot in asked.slots], np.int16).reshape(
        -1, 1
    )
    fails = table.notice > lead
    fails[lead[:, 0] < 0] = True
    return fails


# Up to so many pairs of a window and an entry are compared at once, not day by day.
_FEW: Final = 50_000

_ALWAYS: Final[dict[ReasonCode, Rule]] = {
    ReasonCode.LANGUAGE: language,
    ReasonCode.LANGUAGE_LEVEL: language_level,
    ReasonCode.GERMAN_LEVEL: german_level,
    ReasonCode.MODE: mode,
    ReasonCode.DISTRICT: district,
    ReasonCode.WISH_GENDER: wish_gender,
    ReasonCode.WISH_GUIDE: wish_guide,
    ReasonCode.WISH_NOT_GUIDE: wish_not_guide,
    ReasonCode.CONFLICT: conflict,
    ReasonCode.ASKS: asks,
}
_WINDOWS: Final[dict[ReasonCode, Rule]] = {
    ReasonCode.NOT_ACTIVE: active,
    ReasonCode.NOT_AVAILABLE: available,
    ReasonCode.ABSENT: absent,
    ReasonCode.OVERLAP: overlap,
    ReasonCode.TRAVEL: travel,
    ReasonCode.CREDENTIAL: credential,
    ReasonCode.CAPACITY_WEEK: capacity_week,
    ReasonCode.CAPACITY_MONTH: capacity_month,
    ReasonCode.NOTICE: notice,
}
ALL_RULES: Final[dict[ReasonCode, Rule]] = _ALWAYS | _WINDOWS


def _musts(need: Need, kind: WishKind) -> tuple[Wish, ...]:
    return tuple(wish for wish in need.wishes if wish.kind is kind and wish.weight is WishWeight.MUST)


def _days(asked: Question) -> Whole:
    """Return the days of the windows, each once, as a column."""
    return np.array(list(asked.by_day), np.int32).reshape(-1, 1)


def _by_day(asked: Question, lines: Mask) -> Mask:
    """Turn a line for each day into one for each window."""
    if len(asked.by_day) == len(asked.slots):
        return lines
    numbers = {day: number for number, day in enumerate(asked.by_day)}
    return lines[[numbers[slot.day] for slot in asked.slots]]


def _too_much(asked: Question, table: CandidateTable, spans: list[tuple[int, int]], limit: Whole) -> Mask:
    """Say whose minutes of a week or month would exceed the limit, one line for each window."""
    fails = np.empty((len(spans), table.size), np.bool_)
    groups: dict[tuple[int, int, int], list[int]] = {}
    for place, (span, slot) in enumerate(zip(spans, asked.slots, strict=True)):
        groups.setdefault((*span, slot.minutes), []).append(place)
    for (since, until, minutes), places in groups.items():
        fails[places] = table.used(since, until)[0] + minutes > limit
    return fails


def _spans(asked: Question, table: CandidateTable) -> Iterator[tuple[tuple[int, ...], Numbers, Numbers]]:
    """Yield the windows of each day, or all at once where that is little: places, starts and ends."""
    if not asked.slots:
        return
    at_once = len(asked.slots) * len(table.held) <= _FEW
    for places in [tuple(range(len(asked.slots)))] if at_once else asked.by_day.values():
        starts = np.array([[asked.slots[place].start] for place in places], np.int64)
        ends = np.array([[asked.slots[place].end] for place in places], np.int64)
        yield places, starts, ends


def _struck(
    asked: Question,
    table: CandidateTable,
    fails: Mask | None,
    places: tuple[int, ...],
    hits: Mask,
    rows: Numbers,
) -> Mask:
    """Mark the rows whose entries are hit, in the windows that hit them."""
    if fails is None:
        fails = np.zeros((len(asked.slots), table.size), np.bool_)
    windows, entries = np.nonzero(hits)
    fails[np.array(places)[windows], rows[entries]] = True
    return fails


def _is_open(table: CandidateTable, pieces: list[Piece]) -> Mask:
    """Say who is free in each of some pieces; they lie on one weekday, all closed days or none."""
    since = np.array([[piece.since // MINUTE] for piece in pieces], np.int16)
    until = np.array([[-(-piece.until // MINUTE)] for piece in pieces], np.int16)
    if pieces[0].closed:
        free = np.zeros((len(pieces), table.size), np.bool_)
    else:
        weekday = (pieces[0].day - 1) % 7
        free = (table.opens[weekday, 0] <= since) & (table.closes[weekday, 0] >= until)
        for opens, closes in zip(table.opens[weekday, 1:], table.closes[weekday, 1:], strict=True):
            free |= (opens <= since) & (closes >= until)
    if len(table.extra):
        for day in dict.fromkeys(piece.day for piece in pieces):
            extra = table.extra.at(day)
            if extra.size:
                places = [place for place, piece in enumerate(pieces) if piece.day == day]
                free[places] = _with_extra(
                    table, free[places], since[places], until[places], extra, closed=pieces[0].closed
                )
    return free


def _with_extra(
    table: CandidateTable, free: Mask, since: Shorts, until: Shorts, extra: Numbers, *, closed: bool
) -> Mask:
    """Add the extra times of a day; one that does not do alone may do with the row's other times."""
    rows = table.extra.row[extra]
    days, opens, closes = table.extra.values[:, extra]
    windows, entries = np.nonzero((opens <= since) & (closes >= until))
    free[windows, rows[entries]] = True
    for window, entry in np.argwhere((opens < until) & (closes > since) & ~free[:, rows]).tolist():
        row, first, last = int(rows[entry]), int(since[window, 0]), int(until[window, 0])
        if (
            not closed
            and not table.touches(row, (int(days[entry]) - 1) % 7, first, last)
            and table.extra.count[row] == 1
        ):
            continue
        stretches = table.open_minutes(row, int(days[entry]), closed)
        free[window, row] = any(begin <= first and last <= end for begin, end in stretches)
    return free
