"""Who could take which open request of a pool, for all of them at once: a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus
from lotsen.matching.profiles import Candidate, History, Need, Rules, Window
from lotsen.matching.table import CandidateTable
from lotsen.models import Assignment, Guide, GuideConflict, GuideRequest, Pool, TimeWindow
from lotsen.queries import candidates, needs


@dataclass(frozen=True, slots=True)
class Wanted:
    """An open request: the windows that still count, in its order, and how many guides it still lacks."""

    request: GuideRequest
    need: Need
    windows: tuple[TimeWindow, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Field:
    """The open requests and the guides of a pool at one moment."""

    wanted: tuple[Wanted, ...]
    candidates: tuple[Candidate, ...]
    table: CandidateTable
    rules: Rules
    guide_versions: Mapping[int, int]


def field(
    session: Session,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
    *,
    request_ids: Sequence[int] | None = None,
    guide_ids: Sequence[int] | None = None,
) -> Field:
    """Gather the open requests, or those of them that are named, and all guides, or those named."""
    zone = ZoneInfo(pool.zone)
    wanted = _wanted(session, pool.id, settings, request_ids)
    windows = tuple(window for one in wanted for window in one.need.windows)
    if not windows:
        return Field(wanted, (), CandidateTable(), Rules(zone), {})
    # One need with the windows of all: it spans every week and month whose appointments have to be known.
    wide = replace(wanted[0].need, windows=windows)
    loaded = candidates.load(session, wide, pool.id, zone, settings, now, guide_ids)
    known = _with_all_requests(session, pool.id, zone, loaded)
    versions = select(Guide.id, Guide.version).where(Guide.pool_id == pool.id)
    return Field(
        wanted,
        tuple(known),
        CandidateTable(known),
        needs.rules_of(session, pool, settings, wide),
        dict(session.execute(versions).all()),
    )


def _wanted(
    session: Session, pool_id: int, settings: PoolSettings, request_ids: Sequence[int] | None
) -> tuple[Wanted, ...]:
    is_open = (GuideRequest.pool_id == pool_id, GuideRequest.status == RequestStatus.OPEN)
    statement = (
        select(GuideRequest)
        .where(*is_open)
        .options(
            selectinload(GuideRequest.windows),
            selectinload(GuideRequest.wishes),
            joinedload(GuideRequest.district),
        )
        .order_by(GuideRequest.id)
    )
    if request_ids is not None:
        statement = statement.where(GuideRequest.id.in_(request_ids))
    held: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for request_id, start, end in session.execute(
        select(Assignment.request_id, Assignment.starts_at, Assignment.ends_at)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(*is_open, Assignment.status.in_(HOLDING))
    ):
        held[request_id].append((start, end))
    return tuple(_still_wanted(one, settings, held.get(one.id, [])) for one in session.scalars(statement))


def _still_wanted(
    request: GuideRequest, settings: PoolSettings, held: Sequence[tuple[datetime, datetime]]
) -> Wanted:
    """Describe what is left to do: whoever joins a guide already asked comes at that guide's time."""
    windows = tuple(one for one in request.windows if not held or (one.starts_at, one.ends_at) in held)
    need = replace(
        needs.need_of(request, settings), windows=tuple(Window(one.starts_at, one.ends_at) for one in windows)
    )
    return Wanted(request, need, windows, max(1, request.guides_needed - len(held)))


def _with_all_requests(
    session: Session, pool_id: int, zone: ZoneInfo, loaded: Iterable[Candidate]
) -> list[Candidate]:
    """Add what each guide has done with every institution, and said to every request."""
    histories: dict[int, dict[int, History]] = defaultdict(dict)
    for guide, institution, times, latest in session.execute(
        select(
            Assignment.guide_id,
            GuideRequest.institution_id,
            func.count(),
            func.max(Assignment.starts_at),
        )
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(Assignment.pool_id == pool_id, Assignment.status == AssignmentStatus.COMPLETED)
        .group_by(Assignment.guide_id, GuideRequest.institution_id)
    ):
        if institution is not None:
            histories[guide][institution] = History(times, local_day(latest, zone))
    declined: dict[int, set[int]] = defaultdict(set)
    refusals = (AssignmentStatus.DECLINED, AssignmentStatus.WITHDRAWN)
    for guide, request in session.execute(
        select(Assignment.guide_id, Assignment.request_id)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(
            Assignment.pool_id == pool_id,
            Assignment.status.in_(refusals),
            GuideRequest.status == RequestStatus.OPEN,
        )
    ):
        declined[guide].add(request)
    blocked: dict[int, set[int]] = defaultdict(set)
    families: dict[int, set[int]] = defaultdict(set)
    for guide, institution, request in session.execute(
        select(GuideConflict.guide_id, GuideConflict.institution_id, GuideConflict.request_id)
        .join(Guide, Guide.id == GuideConflict.guide_id)
        .where(Guide.pool_id == pool_id)
    ):
        if institution is not None:
            blocked[guide].add(institution)
        if request is not None:
            families[guide].add(request)
    return [
        replace(
            one,
            histories=histories.get(one.guide_id, {}),
            declined_requests=frozenset(declined.get(one.guide_id, ())),
            blocked_institutions=frozenset(blocked.get(one.guide_id, ())),
            conflict_requests=frozenset(families.get(one.guide_id, ())),
        )
        for one in loaded
    ]
