"""The hard rules: each says why a guide cannot take a request in a window, and by how much.

Unit of the margin, the amount by which a rule is missed, always above 0 (None where "how far" means nothing):

- days: NOT_ACTIVE (until the pause ends), CREDENTIAL (from the proof to the appointment)
- steps on the scale of levels: LANGUAGE_LEVEL, GERMAN_LEVEL
- borders of districts: DISTRICT
- minutes: NOT_AVAILABLE, ABSENT, OVERLAP, TRAVEL, CAPACITY_WEEK, CAPACITY_MONTH, NOTICE
- offers: ASKS
- None: LANGUAGE, MODE, the wishes, CONFLICT

Each rule looks at one thing only, so that "fails only this" is true: someone without the language does not
fail the level too, and an absence is not a gap in the weekly pattern. Weeks (ISO) and months are those of
the local day on which an appointment begins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeAlias

from lotsen.domain.availability import absences_in, minutes_missing, minutes_up
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import GuideStatus, Mode, ReasonCode, WishKind, WishWeight
from lotsen.matching.profiles import Candidate, Credential, Held, Need, Rules, Window, Wish

Fact: TypeAlias = str | int | date | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, with what the words need; unit of the margin: see the module."""

    code: ReasonCode
    parameters: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    margin: int | None = None


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
    place = need.district
    if need.mode is not Mode.ON_SITE or place is None or place in candidate.districts:
        return None
    home, reach = candidate.home_district, candidate.reach_hops
    if not candidate.districts and reach is None:
        return None
    too_far = [rules.travel.hops(named, place) for named in candidate.districts]
    if home is not None and reach is not None:
        hops = rules.travel.hops(home, place)
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
        way = rules.travel.minutes(held.district, need.district)
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
