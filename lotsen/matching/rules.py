"""The hard rules: each says who cannot take a request in a window, over all rows of a table at once.

Each rule looks at one thing only, so that "fails only this" is true: someone without the language does not
fail the level too, and an absence is not a gap in the weekly pattern. Weeks (ISO) and months are those of
the local day on which an appointment begins.

Some rules ask the same of every window: their mask has one entry for each row. The others give one line of
such entries for each window. None says that nobody fails. The words come from `matching.reasons`, out of
the same columns.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final, TypeAlias

import numpy as np

from lotsen.domain.vocabulary import Mode, ReasonCode, WishKind, WishWeight
from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Candidate, Need, Rules, Window, Wish
from lotsen.matching.question import MINUTE, Piece, Question, Slot, question
from lotsen.matching.reasons import WORDS, Fact, Reason
from lotsen.matching.table import (
    FAR,
    GENDERS,
    LONGEST_NOTICE,
    MODES,
    Bytes,
    CandidateTable,
    Mask,
    Shorts,
)

__all__ = ["Fact", "Reason"]

Rule: TypeAlias = Callable[[Question, CandidateTable], Mask | None]
KeyRule: TypeAlias = Callable[[Question, Slot, CandidateTable], Mask]
Known: TypeAlias = dict[tuple[ReasonCode, Hashable], Mask | None]


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


def always(asked: Question, table: CandidateTable, known: Known | None = None) -> dict[ReasonCode, Mask]:
    """Return who fails the rules that are the same for every window.

    `known` keeps what was found among these guides for the next need, which may differ in little.
    """
    found: dict[ReasonCode, Mask] = {}
    for code, rule in ALWAYS.items():
        if known is None:
            mask = rule(asked, table)
        else:
            key = code, SEES[code](asked)
            mask = known[key] if key in known else known.setdefault(key, rule(asked, table))
        if mask is not None:
            found[code] = mask
    return found


def in_windows(asked: Question, table: CandidateTable) -> dict[ReasonCode, Mask]:
    """Return who fails the rules that go by the window, one line for each."""
    found = {code: mask for code, rule in BY_WINDOW.items() if (mask := rule(asked, table)) is not None}
    for code, (key, rule) in BY_KEY.items():
        found[code] = _by_key(asked, table, key, rule)
    return found


def refused(asked: Question, table: CandidateTable, rows: Numbers) -> Mask:
    """Return which of some rows fail any rule that goes by the window, one line for each window."""
    part = table.take(rows)
    found = np.zeros((len(asked.slots), rows.size), np.bool_)
    for rule in BY_WINDOW.values():
        mask = rule(asked, part)
        if mask is not None:
            found |= mask
    # Days and length settle every key.
    groups: dict[tuple[int, int, int], list[int]] = {}
    for place, slot in enumerate(asked.slots):
        groups.setdefault((slot.day, slot.pieces[-1].day, slot.minutes), []).append(place)
    known: dict[tuple[ReasonCode, Hashable], Mask] = {}
    for places in groups.values():
        slot = asked.slots[places[0]]
        fails = np.zeros(table.size, np.bool_)
        for code, (key, rule) in BY_KEY.items():
            found_by = code, key(slot)
            if found_by not in known:
                known[found_by] = rule(asked, slot, table)
            fails |= known[found_by]
        line = fails[rows]
        for place in places:
            found[place] |= line
    return found


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
    return table.best(tuple(asked.need.accepted)) == 0


def language_level(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides whose best accepted variety is below the level asked for."""
    best = table.best(tuple(asked.need.accepted))
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
    hops = table.hops(asked.rules.travel, asked.need.pool_id, place)
    within = hops[table.home]
    fails = ~table.anywhere & ((table.reach < 0) | (within == FAR) | (within > table.reach + asked.further))
    for number in np.flatnonzero(hops[:-1] <= asked.further).tolist():
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


def active(_asked: Question, slot: Slot, table: CandidateTable) -> Mask:
    """Refuse guides who have left or pause on the day."""
    return table.inactive(slot.day)


