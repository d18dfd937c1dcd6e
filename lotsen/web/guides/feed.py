"""A guide's private calendar feed: its address, a new one, and how much it shows."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.services import feeds
from lotsen.services.feeds import Owner
from lotsen.web.context import gettext, work
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


@blueprint.get("/mein-kalender")
@requires(Permission.OWN_FEED)
def feed() -> ResponseReturnValue:
    """Show the address to subscribe to, or offer one."""
    with work(actor()) as uow:
        found = feeds.find(uow, _me())
        return render_template(
            "guides/feed.html",
            feed=found,
            address=feeds.address(uow, found) if found else None,
        )


@blueprint.post("/mein-kalender/adresse")
@requires(Permission.OWN_FEED)
def feed_renew() -> ResponseReturnValue:
    """Give the feed an address; an old one ends."""
    with work(actor()) as uow:
        feeds.renew(uow, _me())
    flash(gettext("This is the address of your calendar now."), "success")
    return redirect(url_for(".feed"))


@blueprint.post("/mein-kalender/angaben")
@requires(Permission.OWN_FEED)
def feed_details() -> ResponseReturnValue:
    """Let the feed say where and what, or the times only."""
    with work(actor()) as uow:
        feeds.show_details(uow, _me(), request.form.get("with_details") == "1")
    flash(gettext("Saved."), "success")
    return redirect(url_for(".feed"))


@blueprint.post("/mein-kalender/beenden")
@requires(Permission.OWN_FEED)
def feed_end() -> ResponseReturnValue:
    """Take the feed away."""
    with work(actor()) as uow:
        feeds.end(uow, _me())
    flash(gettext("The address opens nothing any more."), "success")
    return redirect(url_for(".feed"))


def _me() -> Owner:
    return Owner(guide_id=actor().guide_id)
