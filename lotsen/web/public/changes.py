"""Changes of a request that was sent: a form for each part, and a page that says what the change means."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from lotsen.domain.vocabulary import RequestTrigger, SeriesScope, Subject
from lotsen.errors import Conflict, Invalid, WrongState
from lotsen.models import GuideRequest
from lotsen.queries import known_people, tracking
from lotsen.queries.tracking import Tracked, tracked
from lotsen.services import late_rule, limits, request_changes, series_changes
from lotsen.services.request_changes import Outlook, Wanted
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters
from lotsen.web.context import gettext, work
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public import chances, details, moved_on
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.chances import Told
from lotsen.web.public.change_forms import FORMS, ChangeForm, MoreForm, Part, Stands, TimesForm
from lotsen.web.public.forms import Facts
from lotsen.web.public.summary import Row

# The two buttons of the check page.
_SURE, _BACK = "sure", "back"
_CHANCE = "chance"


@dataclass(frozen=True)
class Meant:
    """One appointment on the check page: when it is, what changes, and what that means."""

    when: str
    rows: tuple[Row, ...]
    words: list[str]


@blueprint.get("/anfrage/<int:request_id>/aendern/<part>")
@requires(Permission.TRACK_REQUEST)
def change(request_id: int, part: str) -> ResponseReturnValue:
    """Show one part of the request as it stands, to be changed."""
    here = _part(part)
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        if not request_changes.may_change(found.request):
            return redirect(url_for("public.track", request_id=request_id))
        return _form_page(uow, found, here, _form(uow, found, here))


@blueprint.post("/anfrage/<int:request_id>/aendern/<part>")
@requires(Permission.TRACK_REQUEST)
def change_now(request_id: int, part: str) -> ResponseReturnValue:
    """Check what was typed, say what it means if it is more than a detail, and change it."""
    here = _part(part)
    refused: Invalid | None = None
    try:
        with work(actor()) as uow:
            found = tracked(uow.session, actor().pool_id, request_id)
            return _answer(uow, found, here)
    except Invalid as error:
        refused = error
    except Conflict:
        pass
    # Whatever was begun is undone; what was typed stands on the page again.
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        if not request_changes.may_change(found.request):
            return redirect(url_for("public.track", request_id=request_id), 303)
        form = _form(uow, found, here)
        if refused is not None:
            form.place_errors(refused)
            return _form_page(uow, found, here, form, wrong=True), 422
        form.seen.data = seen_text(uow, found.request)
        return _form_page(uow, found, here, form, moved=True), 409


@blueprint.post("/anfrage/<int:request_id>/aendern/termin/chance")
@requires(Permission.TRACK_REQUEST)
def change_chance(request_id: int) -> ResponseReturnValue:
    """Say how good the chance of the typed times is, for the script of the page; keeps nothing of it."""
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id)
        form = _form(uow, found, Part.TIME)
        told = _chance(uow, found.request, form) if isinstance(form, TimesForm) else None
        return render_template("public/chance.html", told=told)


def seen_text(uow: UnitOfWork, one: GuideRequest) -> str:
    """Return which version of the request, and of each other of its series, a page shows."""
    versions = series_changes.seen(series_changes.members(uow, one, SeriesScope.ALL)) | {one.id: one.version}
    return "-".join(f"{key}.{version}" for key, version in sorted(versions.items()))


def read_seen(text: str) -> dict[int, int]:
    """Return the versions that a page showed; nothing of what is none of ours."""
    pairs = (one.partition(".")[::2] for one in text.split("-"))
    return {
        int(key): int(version)
        for key, version in pairs
        if key.isdecimal() and version.isdecimal() and len(key) < 12 and len(version) < 12
    }


def read_scope(text: str | None) -> SeriesScope:
    """Return which appointments of the series are meant; without a word only this one."""
    return SeriesScope(text) if text in set(SeriesScope) else SeriesScope.ONE


def _part(name: str) -> Part:
    if name not in set(Part):
        abort(404)
    return Part(name)


def _form(uow: UnitOfWork, found: Tracked, here: Part) -> ChangeForm:
    one = found.request
    pool_id = one.pool_id
    email = one.contact.email if one.contact is not None and here is Part.MORE else ""
    people = known_people.had_by(uow.session, pool_id, email, uow.now) if email else []
    facts = Facts(
        uow.now,
        uow.zone(pool_id),
        uow.settings(pool_id),
        tracking.districts(uow.session, pool_id),
        [(str(guide_id), name) for guide_id, name in people],
    )
    agreed = found.appointments[0] if found.appointments else None
    stands = Stands(one, agreed, facts.zone, tracking.wished_guides(uow.session, one))
    typed = chances.take(request.form.to_dict(), request.form.get(chances.TAKE, ""), facts.zone)
    data = {**FORMS[here].stored(stands), "seen": seen_text(uow, one)}
    form = FORMS[here](MultiDict(typed) if request.method == "POST" else None, data=data)
    form.prepare(facts, stands)
    if request.method == "POST":
        form.validate()
    return form


def _answer(uow: UnitOfWork, found: Tracked, here: Part) -> ResponseReturnValue:
    one, form = found.request, _form(uow, found, here)
    if _BACK in request.form:
        return _form_page(uow, found, here, form)
    if isinstance(form, TimesForm) and {_CHANCE, chances.TAKE} & set(request.form):
        return _form_page(uow, found, here, form, told=_chance(uow, one, form))
    if any(form.errors.values()) or form.form_errors:
        return _form_page(uow, found, here, form, wrong=True), 422
    wanted = Wanted(form.wanted(), form.reason)
    scope, versions = read_scope(request.form.get("scope")), read_seen(str(form.seen.data or ""))
    meant = series_changes.outlooks(uow, one, wanted, scope)
    if any(versions.get(each.id) != each.version for each, _ in meant):
        raise WrongState(Subject.REQUEST, one.status, RequestTrigger.CHANGE)
    if not any(outlook.changes for _, outlook in meant):
        flash(gettext("You have changed nothing. Everything stays as it is."))
        return redirect(url_for("public.track", request_id=one.id), 303)
    needs_care = len(meant) > 1 or any(outlook.needs_care for _, outlook in meant)
    if needs_care and _SURE not in request.form:
        return _check_page(uow, found, here, form, meant)
    series_changes.revise(uow, one.id, wanted, scope, versions)
    flash(gettext("Your change is saved."), "success")
    return redirect(url_for("public.track", request_id=one.id), 303)


def _form_page(
    uow: UnitOfWork,
    found: Tracked,
    here: Part,
    form: ChangeForm,
    *,
    wrong: bool = False,
    moved: bool = False,
    told: Told | None = None,
) -> str:
    one = found.request
    others = series_changes.members(uow, one, SeriesScope.ALL)
    return render_template(
        "public/change.html",
        form=form,
        part=here,
        title=gettext(details.TITLES[here]),
        request=one,
        scopes=tuple(SeriesScope) if len(others) > 1 else (),
        scope=read_scope(request.form.get("scope")),
        has_errors=wrong,
        moved_on=moved_on.words(one.status) if moved else None,
        agreed=bool(found.appointments),
        told=told,
    )


def _chance(uow: UnitOfWork, one: GuideRequest, form: TimesForm) -> Told:
    if not limits.may_ask_for_chance(uow, one.id, request.remote_addr or ""):
        return chances.too_often()
    return chances.tell_moved(uow, one, form)


def _check_page(
    uow: UnitOfWork,
    found: Tracked,
    here: Part,
    form: ChangeForm,
    meant: tuple[tuple[GuideRequest, Outlook], ...],
) -> str:
    people = form.people if isinstance(form, MoreForm) else dict[str, str]()
    names = details.Names(
        {int(key): name for key, name in form.facts.districts},
        {int(key): name for key, name in people.items()},
    )
    # Passwords and tokens are none of it: only what this form asks for, and which appointments are meant.
    typed = [
        (key, value)
        for key, value in request.form.items()
        if key not in ("csrf_token", _SURE, _BACK, _CHANCE, chances.TAKE)
    ]
    return render_template(
        "public/change_check.html",
        request=found.request,
        action=url_for("public.change_now", request_id=found.request.id, part=here),
        meant=[describe(uow, one, outlook, names) for one, outlook in meant],
        typed=typed,
    )


def describe(uow: UnitOfWork, one: GuideRequest, outlook: Outlook, names: details.Names) -> Meant:
    """Say when a request is, what changes of it, and what that means."""
    late = any(late_rule.is_late(uow, each.assignment) for each in outlook.concerned if each.agreed)
    held = outlook.concerned[0].assignment if outlook.concerned else None
    return Meant(
        filters.window(one.windows[0]) if held is None else filters.span(held.starts_at, held.ends_at),
        details.changed_rows(one, outlook.changes, names),
        details.meaning(outlook, late=late and outlook.needs_care),
    )
