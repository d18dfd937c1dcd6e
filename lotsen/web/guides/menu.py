"""What all pages of guides show: the menu, who signed in, the office of the pool."""

from dataclasses import dataclass
from typing import Any, Final

from flask import current_app, g, request, url_for

from lotsen.i18n import N_
from lotsen.services.unit_of_work import Actor
from lotsen.web import identity
from lotsen.web.context import gettext, office
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import MARK, SIGNED_IN_GUIDES


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu, and its name as a msgid."""

    endpoint: str
    label: str


ENTRIES: Final = (
    Entry("guides.mine", N_("Appointments")),
    Entry("guides.board", N_("Board")),
    Entry("guides.availability", N_("Free times")),
    Entry("guides.absences", N_("Away")),
    Entry("guides.hours", N_("Hours")),
    Entry("guides.profile", N_("My record")),
)
"""In the order of the menu; a page that this installation does not have is left out."""


@blueprint.context_processor
def _frame() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction] - Flask calls it
    found = g.get("actor")
    if not isinstance(found, Actor) or found.guide_id is None:
        return {}
    here = office(found.pool_id)
    signed_in = identity.guide_session()
    own = signed_in is not None and signed_in.guide_id == found.guide_id
    return {
        "menu": _menu(signed_in=own),
        "signed_in_as": identity.guide_name() if own else None,
        "sign_out_url": url_for("guides.sign_out") if own else None,
        "office": here,
        "zone": here.zone,
        "home_url": url_for("guides.mine"),
    }


def _menu(*, signed_in: bool) -> list[dict[str, object]]:
    shown: list[dict[str, object]] = []
    for entry in ENTRIES:
        view = current_app.view_functions.get(entry.endpoint)
        if view is None or (getattr(view, MARK) in SIGNED_IN_GUIDES and not signed_in):
            continue
        url = url_for(entry.endpoint)
        here = request.path == url or request.path.startswith(f"{url}/")
        shown.append({"label": gettext(entry.label), "url": url, "current": here})
    if not signed_in:
        shown.append({"label": gettext("Sign in"), "url": url_for("auth.by_mail"), "current": False})
    return shown
