"""What the office does after an appointment: decide on hours, and say whether somebody came."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from lotsen.domain import tax_free
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.errors import Conflict
from lotsen.i18n import N_
from lotsen.models import Assignment
from lotsen.queries import afterwards, detail
from lotsen.queries import hours as done
from lotsen.queries.afterwards import After
from lotsen.queries.hours import Sum
from lotsen.services import feedback, reports
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import gettext, work
from lotsen.web.coordinators import collisions
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.forms import LotsenForm, NumberField, required
from lotsen.web.permissions import Permission, actor, requires

_LONGEST = 24 * 60
_DEEDS: dict[str, tuple[Callable[[UnitOfWork, int], Assignment], str]] = {
    "niemand-kam": (feedback.report_no_show, N_("You have entered it. The person has been told.")),
    "doch-gekommen": (feedback.undo_no_show, N_("You have entered it. The person has been told.")),
}


class MinutesForm(LotsenForm):
    """Which length counts."""

    minutes = NumberField(
        N_("Length in minutes"), [required(N_("Please give the length."))], low=0, high=_LONGEST
    )
    version = HiddenField()


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an appointment; `warning` is the percent of the tax-free sum that was reached."""

    after: After
    year: int
    sum: Sum
    limit: int
    warning: int | None

    @property
    def came(self) -> bool:
        """Whether the appointment counts as having taken place."""
        return self.after.assignment.status is not AssignmentStatus.NO_SHOW


@blueprint.app_template_global()
def told_afterwards(request_id: int) -> list[Told]:
    """Return what was said of the appointments of a request that are over."""
    with work(actor()) as uow:
        found = afterwards.of_request(uow.session, request_id, uow.now)
        return [_told(uow, one) for one in found if one.assignment.status is not AssignmentStatus.CONFIRMED]


@blueprint.route("/anfragen/<int:request_id>/termine/<int:assignment_id>/stunden", methods=["GET", "POST"])
@requires(Permission.DECIDE_REQUESTS)
def report_decide(request_id: int, assignment_id: int) -> ResponseReturnValue:
    """Say which length counts: that of one side, or another one."""
    form = MinutesForm()
    if form.validate_on_submit() and form.minutes.data is not None:
        seen = request.form.get("version", type=int)
        if seen is None:
            abort(400)
        try:
            with work(actor()) as uow:
                detail.check(uow.session, pool_id(), request_id, assignment_id)
                reports.decide(uow, assignment_id, form.minutes.data, seen)
        except Conflict as error:
            return collisions.page(request_id, error)
        flash(gettext("You have decided on the hours."), "success")
        return redirect(url_for(".request_detail", request_id=request_id), 303)
    with work(actor()) as uow:
        found = detail.find(uow.session, pool_id(), request_id)
        one = afterwards.one(uow.session, request_id, assignment_id, uow.now)
        if not form.is_submitted():
            minutes = one.report.counted_minutes if one.report is not None else None
            planned = int((one.assignment.ends_at - one.assignment.starts_at).total_seconds() // 60)
            form = MinutesForm(
                formdata=None, minutes=planned if minutes is None else minutes, version=one.version
            )
        page = render_template(
            "coordinators/hours.html",
            request_=found.request,
            one=one,
            form=form,
            has_errors=bool(form.errors),
        )
    return page, 422 if form.errors else 200


@blueprint.post(
    "/anfragen/<int:request_id>/termine/<int:assignment_id>/<any('niemand-kam', 'doch-gekommen'):deed>"
)
@requires(Permission.DECIDE_REQUESTS)
def report_came(request_id: int, assignment_id: int, deed: str) -> ResponseReturnValue:
    """Enter that somebody did not come, or came after all."""
    act, said = _DEEDS[deed]
    try:
        with work(actor()) as uow:
            detail.check(uow.session, pool_id(), request_id, assignment_id)
            act(uow, assignment_id)
    except Conflict as error:
        return collisions.page(request_id, error)
    flash(gettext(said), "success")
    return redirect(url_for(".request_detail", request_id=request_id), 303)


def _told(uow: UnitOfWork, one: After) -> Told:
    zone, settings = uow.zone(), uow.settings()
    year = local_day(one.assignment.starts_at, zone).year
    total = done.total(done.in_year(uow.session, one.assignment.guide_id, year, zone), settings)
    limit = tax_free.limit_cents(settings.tax_free_rule, year)
    return Told(one, year, total, limit, tax_free.reached(total.allowance_cents, limit))
