"""The engine once more, slow and obvious: one guide, one window, one rule at a time, for tests to compare."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from lotsen.domain.availability import absences_in, free_spans, minutes_missing, minutes_up
from lotsen.domain.localtime import local_day, local_days, local_spans
from lotsen.domain.vocabulary import (
    FitPart,
    GuideStatus,
    HighlightCode,
    LanguageFit,
    Level,
    Mode,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching.highlights import Highlight
from lotsen.matching.profiles import Candidate, Credential, Held, Need, Rules, Weights, Window, Wish
from lotsen.matching.ranking import Excluded, Option, Proposal
from lotsen.matching.reasons import Fact, Reason
from lotsen.matching.scoring import Fit, Part

Rule: TypeAlias = Callable[[Need, Window, Candidate, Rules, datetime], Reason | None]


def active(_need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime) -> Reason | None:
    """Refuse guides who have left or pause on the day."""
    facts: dict[str, Fact] = {"status": candidate.status, "until": candidate.paused_until}
    if candidate.status is GuideStatus.LEFT:
        return Reason(ReasonCode.NOT_ACTIVE, facts)
    if candidate.paused_until is None:
        return Reason(ReasonCode.NOT_ACTIVE, facts) if candidate.status is GuideStatus.PAUSED else None
    short = (candidate.paused_until - local_day(window.start, rules.zone)).days + 1
    return Reason(ReasonCode.NOT_ACTIVE, facts, short) if short > 0 else None


def language(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse guides who speak neither the language nor an accepted substitute, at whatever level."""
    if any(code in need.accepted for code, _ in candidate.languages):
        return None
    return Reason(ReasonCode.LANGUAGE, {"wanted": need.language})


