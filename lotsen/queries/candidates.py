"""Loads guides as candidates for whatever the pool is asked for: a fixed number of queries, however many.

Nothing in a candidate moves while a local day lasts, unless somebody changes it: what looks back counts whole
days. So a table of candidates stays true until midnight or until the guides' version rises.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from lotsen.domain.availability import Absence as Away
from lotsen.domain.availability import Availability, ExtraTime, WeeklyTime
from lotsen.domain.lifecycle import ENDED_REQUEST, HOLDING
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, GuideStatus, Level, Mode, Occasion
from lotsen.matching.profiles import Candidate, Held, History
from lotsen.matching.profiles import Credential as Proof
from lotsen.models import (
    Absence,
    Assignment,
    Credential,
    District,
    ExtraAvailability,
    Guide,
    GuideConflict,
    GuideDistrict,
    GuideLanguage,
    GuideRequest,
    WeeklyAvailability,
)
from lotsen.queries.needs import start_of_day

_LOOK_BACK = timedelta(days=90)
# Of the past only what lies in the week or month of an appointment that may still come.
_HELD_BACK = timedelta(days=31)
_TOOK_PLACE = frozenset({AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED})
_COUNTS_AS_HELD = HOLDING | {AssignmentStatus.COMPLETED}
_REFUSALS = (AssignmentStatus.DECLINED, AssignmentStatus.WITHDRAWN)


def load(
    session: Session,
    pool_id: int,
    zone: ZoneInfo,
    settings: PoolSettings,
    now: datetime,
    guide_ids: Sequence[int] | None = None,
) -> list[Candidate]:
    """Return all guides of the pool who have not left, or those named, by id."""
    wanted = select(Guide.id).where(Guide.pool_id == pool_id)
    if guide_ids is None:
        wanted = wanted.where(Guide.status != GuideStatus.LEFT)
    else:
        wanted = wanted.where(Guide.id.in_(guide_ids))
    guides = session.execute(
        select(
            Guide.id,
            Guide.pool_id,
            Guide.status,
            Guide.paused_until,
            Guide.gender,
            Guide.german_level,
            Guide.home_district_id,
            Guide.reach_hops,
            Guide.on_site,
            Guide.by_phone,
            Guide.by_video,
            Guide.minutes_per_week,
            Guide.minutes_per_month,
            Guide.asks_per_week,
            Guide.notice_hours,
        )
        .where(Guide.id.in_(wanted))
        .order_by(Guide.id)
    ).all()
    codes = dict(session.execute(select(District.id, District.code).where(District.pool_id == pool_id)).all())
    own = _Own(session, wanted, codes)
    past = _Past(session, wanted, zone, local_day(now, zone))
    return [_candidate(guide, codes, own, past, settings) for guide in guides]


class _Own:
    """What the guides have said of themselves, in plain rows: objects of many guides would take longest."""

    def __init__(self, session: Session, wanted: Select[int], codes: dict[int, str]) -> None:
        self.languages: dict[int, list[tuple[str, Level]]] = defaultdict(list)
        for guide, language, level in session.execute(
            select(GuideLanguage.guide_id, GuideLanguage.language, GuideLanguage.level)
            .where(GuideLanguage.guide_id.in_(wanted), GuideLanguage.approved)
            .order_by(GuideLanguage.id)
        ):
            self.languages[guide].append((language, level))
        self.districts: dict[int, list[str]] = defaultdict(list)
        for guide, district in session.execute(
            select(GuideDistrict.guide_id, GuideDistrict.district_id).where(
                GuideDistrict.guide_id.in_(wanted)
            )
        ):
            self.districts[guide].append(codes[district])
        self.weekly: dict[int, list[WeeklyTime]] = defaultdict(list)
        for guide, weekday, start, end in session.execute(
            select(
                WeeklyAvailability.guide_id,
                WeeklyAvailability.weekday,
                WeeklyAvailability.starts_at,
                WeeklyAvailability.ends_at,
            )
            .where(WeeklyAvailability.guide_id.in_(wanted))
            .order_by(WeeklyAvailability.weekday, WeeklyAvailability.starts_at)
        ):
            self.weekly[guide].append(WeeklyTime(weekday, start, end))
        self.extra: dict[int, list[ExtraTime]] = defaultdict(list)
        for guide, on, start, end in session.execute(
            select(
                ExtraAvailability.guide_id,
                ExtraAvailability.on,
                ExtraAvailability.starts_at,
                ExtraAvailability.ends_at,
            )
            .where(ExtraAvailability.guide_id.in_(wanted))
            .order_by(ExtraAvailability.on)
        ):
            self.extra[guide].append(ExtraTime(on, start, end))
        self.absences: dict[int, list[Away]] = defaultdict(list)
        for guide, first, last in session.execute(
            select(Absence.guide_id, Absence.first_on, Absence.last_on)
            .where(Absence.guide_id.in_(wanted))
            .order_by(Absence.first_on)
        ):
            self.absences[guide].append(Away(first, last))
        self.credentials: dict[int, list[Proof]] = defaultdict(list)
        for guide, kind, issued, seen, until in session.execute(
            select(
                Credential.guide_id,
                Credential.kind,
                Credential.issued_on,
                Credential.seen_on,
                Credential.valid_until,
            )
            .where(Credential.guide_id.in_(wanted))
            .order_by(Credential.id)
        ):
            self.credentials[guide].append(Proof(kind, issued or seen, until))


class _Past:
    """What the guides have held, done and answered, gathered once for all of them."""

    def __init__(
        self,
        session: Session,
        wanted: Select[int],
        zone: ZoneInfo,
        today: date,
    ) -> None:
        self.held: dict[int, list[Held]] = defaultdict(list)
        self.asks_this_week: dict[int, int] = defaultdict(int)
        self.asks_90: dict[int, int] = defaultdict(int)
        self.load_90: dict[int, int] = defaultdict(int)
        self._read_assignments(session, wanted, zone, today)
        self.occasions: dict[int, dict[Occasion, int]] = defaultdict(dict)
        self.histories: dict[int, dict[int, History]] = defaultdict(dict)
        self._read_experience(session, wanted, zone)
        self.declined: dict[int, set[int]] = defaultdict(set)
        for guide, request in session.execute(
            select(Assignment.guide_id, Assignment.request_id)
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .where(
                Assignment.guide_id.in_(wanted),
                Assignment.status.in_(_REFUSALS),
                GuideRequest.status.not_in(ENDED_REQUEST),
            )
        ):
            self.declined[guide].add(request)
        self.blocked: dict[int, set[int]] = defaultdict(set)
        self.known_families: dict[int, set[int]] = defaultdict(set)
        for guide, institution, request in session.execute(
            select(GuideConflict.guide_id, GuideConflict.institution_id, GuideConflict.request_id).where(
                GuideConflict.guide_id.in_(wanted)
            )
        ):
            if institution is not None:
                self.blocked[guide].add(institution)
            if request is not None:
                self.known_families[guide].add(request)

    def _read_assignments(
        self,
        session: Session,
        wanted: Select[int],
        zone: ZoneInfo,
        today: date,
    ) -> None:
        """Count asks and work, and keep what is held; wherever it was given, a guide's time is held."""
        monday = start_of_day(today - timedelta(days=today.weekday()), zone)
        lately, held_since = start_of_day(today - _LOOK_BACK, zone), start_of_day(today - _HELD_BACK, zone)
        for guide, status, start, end, offered_at, mode, district, request, pool in session.execute(
            select(
                Assignment.guide_id,
                Assignment.status,
                Assignment.starts_at,
                Assignment.ends_at,
                Assignment.offered_at,
                GuideRequest.mode,
                District.code,
                Assignment.request_id,
                GuideRequest.pool_id,
            )
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .outerjoin(District, District.id == GuideRequest.district_id)
            .where(Assignment.guide_id.in_(wanted), Assignment.starts_at >= lately)
            .order_by(Assignment.starts_at, Assignment.id)
        ):
            if offered_at is not None and offered_at >= lately:
                self.asks_90[guide] += 1
                self.asks_this_week[guide] += offered_at >= monday
            if status in _TOOK_PLACE and start >= lately:
                self.load_90[guide] += int((end - start) / timedelta(minutes=1))
            if status in _COUNTS_AS_HELD and end > held_since and mode is not None:
                self.held[guide].append(Held(start, end, district, mode, request, pool))

    def _read_experience(self, session: Session, wanted: Select[int], zone: ZoneInfo) -> None:
        for guide, institution, occasion, number, latest in session.execute(
            select(
                Assignment.guide_id,
                GuideRequest.institution_id,
                GuideRequest.occasion,
                func.count(),
                func.max(Assignment.starts_at),
            )
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .where(Assignment.guide_id.in_(wanted), Assignment.status == AssignmentStatus.COMPLETED)
            .group_by(Assignment.guide_id, GuideRequest.institution_id, GuideRequest.occasion)
        ):
            if occasion is not None:
                known = self.occasions[guide]
                known[occasion] = known.get(occasion, 0) + number
            if institution is not None:
                found = History(number, local_day(latest, zone))
                before = self.histories[guide].get(institution, found)
                times = number if before is found else number + before.times
                self.histories[guide][institution] = History(times, max(found.last_on, before.last_on))


