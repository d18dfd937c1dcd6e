"""All requests of one mail address, for who has opened its link: how each stands, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from lotsen.domain.vocabulary import RequestStatus
from lotsen.models import GuideRequest
from lotsen.queries import own_requests
from lotsen.queries.own_requests import OwnRequests
from lotsen.services import sign_in_links
from lotsen.web import filters
from lotsen.web.context import gettext, office, work
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.tracking import title

_LOOKING = frozenset({RequestStatus.OPEN, RequestStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class Row:
    """One request in words; `next_step` is empty where nothing comes any more."""

    id: int
    reference: str
    what: str
    when: str
    state: str
    next_step: str


class SignOutForm(FlaskForm):
    """Has nothing but its button."""


@blueprint.get("/meine-anfragen")
@requires(Permission.SEE_OWN_REQUESTS)
def mine() -> ResponseReturnValue:
    """List what this mail address has asked for."""
    page = request.args.get("seite", default=1, type=int)
    if page < 1:
        abort(404)
    me = actor()
    with work(me) as uow:
        found = own_requests.of_contact(uow.session, me.pool_id, me.contact_id, page)
        pages = max(1, -(-found.total // own_requests.PAGE_SIZE))
        if page > pages:
            abort(404)
        zone = uow.pool().zone
        return render_template(
            "public/mine.html",
            rows=[_row(one, found, uow.now, zone) for one in found.requests],
            page=page,
            pages=pages,
            page_url=_page_url,
            form=SignOutForm(),
            office=office(me.pool_id),
        )


@blueprint.post("/meine-anfragen/abmelden")
@requires(Permission.SEE_OWN_REQUESTS)
def mine_end() -> ResponseReturnValue:
    """End the links that open this list, in whatever browser."""
    with work(actor()) as uow:
        sign_in_links.end_my_requests(uow)
    flash(gettext("You have signed out."), "success")
    return redirect(url_for("auth.by_mail"), 303)


def _page_url(number: int) -> str:
    return url_for(".mine", seite=number)


def _row(one: GuideRequest, found: OwnRequests, now: datetime, zone: str) -> Row:
    if one.id in found.agreed:
        when = filters.span(*found.agreed[one.id], zone)
    else:
        when = filters.span(one.windows[0].starts_at, one.windows[0].ends_at, zone)
    what = [filters.word(one.occasion) if one.occasion else ""]
    what.append(filters.language_name(one.language) if one.language else "")
    return Row(one.id, one.reference or "", ", ".join(what), when, title(one), _next_step(one, now, zone))


def _next_step(one: GuideRequest, now: datetime, zone: str) -> str:
    if one.status is RequestStatus.SUBMITTED:
        return gettext("Please open the link in our e-mail. Only then do we work on your request.")
    if one.status in _LOOKING and one.due_at is not None and one.due_at > now:
        return gettext("You get an answer by %(day)s.", day=filters.day(one.due_at, zone))
    if one.status in _LOOKING:
        return gettext("We are still looking, and write to you at once.")
    return gettext("You need not do anything now") if one.status is RequestStatus.CONFIRMED else ""
