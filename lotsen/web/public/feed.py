"""The private calendar feed of who may see all requests of a mail address."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.services import feeds
from lotsen.services.feeds import Owner
from lotsen.web.context import gettext, office, work
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public.blueprint import blueprint


@blueprint.get("/meine-anfragen/kalender")
@requires(Permission.SEE_OWN_REQUESTS)
def feed() -> ResponseReturnValue:
    """Show the address to subscribe to, or offer one."""
    with work(actor()) as uow:
        found = feeds.find(uow, _me())
        return render_template(
            "public/feed.html",
            feed=found,
            address=feeds.address(uow, found) if found else None,
            office=office(actor().pool_id),
        )


@blueprint.post("/meine-anfragen/kalender/adresse")
@requires(Permission.SEE_OWN_REQUESTS)
def feed_renew() -> ResponseReturnValue:
    """Give the feed an address; an old one ends."""
    with work(actor()) as uow:
        feeds.renew(uow, _me())
    flash(gettext("This is the address of your calendar now."), "success")
    return redirect(url_for(".feed"), 303)


@blueprint.post("/meine-anfragen/kalender/angaben")
@requires(Permission.SEE_OWN_REQUESTS)
def feed_details() -> ResponseReturnValue:
    """Let the feed say where and what, or the times only."""
    with work(actor()) as uow:
        feeds.show_details(uow, _me(), request.form.get("with_details") == "1")
    flash(gettext("Saved."), "success")
    return redirect(url_for(".feed"), 303)


@blueprint.post("/meine-anfragen/kalender/beenden")
@requires(Permission.SEE_OWN_REQUESTS)
def feed_end() -> ResponseReturnValue:
    """Take the feed away."""
    with work(actor()) as uow:
        feeds.end(uow, _me())
    flash(gettext("The address opens nothing any more."), "success")
    return redirect(url_for(".feed"), 303)


def _me() -> Owner:
    return Owner(contact_id=actor().contact_id)