def _candidate(
    guide: Row[*tuple[Any, ...]], codes: dict[int, str], own: _Own, past: _Past, settings: PoolSettings
) -> Candidate:
    modes = {Mode.ON_SITE: guide.on_site, Mode.PHONE: guide.by_phone, Mode.VIDEO: guide.by_video}
    return Candidate(
        guide_id=guide.id,
        languages=tuple(own.languages.get(guide.id, ())),
        german_level=guide.german_level,
        home_district=codes.get(guide.home_district_id) if guide.home_district_id is not None else None,
        modes=frozenset(mode for mode, offered in modes.items() if offered),
        availability=Availability(
            weekly=tuple(own.weekly.get(guide.id, ())),
            extra=tuple(own.extra.get(guide.id, ())),
            absences=tuple(own.absences.get(guide.id, ())),
        ),
        status=guide.status,
        paused_until=guide.paused_until,
        districts=frozenset(own.districts.get(guide.id, ())),
        reach_hops=guide.reach_hops,
        held=tuple(past.held.get(guide.id, ())),
        week_minutes=guide.minutes_per_week,
        month_minutes=guide.minutes_per_month,
        asks_per_week=settings.asks_per_week if guide.asks_per_week is None else guide.asks_per_week,
        asks_this_week=past.asks_this_week.get(guide.id, 0),
        notice_hours=guide.notice_hours,
        credentials=tuple(own.credentials.get(guide.id, ())),
        gender=guide.gender,
        histories=past.histories.get(guide.id, {}),
        occasions=past.occasions.get(guide.id, {}),
        load_minutes_90=past.load_90.get(guide.id, 0),
        asks_90=past.asks_90.get(guide.id, 0),
        blocked_institutions=frozenset(past.blocked.get(guide.id, ())),
        declined_requests=frozenset(past.declined.get(guide.id, ())),
        conflict_requests=frozenset(past.known_families.get(guide.id, ())),
        pool_id=guide.pool_id,
    )
