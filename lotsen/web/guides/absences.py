"""Days on which a guide is away: list, add, delete, and the appointments that lie on them."""

from dataclasses import dataclass
from datetime import time, timedelta

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.localtime import local_day, local_spans
from lotsen.errors import Invalid
from lotsen.i18n import N_
from lotsen.models import Absence, Assignment
from lotsen.queries import appointments
from lotsen.services import self_service
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext, work
from lotsen.web.forms import DayField, LotsenForm, required
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.own import me, put_errors, today
from lotsen.web.permissions import Permission, actor, requires

_WHOLE_DAY = (time.min, time.min)


class AbsenceForm(LotsenForm):
    """From when to when; one day if the end is empty."""

    first_on = DayField(N_("First day"), [required(N_("Please give a date."))])
    last_on = DayField(N_("Last day"))


@dataclass(frozen=True, slots=True)
class Away:
    """An absence, and what the guide has agreed to or is asked for on those days."""

    absence: Absence
    clashes: tuple[Assignment, ...]


@blueprint.route("/abwesenheit", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_TIMES)
def absences() -> ResponseReturnValue:
    """List when the guide is away, and add some days."""
    form = AbsenceForm()
    if form.validate_on_submit() and form.first_on.data:
        try:
            with work(actor()) as uow:
                self_service.add_absence(uow, form.first_on.data, form.last_on.data or form.first_on.data)
        except Invalid as error:
            put_errors(form, error.fields)
        else:
            flash(gettext("We do not ask you on these days."), "success")
            return redirect(url_for(".absences"), 303)
    with bootstrap().begin(actor(), read_only=True) as uow:
        page = render_template(
            "guides/absences.html",
            form=form,
            away=_away(uow),
            today=today(uow),
            hand_over="guides.hand_over" if "guides.hand_over" in current_app.view_functions else None,
            has_errors=bool(form.errors),
        )
    return page, 422 if form.errors else 200


@blueprint.post("/abwesenheit/<int:absence_id>/loeschen")
@requires(Permission.EDIT_OWN_TIMES)
def remove_absence(absence_id: int) -> ResponseReturnValue:
    """Take an absence away."""
    with work(actor()) as uow:
        self_service.remove_absence(uow, absence_id)
    flash(gettext("The days are deleted. We ask you again."), "success")
    return redirect(url_for(".absences"), 303)


def _away(uow: UnitOfWork) -> list[Away]:
    coming = [one for one in me(uow).absences if one.last_on >= today(uow)]
    if not coming:
        return []
    zone = uow.zone()
    since = local_spans(min(one.first_on for one in coming), *_WHOLE_DAY, zone)[0][0]
    until = local_spans(max(one.last_on for one in coming), *_WHOLE_DAY, zone)[-1][1]
    held = appointments.held(uow.session, uow.actor.guide_id, max(since, uow.now), until)
    return [
        Away(
            one,
            tuple(
                item
                for item in held
                if local_day(item.starts_at, zone) <= one.last_on
                and local_day(item.ends_at - timedelta.resolution, zone) >= one.first_on
            ),
        )
        for one in coming
    ]
