"""The page of a request that was sent: confirm the address, follow it, call it off."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField

from lotsen.domain.lifecycle import ENDED_REQUEST
from lotsen.domain.localtime import Span
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Mode, RequestStatus, SeriesScope
from lotsen.errors import NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment, GuideRequest
from lotsen.notifications import notifier
from lotsen.queries import tracking
from lotsen.queries.tracking import Tracked, tracked
from lotsen.services import late_rule, links, request_changes, requests, series, series_changes
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters, identity
from lotsen.web.context import gettext, ngettext, office, work
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public import details, moved_on, ways
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.changes import read_scope, read_seen, seen_text
from lotsen.web.public.summary import request_rows

_FEED = "public.feed_settings"
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
    seen = HiddenField()


@dataclass(frozen=True)
class Helper:
    """Who comes, as far as the institution may know."""

    name: str
    phone: str
    when: str


@dataclass(frozen=True)
class InSeries:
    """One appointment of a series on the page of another, with its own page; None on that page itself."""

    when: str
    status: RequestStatus
    url: str | None


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
            series=_series(uow, found),
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
        goes_on = one.status not in ENDED_REQUEST
        may_change = request_changes.may_change(one) and goes_on
        return render_template(
            "public/track.html",
            request=one,
            state=_state(one),
            title=gettext("Nobody came") if _in_vain(found) else title(one),
            steps=_steps(one, found),
            sections=details.sections(
                one, tracking.wished_guides(uow.session, one), agreed=bool(helpers), may_change=may_change
            ),
            helpers=helpers,
            promised=one.due_at if one.due_at is not None and one.due_at > uow.now else None,
            confirm_until=_confirm_until(uow, one),
            on_site=one.mode is Mode.ON_SITE,
            may_cancel=goes_on,
            may_change=may_change,
            owed=found.owed,
            mails=tracking.mails(uow.session, one.id),
            series=_series(uow, one),
            ways=ways.offered(uow, one),
            feed_url=_feed_url(one),
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
    """Call the request off, or its series, unless it is not what stood on the page any more."""
    form, scope = CancelForm(), read_scope(request.form.get("scope"))
    if scope is not SeriesScope.ONE and "sure" not in request.form:
        with work(actor()) as uow:
            found = tracked(uow.session, actor().pool_id, request_id)
            if found.request.status not in ENDED_REQUEST:
                return _cancel_page(uow, found, scope=scope)
    try:
        with work(actor()) as uow:
            if scope is SeriesScope.ONE:
                requests.cancel(uow, request_id, seen_version=form.version.data or 0)
            else:
                series_changes.cancel(uow, request_id, scope, read_seen(str(form.seen.data or "")))
    except WrongState:
        with work(actor()) as uow:
            found = tracked(uow.session, actor().pool_id, request_id)
            if found.request.status not in ENDED_REQUEST:
                return _cancel_page(uow, found, scope=scope, moved=True), 409
    return redirect(url_for("public.track", request_id=request_id), 303)


@dataclass(frozen=True)
class CalledOff:
    """One appointment on the page that asks once more: when it is, and what calling off means now."""

    when: str
    agreed: bool
    free_until: datetime | None


def _cancel_page(
    uow: UnitOfWork, found: Tracked, *, scope: SeriesScope = SeriesScope.ONE, moved: bool = False
) -> str:
    one = found.request
    settings = uow.settings(one.pool_id)
    others = series_changes.members(uow, one, SeriesScope.ALL)
    return render_template(
        "public/cancel.html",
        form=CancelForm(formdata=None, version=one.version, seen=seen_text(uow, one)),
        request=one,
        rows=request_rows(one, agreed=bool(found.appointments)),
        helpers=_helpers(found),
        moved_on=moved_on.words(one.status) if moved else None,
        meant=list(_called_off(uow, series_changes.members(uow, one, scope), settings)),
        hours=settings.cancel_free_hours,
        scopes=tuple(SeriesScope) if len(others) > 1 and scope is SeriesScope.ONE else (),
        scope=scope,
    )


def _called_off(
    uow: UnitOfWork, meant: Sequence[GuideRequest], settings: PoolSettings
) -> Iterator[CalledOff]:
    agreed = tracking.agreed_times(uow.session, [one.id for one in meant])
    for one in meant:
        start = agreed[one.id][0] if one.id in agreed else min(window.starts_at for window in one.windows)
        until = late_rule.free_until(start, settings)
        yield CalledOff(_when(one, agreed), one.id in agreed, until if until > uow.now else None)


def _when(one: GuideRequest, agreed: Mapping[int, Span]) -> str:
    """Say when a request of a series is: as agreed, else as asked for."""
    return filters.span(*agreed[one.id]) if one.id in agreed else filters.window(one.windows[0])


def _series(uow: UnitOfWork, one: GuideRequest) -> list[InSeries]:
    together = tracking.series(uow.session, one)
    agreed = tracking.agreed_times(uow.session, [each.id for each in together])
    return [
        InSeries(
            _when(each, agreed),
            each.status,
            None if each.id == one.id else url_for("public.track", request_id=each.id),
        )
        for each in together
    ]


def _confirm_until(uow: UnitOfWork, one: GuideRequest) -> datetime | None:
    """Return by when the mail address of a new request must be confirmed."""
    if one.status is not RequestStatus.SUBMITTED or one.submitted_at is None:
        return None
    return one.submitted_at + timedelta(hours=uow.settings(one.pool_id).confirm_address_hours)


def _feed_url(one: GuideRequest) -> str | None:
    """Return where the institution sets up its calendar feed, if this installation has feeds."""
    return url_for(_FEED, request_id=one.id) if _FEED in current_app.view_functions else None


def _state(one: GuideRequest) -> str:
    """Return the name of the part of the page that fits."""
    if one.status is RequestStatus.OFFERED:
        return RequestStatus.OPEN.value
    if one.status is RequestStatus.LAPSED and one.opened_at is not None:
        return RequestStatus.UNFILLED.value
    return one.status.value


def title(one: GuideRequest) -> str:
    """Return how a request stands, as the heading of its page."""
    if one.status is RequestStatus.LAPSED and one.opened_at is None:
        return gettext("This request has ended")
    return gettext(_TITLES[one.status])


def _in_vain(found: Tracked) -> bool:
    """Say whether the time is over and nobody came of those who had agreed."""
    return found.request.status is RequestStatus.COMPLETED and not found.appointments


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


def _steps(one: GuideRequest, found: Tracked) -> list[dict[str, str]]:
    """Return the way of a request that still goes on, or went to its end."""
    if _in_vain(found) or (one.status in ENDED_REQUEST and one.status is not RequestStatus.COMPLETED):
        return []
    position = {
        RequestStatus.SUBMITTED: 0,
        RequestStatus.OPEN: 1,
        RequestStatus.OFFERED: 1,
        RequestStatus.CONFIRMED: 3,
        RequestStatus.COMPLETED: 4,
    }[one.status]
    agreed = found.appointments
    received = filters.moment(one.opened_at) if one.opened_at else ""
    searching = ""
    if found.answer_by is not None:
        searching = gettext(
            "A person was asked, and answers by %(moment)s.", moment=filters.moment(found.answer_by)
        )
    texts = (
        (gettext("Request received"), received),
        (gettext("We are looking for a suitable person"), searching),
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