def available(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times outside of the weekly pattern and the extra dates."""
    pieces = [piece for slot in asked.slots for piece in slot.pieces]
    free = _is_open(table, pieces)
    if len(pieces) > len(asked.slots):
        ends = list(accumulate(len(slot.pieces) for slot in asked.slots))
        free = np.logical_and.reduceat(free, [0, *ends[:-1]])
    return np.logical_not(free, out=free)


def absent(_asked: Question, slot: Slot, table: CandidateTable) -> Mask:
    """Refuse days of absence."""
    return table.away(slot.pieces[0].day, slot.pieces[-1].day)


def overlap(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times in which the guide already has an appointment."""
    fails: Mask | None = None
    for places, starts, ends in _spans(asked, table):
        near, rows = table.held.near(int(starts.min()) - table.longest, int(ends.max()))
        if near.size:
            begin, end = table.held.values[0, near], table.held.values[1, near]
            fails = _struck(asked, table, fails, places, (begin < ends) & (starts < end), rows)
    return fails


def travel(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times too close before or after another appointment on site."""
    if asked.need.mode is not Mode.ON_SITE:
        return None
    ways = table.way_minutes(asked.rules.travel, asked.need.pool_id, asked.need.district)
    ways = ways.astype(np.int64) * MINUTE
    longest = int(ways.max())
    fails: Mask | None = None
    for places, starts, ends in _spans(asked, table):
        near, rows = table.held.near(int(starts.min()) - table.longest - longest, int(ends.max()) + longest)
        if near.size:
            begin, end, place, on_site = table.held.values[:4, near]
            gap = np.maximum(starts - end, begin - ends)
            hits = (gap >= 0) & (np.where(on_site == 1, ways[place], 0) > gap)
            fails = _struck(asked, table, fails, places, hits, rows)
    return fails


def credential(asked: Question, slot: Slot, table: CandidateTable) -> Mask:
    """Refuse guides without a required proof that holds on the day."""
    return table.unproven(asked.need.credentials, slot.day)


def capacity_week(_asked: Question, slot: Slot, table: CandidateTable) -> Mask:
    """Refuse what would exceed the guide's minutes of the week."""
    return table.left_in_week(*slot.week) < slot.minutes


def capacity_month(_asked: Question, slot: Slot, table: CandidateTable) -> Mask:
    """Refuse what would exceed the guide's minutes of the month."""
    return table.left_in_month(*slot.month) < slot.minutes


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

ALWAYS: Final[dict[ReasonCode, Rule]] = {
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
# Those that ask the same of every window with the same key.
BY_KEY: Final[dict[ReasonCode, tuple[Callable[[Slot], Hashable], KeyRule]]] = {
    ReasonCode.NOT_ACTIVE: (lambda slot: slot.day, active),
    ReasonCode.ABSENT: (lambda slot: (slot.pieces[0].day, slot.pieces[-1].day), absent),
    ReasonCode.CREDENTIAL: (lambda slot: slot.day, credential),
    ReasonCode.CAPACITY_WEEK: (lambda slot: (slot.week, slot.minutes), capacity_week),
    ReasonCode.CAPACITY_MONTH: (lambda slot: (slot.month, slot.minutes), capacity_month),
}
BY_WINDOW: Final[dict[ReasonCode, Rule]] = {
    ReasonCode.NOT_AVAILABLE: available,
    ReasonCode.OVERLAP: overlap,
    ReasonCode.TRAVEL: travel,
    ReasonCode.NOTICE: notice,
}
ALL_RULES: Final = {**ALWAYS, **BY_WINDOW, **{code: rule for code, (_, rule) in BY_KEY.items()}}


def _nothing(_asked: Question) -> Hashable:
    return None


def _place(asked: Question) -> Hashable:
    on_site = asked.need.mode is Mode.ON_SITE
    return (on_site, asked.need.pool_id, asked.need.district, asked.further) if on_site else on_site


def _wished(asked: Question) -> Hashable:
    return tuple(wish for wish in asked.need.wishes if wish.weight is WishWeight.MUST)


# What of a need, and of `further`, each rule looks at: equal answers, equal masks. None of it: only windows.
SEES: Final[dict[ReasonCode, Callable[[Question], Hashable]]] = {
    ReasonCode.LANGUAGE: lambda asked: tuple(asked.need.accepted),
    ReasonCode.LANGUAGE_LEVEL: lambda asked: (tuple(asked.need.accepted), asked.need.level),
    ReasonCode.GERMAN_LEVEL: lambda asked: asked.need.german_level,
    ReasonCode.MODE: lambda asked: asked.need.mode,
    ReasonCode.DISTRICT: _place,
    ReasonCode.WISH_GENDER: _wished,
    ReasonCode.WISH_GUIDE: _wished,
    ReasonCode.WISH_NOT_GUIDE: _wished,
    ReasonCode.CONFLICT: lambda asked: (asked.need.request_id, asked.need.institution_id),
    ReasonCode.ASKS: _nothing,
    ReasonCode.NOT_ACTIVE: _nothing,
    ReasonCode.NOT_AVAILABLE: _nothing,
    ReasonCode.ABSENT: _nothing,
    ReasonCode.OVERLAP: _nothing,
    ReasonCode.TRAVEL: _place,
    ReasonCode.CREDENTIAL: lambda asked: asked.need.credentials,
    ReasonCode.CAPACITY_WEEK: _nothing,
    ReasonCode.CAPACITY_MONTH: _nothing,
    ReasonCode.NOTICE: _nothing,
}


def _musts(need: Need, kind: WishKind) -> tuple[Wish, ...]:
    return tuple(wish for wish in need.wishes if wish.kind is kind and wish.weight is WishWeight.MUST)


def _by_key(asked: Question, table: CandidateTable, key: Callable[[Slot], Hashable], rule: KeyRule) -> Mask:
    """Ask a rule once for each key of the windows; one line for each window."""
    if len(asked.slots) == 1:
        return rule(asked, asked.slots[0], table)[None]
    places: dict[Hashable, list[int]] = {}
    for place, slot in enumerate(asked.slots):
        places.setdefault(key(slot), []).append(place)
    found = np.empty((len(asked.slots), table.size), np.bool_)
    for those in places.values():
        found[those] = rule(asked, asked.slots[those[0]], table)
    return found


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
    """Say who is free in each of some pieces."""
    since = np.array([[piece.since // MINUTE] for piece in pieces], np.int16).reshape(-1, 1)
    until = np.array([[-(-piece.until // MINUTE)] for piece in pieces], np.int16).reshape(-1, 1)
    free = np.zeros((len(pieces), table.size), np.bool_)
    weekdays: dict[int, list[int]] = {}
    for place, piece in enumerate(pieces):
        if not piece.closed:
            weekdays.setdefault((piece.day - 1) % 7, []).append(place)
    for weekday, places in weekdays.items():
        first, last = since[places], until[places]
        found = (table.opens[weekday, 0] <= first) & (table.closes[weekday, 0] >= last)
        for opens, closes in zip(table.opens[weekday, 1:], table.closes[weekday, 1:], strict=True):
            found |= (opens <= first) & (closes >= last)
        if len(places) == len(pieces):
            free = found
        else:
            free[places] = found
    if len(table.extra):
        _open_extra(table, pieces, free, since, until)
    return free


def _open_extra(table: CandidateTable, pieces: list[Piece], free: Mask, since: Shorts, until: Shorts) -> None:
    """Add the extra times; one that does not do alone may do with the row's other times."""
    near = [table.extra.near(day, day + 1) for day in dict.fromkeys(piece.day for piece in pieces)]
    places, rows = (np.concatenate(some) for some in zip(*near, strict=True)) if near else (None, None)
    if places is None or rows is None or not places.size:
        return
    on = np.array([[piece.day] for piece in pieces])
    day, opens, closes = table.extra.values[:, places]
    numbers, entries = np.nonzero((opens < until) & (closes > since) & (day == on))
    those = rows[entries]
    if not those.size:
        return
    first, last = since[numbers, 0], until[numbers, 0]
    stretches = [(opens[entries], closes[entries])]
    closed = np.array([piece.closed for piece in pieces])[numbers]
    weekday = (day[entries] - 1) % 7
    for slot in range(table.opens.shape[1]):
        weekly = np.where(closed, 0, table.closes[weekday, slot, those])
        stretches.append((table.opens[weekday, slot, those], weekly))
    reached: Numbers = first.astype(np.int64)
    for _ in stretches:
        for begin, end in stretches:
            longer = (begin <= reached) & (reached < end)
            reached = np.where(longer, end, reached).astype(np.int64)
    enough = reached >= last
    free[numbers[enough], those[enough]] = True
    # Several extra times of one day may do together.
    for place in np.flatnonzero(~enough & (table.extra.count_of(those) > 1)).tolist():
        piece, row = pieces[int(numbers[place])], int(those[place])
        free[numbers[place], row] |= any(
            begin <= first[place] and last[place] <= end
            for begin, end in table.open_minutes(row, piece.day, piece.closed)
        )
