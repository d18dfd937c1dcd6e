"""The page for whoever came second: how things stand now, and who was faster."""

from flask import Response, make_response, render_template

from lotsen.domain.vocabulary import ReasonCode
from lotsen.errors import Conflict, GuideTaken, NoLongerFits
from lotsen.labels import label
from lotsen.queries import detail
from lotsen.queries.detail import Detail, Taking
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext
from lotsen.web.coordinators import history
from lotsen.web.coordinators.base import pool_id
from lotsen.web.permissions import actor


def page(
    request_id: int,
    error: Conflict,
    *,
    guide_id: int | None = None,
    window_id: int | None = None,
    kept: str = "",
) -> Response:
    """Tell who was faster and what is true now; `kept` is what the reader had typed."""
    taken = None
    with bootstrap().begin(actor(), read_only=True) as uow:
        found = detail.find(uow.session, pool_id(), request_id)
        if isinstance(error, GuideTaken) and guide_id is not None and window_id is not None:
            taken = _taking(uow, found, guide_id, window_id)
        told = [one for one in found.history if history.is_told(one)]
        body = render_template(
            "coordinators/collision.html",
            request_=found.request,
            happened=None if isinstance(error, GuideTaken | NoLongerFits) else _last(told),
            taken=taken,
            taken_words=None if taken is None else history.sentence(taken.happening, actor().account_id),
            is_taken=isinstance(error, GuideTaken),
            reasons=[gettext(label(ReasonCode(code))) for code in error.codes]
            if isinstance(error, NoLongerFits)
            else [],
            kept=kept,
        )
    return make_response(body, 409)


def was_mine(request_id: int, guide_id: int) -> bool:
    """Say whether the reader has asked this guide for this request and waits for the answer."""
    with bootstrap().begin(actor(), read_only=True) as uow:
        found = detail.find(uow.session, pool_id(), request_id)
        return detail.asked_by(found, guide_id) == actor().account_id


def _taking(uow: UnitOfWork, found: Detail, guide_id: int, window_id: int) -> Taking | None:
    window = found.request.place(window_id)
    if window is None:
        return None
    return detail.taking(uow.session, pool_id(), guide_id, window.starts_at, window.ends_at)


def _last(told: list[detail.Happening]) -> tuple[object, str] | None:
    return (told[-1].at, history.sentence(told[-1], actor().account_id)) if told else None
