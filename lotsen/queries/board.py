"""The requests on the board as each guide may see them: those that fit, by the rules of the matching."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import RequestStatus
from lotsen.matching.question import question
from lotsen.matching.ranking import rank
from lotsen.matching.rules import judge
from lotsen.models import GuideRequest, Place, Pool
from lotsen.queries import needs
from lotsen.queries.indexes import Indexes


@dataclass(frozen=True, slots=True)
class Notice:
    """A request on the board and the times of it at which the guide can come, in the request's order."""

    request: GuideRequest
    places: tuple[Place, ...]

    @property
    def by_window(self) -> tuple[tuple[Place, ...], ...]:
        """The same, apart by the window of the request; of a flexible one there are several."""
        return tuple(tuple(some) for _, some in groupby(self.places, key=lambda one: one.window.position))


def for_guide(
    session: Session, indexes: Indexes, guide_id: int, pool: Pool, settings: PoolSettings, now: datetime
) -> tuple[Notice, ...]:
    """Return what of the board fits a guide, what begins first first; a fixed number of queries."""
    if not settings.board_allowed:
        return ()
    posted = session.scalars(
        select(GuideRequest)
        .where(
            GuideRequest.pool_id == pool.id,
            GuideRequest.board_opened_at.is_not(None),
            GuideRequest.status == RequestStatus.OPEN,
            GuideRequest.ends_at > now,
        )
        .order_by(GuideRequest.ends_at, GuideRequest.id)
        .options(
            selectinload(GuideRequest.windows),
            selectinload(GuideRequest.wishes),
            joinedload(GuideRequest.institution),
            joinedload(GuideRequest.contact),
            joinedload(GuideRequest.district),
        )
    ).all()
    if not posted:
        return ()
    found: list[Notice] = []
    with indexes.open(session, pool, settings, now) as known:
        mine = known.table.take(np.flatnonzero(known.table.guide_id == guide_id))
        if not mine.size:
            return ()
        for request in posted:
            need = needs.need_of(request, settings)
            asked = question(need, needs.rules(pool, settings, need, known.travel), now)
            fails = judge(asked, mine).failures()[:, 0].tolist()
            places = tuple(one for one, failed in zip(request.places, fails, strict=True) if not failed)
            if places:
                found.append(Notice(request, places))
    return tuple(sorted(found, key=lambda one: (one.places[0].starts_at, one.request.id)))


def who_fits(
    session: Session,
    indexes: Indexes,
    request: GuideRequest,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> tuple[int, ...]:
    """Return the ids of everybody who would find the request on the board."""
    need = needs.need_of(request, settings)
    with indexes.open(session, pool, settings, now) as known:
        rules = needs.rules(pool, settings, need, known.travel)
        return rank(need, known.table, rules, settings.weights(), now).guide_ids
