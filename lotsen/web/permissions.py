"""Who may open which page: one enum, one map, and a mark on every route."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.vocabulary import Role
from lotsen.errors import NotAllowed
from lotsen.services.unit_of_work import Actor
from lotsen.web import identity

P = ParamSpec("P")
T = TypeVar("T")
MARK = "lotsen_access"


class Permission(StrEnum):
    """What somebody may do."""

    SEE_REQUESTS = "see_requests"
    DECIDE_REQUESTS = "decide_requests"
    SEE_GUIDES = "see_guides"
    EDIT_GUIDES = "edit_guides"
    SEE_OUTBOX = "see_outbox"
    SIGN_OUT = "sign_out"
    TRACK_REQUEST = "track_request"
    CONFIRM_ADDRESS = "confirm_address"
    RESUME_DRAFT = "resume_draft"
    ANSWER_OFFER = "answer_offer"
    SEE_APPOINTMENTS = "see_appointments"
    REPORT_HOURS = "report_hours"

    TAKE_FROM_BOARD = "take_from_board"
    OWN_FEED = "own_feed"
    SIGN_IN_BY_LINK = "sign_in_by_link"
    EDIT_OWN_TIMES = "edit_own_times"
    OWN_RECORD = "own_record"
    SEE_OWN_REQUESTS = "see_own_requests"


_SEE = frozenset({Permission.SEE_REQUESTS, Permission.SEE_GUIDES, Permission.SEE_OUTBOX, Permission.SIGN_OUT})
_DECIDE = _SEE | {Permission.DECIDE_REQUESTS, Permission.EDIT_GUIDES}
BY_ROLE: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _DECIDE,
    Role.COORDINATOR: _DECIDE,
    Role.READ_ONLY: _SEE,
    Role.STATISTICS: frozenset({Permission.SIGN_OUT}),
}

BY_LINK: dict[Permission, Callable[[dict[str, int]], Actor]] = {
    Permission.TRACK_REQUEST: identity.request_holder,
    Permission.CONFIRM_ADDRESS: identity.address_holder,
    Permission.RESUME_DRAFT: identity.draft_holder,
    Permission.ANSWER_OFFER: identity.asked_guide,
    Permission.SEE_APPOINTMENTS: identity.guide,
    Permission.REPORT_HOURS: identity.guide,
    Permission.TAKE_FROM_BOARD: identity.guide,
    Permission.OWN_FEED: identity.signed_in_guide,
    Permission.SIGN_IN_BY_LINK: identity.link_to_sign_in,
    Permission.EDIT_OWN_TIMES: identity.guide,
    Permission.OWN_RECORD: identity.signed_in_guide,
    Permission.SEE_OWN_REQUESTS: identity.my_requests,
}

OF_GUIDES = frozenset(
    {
        Permission.ANSWER_OFFER,
        Permission.SEE_APPOINTMENTS,
        Permission.EDIT_OWN_TIMES,
        Permission.OWN_RECORD,
        Permission.TAKE_FROM_BOARD,
        Permission.OWN_FEED,
    }
)
"""What guides do, by a link to an appointment or signed in."""

SIGNED_IN_GUIDES = frozenset({Permission.OWN_RECORD, Permission.OWN_FEED})
"""For what a link is not enough."""


def public(view: Callable[P, T]) -> Callable[P, T]:
    """Mark a route that anybody may open."""
    setattr(view, MARK, "public")
    return view


def requires(permission: Permission) -> Callable[[Callable[P, T]], Callable[P, T | ResponseReturnValue]]:
    """Admit only those who have the permission; the view finds the actor by `actor()`.

    Who has none by sign-in is sent there; who lacks a link is told where to find it.
    """

    def decorate(view: Callable[P, T]) -> Callable[P, T | ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T | ResponseReturnValue:
            by_link = BY_LINK.get(permission)
            if by_link is not None:
                g.actor = by_link(dict(request.view_args or {}))
                return view(*args, **kwargs)
            found = identity.account()
            if found is None:
                back = request.full_path if request.method == "GET" else None
                return redirect(url_for("auth.sign_in", weiter=back))
            if found.role is None or permission not in BY_ROLE[found.role]:
                raise NotAllowed(permission)
            g.actor = found
            return view(*args, **kwargs)

        setattr(guarded, MARK, permission)
        return guarded

    return decorate


def actor() -> Actor:
    """Return who acts in a guarded view."""
    return cast(Actor, g.actor)


def may(permission: Permission) -> bool:
    """Tell whether the signed-in account has a permission; for showing or leaving out a button."""
    found = g.get("actor")
    return isinstance(found, Actor) and found.role is not None and permission in BY_ROLE[found.role]
