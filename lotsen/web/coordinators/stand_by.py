"""Takes somebody off stand-by; asking them is the button of any proposal."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from lotsen.errors import Conflict
from lotsen.queries import detail
from lotsen.services import stand_by
from lotsen.web.context import gettext, work
from lotsen.web.coordinators import collisions
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.permissions import Permission, actor, requires


@blueprint.post("/anfragen/<int:request_id>/bereitschaft/<int:assignment_id>/streichen")
@requires(Permission.DECIDE_REQUESTS)
def stand_by_off(request_id: int, assignment_id: int) -> ResponseReturnValue:
    """Take a person off stand-by; the person knows nothing of it."""
    try:
        with work(actor()) as uow:
            detail.check(uow.session, pool_id(), request_id, assignment_id)
            stand_by.take_off(uow, assignment_id)
    except Conflict as error:
        return collisions.page(request_id, error)
    flash(gettext("The person is no longer on stand-by."), "success")
    return redirect(url_for(".request_detail", request_id=request_id))
