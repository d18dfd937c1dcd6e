"""How good the chance is of what an institution is about to ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.matching.chance import Chance, chance
from lotsen.matching.profiles import Need
from lotsen.models import District, Pool
from lotsen.queries import needs, proposals
from lotsen.queries.indexes import Indexes


@dataclass(frozen=True, slots=True)
class Outlook:
    """The chance, and the names of the pool's districts by code."""

    chance: Chance
    districts: Mapping[str, str]


def of(
    session: Session,
    indexes: Indexes,
    need: Need,
    district_id: int | None,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> Outlook:
    """Return the chance of a request that nobody has sent yet; its district is known by id only."""
    here = session.scalars(select(District).where(District.pool_id == pool.id)).all()
    placed = replace(need, district=next((one.code for one in here if one.id == district_id), None))
    with indexes.open(session, pool, settings, now) as known:
        rules = needs.rules(pool, settings, placed, known.travel)
        found = chance(placed, known.table, rules, now, proposals.scope_of(placed, settings))
    return Outlook(found, {one.code: one.name for one in here})
