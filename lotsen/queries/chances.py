"""How good the chance is of what an institution is about to ask for."""

from collections.abc import Mapping, Sequence
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
    """The chance of each need, and the names of the pool's districts by code."""

    chances: tuple[Chance, ...]
    districts: Mapping[str, str]


def of(
    session: Session,
    indexes: Indexes,
    asked: Sequence[Need],
    district_id: int | None,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> Outlook:
    """Return the chance of requests that nobody has sent yet, all in one district, known by its id only."""
    here = session.scalars(select(District).where(District.pool_id == pool.id)).all()
    district = next((one.code for one in here if one.id == district_id), None)
    with indexes.open(session, pool, settings, now) as known:
        found = tuple(
            chance(
                need,
                known.table,
                needs.rules(pool, settings, need, known.travel),
                now,
                proposals.scope_of(need, settings),
            )
            for need in (replace(one, district=district) for one in asked)
        )
    return Outlook(found, {one.code: one.name for one in here})
