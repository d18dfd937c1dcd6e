"""What a guide does with an appointment: hand it over, come later, say that nobody was there."""

from collections.abc import Callable

from flask import flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField

from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.errors import WrongState
from lotsen.i18n import N_
from lotsen.services import assignments, on_the_day
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters
from lotsen.web.context import gettext, work
from lotsen.web.forms import LotsenForm
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.pages import own
from lotsen.web.permissions import Permission, actor, requires


class LateForm(LotsenForm):
    """How much later."""

    minutes = RadioField(N_("How much later will you come?"), coerce=int, validate_choice=False)


@blueprint.get("/termin/<int:assignment_id>/abgeben")
@requires(Permission.ANSWER_OFFER)
def hand_over(assignment_id: int) -> ResponseReturnValue:
    """Ask once more before an appointment is given back."""
    with work(actor()) as uow:
        return _page(uow, assignment_id, "guides/hand_over.html", AssignmentStatus.CONFIRMED)


@blueprint.post("/termin/<int:assignment_id>/abgeben")
@requires(Permission.ANSWER_OFFER)
def hand_over_now(assignment_id: int) -> ResponseReturnValue:
    """Give an appointment back; the next page says thank you."""
    return _act(assignment_id, lambda uow: assignments.withdraw(uow, assignment_id))


@blueprint.get("/termin/<int:assignment_id>/verspaetung")
@requires(Permission.ANSWER_OFFER)
def late(assignment_id: int) -> ResponseReturnValue:
    """Ask how much later the guide comes, or say that the institution knows."""
    with work(actor()) as uow:
        return _late(uow, assignment_id, _late_form(blank=True))


@blueprint.post("/termin/<int:assignment_id>/verspaetung")
@requires(Permission.ANSWER_OFFER)
def late_now(assignment_id: int) -> ResponseReturnValue:
    """Tell the institution."""
    form = _late_form()
    minutes = form.minutes.data
    if not form.validate_on_submit() or minutes not in on_the_day.MINUTES:
        form.minutes.errors = [gettext("Please choose how many minutes.")]
        with work(actor()) as uow:
            return make_response(_late(uow, assignment_id, form), 422)
    return _act(assignment_id, lambda uow: on_the_day.late(uow, assignment_id, minutes), ".late")


@blueprint.get("/termin/<int:assignment_id>/niemand-da")
@requires(Permission.ANSWER_OFFER)
def nobody_there(assignment_id: int) -> ResponseReturnValue:
    """Say what to try first, and ask once more."""
    with work(actor()) as uow:
        if not on_the_day.may_report_nobody(own(uow, assignment_id), uow.now):
            return redirect(url_for(".offer", assignment_id=assignment_id))
        return _page(uow, assignment_id, "guides/nobody_there.html")


@blueprint.post("/termin/<int:assignment_id>/niemand-da")
@requires(Permission.ANSWER_OFFER)
def nobody_there_now(assignment_id: int) -> ResponseReturnValue:
    """Keep it, tell the office and ask the institution."""
    return _act(assignment_id, lambda uow: on_the_day.nobody_there(uow, assignment_id))


def _act(
    assignment_id: int, deed: Callable[[UnitOfWork], object], after: str = ".offer"
) -> ResponseReturnValue:
    """Do something with an own appointment; where it is too late, its page says how it stands."""
    try:
        with work(actor()) as uow:
            own(uow, assignment_id)
            deed(uow)
    except WrongState:
        flash(gettext("That is no longer possible. This is how it stands now."), "warning")
        after = ".offer"
    return redirect(url_for(after, assignment_id=assignment_id))


def _late(uow: UnitOfWork, assignment_id: int, form: LateForm) -> ResponseReturnValue:
    if not on_the_day.may_be_late(own(uow, assignment_id), uow.now):
        return redirect(url_for(".offer", assignment_id=assignment_id))
    return _page(uow, assignment_id, "guides/late.html", form=form, has_errors=bool(form.errors))


def _page(
    uow: UnitOfWork,
    assignment_id: int,
    template: str,
    needed: AssignmentStatus | None = None,
    **values: object,
) -> ResponseReturnValue:
    assignment = own(uow, assignment_id)
    if needed is not None and (assignment.status is not needed or assignment.starts_at <= uow.now):
        return redirect(url_for(".offer", assignment_id=assignment_id))
    return render_template(
        template,
        assignment=assignment,
        request_=assignment.request,
        **values,
    )


def _late_form(*, blank: bool = False) -> LateForm:
    form = LateForm(formdata=None) if blank else LateForm()
    form.minutes.choices = [(minutes, filters.minutes(minutes)) for minutes in on_the_day.MINUTES]
    return form
