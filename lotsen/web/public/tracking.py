"""The page of a request that was sent: confirm the address, follow it, call it off."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField

from lotsen.domain.lifecycle import ENDED_REQUEST
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Mode, RequestStatus
from lotsen.errors import NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment, GuideRequest
from lotsen.notifications import notifier
from lotsen.queries.tracking import Tracked, tracked
from lotsen.services import links, requests, series
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters, identity
from lotsen.web.context import gettext, ngettext, office, work
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.summary import request_rows

# What the institution is told who meets a request that moved on while its page stood open.
_MOVED_ON: dict[RequestStatus, str] = {
    RequestStatus.OPEN: N_("In the meantime we are looking for a person again."),
    RequestStatus.OFFERED: N_("In the meantime we have asked a person."),
    RequestStatus.CONFIRMED: N_("In the meantime a person has agreed."),
}
_TITLES: dict[RequestStatus, str] = {
    RequestStatus.SUBMITTED: N_("Please confirm your e-mail address"),
    RequestStatus.OPEN: N_("We are looking for a suitable person"),
    RequestStatus.OFFERED: N_("We are looking for a suitable person"),
    RequestStatus.CONFIRMED: N_("The appointment is confirmed"),
    RequestStatus.COMPLETED: N_("The talk has taken place"),
    RequestStatus.REJECTED: N_("We cannot take this request"),
    RequestStatus.CANCELLED: N_("The request is called off"),
    RequestStatus.UNFILLED: N_("We are sorry: nobody was found"),
    RequestStatus.LAPSED: N_("We are sorry: nobody was found"),
}


class ConfirmForm(FlaskForm):
    """Has nothing but its button."""


class CancelForm(FlaskForm):
    """Carries which state of the request stood on the page."""

    version = IntegerField()


@dataclass(frozen=True)
class Helper:
    """Who comes, as far as the institution may know."""

    name: str
    phone: str
    when: str


@blueprint.get("/anfrage/<int:request_id>/bestaetigen")
@requires(Permission.CONFIRM_ADDRESS)
def confirm(request_id: int) -> ResponseReturnValue:
    """Ask for the one click that opens the request."""
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id).request
        return render_template(
            "public/confirm.html",
            request=found,
            rows=request_rows(found, agreed=False),
            done=found.opened_at is not None,
            over=found.status in ENDED_REQUEST and found.opened_at is None,
            form=ConfirmForm(),
        )


@blueprint.post("/anfrage/<int:request_id>/bestaetigen")
@requires(Permission.CONFIRM_ADDRESS)
def confirm_now(request_id: int) -> ResponseReturnValue:
    """Open the request, and its page in this browser; once more does no harm."""
    with work(actor()) as uow:
        try:
            found = series.confirm_address(uow, request_id)
        except WrongState:
            return redirect(url_for("public.confirm", request_id=request_id), 303)
        token_id = links.open_tracking(uow, found)
    identity.remember(token_id)
    return redirect(url_for("public.track", request_id=request_id), 303)


@blueprint.get("/anfrage/<int:request_id>")
@requires(Permission.TRACK_REQUEST)
def track(request_id: int) -> ResponseReturnValue:
    """Say how the request stands, and whether there is anything to do."""
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        one, helpers = found.request, _helpers(found)
        return render_template(
            "public/track.html",
            request=one,
            state=_state(one),
            title=_title(one),
            steps=_steps(one, found.appointments),
            rows=request_rows(one, agreed=bool(helpers)),
            helpers=helpers,
            promised=one.due_at if one.due_at is not None and one.due_at > uow.now else None,
            on_site=one.mode is Mode.ON_SITE,
            may_cancel=one.status not in ENDED_REQUEST,
        )


@blueprint.get("/anfrage/<int:request_id>/termin.ics")
@requires(Permission.TRACK_REQUEST)
def calendar(request_id: int) -> Response:
    """Give the first agreed appointment as a calendar file, the same as in the mail."""
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        agreed = [one for one in found.appointments if one.status is AssignmentStatus.CONFIRMED]
        if not agreed:
            raise NotFound("appointment")
        body = notifier.calendar_file(
            uow.session,
            Audience.INSTITUTION,
            request=found.request,
            assignment=agreed[0],
            now=uow.now,
            links=uow.links,
        )
    answer = make_response(body)
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return answer


@blueprint.get("/anfrage/<int:request_id>/absagen")
@requires(Permission.TRACK_REQUEST)
def cancel(request_id: int) -> ResponseReturnValue:
    """Ask once more, and say what calling off means now."""
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        if found.request.status in ENDED_REQUEST:
            return redirect(url_for("public.track", request_id=request_id))
        return _cancel_page(uow, found)


@blueprint.post("/anfrage/<int:request_id>/absagen")
@requires(Permission.TRACK_REQUEST)
def cancel_now(request_id: int) -> ResponseReturnValue:
    """Call the request off, unless it is not the one any more that stood on the page."""
    form = CancelForm()
    try:
        with work(actor()) as uow:
            requests.cancel(uow, request_id, seen_version=form.version.data or 0)
    except WrongState:
        with work(actor()) as uow:
            found = tracked(uow.session, actor().pool_id, request_id)
            if found.request.status not in ENDED_REQUEST:
                return _cancel_page(uow, found, moved_on=True), 409
    return redirect(url_for("public.track", request_id=request_id), 303)


def _cancel_page(uow: UnitOfWork, found: Tracked, *, moved_on: bool = False) -> str:
    one = found.request
    hours = uow.settings(one.pool_id).cancel_free_hours
    start = min(window.starts_at for window in one.windows)
    if found.appointments:
        start = found.appointments[0].starts_at
    free_until = start - timedelta(hours=hours)
    words = _MOVED_ON.get(one.status) if moved_on else None
    return render_template(
        "public/cancel.html",
        form=CancelForm(formdata=None, version=one.version),
        request=one,
        rows=request_rows(one, agreed=bool(found.appointments)),
        helpers=_helpers(found),
        moved_on=gettext(words) if words else None,
        free_until=free_until if free_until > uow.now else None,
        hours=hours,
        agreed=bool(found.appointments),
    )


def _state(one: GuideRequest) -> str:
    """Return the name of the part of the page that fits."""
    if one.status is RequestStatus.OFFERED:
        return RequestStatus.OPEN.value
    if one.status is RequestStatus.LAPSED and one.opened_at is not None:
        return RequestStatus.UNFILLED.value
    return one.status.value


def _title(one: GuideRequest) -> str:
    if one.status is RequestStatus.LAPSED and one.opened_at is None:
        return gettext("This request has ended")
    return gettext(_TITLES[one.status])


def _helpers(found: Tracked) -> tuple[Helper, ...]:
    shared = office(found.request.pool_id).settings.phone_shared_if_agreed
    return tuple(
        Helper(
            one.guide.name,
            one.guide.phone if shared and one.guide.phone_shared else "",
            filters.span(one.starts_at, one.ends_at),
        )
        for one in found.appointments
    )


def _steps(one: GuideRequest, agreed: tuple[Assignment, ...]) -> list[dict[str, str]]:
    """Return the way of a request that still goes on, or went to its end."""
    if one.status in ENDED_REQUEST and one.status is not RequestStatus.COMPLETED:
        return []
    position = {
        RequestStatus.SUBMITTED: 0,
        RequestStatus.OPEN: 1,
        RequestStatus.OFFERED: 1,
        RequestStatus.CONFIRMED: 3,
        RequestStatus.COMPLETED: 4,
    }[one.status]
    searching = filters.moment(one.opened_at) if one.opened_at else ""
    texts = (
        (gettext("Request received"), searching),
        (gettext("We are looking for a suitable person"), ""),
        (gettext("A person agrees"), _agreement(one, agreed)),
        (gettext("Talk"), _talk(one, agreed)),
    )
    states = ["done" if n < position else "current" if n == position else "todo" for n in range(len(texts))]
    return [
        {"title": title, "text": text, "state": state}
        for (title, text), state in zip(texts, states, strict=True)
    ]


def _agreement(one: GuideRequest, agreed: tuple[Assignment, ...]) -> str:
    if one.guides_needed == 1 or not agreed:
        return ""
    return ngettext("%(num)s person has agreed.", "%(num)s people have agreed.", len(agreed))


def _talk(one: GuideRequest, agreed: tuple[Assignment, ...]) -> str:
    if agreed:
        return filters.span(agreed[0].starts_at, agreed[0].ends_at)
    if len(one.windows) == 1:
        return filters.window(one.windows[0])
    return ""
