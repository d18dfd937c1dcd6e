"""What a guide does not want to be asked for, and how to take that back."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.vocabulary import GuideStatus
from lotsen.models import Guide
from lotsen.queries import unwanted as unwanted_query
from lotsen.services import decline
from lotsen.web.context import gettext, work
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


@blueprint.get("/nicht-anfragen")
@requires(Permission.SEE_APPOINTMENTS)
def unwanted() -> ResponseReturnValue:
    """List what the guide has said, each with a button."""
    with work(actor()) as uow:
        me = uow.session.get_one(Guide, uow.actor.guide_id)
        return render_template(
            "guides/unwanted.html",
            found=unwanted_query.of_guide(uow.session, me.id),
            paused=me.status is GuideStatus.PAUSED,
            paused_until=me.paused_until,
        )


@blueprint.post("/nicht-anfragen/<int:conflict_id>/doch")
@requires(Permission.SEE_APPOINTMENTS)
def want_again(conflict_id: int) -> ResponseReturnValue:
    """Let the guide be asked for it again."""
    with work(actor()) as uow:
        decline.take_back(uow, conflict_id)
    flash(gettext("We ask you for this again."), "success")
    return redirect(url_for(".unwanted"))
