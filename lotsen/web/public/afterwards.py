"""What an institution says after the talk: the hours, how it went, that nobody came, a complaint."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.errors import HoursInvalid, NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import GuideRequest
from lotsen.queries import afterwards
from lotsen.queries.afterwards import After
from lotsen.queries.tracking import tracked
from lotsen.services import feedback, reports
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters, hour_fields
from lotsen.web.context import gettext, work
from lotsen.web.forms import AreaField, LotsenForm, RadiosField, required
from lotsen.web.hour_fields import SpanForm
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.public.blueprint import blueprint

_WENT_WELL = (
    ("5", N_("Very well")),
    ("4", N_("Well")),
    ("3", N_("So-so")),
    ("2", N_("Badly")),
    ("1", N_("Very badly")),
)
_ON_TIME = (
    ("5", N_("Yes, on time")),
    ("3", N_("No, a few minutes late")),
    ("1", N_("No, more than ten minutes late")),
)


class FeedbackForm(LotsenForm):
    """Two questions, and room for more."""

    went_well = RadiosField(
        N_("How well did the conversation work with this person?"), [required(N_("Please choose an answer."))]
    )
    on_time = RadiosField(N_("Was the person on time?"), [required(N_("Please choose an answer."))])
    remarks = AreaField(N_("Do you want to tell us more?"))

    def prepare(self) -> None:
        """List the answers, the best first."""
        self.went_well.choices = [(value, gettext(words)) for value, words in _WENT_WELL]
        self.on_time.choices = [(value, gettext(words)) for value, words in _ON_TIME]


class ComplaintForm(LotsenForm):
    """What went wrong."""

    words = AreaField(N_("What went wrong?"), [required(N_("Please write what went wrong."))])


@dataclass(frozen=True, slots=True)
class Part:
    """What the tracking page shows of one appointment; `may_…` says which ways are open."""

    after: After
    start: str
    end: str
    span: str
    may_state: bool
    may_feedback: bool
    may_report_absence: bool


@blueprint.app_template_global()
def afterwards_of(request_id: int) -> list[Part]:
    """Return what can be said of the appointments of a request; nothing before the first one begins."""
    with work(actor()) as uow:
        return [_part(uow, one) for one in afterwards.of_request(uow.session, request_id, uow.now)]


@blueprint.route("/anfrage/<int:request_id>/stunden/<int:assignment_id>", methods=["GET", "POST"])
@requires(Permission.TRACK_REQUEST)
def hours(request_id: int, assignment_id: int) -> ResponseReturnValue:
    """Take the institution's word on the hours: one press for what stands there, or other times."""
    form = SpanForm()
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                one = afterwards.one(uow.session, request_id, assignment_id, uow.now)
                span = form.span((one.assignment.starts_at, one.assignment.ends_at), uow.zone())
                if span is not None and not form.start.errors and not form.end.errors:
                    reports.confirm(uow, assignment_id, *span, seen_version=form.seen_version())
                    return _thanks(request_id)
        except HoursInvalid as error:
            hour_fields.say(form.end, hour_fields.words(error.problem))
        except WrongState:
            return _hours_page(request_id, assignment_id, None, moved_on=True), 409
    if form.is_submitted():
        return _hours_page(request_id, assignment_id, form), 422
    return _hours_page(request_id, assignment_id, None)


@blueprint.route("/anfrage/<int:request_id>/rueckmeldung/<int:assignment_id>", methods=["GET", "POST"])
@requires(Permission.TRACK_REQUEST)
def give_feedback(request_id: int, assignment_id: int) -> ResponseReturnValue:
    """Take the answers to the two questions, and change them while that is possible."""
    form = FeedbackForm()
    form.prepare()
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                afterwards.one(uow.session, request_id, assignment_id, uow.now)
                answers = int(form.went_well.data), int(form.on_time.data)
                feedback.give(uow, assignment_id, *answers, form.remarks.data or "")
            return _thanks(request_id)
        except WrongState:
            flash(gettext("This can no longer be changed. Please call us."), "warning")
            return redirect(_home(request_id), 303)
    with work(actor()) as uow:
        one = afterwards.one(uow.session, request_id, assignment_id, uow.now)
        if not one.is_over(uow.now):
            return redirect(_home(request_id))
        if not form.is_submitted() and one.feedback is not None:
            known = one.feedback
            form = FeedbackForm(
                formdata=None,
                went_well=str(known.went_well),
                on_time=str(known.on_time),
                remarks=known.remarks,
            )
            form.prepare()
        page = _page("feedback", uow, request_id, one, form=form, has_errors=bool(form.errors))
    return page, 422 if form.errors else 200


