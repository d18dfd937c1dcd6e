"""The request as pages: four to fill in, one to check, one that says what comes next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import uuid4

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, Form, FormField

from lotsen.domain import contact
from lotsen.domain.calendar import add_working_days
from lotsen.domain.localtime import local_day
from lotsen.domain.request_rules import WindowProblem
from lotsen.domain.vocabulary import RequestStatus
from lotsen.errors import Invalid, LinkEnded, NotAllowed
from lotsen.i18n import N_
from lotsen.models import GuideRequest
from lotsen.queries import duplicates, tracking
from lotsen.services import institutions, limits, links, series
from lotsen.services.unit_of_work import ANONYMOUS, UnitOfWork
from lotsen.web import filters, identity
from lotsen.web.context import bootstrap, gettext, office, work
from lotsen.web.permissions import Permission, actor, public, requires
from lotsen.web.public import chances
from lotsen.web.public import draft as drafts
from lotsen.web.public.blueprint import blueprint
from lotsen.web.public.chances import Told
from lotsen.web.public.draft import STEPS, Forms, Step
from lotsen.web.public.forms import PROBLEMS, CheckForm, LanguageForm, StepForm, add_error
from lotsen.web.public.start import language_words_url
from lotsen.web.public.summary import sections

# Set in addresses by the links of the check page: the page shows what is wrong and leads back there.
_FROM_CHECK = "pruefen"
_TITLES = {
    RequestStatus.SUBMITTED: N_("It waits for your confirmation by e-mail."),
    RequestStatus.OPEN: N_("We are looking for a suitable person."),
    RequestStatus.OFFERED: N_("We have asked a person."),
    RequestStatus.CONFIRMED: N_("The appointment is confirmed."),
}
_LATER = "later"
_CHANCE = "chance"
_SEARCH = "suche"


@blueprint.get("/anfrage/neu")
@public
def new() -> ResponseReturnValue:
    """Lead to the first page, or to where this browser's draft stopped."""
    with work(ANONYMOUS) as uow:
        return redirect(_next_url(drafts.current(uow)))


@blueprint.get("/anfrage/neu/<step>")
@public
def step(step: str) -> ResponseReturnValue:
    """Show a page with what was typed there before."""
    here = _step(step)
    with work(ANONYMOUS) as uow:
        draft = drafts.current(uow)
        missing = drafts.first_missing(draft)
        if missing is not None and missing.number < here.number:
            return redirect(url_for("public.step", step=missing))
        form = drafts.form_of(draft, here, drafts.facts(uow, draft))
        wrong = _FROM_CHECK in request.args and drafts.is_sent(draft, here) and not form.validate()
        return _page(here, form, draft, wrong=wrong)


@blueprint.post("/anfrage/neu/<step>")
@public
def save(step: str) -> ResponseReturnValue:
    """Keep what was typed, right or wrong, and lead on if it is right."""
    here = _step(step)
    with work(ANONYMOUS) as uow:
        known = drafts.facts(uow, drafts.current(uow))
        typed = chances.take(request.form.to_dict(), request.form.get(chances.TAKE, ""), known.zone)
        form = drafts.FORMS[here](formdata=MultiDict(typed))
        form.prepare(known)
        draft = drafts.keep(uow, here, form, typed, request.form.get("key", ""))
        if draft.status is not RequestStatus.DRAFT:
            # The page stood open since the request was sent, and was sent once more.
            drafts.remember_sent(draft.id)
            return redirect(url_for("public.sent"), 303)
        drafts.take_up(draft.id)
        if _LATER in request.form:
            return _mail_link(uow, draft, here)
        asks = here is Step.APPOINTMENT and bool({_CHANCE, chances.TAKE} & set(request.form))
        allowed = asks and _may_ask(uow, draft)
    if _SEARCH in request.form and isinstance(form, LanguageForm) and form.language_search.data:
        hits = form.search()
        return _page(here, form, draft, wrong=False, hits=hits)
    if asks:
        with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
            told = chances.tell(uow, draft, typed) if allowed else chances.too_often()
        return _page(here, form, draft, wrong=False, told=told)
    if not form.validate():
        return _page(here, form, draft, wrong=True), 422
    if _FROM_CHECK in request.args:
        return redirect(url_for("public.check"), 303)
    return redirect(_next_url(draft, after=here), 303)


