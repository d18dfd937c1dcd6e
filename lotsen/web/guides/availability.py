"""When a guide is free: the week in parts of days, single dates, and a pause."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain import day_parts
from lotsen.domain.availability import ExtraTime, WeeklyTime
from lotsen.domain.day_parts import Slot
from lotsen.domain.vocabulary import DayPart, GuideStatus
from lotsen.errors import Conflict, Invalid
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.models import Guide
from lotsen.services import self_service
from lotsen.web.context import bootstrap, gettext, work
from lotsen.web.forms import ClockField, DayField, LotsenForm, required
from lotsen.web.guides import week_words
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.own import SAVED, OwnForm, me, put_errors, today
from lotsen.web.permissions import Permission, actor, requires


class WeekForm(OwnForm):
    """The boxes of the table are read by hand: 28 of one name."""


class DateForm(LotsenForm):
    """One more date on which the guide is free."""

    day = DayField(N_("Day"), [required(N_("Please give a date."))])
    start = ClockField(N_("From"), [required(N_("Please give a time."))])
    end = ClockField(N_("Until"), [required(N_("Please give a time."))])


class PauseForm(LotsenForm):
    """The last day of a pause."""

    until = DayField(N_("Last day of the pause"), [required(N_("Please give a date."))])


class EmptyForm(LotsenForm):
    """Nothing but a button."""


@blueprint.route("/verfuegbarkeit", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_TIMES)
def availability() -> ResponseReturnValue:
    """Show and set in which parts of the week the guide is free."""
    form = WeekForm()
    if not form.validate_on_submit():
        return _week_page(form, None)
    ticked = _ticked()
    try:
        with work(actor()) as uow:
            weekly = day_parts.changed(_weekly(me(uow)), ticked)
            self_service.set_weekly(uow, weekly, form.seen_version())
    except Conflict as error:
        form.complain(error)
        return _week_page(form, ticked), 409
    flash(gettext(SAVED), "success")
    return redirect(url_for(".availability"), 303)


@blueprint.route("/verfuegbarkeit/tage", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_TIMES)
def extra_dates() -> ResponseReturnValue:
    """List single dates on which the guide is free, and add one."""
    form = DateForm()
    if form.validate_on_submit() and form.day.data and form.start.data and form.end.data:
        try:
            extra = ExtraTime(form.day.data, form.start.data, form.end.data)
            with work(actor()) as uow:
                self_service.add_extra(uow, extra)
        except ValueError:
            put_errors(form, {"end": N_("The end must be after the beginning.")})
        except Invalid as error:
            put_errors(form, error.fields)
        else:
            flash(gettext(SAVED), "success")
            return redirect(url_for(".extra_dates"), 303)
    with bootstrap().begin(actor(), read_only=True) as uow:
        day = today(uow)
        page = render_template(
            "guides/extra_dates.html",
            form=form,
            dates=[one for one in me(uow).extra if one.on >= day],
            today=day,
            has_errors=bool(form.errors),
        )
    return page, 422 if form.errors else 200


@blueprint.post("/verfuegbarkeit/tage/<int:extra_id>/loeschen")
@requires(Permission.EDIT_OWN_TIMES)
def remove_extra(extra_id: int) -> ResponseReturnValue:
    """Take a single date away."""
    with work(actor()) as uow:
        self_service.remove_extra(uow, extra_id)
    flash(gettext("The day is deleted."), "success")
    return redirect(url_for(".extra_dates"), 303)


@blueprint.route("/verfuegbarkeit/pause", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_TIMES)
def pause() -> ResponseReturnValue:
    """Let nobody ask the guide for a while."""
    form = PauseForm()
    if form.validate_on_submit() and form.until.data:
        try:
            with work(actor()) as uow:
                self_service.pause(uow, form.until.data)
        except Invalid as error:
            put_errors(form, error.fields)
        else:
            flash(gettext("Your pause is saved. We do not ask you until then."), "success")
            return redirect(url_for(".availability"), 303)
    with bootstrap().begin(actor(), read_only=True) as uow:
        one = me(uow)
        page = render_template(
            "guides/pause.html",
            form=form,
            paused=_paused(one, today(uow)),
            until=one.paused_until,
            today=today(uow),
            has_errors=bool(form.errors),
        )
    return page, 422 if form.errors else 200


@blueprint.post("/verfuegbarkeit/pause/ende")
@requires(Permission.EDIT_OWN_TIMES)
def end_pause() -> ResponseReturnValue:
    """Let the guide be asked again."""
    with work(actor()) as uow:
        self_service.end_pause(uow)
    flash(gettext("Your pause is over. We ask you again."), "success")
    return redirect(url_for(".availability"), 303)


def _week_page(form: WeekForm, ticked: frozenset[Slot] | None) -> str:
    with bootstrap().begin(actor(), read_only=True) as uow:
        one, day = me(uow), today(uow)
        weekly = _weekly(one)
        if ticked is None:
            form.version.data = str(one.version)
        shown = day_parts.filled(weekly) if ticked is None else ticked
        return render_template(
            "guides/availability.html",
            form=form,
            days=week_words.days(),
            slots=[(part.value, gettext(label(part)), _hours(part)) for part in DayPart],
            ticked={f"{weekday}-{part}" for weekday, part in shown},
            exact=[] if day_parts.fits(weekly) else week_words.lines(weekly),
            nothing=not weekly and ticked is None,
            paused=_paused(one, day),
            until=one.paused_until,
            dates=[extra for extra in one.extra if extra.on >= day],
            has_errors=bool(form.form_errors),
        )


def _ticked() -> frozenset[Slot]:
    sent = set(request.form.getlist("slots"))
    return frozenset(slot for slot in day_parts.SLOTS if f"{slot[0]}-{slot[1]}" in sent)


def _weekly(one: Guide) -> tuple[WeeklyTime, ...]:
    return tuple(WeeklyTime(row.weekday, row.starts_at, row.ends_at) for row in one.weekly)


def _hours(part: DayPart) -> str:
    start, end = day_parts.HOURS[part]
    return f"{start.hour}–{end.hour}"


def _paused(one: Guide, day: date) -> bool:
    return one.status is GuideStatus.PAUSED and (one.paused_until is None or one.paused_until >= day)
