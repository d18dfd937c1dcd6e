"""The board: requests that a guide may take without being asked; the first yes has it."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.errors import Conflict, NotFound
from lotsen.queries import board as board_query
from lotsen.services import board as board_service
from lotsen.web.context import work
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


@blueprint.get("/aushang")
@requires(Permission.TAKE_FROM_BOARD)
def board() -> ResponseReturnValue:
    """List what of the board fits the guide."""
    return _list()


@blueprint.post("/aushang/<int:request_id>/nehmen")
@requires(Permission.TAKE_FROM_BOARD)
def take(request_id: int) -> ResponseReturnValue:
    """Let the guide have a request, unless somebody was faster."""
    try:
        with work(actor()) as uow:
            taken = board_service.take(uow, request_id, request.form.get("window_id", default=0, type=int))
    except Conflict:
        return _list(too_late=True), 409
    except NotFound:
        # Taken off the board a moment ago, most of all.
        return _list(too_late=True), 404
    return redirect(url_for(".offer", assignment_id=taken.id))


def _list(*, too_late: bool = False) -> str:
    with work(actor()) as uow:
        pool, settings = uow.pool(), uow.settings()
        if uow.actor.guide_id is None:
            raise NotFound("guide")
        found = board_query.for_guide(uow.session, uow.indexes, uow.actor.guide_id, pool, settings, uow.now)
        return render_template(
            "guides/board.html",
            found=found,
            settings=settings,
            too_late=too_late,
        )