@blueprint.post("/anfrage/neu/termin/chance")
@public
def chance() -> ResponseReturnValue:
    """Say how good the chance of the typed date is, for the script of the page; keeps nothing of it."""
    with work(ANONYMOUS) as uow:
        draft = drafts.current(uow)
        if draft is None:
            raise NotAllowed("no draft")
        allowed = _may_ask(uow, draft)
    if not allowed:
        answer = make_response(render_template("public/chance.html", told=chances.too_often()), 429)
        answer.headers["Retry-After"] = str(int(limits.CHANCE_SPAN.total_seconds()))
        return answer
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        return render_template("public/chance.html", told=chances.tell(uow, draft, request.form))


def _may_ask(uow: UnitOfWork, draft: GuideRequest) -> bool:
    return limits.may_ask_for_chance(uow, draft.id, request.remote_addr or "")


def _mail_link(uow: UnitOfWork, draft: GuideRequest, here: Step) -> ResponseReturnValue:
    typed = drafts.answer(draft, "email")
    try:
        address = contact.email(typed)
    except contact.Unusable:
        first = drafts.form_of(draft, Step.INSTITUTION, drafts.facts(uow))
        if not first["email"].process_errors:
            first["email"].process_errors = [
                gettext("Please give your e-mail address. We send the link there.")
            ]
        first["email"].errors = first["email"].process_errors
        return _page(Step.INSTITUTION, first, draft, wrong=True), 422
    links.send_draft_link(uow, draft, address)
    flash(
        gettext("Your entries are saved. We have sent the link to %(address)s.", address=address), "success"
    )
    return redirect(url_for("public.step", step=here), 303)


