"""Who could take which open request of a pool, for all of them at once: a fixed number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import RequestStatus
from lotsen.matching.profiles import Candidate, Need, Rules, Window
from lotsen.matching.table import CandidateTable
from lotsen.models import Assignment, Guide, GuideRequest, Place, Pool
from lotsen.queries import candidates, needs


@dataclass(frozen=True, slots=True)
class Wanted:
    """An open request: the times that still count, in its order, and how many guides it still lacks."""

    request: GuideRequest
    need: Need
    places: tuple[Place, ...]
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
    found = wanted(session, pool.id, settings, request_ids)
    windows = tuple(window for one in found for window in one.need.windows)
    if not windows:
        return Field(found, (), CandidateTable(), Rules(zone), {})
    known = candidates.load(session, pool.id, zone, settings, now, guide_ids)
    # One need with the windows of all: it spans every day that may be a holiday.
    wide = replace(found[0].need, windows=windows)
    versions = select(Guide.id, Guide.version).where(Guide.pool_id == pool.id)
    return Field(
        found,
        tuple(known),
        CandidateTable(known),
        needs.rules_of(session, pool, settings, wide),
        dict(session.execute(versions).all()),
    )


def wanted(
    session: Session, pool_id: int, settings: PoolSettings, request_ids: Sequence[int] | None = None
) -> tuple[Wanted, ...]:
    """Return the open requests of a pool, or those of them that are named; a fixed number of queries."""
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
    places = tuple(one for one in request.places if not held or (one.starts_at, one.ends_at) in held)
    need = replace(
        needs.need_of(request, settings), windows=tuple(Window(one.starts_at, one.ends_at) for one in places)
    )
    return Wanted(request, need, places, max(1, request.guides_needed - len(held)))
