"""Loads the guides of a pool as candidates for one need: a fixed number of queries, however many guides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from lotsen.domain.availability import Absence, Availability, ExtraTime, WeeklyTime
from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, GuideStatus, Mode, Occasion
from lotsen.matching.profiles import Candidate, Credential, Held, History, Need
from lotsen.models import Assignment, District, Guide, GuideConflict, GuideRequest
from lotsen.queries.needs import span_of_days, start_of_day

_LOOK_BACK = timedelta(days=90)
_TOOK_PLACE = (AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED)
_COUNTS_AS_HELD = (*sorted(HOLDING), AssignmentStatus.COMPLETED)
RowT = TypeVar("RowT")


def load(
    session: Session,
    need: Need,
    pool_id: int,
    zone: ZoneInfo,
    settings: PoolSettings,
    now: datetime,
    guide_ids: Sequence[int] | None = None,
) -> list[Candidate]:
    """Return all guides of the pool who have not left, or those named, by id."""
    statement = (
        select(Guide)
        .where(Guide.pool_id == pool_id)
        .order_by(Guide.id)
        .options(
            selectinload(Guide.languages),
            selectinload(Guide.districts),
            selectinload(Guide.weekly),
            selectinload(Guide.extra),
            selectinload(Guide.absences),
            selectinload(Guide.credentials),
        )
    )
    if guide_ids is None:
        statement = statement.where(Guide.status != GuideStatus.LEFT)
    else:
        statement = statement.where(Guide.id.in_(guide_ids))
    guides = session.scalars(statement).all()
    codes = dict(session.execute(select(District.id, District.code).where(District.pool_id == pool_id)).all())
    past = _Past(session, need, pool_id, zone, now, guide_ids)
    return [_candidate(guide, codes, past, settings) for guide in guides]


class _Past:
    """What the guides have held, done and answered, gathered once for all of them."""

    def __init__(
        self,
        session: Session,
        need: Need,
        pool_id: int,
        zone: ZoneInfo,
        now: datetime,
        guide_ids: Sequence[int] | None,
    ) -> None:
        wanted: tuple[ColumnElement[bool], ...] = (Assignment.pool_id == pool_id,)
        if guide_ids is not None:
            # The pool is left out on purpose: a guide's time is held wherever it was given.
            wanted = (Assignment.guide_id.in_(guide_ids),)
        first, last = span_of_days(need, zone) if need.windows else (date.max, date.max)
        self.held = (
            _grouped(
                (guide, Held(start, end, code, mode, request, pool))
                for guide, start, end, code, mode, request, pool in session.execute(
                    select(
                        Assignment.guide_id,
                        Assignment.starts_at,
                        Assignment.ends_at,
                        District.code,
                        GuideRequest.mode,
                        Assignment.request_id,
                        GuideRequest.pool_id,
                    )
                    .join(GuideRequest, GuideRequest.id == Assignment.request_id)
                    .outerjoin(District, District.id == GuideRequest.district_id)
                    .where(
                        *wanted,
                        Assignment.status.in_(_COUNTS_AS_HELD),
                        Assignment.starts_at < start_of_day(last + timedelta(days=1), zone),
                        Assignment.ends_at > start_of_day(first, zone),
                    )
                    .order_by(Assignment.starts_at, Assignment.id)
                )
                if mode is not None
            )
            if need.windows
            else {}
        )
        monday = local_day(now, zone)
        monday -= timedelta(days=monday.weekday())
        self.asks_this_week = _counted(session, Assignment.offered_at >= start_of_day(monday, zone), *wanted)
        self.asks_90 = _counted(session, Assignment.offered_at >= now - _LOOK_BACK, *wanted)
        self.load_90: dict[int, int] = defaultdict(int)
        for guide, start, end in session.execute(
            select(Assignment.guide_id, Assignment.starts_at, Assignment.ends_at).where(
                *wanted, Assignment.status.in_(_TOOK_PLACE), Assignment.starts_at >= now - _LOOK_BACK
            )
        ):
            self.load_90[guide] += int((end - start) / timedelta(minutes=1))
        self.occasions: dict[int, dict[Occasion, int]] = defaultdict(dict)
        for guide, occasion, times in session.execute(
            select(Assignment.guide_id, GuideRequest.occasion, func.count())
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .where(*wanted, Assignment.status == AssignmentStatus.COMPLETED)
            .group_by(Assignment.guide_id, GuideRequest.occasion)
        ):
            if occasion is not None:
                self.occasions[guide][occasion] = times
        self.histories = {
            guide: {institution: History(times, local_day(latest, zone))}
            for guide, institution, times, latest in session.execute(
                select(
                    Assignment.guide_id,
                    GuideRequest.institution_id,
                    func.count(),
                    func.max(Assignment.starts_at),
                )
                .join(GuideRequest, GuideRequest.id == Assignment.request_id)
                .where(
                    *wanted,
                    Assignment.status == AssignmentStatus.COMPLETED,
                    GuideRequest.institution_id == need.institution_id,
                )
                .group_by(Assignment.guide_id, GuideRequest.institution_id)
            )
            if institution is not None
        }
        self.declined = set(
            session.scalars(
                select(Assignment.guide_id).where(
                    Assignment.request_id == need.request_id,
                    Assignment.status.in_((AssignmentStatus.DECLINED, AssignmentStatus.WITHDRAWN)),
                )
            )
        )
        self.request_id = need.request_id
        conflicts = session.scalars(
            select(GuideConflict).where(
                or_(
                    GuideConflict.institution_id == need.institution_id,
                    GuideConflict.request_id == need.request_id,
                )
            )
        ).all()
        self.blocked = _grouped((one.guide_id, one.institution_id) for one in conflicts if one.institution_id)
        self.known_families = _grouped((one.guide_id, one.request_id) for one in conflicts if one.request_id)


def _candidate(guide: Guide, codes: dict[int, str], past: _Past, settings: PoolSettings) -> Candidate:
    modes = {Mode.ON_SITE: guide.on_site, Mode.PHONE: guide.by_phone, Mode.VIDEO: guide.by_video}
    return Candidate(
        guide_id=guide.id,
        languages=tuple((one.language, one.level) for one in guide.languages if one.approved),
        german_level=guide.german_level,
        home_district=codes.get(guide.home_district_id) if guide.home_district_id is not None else None,
        modes=frozenset(mode for mode, offered in modes.items() if offered),
        availability=Availability(
            weekly=tuple(WeeklyTime(one.weekday, one.starts_at, one.ends_at) for one in guide.weekly),
            extra=tuple(ExtraTime(one.on, one.starts_at, one.ends_at) for one in guide.extra),
            absences=tuple(Absence(one.first_on, one.last_on) for one in guide.absences),
        ),
        status=guide.status,
        paused_until=guide.paused_until,
        districts=frozenset(codes[one.district_id] for one in guide.districts),
        reach_hops=guide.reach_hops,
        held=tuple(past.held.get(guide.id, ())),
        week_minutes=guide.minutes_per_week,
        month_minutes=guide.minutes_per_month,
        asks_per_week=settings.asks_per_week if guide.asks_per_week is None else guide.asks_per_week,
        asks_this_week=past.asks_this_week.get(guide.id, 0),
        notice_hours=guide.notice_hours,
        credentials=tuple(
            Credential(one.kind, one.issued_on or one.seen_on, one.valid_until) for one in guide.credentials
        ),
        gender=guide.gender,
        histories=past.histories.get(guide.id, {}),
        occasions=past.occasions.get(guide.id, {}),
        load_minutes_90=past.load_90.get(guide.id, 0),
        asks_90=past.asks_90.get(guide.id, 0),
        blocked_institutions=frozenset(past.blocked.get(guide.id, ())),
        declined_requests=frozenset({past.request_id} if guide.id in past.declined else ()),
        conflict_requests=frozenset(past.known_families.get(guide.id, ())),
        pool_id=guide.pool_id,
    )


def _counted(session: Session, *conditions: ColumnElement[bool]) -> dict[int, int]:
    return dict(
        session.execute(
            select(Assignment.guide_id, func.count()).where(*conditions).group_by(Assignment.guide_id)
        ).all()
    )


def _grouped(pairs: Iterable[tuple[int, RowT]]) -> dict[int, list[RowT]]:
    groups: dict[int, list[RowT]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
