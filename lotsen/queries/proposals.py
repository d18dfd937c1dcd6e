"""Ranks the pool's guides for one request: who could come and why, what would open more, who could not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import ReasonCode
from lotsen.matching.alternatives import Alternative, Scope, alternatives, smallest_of_each_kind
from lotsen.matching.profiles import Need
from lotsen.matching.ranking import Excluded, Proposal, rank
from lotsen.matching.rules import able
from lotsen.models import District, Guide, GuideRequest, Pool
from lotsen.queries import needs
from lotsen.queries.indexes import Indexes


@dataclass(frozen=True, slots=True)
class Proposals:
    """A ranking with the names of everyone in it; the windows of `need` stand in the request's order.

    `size` counts the guides of the pool and `speakers` those who speak an accepted language; `eligible` can
    come at one of the times, `at_once` is the most who can at the same one.
    """

    need: Need
    proposals: tuple[Proposal, ...]
    excluded: tuple[Excluded, ...]
    by_reason: Mapping[ReasonCode, tuple[int, ...]]
    alternatives: tuple[Alternative, ...]
    size: int
    speakers: int
    eligible: frozenset[int]
    at_once: int
    guides: Mapping[int, str]
    districts: Mapping[str, str]


def of(
    session: Session,
    indexes: Indexes,
    request: GuideRequest,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
    top: int | None = None,
) -> Proposals:
    """Rank everyone for a request; `top` cuts the proposals, not the counts."""
    need = needs.need_of(request, settings)
    with indexes.open(session, pool, settings, now) as known:
        rules = needs.rules(pool, settings, need, known.travel)
        ranking = rank(need, known.table, rules, settings.weights(), now, top)
        free = [able(need, window, known.table, rules, now) for window in need.windows]
        # What a ranking says is read from the table, so all of it before the table may change.
        return Proposals(
            need=need,
            proposals=ranking.proposals,
            excluded=ranking.excluded,
            by_reason=ranking.counts_by_reason,
            alternatives=smallest_of_each_kind(
                alternatives(need, known.table, rules, now, scope_of(need, settings))
            ),
            size=known.table.size,
            speakers=known.table.size - ranking.having.get(ReasonCode.LANGUAGE, 0),
            eligible=frozenset[int]().union(*free),
            at_once=max(map(len, free), default=0),
            guides=_names(session, pool.id),
            districts=_districts(session, pool.id),
        )


def scope_of(need: Need, settings: PoolSettings) -> Scope:
    """Return what of a request may be changed."""
    return Scope(
        substitutes=needs.accepted(need.language, substitutes=True),
        shortest_minutes=settings.shortest_minutes,
    )


def _names(session: Session, pool_id: int) -> dict[int, str]:
    return dict(session.execute(select(Guide.id, Guide.name).where(Guide.pool_id == pool_id)).all())


def _districts(session: Session, pool_id: int) -> dict[str, str]:
    found = select(District.code, District.name).where(District.pool_id == pool_id)
    return dict(session.execute(found).all())
