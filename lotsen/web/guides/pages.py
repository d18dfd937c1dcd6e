"""The question to a guide with yes and no, and the guide's appointments; all behind a mailed link."""

from datetime import date

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField

from lotsen.domain.vocabulary import AssignmentStatus, Audience, DeclineReason, GuideStatus
from lotsen.errors import Invalid, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment
from lotsen.notifications import notifier
from lotsen.queries import appointments, unwanted
from lotsen.services import assignments, decline, on_the_day
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import gettext, locale, work
from lotsen.web.forms import LotsenForm, choices
from lotsen.web.guides import changed
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


class ReasonForm(LotsenForm):
    """Why not; every answer is optional."""

    reason = RadioField(N_("Why can you not come? This helps us ask better."), validate_choice=False)
    pause_until = StringField(N_("Take a break until"))


@blueprint.get("/angebot/<int:assignment_id>")
@requires(Permission.ANSWER_OFFER)
def offer(assignment_id: int) -> ResponseReturnValue:
    """Show the question, or what became of it."""
    with work(actor()) as uow:
        return _show(uow, own(uow, assignment_id))


@blueprint.post("/angebot/<int:assignment_id>/ja")
@requires(Permission.ANSWER_OFFER)
def accept(assignment_id: int) -> ResponseReturnValue:
    """Take the yes."""
    return _answer(assignment_id, yes=True)


@blueprint.post("/angebot/<int:assignment_id>/nein", endpoint="decline")
@requires(Permission.ANSWER_OFFER)
def say_no(assignment_id: int) -> ResponseReturnValue:
    """Take the no; the page then asks for a reason, which nobody has to give."""
    return _answer(assignment_id, yes=False)


@blueprint.post("/angebot/<int:assignment_id>/grund")
@requires(Permission.ANSWER_OFFER)
def reason(assignment_id: int) -> ResponseReturnValue:
    """Keep why the guide said no, and what follows from it."""
    form = _reason_form()
    try:
        if form.reason.data in set(DeclineReason):
            why = DeclineReason(form.reason.data)
            with work(actor()) as uow:
                own(uow, assignment_id)
                decline.give_reason(uow, assignment_id, why, _day(form.pause_until.data))
            flash(gettext("Thank you. We will keep this in mind."), "success")
    except Invalid as error:
        form.pause_until.errors = [gettext(words) for words in error.fields.values()]
        with work(actor()) as uow:
            return _show(uow, own(uow, assignment_id), form), 422
    return redirect(url_for(".offer", assignment_id=assignment_id))


@blueprint.get("/angebot/<int:assignment_id>/termin.ics")
@requires(Permission.ANSWER_OFFER)
def calendar(assignment_id: int) -> ResponseReturnValue:
    """Return the calendar file of an agreed appointment."""
    with work(actor()) as uow:
        assignment = own(uow, assignment_id)
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
        return render_template(
            "guides/mine.html",
            found=found,
            late=[one.id for one in found.agreed if on_the_day.may_be_late(one, uow.now)],
        )


def own(uow: UnitOfWork, assignment_id: int) -> Assignment:
    """Return an assignment of the guide who acts; NotFound for anybody else's."""
    return appointments.one(uow.session, assignment_id, uow.actor.guide_id)


def _answer(assignment_id: int, *, yes: bool) -> ResponseReturnValue:
    try:
        with work(actor()) as uow:
            own(uow, assignment_id)
            (assignments.accept if yes else assignments.decline)(uow, assignment_id)
    except WrongState:
        # Somebody was faster, or the time to answer is over: the page says what became of it.
        with work(actor()) as uow:
            return _show(uow, own(uow, assignment_id)), 409
    return redirect(url_for(".offer", assignment_id=assignment_id))


def _show(uow: UnitOfWork, assignment: Assignment, form: ReasonForm | None = None) -> str:
    minutes = int((assignment.ends_at - assignment.starts_at).total_seconds() // 60)
    declined = assignment.status is AssignmentStatus.DECLINED
    guide = assignment.guide
    return render_template(
        "guides/offer.html",
        assignment=assignment,
        state=_state(uow, assignment),
        request_=assignment.request,
        form=form or _reason_form(blank=True),
        has_errors=form is not None,
        minutes=minutes,
        allowance=uow.settings(assignment.pool_id).allowance_for(minutes),
        changes=changed.rows(uow, assignment),
        unwanted=unwanted.touching(uow.session, assignment) if declined else None,
        paused_until=guide.paused_until if guide.status is GuideStatus.PAUSED else None,
        may_be_late=on_the_day.may_be_late(assignment, uow.now),
        may_report_nobody=on_the_day.may_report_nobody(assignment, uow.now),
        begun=assignment.starts_at <= uow.now,
        language_of_page=locale(),
    )


def _reason_form(*, blank: bool = False) -> ReasonForm:
    form = ReasonForm(formdata=None) if blank else ReasonForm()
    form.reason.choices = choices(list(DeclineReason))
    return form


def _day(typed: str | None) -> date | None:
    """Return the day of a native date field; browsers without one leave it to be typed the same way."""
    if not typed or not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid({"pause_until": N_("Please write the day like 2026-12-31.")}) from None


def _state(uow: UnitOfWork, assignment: Assignment) -> AssignmentStatus:
    """Return the state to tell of; nobody is asked to come to what has begun already."""
    if assignment.status is AssignmentStatus.OFFERED and assignment.starts_at <= uow.now:
        return AssignmentStatus.EXPIRED
    return assignment.status
