"""Decides once more on fresh rows, just before a guide is asked or put on stand-by, and by when to answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lotsen.domain.deadlines import AnswerHours, answer_deadline
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import ReasonCode
from lotsen.errors import GuideTaken, NoLongerFits, NotFound
from lotsen.matching import rules, scoring
from lotsen.matching.profiles import Window
from lotsen.models import Guide, GuideRequest
from lotsen.queries import candidates, needs
from lotsen.services.unit_of_work import UnitOfWork

_TAKEN = frozenset({ReasonCode.OVERLAP})


def lock_guide(uow: UnitOfWork, guide_id: int, pool_id: int) -> Guide:
    """Return a guide and keep everybody else from asking them until the end of the transaction."""
    guide = uow.session.scalar(
        select(Guide)
        .where(Guide.id == guide_id, Guide.pool_id == pool_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if guide is None:
        raise NotFound("guide")
    return guide


def lock_guides(uow: UnitOfWork, guide_ids: Iterable[int]) -> None:
    """Lock several guides in one order, so that no two who ask the same people wait in a circle."""
    uow.session.scalars(
        select(Guide.id).where(Guide.id.in_(set(guide_ids))).order_by(Guide.id).with_for_update()
    ).all()


def decide(uow: UnitOfWork, request: GuideRequest, guide_id: int, place: Window) -> dict[str, Any]:
    """Return what speaks for a guide in a window of the request.

    Raises GuideTaken if the guide's time was given away, NoLongerFits for any other hard rule.
    """
    settings, zone = uow.settings(request.pool_id), uow.zone(request.pool_id)
    need = needs.need_of(request, settings)
    candidate = candidates.load(uow.session, request.pool_id, zone, settings, uow.now, guide_ids=(guide_id,))[
        0
    ]
    pool_rules = needs.rules_of(uow.session, uow.pool(request.pool_id), settings, need)
    reasons = rules.check(need, place, candidate, pool_rules, uow.now)
    codes = tuple(reason.code for reason in reasons)
    if _TAKEN.intersection(codes):
        raise GuideTaken("the guide was asked a moment ago")
    if codes:
        raise NoLongerFits(codes)
    fit = scoring.fit(need, place, candidate, pool_rules, settings.weights())
    return {"fit": fit.total}


def answer_by(uow: UnitOfWork, request: GuideRequest, starts_at: datetime) -> datetime:
    """Return by when whoever is asked now for an appointment of the request should answer."""
    settings = uow.settings(request.pool_id)
    quiet = (settings.quiet_from, settings.quiet_until)
    return answer_deadline(uow.now, starts_at, uow.zone(request.pool_id), answer_hours(settings), quiet)


def answer_hours(settings: PoolSettings) -> AnswerHours:
    """Return the pool's hours to answer by the time that remains."""
    return AnswerHours(
        over_10_days=settings.answer_hours_over_10_days,
        from_5_to_10_days=settings.answer_hours_5_to_10_days,
        from_2_to_5_days=settings.answer_hours_2_to_5_days,
        under_2_days=settings.answer_hours_under_2_days,
    )