@blueprint.route("/anfrage/<int:request_id>/niemand-kam/<int:assignment_id>", methods=["GET", "POST"])
@requires(Permission.TRACK_REQUEST)
def nobody_came(request_id: int, assignment_id: int) -> ResponseReturnValue:
    """Ask once more, and take it that the person did not come."""
    form = FlaskForm()
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                afterwards.one(uow.session, request_id, assignment_id, uow.now)
                feedback.report_no_show(uow, assignment_id)
        except WrongState:
            flash(gettext("This has changed in the meantime. Please call us."), "warning")
        return redirect(_home(request_id), 303)
    with work(actor()) as uow:
        one = afterwards.one(uow.session, request_id, assignment_id, uow.now)
        if one.assignment.status is AssignmentStatus.NO_SHOW:
            return redirect(_home(request_id))
        return _page("nobody_came", uow, request_id, one, form=form)


@blueprint.route("/anfrage/<int:request_id>/beschwerde", methods=["GET", "POST"])
@requires(Permission.TRACK_REQUEST)
def complaint(request_id: int) -> ResponseReturnValue:
    """Take a complaint and mail it to the office."""
    form = ComplaintForm()
    if form.validate_on_submit():
        with work(actor()) as uow:
            tracked(uow.session, actor().pool_id, request_id)
            feedback.complain(uow, request_id, form.words.data or "")
        flash(gettext("The office has your complaint and answers you soon."), "success")
        return redirect(_home(request_id), 303)
    with work(actor()) as uow:
        found = tracked(uow.session, actor().pool_id, request_id).request
        page = render_template(
            "public/complaint.html", request=found, form=form, has_errors=bool(form.errors)
        )
    return page, 422 if form.errors else 200


def _part(uow: UnitOfWork, one: After) -> Part:
    zone = uow.zone()
    start, end = one.span
    over = one.is_over(uow.now)
    said, given = one.report, one.feedback
    return Part(
        after=one,
        start=hour_fields.clock(start, zone),
        end=hour_fields.clock(end, zone),
        span=filters.span(start, end),
        may_state=over and (said is None or said.decided_minutes is None),
        may_feedback=over
        and (given is None or uow.now <= feedback.changeable_until(uow, _request(uow, one), given)),
        may_report_absence=one.assignment.status is not AssignmentStatus.NO_SHOW
        and (said is None or said.confirmed_minutes is None)
        and given is None,
    )


def _request(uow: UnitOfWork, one: After) -> GuideRequest:
    return uow.session.get_one(GuideRequest, one.assignment.request_id)


def _hours_page(request_id: int, assignment_id: int, form: SpanForm | None, *, moved_on: bool = False) -> str:
    with work(actor()) as uow:
        one = afterwards.one(uow.session, request_id, assignment_id, uow.now)
        if not one.is_over(uow.now):
            raise NotFound("hours")
        if form is None:
            zone = uow.zone()
            start, end = (moment.astimezone(zone).time() for moment in one.span)
            form = SpanForm(formdata=None, start=start, end=end, version=one.version)
        return _page(
            "hours",
            uow,
            request_id,
            one,
            form=form,
            moved_on=moved_on,
            decided=one.report is not None and one.report.decided_minutes is not None,
            has_errors=bool(form.errors),
        )


def _page(name: str, uow: UnitOfWork, request_id: int, one: After, **values: object) -> str:
    found = tracked(uow.session, actor().pool_id, request_id).request
    return render_template(f"public/{name}.html", request=found, one=one, **values)


def _thanks(request_id: int) -> ResponseReturnValue:
    flash(gettext("Thank you. We have noted it."), "success")
    return redirect(_home(request_id), 303)


def _home(request_id: int) -> str:
    return url_for("public.track", request_id=request_id)
