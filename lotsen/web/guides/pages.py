"""The question to a guide with yes and no, and the guide's appointments; all behind a mailed link."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField

from lotsen.domain.vocabulary import AssignmentStatus, Audience, DeclineReason
from lotsen.errors import WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment
from lotsen.notifications import notifier
from lotsen.queries import appointments
from lotsen.services import assignments
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import gettext, locale, office, work
from lotsen.web.forms import LotsenForm, choices
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


class ReasonForm(LotsenForm):
    """Why not; every answer is optional."""

    reason = RadioField(N_("Why can you not come? This helps us ask better."), validate_choice=False)


@blueprint.get("/angebot/<int:assignment_id>")
@requires(Permission.ANSWER_OFFER)
def offer(assignment_id: int) -> ResponseReturnValue:
    """Show the question, or what became of it."""
    with work(actor()) as uow:
        return _show(uow, _own(uow, assignment_id))


@blueprint.post("/angebot/<int:assignment_id>/ja")
@requires(Permission.ANSWER_OFFER)
def accept(assignment_id: int) -> ResponseReturnValue:
    """Take the yes."""
    return _answer(assignment_id, yes=True)


@blueprint.post("/angebot/<int:assignment_id>/nein")
@requires(Permission.ANSWER_OFFER)
def decline(assignment_id: int) -> ResponseReturnValue:
    """Take the no; the page then asks for a reason, which nobody has to give."""
    return _answer(assignment_id, yes=False)


@blueprint.post("/angebot/<int:assignment_id>/grund")
@requires(Permission.ANSWER_OFFER)
def reason(assignment_id: int) -> ResponseReturnValue:
    """Keep why the guide said no."""
    given = request.form.get("reason", "")
    with work(actor()) as uow:
        _own(uow, assignment_id)
        if given in set(DeclineReason):
            assignments.give_decline_reason(uow, assignment_id, DeclineReason(given))
    flash(gettext("Thank you. We will keep this in mind."), "success")
    return redirect(url_for(".offer", assignment_id=assignment_id))


@blueprint.get("/angebot/<int:assignment_id>/termin.ics")
@requires(Permission.ANSWER_OFFER)
def calendar(assignment_id: int) -> ResponseReturnValue:
    """Return the calendar file of an agreed appointment."""
    with work(actor()) as uow:
        assignment = _own(uow, assignment_id)
        if assignment.status is not AssignmentStatus.CONFIRMED:
            raise WrongState("assignment", assignment.status, "calendar")
        text = notifier.calendar_file(
            uow.session,
            Audience.GUIDE,
            request=assignment.request,
            assignment=assignment,
            now=uow.now,
            links=uow.links,
        )
    disposition = "attachment; filename=termin.ics"
    return Response(text, mimetype="text/calendar", headers={"Content-Disposition": disposition})


@blueprint.get("/meine-termine")
@requires(Permission.SEE_APPOINTMENTS)
def mine() -> ResponseReturnValue:
    """List what the guide has to answer, has agreed to, and has done."""
    with work(actor()) as uow:
        found = appointments.of_guide(uow.session, uow.actor.guide_id, uow.now)
        return render_template("guides/mine.html", found=found, **_office(actor().pool_id))


def _own(uow: UnitOfWork, assignment_id: int) -> Assignment:
    return appointments.one(uow.session, assignment_id, uow.actor.guide_id)


def _answer(assignment_id: int, *, yes: bool) -> ResponseReturnValue:
    try:
        with work(actor()) as uow:
            _own(uow, assignment_id)
            (assignments.accept if yes else assignments.decline)(uow, assignment_id)
    except WrongState:
        # Somebody was faster, or the time to answer is over: the page says what became of it.
        with work(actor()) as uow:
            return _show(uow, _own(uow, assignment_id)), 409
    return redirect(url_for(".offer", assignment_id=assignment_id))


def _show(uow: UnitOfWork, assignment: Assignment) -> str:
    form = ReasonForm(formdata=None)
    form.reason.choices = choices(list(DeclineReason))
    minutes = int((assignment.ends_at - assignment.starts_at).total_seconds() // 60)
    return render_template(
        "guides/offer.html",
        assignment=assignment,
        state=_state(uow, assignment),
        request_=assignment.request,
        form=form,
        minutes=minutes,
        allowance=uow.settings(assignment.pool_id).allowance_for(minutes),
        language_of_page=locale(),
        **_office(assignment.pool_id),
    )


def _state(uow: UnitOfWork, assignment: Assignment) -> AssignmentStatus:
    """Return the state to tell of; nobody is asked to come to what has begun already."""
    if assignment.status is AssignmentStatus.OFFERED and assignment.starts_at <= uow.now:
        return AssignmentStatus.EXPIRED
    return assignment.status


def _office(pool_id: int | None) -> dict[str, object]:
    found = office(pool_id)
    return {"office": found, "home_url": url_for("guides.mine")}
