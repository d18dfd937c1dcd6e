"""The batch proposal: start a run, follow it, review it row by row, and send what is still true."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.vocabulary import PlanStatus
from lotsen.errors import WrongState
from lotsen.i18n import N_
from lotsen.models import PlanRun
from lotsen.queries import plans as query
from lotsen.queries.plans import Person, PlanRow, Review
from lotsen.services import plan_sending as sending
from lotsen.services import plans as service
from lotsen.services.plan_sending import Chosen
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext, office, work
from lotsen.web.coordinators import plan_words
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.coordinators.forms import StepForm
from lotsen.web.coordinators.plan_words import Pick
from lotsen.web.forms import RadiosField
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.reasons import Place

_ACTIVE = (PlanStatus.WAITING, PlanStatus.RUNNING)
_SKIP = ""
_ROW, _BEFORE = "zeile-", "vorher-"
_WHOM = N_("Whom do we ask?")


@blueprint.get("/sammelvorschlag")
@requires(Permission.SEE_REQUESTS)
def plans() -> ResponseReturnValue:
    """Offer to start a run, and list the last ones."""
    with work(actor()) as uow:
        runs = query.last(uow.session, pool_id())
        count = query.open_requests(uow.session, pool_id())
        has_guides = query.has_guides(uow.session, pool_id())
    return render_template(
        "coordinators/plans/list.html",
        runs=runs,
        open_requests=count,
        has_guides=has_guides,
        active=next((one for one in runs if one.status in _ACTIVE), None),
    )


@blueprint.post("/sammelvorschlag")
@requires(Permission.DECIDE_REQUESTS)
def plan_start() -> ResponseReturnValue:
    """Start a run, or lead to the one on its way."""
    with work(actor()) as uow:
        if not query.open_requests(uow.session, pool_id()):
            return redirect(url_for(".plans"))
        run = service.start(uow)
        run_id, starter = run.id, query.starter(uow.session, run)
        is_mine = run.started_by == actor().account_id
    if not is_mine:
        who = starter or gettext("The office")
        flash(gettext("%(who)s has already started a proposal. You see it here.", who=who), "info")
    return redirect(url_for(".plan", run_id=run_id))


@blueprint.get("/sammelvorschlag/<int:run_id>")
@requires(Permission.SEE_REQUESTS)
def plan(run_id: int) -> ResponseReturnValue:
    """Show how far a run is, or what it proposes."""
    with work(actor()) as uow:
        run = query.find(uow.session, pool_id(), run_id)
        if run.status is not PlanStatus.DONE:
            return render_template(
                "coordinators/plans/progress.html",
                run=run,
                active=run.status in _ACTIVE,
                starter=query.starter(uow.session, run),
            )
        review = _review(uow, run)
        return render_template(
            "coordinators/plans/review.html",
            review=review,
            run=run,
            form=_form(review),
            place=_place(review),
            words=plan_words,
            chosen=chosen,
            sendable=any(one.is_true for one in review.rows),
        )


@blueprint.post("/sammelvorschlag/<int:run_id>/abbrechen")
@requires(Permission.DECIDE_REQUESTS)
def plan_cancel(run_id: int) -> ResponseReturnValue:
    """Stop a run."""
    with work(actor()) as uow:
        service.cancel(uow, run_id)
    return redirect(url_for(".plan", run_id=run_id))


@blueprint.post("/sammelvorschlag/<int:run_id>")
@requires(Permission.DECIDE_REQUESTS)
def plan_decide(run_id: int) -> ResponseReturnValue:
    """Keep what was chosen; what a colleague has chosen meanwhile for other rows stays."""
    posted = {key.removeprefix(_ROW): value for key, value in request.form.items() if key.startswith(_ROW)}
    changed = {key: value for key, value in posted.items() if value != request.form.get(f"{_BEFORE}{key}")}
    try:
        with work(actor()) as uow:
            service.decide(uow, run_id, changed)
    except WrongState:
        return redirect(url_for(".plan", run_id=run_id))
    if "merken" in request.form:
        flash(gettext("Your choice is kept. Nobody has been asked yet."), "success")
    elif any(value != _SKIP for value in posted.values()):
        return redirect(url_for(".plan_check", run_id=run_id))
    else:
        flash(gettext("Please choose at least one person."), "warning")
    return redirect(url_for(".plan", run_id=run_id))


@blueprint.post("/sammelvorschlag/<int:run_id>/zuruecksetzen")
@requires(Permission.DECIDE_REQUESTS)
def plan_reset(run_id: int) -> ResponseReturnValue:
    """Go back to what was proposed."""
    with work(actor()) as uow:
        service.reset(uow, run_id)
    flash(gettext("Everything is as proposed again."), "success")
    return redirect(url_for(".plan", run_id=run_id))


@blueprint.get("/sammelvorschlag/<int:run_id>/pruefen")
@requires(Permission.DECIDE_REQUESTS)
def plan_check(run_id: int) -> ResponseReturnValue:
    """Show once more whom we would ask; nothing is sent yet."""
    with _done(run_id) as (_, review):
        left = [row for row in review.rows if not row.sent]
        picks = [pick for row in left if (pick := _pick(row)) is not None]
        picked = {one.row.key for one in picks}
        return render_template(
            "coordinators/plans/check.html",
            run_id=run_id,
            picks=picks,
            dropped=[row for row in left if row.key not in picked and _is_wanted(row)],
            clashes=plan_words.clashes(picks),
            asks_stand_by=review.asks_stand_by,
        )


@blueprint.post("/sammelvorschlag/<int:run_id>/senden")
@requires(Permission.DECIDE_REQUESTS)
def plan_send(run_id: int) -> ResponseReturnValue:
    """Ask everyone who was chosen; whatever is no longer true stays behind."""
    with bootstrap().begin(actor(), read_only=True) as uow:
        query.find(uow.session, pool_id(), run_id)
    try:
        sending.apply(lambda: bootstrap().begin(actor()), run_id, _chosen(request.form.getlist("zeile")))
    except WrongState:
        return redirect(url_for(".plan", run_id=run_id))
    return redirect(url_for(".plan_result", run_id=run_id))


@blueprint.get("/sammelvorschlag/<int:run_id>/ergebnis")
@requires(Permission.SEE_REQUESTS)
def plan_result(run_id: int) -> ResponseReturnValue:
    """Tell what was sent and what was not, and why."""
    with _done(run_id) as (run, review):
        sent = [one for one in review.outcome if one.why is None]
        asked = {(one.request.id, one.guide) for one in sent}
        # Only the last try of a row counts, and none that somebody has sent since.
        failed = {key: one for one in review.outcome if (key := (one.request.id, one.guide)) not in asked}
        return render_template(
            "coordinators/plans/result.html",
            run=run,
            sent=sent,
            failed=list(failed.values()),
            words=plan_words,
        )


@contextmanager
def _done(run_id: int) -> Generator[tuple[PlanRun, Review]]:
    """Give a finished run with its review; one that is not finished is not found here."""
    with bootstrap().begin(actor(), read_only=True) as uow:
        run = query.find(uow.session, pool_id(), run_id)
        if run.status is not PlanStatus.DONE:
            abort(404)
        yield run, _review(uow, run)


def _review(uow: UnitOfWork, run: PlanRun) -> Review:
    return query.review(uow.session, uow.pool(), uow.settings(), uow.now, run)


def _place(review: Review) -> Place:
    return Place(ZoneInfo(office(pool_id()).zone), review.districts)


def _form(review: Review) -> StepForm:
    """Return a form that asks of each row still true: the person, the next best, or nobody."""
    rows = {_name(row): row for row in review.rows if row.is_true}
    form: type[StepForm] = type("RowsForm", (StepForm,), {name: RadiosField(_WHOM) for name in rows})
    made = form(formdata=None, data={name: chosen(row) for name, row in rows.items()})
    for name, row in rows.items():
        cast(RadiosField, made[name]).choices = [
            *((_value(one), _choice(row, one)) for one in row.choices),
            (_SKIP, gettext("Nobody for now")),
        ]
    return made


def chosen(row: PlanRow) -> str:
    """Return what stands for a row as things are: what somebody chose, else the proposal."""
    if row.decision is None:
        return _value(row.person) if row.person.is_free and not row.over_asks else _SKIP
    return row.decision if row.decision in map(_value, row.choices) else _SKIP


def _choice(row: PlanRow, person: Person) -> str:
    if person is row.person:
        return gettext("%(name)s (proposal)", name=person.name)
    return gettext("%(name)s (next best)", name=person.name)


def _pick(row: PlanRow) -> Pick | None:
    """Return whom we would ask; None for nobody, or if the row, or this choice of it, is no longer true."""
    if not row.is_true:
        return None
    return next((Pick(row, one) for one in row.choices if _value(one) == chosen(row)), None)


def _is_wanted(row: PlanRow) -> bool:
    """Tell whether somebody was to be asked, whether or not that is still possible."""
    return not row.over_asks if row.decision is None else bool(row.decision)


def _chosen(values: list[str]) -> list[Chosen]:
    """Read back what the check page itself had put into its form."""
    found: list[Chosen] = []
    for value in values:
        parts = value.split("-")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            abort(400)
        request_id, window_id, guide_id = map(int, parts)
        found.append(Chosen(request_id, window_id, guide_id))
    return found


def _name(row: PlanRow) -> str:
    return f"{_ROW}{row.key}"


def _value(person: Person) -> str:
    return f"{person.window.id}-{person.guide_id}"