@blueprint.route("/anfrage/neu/pruefen", methods=["GET", "POST"])
@public
def check() -> ResponseReturnValue:
    """Show everything in words; POST sends it."""
    form = CheckForm()
    with work(ANONYMOUS) as uow:
        draft = drafts.current(uow)
        done = drafts.sent_a_moment_ago(uow) if draft is None and request.method == "POST" else None
        if done is not None:
            drafts.remember_sent(done)
            return redirect(url_for("public.sent"), 303)
        missing = drafts.first_missing(draft)
        if draft is None or missing is not None:
            return redirect(url_for("public.step", step=missing or STEPS[0]), 303)
        forms = drafts.forms_of(draft, drafts.facts(uow, draft))
        wrong = list(_wrong(forms))
        if request.method == "POST" and form.validate() and not wrong:
            try:
                sent_request = series.submit(uow, draft.id, drafts.read(forms))
            except Invalid as error:
                _place_errors(forms, error)
                wrong = list(_wrong(forms))
            else:
                drafts.remember_sent(sent_request.id)
                return redirect(url_for("public.sent"), 303)
        likely = () if wrong else _similar(uow, forms)
    has_errors = bool(wrong or form.errors)
    page = render_template(
        "public/check.html",
        form=form,
        sections=sections(forms),
        wrong=wrong,
        has_errors=has_errors,
        similar=likely,
        rules=office().settings,
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.post("/anfrage/neu/verwerfen")
@public
def forget() -> ResponseReturnValue:
    """Begin anew: this browser forgets the draft, which ends by itself after some days."""
    drafts.leave()
    return redirect(url_for("public.new"), 303)


@blueprint.post("/anfrage/<int:request_id>/noch-einmal")
@requires(Permission.TRACK_REQUEST)
def again(request_id: int) -> ResponseReturnValue:
    """Begin a new request that is like an earlier one in everything but the times."""
    with work(actor()) as uow:
        before = tracking.tracked(uow.session, actor().pool_id, request_id).request
        known = drafts.current(uow)
        if known is None or not drafts.is_begun_from(known, before):
            known = drafts.begin_like(uow, before)
        drafts.take_up(known.id)
    flash(gettext("We have filled in everything as last time. Only the date is missing."), "success")
    return redirect(_next_url(known), 303)


@blueprint.get("/anfrage/weiter/<int:request_id>")
@requires(Permission.RESUME_DRAFT)
def resume(request_id: int) -> ResponseReturnValue:
    """Go on with a draft whose link was mailed."""
    with work(actor()) as uow:
        draft = tracking.draft(uow.session, office().pool_id, request_id)
        if draft is None:
            drafts.remember_sent(request_id)
            return redirect(url_for("public.sent"))
        drafts.take_up(draft.id)
        return redirect(_next_url(draft))


@blueprint.get("/anfrage/gesendet")
@public
def sent() -> ResponseReturnValue:
    """Say what happens next, and by when."""
    request_id = drafts.sent_id()
    if request_id is None:
        return redirect(url_for("public.start"))
    here, rules = office(), office().settings
    with work(ANONYMOUS) as uow:
        found = tracking.sent(uow.session, here.pool_id, request_id)
        if found is None or found.submitted_at is None:
            return redirect(url_for("public.start"))
        today = local_day(uow.now, uow.zone(here.pool_id))
        together = [] if found.series is None else found.series.requests
        return render_template(
            "public/sent.html",
            request=found,
            dates=[filters.window(one.windows[0]) for one in together],
            until=found.submitted_at + timedelta(hours=rules.confirm_address_hours),
            answer_by=add_working_days(today, rules.handling_working_days, rules.country, rules.subdivision),
        )


def _step(name: str) -> Step:
    if name not in STEPS:
        abort(404)
    return Step(name)


def _next_url(draft: GuideRequest | None, after: Step | None = None) -> str:
    missing = drafts.first_missing(draft)
    if after is not None and after.number < len(STEPS):
        return url_for("public.step", step=STEPS[after.number])
    if missing is not None:
        return url_for("public.step", step=missing)
    return url_for("public.check")


def _page(
    here: Step,
    form: StepForm,
    draft: GuideRequest | None,
    *,
    wrong: bool,
    told: Told | None = None,
    hits: int | None = None,
) -> str:
    return render_template(
        f"public/{here.name.lower()}.html",
        form=form,
        key=uuid4().hex,
        here=here,
        steps=len(STEPS),
        back=_back_url(here),
        draft=draft,
        has_errors=wrong,
        told=told,
        hits=hits,
        language_words_url=language_words_url() if here is Step.LANGUAGE else None,
        rules=office().settings,
        filled=draft is not None and drafts.is_filled(draft, here),
    )


@dataclass(frozen=True)
class Similar:
    """A request that goes on and may be the same; `url` and `reference` for its own people alone."""

    words: str
    reference: str = ""
    url: str = ""


def _similar(uow: UnitOfWork, forms: Forms) -> tuple[Similar, ...]:
    """Return what this institution has asked for already; strangers learn only that there is something."""
    who, when = forms.institution, forms.appointment
    found = duplicates.similar(
        uow.session,
        office().pool_id,
        institutions.name_key(str(who.institution_name.data)),
        str(who.email.data),
        forms.language.language,
        (*when.spans, *when.further),
    )
    mine = tuple(
        Similar(
            gettext(_TITLES[one.status]),
            one.reference or "",
            url_for("public.track", request_id=one.id),
        )
        for one in found
        if _may_follow(one.id)
    )
    if mine or not found:
        return mine
    return (Similar(gettext("There is already a similar request from your institution.")),)


def _may_follow(request_id: int) -> bool:
    try:
        identity.request_holder({"request_id": request_id})
    except (NotAllowed, LinkEnded):
        return False
    return True


def _back_url(here: Step) -> str:
    if _FROM_CHECK in request.args:
        return url_for("public.check")
    if here.number == 1:
        return url_for("public.start")
    return url_for("public.step", step=STEPS[here.number - 2])


def _wrong(forms: Forms) -> Iterator[dict[str, str]]:
    """Yield what is wrong on the pages, each with the address of its field."""
    for here, form in forms.by_step():
        url = url_for("public.step", step=here, pruefen=1)
        for field_id, message in _messages(form):
            yield {"text": message, "url": f"{url}#{field_id}"}


def _messages(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each field and the parts of it, with the id of the first control."""
    for field in fields:
        if isinstance(field, FieldList):
            yield from _messages(cast("list[Field]", field.entries))
        elif isinstance(field, FormField):
            inner = cast(Form, field.form)
            parts = list(inner)
            yield from ((parts[0].id, str(message)) for message in inner.form_errors)
            yield from _messages(parts)
        else:
            yield from ((field.id, str(message)) for message in field.errors)


def _place_errors(forms: Forms, error: Invalid) -> None:
    """Put what the use case refused beside the fields; the forms know the same rules, so this is rare."""
    for name, words in error.fields.items():
        msgid = PROBLEMS[WindowProblem(words)] if words in set(WindowProblem) else words
        if name.startswith(("windows", "repeat")):
            add_error(forms.appointment.minutes, msgid)
            continue
        for _, form in forms.by_step():
            if name in form:
                add_error(form[name], msgid)
