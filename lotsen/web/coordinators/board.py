"""Puts a request on the board where guides take it themselves, and takes it off."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.errors import Conflict
from lotsen.queries import detail
from lotsen.services import board
from lotsen.web.context import gettext, ngettext, work
from lotsen.web.coordinators import collisions
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.permissions import Permission, actor, requires


@blueprint.post("/anfragen/<int:request_id>/aushang")
@requires(Permission.DECIDE_REQUESTS)
def request_board_open(request_id: int) -> ResponseReturnValue:
    """Put the request on the board; tell all who fit only if that is ticked."""
    version = request.form.get("version", type=int)
    if version is None:
        abort(400)
    try:
        with work(actor()) as uow:
            detail.check(uow.session, pool_id(), request_id)
            told = board.open_up(uow, request_id, version, tell_all=request.form.get("tell_all") == "1")
    except Conflict as error:
        return collisions.page(request_id, error)
    words = gettext("The request is on the board now.")
    if told:
        words += " " + ngettext(
            "%(num)s person is told by e-mail.", "%(num)s people are told by e-mail.", told
        )
    flash(words, "success")
    return redirect(url_for(".request_detail", request_id=request_id))


@blueprint.post("/anfragen/<int:request_id>/aushang/schliessen")
@requires(Permission.DECIDE_REQUESTS)
def request_board_close(request_id: int) -> ResponseReturnValue:
    """Take the request off the board."""
    with work(actor()) as uow:
        detail.check(uow.session, pool_id(), request_id)
        board.close(uow, request_id)
    flash(gettext("The request is no longer on the board."), "success")
    return redirect(url_for(".request_detail", request_id=request_id))
