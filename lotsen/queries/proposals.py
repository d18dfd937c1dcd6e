"""Ranks the pool's guides for one request: who could come and why, who could not and why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.matching.profiles import Need
from lotsen.matching.ranking import Ranking, rank
from lotsen.models import District, Guide, GuideRequest, Pool
from lotsen.queries import candidates, needs


@dataclass(frozen=True, slots=True)
class Proposals:
    """A ranking with the names of everyone in it; the windows of `need` stand in the request's order."""

    need: Need
    ranking: Ranking
    guides: Mapping[int, str]
    districts: Mapping[str, str]


def of(
    session: Session,
    request: GuideRequest,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
    top: int | None = None,
) -> Proposals:
    """Rank everyone for a request; `top` cuts the proposals, not the counts."""
    zone = ZoneInfo(pool.zone)
    need = needs.need_of(request, settings)
    found = candidates.load(session, need, pool.id, zone, settings, now)
    rules = needs.rules_of(session, pool, settings, need)
    guides = select(Guide.id, Guide.name).where(Guide.pool_id == pool.id)
    districts = select(District.code, District.name).where(District.pool_id == pool.id)
    return Proposals(
        need=need,
        ranking=rank(need, found, rules, settings.weights(), now, top),
        guides=dict(session.execute(guides).all()),
        districts=dict(session.execute(districts).all()),
    )
