"""The blueprint of the office's pages, and what all of them show: menu, account, office of the pool."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, request, url_for

from lotsen.errors import NotAllowed
from lotsen.queries import inbox
from lotsen.services.unit_of_work import SYSTEM, Actor
from lotsen.web.context import bootstrap, gettext, office
from lotsen.web.permissions import Permission, actor, may

blueprint = Blueprint("coordinators", __name__, url_prefix="/buero")

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a reader is in a list of `total`; the template turns the pages by `url`."""

    number: int
    total: int
    url: Callable[[int], str]

    @property
    def count(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def offset(self) -> int:
        """How many rows lie before this page."""
        return (self.number - 1) * PAGE_SIZE


def pages(total: int, **arguments: str) -> Pages:
    """Return the page that the address asks for; one beyond the last is not found."""
    number = request.args.get("seite", default=1, type=int)
    found = Pages(number, total, lambda page: f"{request.path}?{urlencode({**arguments, 'seite': page})}")
    if not 1 <= number <= found.count:
        abort(404)
    return found


def pool_id() -> int:
    """Return the pool whose office this account works in."""
    found = actor().pool_id
    if found is None:
        raise NotAllowed("no pool")
    return found


@blueprint.context_processor
def _frame() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction] - Flask calls it
    found = g.get("actor")
    if not isinstance(found, Actor) or found.pool_id is None:
        return {}
    return {
        "menu": _menu(found.pool_id),
        "signed_in_as": g.get("account_name"),
        "sign_out_url": url_for("auth.sign_out"),
        "home_url": url_for("coordinators.inbox"),
        "office": office(found.pool_id),
        "zone": office(found.pool_id).zone,
        "may": may,
        "Permission": Permission,
    }


def _menu(pool: int) -> list[dict[str, object]]:
    with bootstrap().begin(SYSTEM, read_only=True) as uow:
        to_do = inbox.to_do(uow.session, pool)
    items: list[tuple[Permission, str, str, str, int | None]] = [
        (Permission.SEE_REQUESTS, "inbox", "request", gettext("Requests"), to_do),
        (Permission.SEE_REQUESTS, "plans", "plan", gettext("Batch proposal"), None),
        (Permission.SEE_GUIDES, "guides", "guide", gettext("Guides"), None),
        (Permission.SEE_OUTBOX, "outbox", "message", gettext("Outbox"), None),
    ]
    here = (request.endpoint or "").partition(".")[2]
    return [
        {
            "label": title,
            "url": url_for(f"coordinators.{view}"),
            "count": count,
            "current": here in (view, prefix) or here.startswith(f"{prefix}_"),
        }
        for permission, view, prefix, title, count in items
        if may(permission)
    ]
