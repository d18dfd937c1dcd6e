"""Exact times for each day of the week: an empty line adds, emptied ones go, without script."""

from datetime import time
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, FormField

from lotsen.domain.availability import WeeklyTime, joined, minutes_of
from lotsen.errors import Conflict
from lotsen.i18n import N_
from lotsen.services import self_service
from lotsen.web.context import bootstrap, gettext, work
from lotsen.web.forms import ClockField, PartForm
from lotsen.web.guides import week_words
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.own import SAVED, OwnForm, me
from lotsen.web.permissions import Permission, actor, requires

_MOST_SPANS = 8


class SpanForm(PartForm):
    """From when to when; left empty, it does not count. 0 Uhr as an end is midnight."""

    start = ClockField(N_("From"))
    end = ClockField(N_("To"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Want both times or none, in order."""
        good = bool(super().validate(extra_validators))
        if not good or (self.start.data is None and self.end.data is None):
            return good
        if self.start.data is None or self.end.data is None:
            wrong = self.start if self.start.data is None else self.end
            wrong.errors = [gettext("Please give both times, or none.")]
            return False
        if self.end.data != time.min and self.end.data <= self.start.data:
            self.end.errors = [gettext("The end must be after the beginning.")]
            return False
        return True


class DayForm(PartForm):
    """The times of one weekday."""

    spans = FieldList(FormField(SpanForm), max_entries=_MOST_SPANS)


class WeekForm(OwnForm):
    """The times of all seven days."""

    days = FieldList(FormField(DayForm), min_entries=7, max_entries=7)

    def weekly(self) -> tuple[WeeklyTime, ...]:
        """Return what was typed, times that touch joined."""
        return joined(
            (weekday, *minutes_of(span.form.start.data, span.form.end.data))
            for weekday, day in enumerate(self.days.entries)
            for span in day.form.spans.entries
            if span.form.start.data is not None and span.form.end.data is not None
        )

    def add_lines(self) -> None:
        """Leave an empty line for one more time on each day."""
        for day in self.days.entries:
            spans = day.form.spans
            last = spans.entries[-1].form if spans.entries else None
            if len(spans.entries) < _MOST_SPANS and (last is None or last.start.data or last.end.data):
                spans.append_entry()


@blueprint.route("/verfuegbarkeit/uhrzeiten", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_TIMES)
def exact_times() -> ResponseReturnValue:
    """Show and set the week to the minute."""
    form = WeekForm()
    status = 200
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                self_service.set_weekly(uow, form.weekly(), form.seen_version())
        except Conflict as error:
            form.complain(error)
            status = 409
        else:
            flash(gettext(SAVED), "success")
            return redirect(url_for(".exact_times"), 303)
    elif form.is_submitted():
        status = 422
    else:
        form = _filled()
    form.add_lines()
    names = [name for _, _, name in week_words.days()]
    return render_template(
        "guides/exact_times.html", form=form, names=names, has_errors=status != 200
    ), status


def _filled() -> WeekForm:
    with bootstrap().begin(actor(), read_only=True) as uow:
        one = me(uow)
        spans: list[list[dict[str, time]]] = [[] for _ in range(7)]
        for row in one.weekly:
            spans[row.weekday].append({"start": row.starts_at, "end": row.ends_at})
        data = {"version": str(one.version), "days": [{"spans": day[:_MOST_SPANS]} for day in spans]}
        return WeekForm(formdata=None, data=data)
