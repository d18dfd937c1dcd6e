"""The hard rules: each says who cannot take a request in a window, over all rows of a table at once.

Each rule looks at one thing only, so that "fails only this" is true: someone without the language does not
fail the level too, and an absence is not a gap in the weekly pattern. Weeks (ISO) and months are those of
the local day on which an appointment begins.

Some rules ask the same of every window: their mask has one entry for each row. The others give one line of
such entries for each window. None says that nobody fails. The words come from `matching.reasons`, out of
the same columns.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

import numpy as np

from lotsen.domain.vocabulary import Mode, ReasonCode, WishKind, WishWeight
from lotsen.matching.entries import Numbers
from lotsen.matching.profiles import Candidate, Need, Rules, Window, Wish
from lotsen.matching.question import MINUTE, Piece, Question, question
from lotsen.matching.reasons import WORDS, Fact, Reason
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
KeyT = TypeVar("KeyT", bound=Hashable)
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
    return _failing(_ALWAYS, asked, table, known)


def in_windows(
    asked: Question, table: CandidateTable, known: Known | None = None
) -> dict[ReasonCode, Mask]:
    """Return who fails the rules that go by the window, one line for each; `known` is of these windows."""
    return _failing(_WINDOWS, asked, table, known)


def _failing(
    rules: Mapping[ReasonCode, Rule], asked: Question, table: CandidateTable, known: Known | None
) -> dict[ReasonCode, Mask]:
    if known is None:
        return {code: mask for code, rule in rules.items() if (mask := rule(asked, table)) is not None}
    found: dict[ReasonCode, Mask] = {}
    for code, rule in rules.items():
        key = code, _SEES[code](asked)
        if key not in known:
            known[key] = rule(asked, table)
        mask = known[key]
        if mask is not None:
            found[code] = mask
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
    return _by_day(asked, table.size, table.inactive)


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
    spans = [(slot.pieces[0].day, slot.pieces[-1].day) for slot in asked.slots]
    return _lines(table.size, spans, lambda span: table.away(*span))


def overlap(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse times in which the guide already has an appointment."""
    fails: Mask | None = None
    for places, starts, ends in _spans(asked, table):
        near = table.held.between(int(starts.min()) - table.longest, int(ends.max()))
        if near.size:
            begin, end = table.held.values[0, near], table.held.values[1, near]
            fails = _struck(
                asked, table, fails, places, (begin < ends) & (starts < end), table.held.rows(near)
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
                asked, table, fails, places, (gap >= 0) & (ways[district_] > gap), table.held.rows(near)
            )
    return fails


def credential(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse guides without a required proof that holds on the day."""
    if not asked.need.credentials:
        return None

    def look(day: int) -> Mask:
        return np.logical_or.reduce([table.unproven(kind, day) for kind in asked.need.credentials])

    return _by_day(asked, table.size, look)


def capacity_week(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse what would exceed the guide's minutes of the week."""
    spans = [(slot.week, slot.minutes) for slot in asked.slots]
    return _lines(table.size, spans, lambda one: table.left_in_week(*one[0]) < one[1])


def capacity_month(asked: Question, table: CandidateTable) -> Mask | None:
    """Refuse what would exceed the guide's minutes of the month."""
    spans = [(slot.month, slot.minutes) for slot in asked.slots]
    return _lines(table.size, spans, lambda one: table.left_in_month(*one[0]) < one[1])


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


def _nothing(_asked: Question) -> Hashable:
    return None


def _place(asked: Question) -> Hashable:
    on_site = asked.need.mode is Mode.ON_SITE
    return (on_site, asked.need.district, asked.further) if on_site else on_site


def _wished(asked: Question) -> Hashable:
    return tuple(wish for wish in asked.need.wishes if wish.weight is WishWeight.MUST)


# What of a need, and of `further`, each rule looks at: equal answers, equal masks. None of it: only windows.
_SEES: Final[dict[ReasonCode, Callable[[Question], Hashable]]] = {
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


def _by_day(asked: Question, size: int, look: Callable[[int], Mask]) -> Mask:
    """Look once at each day; one line for each window."""
    return _lines(size, [slot.day for slot in asked.slots], look)


def _lines(size: int, keys: Sequence[KeyT], look: Callable[[KeyT], Mask]) -> Mask:
    """Look once at each key; one line for each window."""
    if len(keys) == 1:
        return look(keys[0])[None]
    found = np.empty((len(keys), size), np.bool_)
    places: dict[KeyT, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    for key, those in places.items():
        found[those] = look(key)
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
    rows = table.extra.rows(extra)
    day, opens, closes = table.extra.values[:, extra]
    windows, entries = np.nonzero((opens <= since) & (closes >= until))
    free[windows, rows[entries]] = True
    windows, entries = np.nonzero((opens < until) & (closes > since) & ~free[:, rows])
    first, last, those = since[windows, 0], until[windows, 0], rows[entries]
    stretches = [(opens[entries], closes[entries])]
    if not closed:
        weekday = (int(day[0]) - 1) % 7
        stretches += zip(table.opens[weekday][:, those], table.closes[weekday][:, those], strict=True)
    reached = first.astype(np.int64)
    for _ in stretches:
        for begin, end in stretches:
            np.copyto(reached, np.maximum(reached, end), where=(begin <= reached) & (begin < end))
    free[windows, those] = reached >= last
    # Several extra times of one day may do together.
    several = np.flatnonzero((table.extra.count_of(those) > 1) & (reached < last)).tolist()
    for place in several:
        row = int(those[place])
        found = table.open_minutes(row, int(day[0]), closed)
        free[windows[place], row] = any(begin <= first[place] and last[place] <= end for begin, end in found)
    return free