def language_level(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse guides whose best accepted variety is below the level asked for."""
    spoken = [(level.rank, code, level) for code, level in candidate.languages if code in need.accepted]
    if not spoken:
        return None
    rank, code, level = max(spoken)
    if rank >= need.level.rank:
        return None
    facts: dict[str, Fact] = {"code": code, "level": level, "asked": need.level}
    return Reason(ReasonCode.LANGUAGE_LEVEL, facts, need.level.rank - rank)


def german_level(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse guides whose German is below the level asked for."""
    short = need.german_level.rank - candidate.german_level.rank
    if short <= 0:
        return None
    facts: dict[str, Fact] = {"level": candidate.german_level, "asked": need.german_level}
    return Reason(ReasonCode.GERMAN_LEVEL, facts, short)


def mode(need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime) -> Reason | None:
    """Refuse guides who do not work this way (on site, by phone, by video)."""
    return None if need.mode in candidate.modes else Reason(ReasonCode.MODE, {"mode": need.mode})


def district(
    need: Need, _window: Window, candidate: Candidate, rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse places out of reach; the margin is None where no chain of neighbours is known."""
    place, ours = need.district, same_pool(need.pool_id, candidate.pool_id)
    if need.mode is not Mode.ON_SITE or place is None or (ours and place in candidate.districts):
        return None
    home, reach = candidate.home_district, candidate.reach_hops
    if not candidate.districts and reach is None:
        return None
    too_far = [rules.travel.hops(named, place) if ours else None for named in candidate.districts]
    if home is not None and reach is not None:
        hops = rules.travel.hops(home, place) if ours else None
        if hops is not None and hops <= reach:
            return None
        too_far.append(None if hops is None else hops - reach)
    known = [hops for hops in too_far if hops is not None]
    return Reason(ReasonCode.DISTRICT, {"district": place, "home": home}, min(known, default=None))


def available(
    _need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse times outside of the weekly pattern and the extra dates."""
    missing = minutes_missing(candidate.availability, window.start, window.end, rules.zone, rules.closed_days)
    return Reason(ReasonCode.NOT_AVAILABLE, {}, missing) if missing else None


def absent(_need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime) -> Reason | None:
    """Refuse days of absence."""
    hits = absences_in(candidate.availability, window.start, window.end, rules.zone)
    if not hits:
        return None
    absence, minutes = max(hits, key=lambda hit: hit[1])
    return Reason(ReasonCode.ABSENT, {"first": absence.first, "last": absence.last}, minutes)


def overlap(
    _need: Need, window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse times in which the guide already has an appointment; the longest overlap is named."""
    clashes = [
        (minutes_up(min(window.end, held.end) - max(window.start, held.start)), held)
        for held in candidate.held
        if held.start < window.end and window.start < held.end
    ]
    if not clashes:
        return None
    minutes, held = min(clashes, key=lambda clash: (-clash[0], _held_key(clash[1])))
    return Reason(ReasonCode.OVERLAP, _held_facts(held), minutes)


def travel(need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime) -> Reason | None:
    """Refuse times too close before or after another appointment on site; the tightest one is named."""
    tight: list[tuple[int, Held, int]] = []
    for held, gap in neighbouring(need, window, candidate):
        way = minutes_between(held, need, candidate, rules)
        if (short := minutes_up(timedelta(minutes=way) - gap)) > 0:
            tight.append((short, held, way))
    if not tight:
        return None
    short, held, way = min(tight, key=lambda one: (-one[0], _held_key(one[1])))
    return Reason(ReasonCode.TRAVEL, {**_held_facts(held), "travel": way}, short)


def credential(
    need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse guides without a required proof that holds on the day; the margin is the worst proof's."""
    day = local_day(window.start, rules.zone)
    lacking: list[tuple[str, int | None, date | None]] = []
    for kind in sorted(need.credentials):
        proofs = [proof for proof in candidate.credentials if proof.kind is kind]
        days, until = min(
            ((_days_off(proof, day), proof.valid_until or date.max) for proof in proofs), default=(None, None)
        )
        if days != 0:
            lacking.append((kind, days, None if until == date.max else until))
    if not lacking:
        return None
    kind, margin, until = max(lacking, key=lambda one: (one[1] is None, one[1] or 0))
    kinds = tuple(one[0] for one in lacking)
    return Reason(ReasonCode.CREDENTIAL, {"kinds": kinds, "worst": kind, "until": until}, margin)


def wish_gender(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse guides who are not known to be of a gender that must be."""
    wanted = {wish.gender for wish in _musts(need, WishKind.GENDER) if wish.gender is not None}
    if not wanted or candidate.gender in wanted:
        return None
    return Reason(ReasonCode.WISH_GENDER, {"wanted": tuple(sorted(wanted)), "gender": candidate.gender})


def wish_guide(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse everyone but the guides who must come."""
    wanted = {wish.guide_id for wish in _musts(need, WishKind.GUIDE) if wish.guide_id is not None}
    return Reason(ReasonCode.WISH_GUIDE) if wanted and candidate.guide_id not in wanted else None


def wish_not_guide(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse the guides who must not come."""
    unwanted = {wish.guide_id for wish in _musts(need, WishKind.NOT_GUIDE)}
    return Reason(ReasonCode.WISH_NOT_GUIDE) if candidate.guide_id in unwanted else None


def conflict(
    need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse blocked pairs, families the guide knows, and requests that were declined or are already held."""
    kinds: list[str] = []
    if need.institution_id in candidate.blocked_institutions:
        kinds.append("blocked_institution")
    if need.occasion in candidate.unwanted_occasions:
        kinds.append("unwanted_occasion")
    if need.request_id in candidate.conflict_requests:
        kinds.append("knows_family")
    if need.request_id in candidate.declined_requests:
        kinds.append("declined")
    if any(held.request_id == need.request_id for held in candidate.held):
        kinds.append("already_asked")
    return Reason(ReasonCode.CONFLICT, {"kinds": tuple(kinds)}) if kinds else None


def capacity_week(
    _need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse what would exceed the guide's minutes of the week."""
    used = sum(held.minutes for held in held_in_week(window, candidate, rules))
    return _over_capacity(ReasonCode.CAPACITY_WEEK, used, window.minutes, candidate.week_minutes)


def capacity_month(
    _need: Need, window: Window, candidate: Candidate, rules: Rules, _now: datetime
) -> Reason | None:
    """Refuse what would exceed the guide's minutes of the month."""
    month = local_day(window.start, rules.zone).replace(day=1)
    used = sum(h.minutes for h in candidate.held if local_day(h.start, rules.zone).replace(day=1) == month)
    return _over_capacity(ReasonCode.CAPACITY_MONTH, used, window.minutes, candidate.month_minutes)


def asks(_need: Need, _window: Window, candidate: Candidate, _rules: Rules, _now: datetime) -> Reason | None:
    """Refuse to ask someone more often in this week than the budget allows."""
    limit, used = candidate.asks_per_week, candidate.asks_this_week
    if limit is None or used < limit:
        return None
    return Reason(ReasonCode.ASKS, {"used": used, "limit": limit}, used - limit + 1)


def notice(_need: Need, window: Window, candidate: Candidate, _rules: Rules, now: datetime) -> Reason | None:
    """Refuse what begins sooner than the guide wants to know of it; the past is always too soon."""
    short = minutes_up(timedelta(hours=max(0, candidate.notice_hours)) - (window.start - now))
    return Reason(ReasonCode.NOTICE, {"hours": candidate.notice_hours}, short) if short > 0 else None


def same_pool(one: int | None, other: int | None) -> bool:
    """Say whether equal codes of two pools mean one district."""
    return one is None or other is None or one == other


def minutes_between(held: Held, need: Need, candidate: Candidate, rules: Rules) -> int:
    """Return the minutes of the way between an appointment and the place of the request."""
    pool = candidate.pool_id if held.pool_id is None else held.pool_id
    here = held.district if same_pool(need.pool_id, pool) else None
    return rules.travel.minutes(here, need.district)


ALL_RULES: tuple[Rule, ...] = (
    active,
    language,
    language_level,
    german_level,
    mode,
    district,
    available,
    absent,
    overlap,
    travel,
    credential,
    wish_gender,
    wish_guide,
    wish_not_guide,
    conflict,
    capacity_week,
    capacity_month,
    asks,
    notice,
)


def check(
    need: Need, window: Window, candidate: Candidate, rules: Rules, now: datetime
) -> tuple[Reason, ...]:
    """Return every reason against this guide in this window, in the order of the rules."""
    found = (rule(need, window, candidate, rules, now) for rule in ALL_RULES)
    return tuple(reason for reason in found if reason is not None)


def neighbouring(need: Need, window: Window, candidate: Candidate) -> tuple[tuple[Held, timedelta], ...]:
    """Return the appointments on site beside an on-site window, with the time between; overlaps left out."""
    if need.mode is not Mode.ON_SITE:
        return ()
    on_site = (held for held in candidate.held if held.mode is Mode.ON_SITE)
    gaps = ((held, max(window.start - held.end, held.start - window.end)) for held in on_site)
    return tuple((held, gap) for held, gap in gaps if gap >= timedelta(0))


def held_in_week(window: Window, candidate: Candidate, rules: Rules) -> tuple[Held, ...]:
    """Return the appointments that begin in the ISO week in which the window begins."""
    week = _week(window.start, rules)
    return tuple(held for held in candidate.held if _week(held.start, rules) == week)


def _week(moment: datetime, rules: Rules) -> tuple[int, int]:
    iso = local_day(moment, rules.zone).isocalendar()
    return iso.year, iso.week


def _held_key(held: Held) -> tuple[datetime, datetime, int]:
    return held.start, held.end, held.request_id


def _held_facts(held: Held) -> dict[str, Fact]:
    return {"start": held.start, "end": held.end, "district": held.district, "request": held.request_id}


def _days_off(proof: Credential, day: date) -> int:
    """Return by how many days a proof misses a day; 0 if it holds."""
    if day < proof.valid_from:
        return (proof.valid_from - day).days
    return 0 if proof.valid_until is None else max(0, (day - proof.valid_until).days)


def _musts(need: Need, kind: WishKind) -> tuple[Wish, ...]:
    return tuple(wish for wish in need.wishes if wish.kind is kind and wish.weight is WishWeight.MUST)


def _over_capacity(code: ReasonCode, used: int, minutes: int, limit: int | None) -> Reason | None:
    if limit is None or used + minutes <= limit:
        return None
    return Reason(code, {"used": used, "limit": limit}, used + minutes - limit)


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
    ours = same_pool(need.pool_id, candidate.pool_id)
    hops = None if home is None or place is None or not ours else rules.travel.hops(home, place)
    named = ours and place in candidate.districts
    facts: Facts = {"home": home, "district": place, "hops": hops, "named": named}
    if hops is not None:
        return (_NEARNESS[hops] if hops < len(_NEARNESS) else _FAR), facts
    return (_NAMED_DISTRICT if facts["named"] else _UNKNOWN_WAY), facts


def _continuity(need: Need, window: Window, candidate: Candidate, rules: Rules) -> tuple[int, Facts]:
    history = candidate.histories.get(need.institution_id or -1)
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


_MANY_APPOINTMENTS = 2
_SELDOM_ASKED = 2
_NEAR_HOPS = 2
# A free hour beyond the way is room enough not to mention the appointment before or after.
_ROOM_BETWEEN = timedelta(hours=1)


def highlights(
    need: Need, window: Window, candidate: Candidate, rules: Rules, fit: Fit
) -> tuple[Highlight, ...]:
    """Return what speaks for this guide in this window, then what to mind."""
    found = (
        *_said_language(fit),
        *_free(window, candidate, rules),
        *_from_fit(fit),
        *_beside(need, window, candidate, rules),
    )
    return tuple(sorted(found, key=lambda one: one.attention))


def _said_language(fit: Fit) -> Iterator[Highlight]:
    facts = fit.part(FitPart.LANGUAGE).facts
    if facts.get("as") == LanguageFit.EXACT:
        yield Highlight(HighlightCode.SPEAKS, facts)
    elif facts:
        yield Highlight(HighlightCode.SPEAKS_SUBSTITUTE, facts, attention=True)


def _free(window: Window, candidate: Candidate, rules: Rules) -> Iterator[Highlight]:
    """Yield the free stretch around the window, at most from midnight to midnight."""
    days = tuple(local_days(window.start, window.end, rules.zone))
    first = local_spans(days[0], time.min, time.min, rules.zone)[0][0]
    last = local_spans(days[-1], time.min, time.min, rules.zone)[-1][1]
    for start, end in free_spans(candidate.availability, first, last, rules.zone, rules.closed_days):
        if start <= window.start and window.end <= end:
            yield Highlight(HighlightCode.FREE, {"start": start, "end": end})


def _from_fit(fit: Fit) -> Iterator[Highlight]:
    facts = {part.part: part.facts for part in fit.parts}
    near = facts[FitPart.NEARNESS]
    hops = near.get("hops")
    if hops == 0:
        yield Highlight(HighlightCode.SAME_DISTRICT, near)
    elif isinstance(hops, int) and hops <= _NEAR_HOPS:
        yield Highlight(HighlightCode.DISTRICT_NEAR, near)

    if facts[FitPart.CONTINUITY]["times"]:
        yield Highlight(HighlightCode.KNOWS_INSTITUTION, facts[FitPart.CONTINUITY])
    if facts[FitPart.EXPERIENCE]["times"]:
        yield Highlight(HighlightCode.KNOWS_OCCASION, facts[FitPart.EXPERIENCE])
    asks = facts[FitPart.ASKS]["asks"]
    if isinstance(asks, int) and asks <= _SELDOM_ASKED:
        yield Highlight(HighlightCode.SELDOM_ASKED, facts[FitPart.ASKS])

    wishes = facts[FitPart.WISHES]
    if wishes["met"]:
        yield Highlight(HighlightCode.WISH_MET, {"kinds": wishes["met"]})
    if wishes["not_met"]:
        yield Highlight(HighlightCode.WISH_NOT_MET, {"kinds": wishes["not_met"]}, attention=True)

    room = facts[FitPart.ROOM]
    appointments = room["appointments"]
    if isinstance(appointments, int) and appointments >= _MANY_APPOINTMENTS:
        yield Highlight(HighlightCode.APPOINTMENTS_THIS_WEEK, room, attention=True)


def _beside(need: Need, window: Window, candidate: Candidate, rules: Rules) -> Iterator[Highlight]:
    """Yield the nearest appointment before and after, if little time lies between."""
    near = neighbouring(need, window, candidate)
    before = [(gap, held.end, held) for held, gap in near if held.end <= window.start]
    after = [(gap, held.start, held) for held, gap in near if held.start >= window.end]
    for code, found in ((HighlightCode.COMES_FROM, before), (HighlightCode.GOES_ON_TO, after)):
        if not found:
            continue
        gap, at, held = min(found, key=lambda one: (one[0], one[2].request_id))
        way = minutes_between(held, need, candidate, rules)
        if gap < timedelta(minutes=way) + _ROOM_BETWEEN:
            yield Highlight(code, {"at": at, "district": held.district, "travel": way}, attention=True)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who can, best first, and who cannot, by guide id; `eligible` counts those who can before any cut."""

    proposals: tuple[Proposal, ...]
    eligible: int
    excluded: tuple[Excluded, ...] = ()
    counts_by_reason: Mapping[ReasonCode, tuple[int, ...]] = field(
        default_factory=dict[ReasonCode, tuple[int, ...]]
    )
    only_reason: Mapping[ReasonCode, tuple[int, ...]] = field(
        default_factory=dict[ReasonCode, tuple[int, ...]]
    )


def rank(
    need: Need,
    candidates: Iterable[Candidate],
    rules: Rules,
    weights: Weights,
    now: datetime,
    top: int | None = None,
) -> Ranking:
    """Rank one request's guides; `top` cuts the proposals, everyone is counted all the same.

    Equal fits: who was asked less in 90 days goes first, then who worked less, then the smaller guide id;
    between windows of one guide the earlier one.
    """
    eligible: list[tuple[Candidate, tuple[tuple[int, Fit], ...]]] = []
    excluded: list[Excluded] = []
    for candidate in candidates:
        reasons = tuple(check(need, window, candidate, rules, now) for window in need.windows)
        if free := [index for index, found in enumerate(reasons) if not found]:
            fits = [(index, fit(need, need.windows[index], candidate, rules, weights)) for index in free]
            fits.sort(key=lambda one: (-one[1].total, _window_key(need, one[0])))
            eligible.append((candidate, tuple(fits)))
        else:
            best = min(range(len(reasons)), key=lambda index: (len(reasons[index]), index), default=None)
            excluded.append(Excluded(candidate.guide_id, reasons, best))
    eligible.sort(
        key=lambda one: (-one[1][0][1].total, one[0].asks_90, one[0].load_minutes_90, one[0].guide_id)
    )
    excluded.sort(key=lambda one: one.guide_id)
    return Ranking(
        proposals=tuple(_proposal(need, candidate, fits, rules) for candidate, fits in eligible[:top]),
        eligible=len(eligible),
        excluded=tuple(excluded),
        counts_by_reason=_by_reason(excluded),
        only_reason=_by_reason([one for one in excluded if len(one.best_reasons) == 1]),
    )


def _proposal(need: Need, candidate: Candidate, fits: tuple[tuple[int, Fit], ...], rules: Rules) -> Proposal:
    best, *others = (
        Option(index, measured, highlights(need, need.windows[index], candidate, rules, measured))
        for index, measured in fits
    )
    return Proposal(candidate.guide_id, best.window_index, best.fit, best.highlights, tuple(others))


def _window_key(need: Need, index: int) -> tuple[datetime, datetime, int]:
    window = need.windows[index]
    return window.start, window.end, index


def _by_reason(excluded: list[Excluded]) -> dict[ReasonCode, tuple[int, ...]]:
    """Gather guide ids by reason, in the order of the vocabulary; reasons that nobody has are left out."""
    found: dict[ReasonCode, list[int]] = {}
    for one in excluded:
        for reason in one.best_reasons:
            found.setdefault(reason.code, []).append(one.guide_id)
    return {code: tuple(found[code]) for code in ReasonCode if code in found}
