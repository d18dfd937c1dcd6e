"""Where nobody can come: changes that would help, as buttons, each with its check page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.vocabulary import ChangeKind, Mode, RequestField, RequestStatus, WishWeight
from lotsen.errors import Conflict, Invalid
from lotsen.i18n import N_
from lotsen.matching.alternatives import Alternative, Change
from lotsen.models import GuideRequest
from lotsen.queries import tracking
from lotsen.queries import ways as ways_query
from lotsen.queries.tracking import Tracked, tracked
from lotsen.services import request_changes
from lotsen.services.request_changes import Wanted, current
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import alternatives
from lotsen.web.context import gettext, work
from lotsen.web.forms import AreaField, LotsenForm
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public import details
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.changes import describe
from lotsen.web.public.forms import add_error
from lotsen.web.reasons import Place

_SEARCHING = (RequestStatus.OPEN, RequestStatus.UNFILLED, RequestStatus.LAPSED)


class WayForm(LotsenForm):
    """The one thing that a new time may need to be told: why it is near."""

    urgency_reason = AreaField(N_("Why is it urgent?"), limit=500)


@dataclass(frozen=True)
class Offered:
    """What the page offers; without any way `few` says that hardly anybody could come otherwise either."""

    buttons: tuple[tuple[str, str], ...]
    few: bool


def offered(uow: UnitOfWork, one: GuideRequest) -> Offered | None:
    """Return the ways to a person, where the request has none in sight; None where it needs none."""
    if one.status not in _SEARCHING or not request_changes.may_change(one):
        return None
    if one.status is RequestStatus.OPEN and any(wish.guide_id is not None for wish in one.wishes):
        # What would help beside a certain person tells whether that one is free.
        return None
    found = _ways(uow, one)
    if found.enough and one.status is RequestStatus.OPEN:
        return None
    place = Place(uow.zone(one.pool_id), found.districts)
    buttons = (
        (alternatives.alternative(way, place, {}), url_for("public.way", request_id=one.id, key=key))
        for key, way in found.by_key.items()
    )
    return Offered(tuple(buttons), found.few)


@blueprint.route("/anfrage/<int:request_id>/vorschlag/<key>", methods=["GET", "POST"])
@requires(Permission.TRACK_REQUEST)
def way(request_id: int, key: str) -> ResponseReturnValue:
    """Say what one of the ways changes; POST takes it, and the request is open again."""
    form = WayForm()
    refused: Invalid | None = None
    try:
        with work(actor()) as uow:
            found = tracked(uow.session, actor().pool_id, request_id)
            taken = _wanted(uow, found.request, key)
            if taken is None:
                return _gone(request_id)
            if request.method == "GET" or not form.validate():
                return _page(uow, found, taken, form), 200 if request.method == "GET" else 422
            wanted = replace(taken, urgency_reason=str(form.urgency_reason.data or ""))
            request_changes.revise(uow, request_id, wanted, found.request.version)
    except Invalid as error:
        refused = error
    except Conflict:
        return _gone(request_id)
    if refused is None:
        flash(gettext("Your change is saved. We look for a person again."), "success")
        return redirect(url_for("public.track", request_id=request_id), 303)
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        taken = _wanted(uow, found.request, key)
        if taken is None or set(refused.fields) != {"urgency_reason"}:
            return _gone(request_id)
        add_error(form.urgency_reason, N_("The day is very near. Please say why it is urgent."))
        return _page(uow, found, taken, form), 422


def _gone(request_id: int) -> ResponseReturnValue:
    flash(gettext("This way is no longer open. Please choose another one."), "warning")
    return redirect(url_for("public.track", request_id=request_id), 303)


def _ways(uow: UnitOfWork, one: GuideRequest) -> ways_query.Ways:
    pool_id = one.pool_id
    return ways_query.ways(uow.session, uow.indexes, one, uow.pool(pool_id), uow.settings(pool_id), uow.now)


def _wanted(uow: UnitOfWork, one: GuideRequest, key: str) -> Wanted | None:
    """Return what a way makes of the request; None if it is none any more."""
    if one.status not in _SEARCHING or not request_changes.may_change(one):
        return None
    found = _ways(uow, one).by_key.get(key)
    return None if found is None else Wanted(_fields(one, found))


def _fields(one: GuideRequest, way_taken: Alternative) -> Mapping[RequestField, Any]:
    fields: dict[RequestField, Any] = {}
    for each in way_taken.changes:
        fields |= _field(one, each)
    return fields


def _field(one: GuideRequest, each: Change) -> Mapping[RequestField, Any]:
    if each.window is not None:
        return {RequestField.WINDOWS: ((each.window.start, each.window.end, each.window.minutes),)}
    if each.kind is ChangeKind.LOWER_LEVEL:
        return {RequestField.LANGUAGE_LEVEL: each.level}
    if each.kind is ChangeKind.SUBSTITUTE:
        return {RequestField.SUBSTITUTES: True}
    if each.kind is ChangeKind.WISH:
        wishes = current(one, RequestField.WISHES)
        return {
            RequestField.WISHES: tuple(
                (kind, WishWeight.NICE if kind is each.wish else weight, gender, guide_id)
                for kind, weight, gender, guide_id in wishes
            )
        }
    return {RequestField.MODE: Mode.PHONE if each.kind is ChangeKind.PHONE else Mode.VIDEO}


def _page(uow: UnitOfWork, found: Tracked, wanted: Wanted, form: WayForm) -> str:
    one = found.request
    names = details.Names(
        {int(key): name for key, name in tracking.districts(uow.session, one.pool_id)},
        tracking.wished_guides(uow.session, one),
    )
    asks_for_reason = bool(form.urgency_reason.errors)
    try:
        outlook = request_changes.outlook(uow, one, wanted)
    except Invalid:
        # A near day that nobody has given a reason for yet.
        outlook = request_changes.outlook(uow, one, replace(wanted, urgency_reason="-"))
        asks_for_reason = True
    return render_template(
        "public/way.html",
        request=one,
        form=form,
        meant=describe(uow, one, outlook, names),
        asks_for_reason=asks_for_reason,
        has_errors=bool(form.errors) or bool(form.urgency_reason.errors),
    )
