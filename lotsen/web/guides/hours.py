"""A guide's hours: what is still to be reported, one appointment, and the sheet of a month."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain import tax_free
from lotsen.domain.hours import KM_MOST
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import HoursProblem
from lotsen.errors import HoursInvalid, NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Guide
from lotsen.queries import hours as done
from lotsen.queries.hours import Served, Sum, Way
from lotsen.services import reports
from lotsen.services.reports import Said
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import hour_fields
from lotsen.web.context import gettext, office, work
from lotsen.web.forms import NumberField
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.hour_fields import EuroField, SpanForm
from lotsen.web.permissions import Permission, actor, requires

_LOOK_BACK = timedelta(days=92)
_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")


class HoursForm(SpanForm):
    """The exact times of an appointment, and the way there and back."""

    km = NumberField(N_("Kilometres, there and back"), low=0, high=KM_MOST)
    ticket = EuroField(N_("Ticket in euros"))


@dataclass(frozen=True, slots=True)
class ToReport:
    """An appointment with what one press reports: the plan, and the way as it was the last time."""

    row: Served
    way: Way
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Year:
    """What a year comes to against its tax-free sum; `reached` is the warning in percent, or None."""

    year: int
    sum: Sum
    limit: int
    reached: int | None


@blueprint.get("/meine-stunden")
@requires(Permission.REPORT_HOURS)
def hours() -> ResponseReturnValue:
    """List what is to be reported, what has been, and what the year comes to."""
    with work(actor()) as uow:
        zone, settings, guide_id = uow.zone(), uow.settings(), actor().guide_id
        today = local_day(uow.now, zone)
        since = min(uow.now - _LOOK_BACK, done.begin(date(today.year, 1, 1), zone))
        rows = done.between(uow.session, guide_id, since, uow.now)
        recent = [row for row in reversed(rows) if row.assignment.starts_at > uow.now - _LOOK_BACK]
        silent = [row for row in recent if _is_silent(row)]
        ways = done.usual_ways(uow.session, guide_id, silent) if silent else {}
        return render_template(
            "guides/hours.html",
            to_report=[_to_report(row, ways, zone) for row in silent],
            reported=[row for row in recent if row not in silent],
            year=_year(rows, today.year, zone, settings),
            months=_months(rows, zone, settings),
            **_office(),
        )


@blueprint.route("/meine-stunden/<int:assignment_id>", methods=["GET", "POST"])
@requires(Permission.REPORT_HOURS)
def hours_edit(assignment_id: int) -> ResponseReturnValue:
    """Take the hours of one appointment, as they stood there or as they were changed."""
    form = HoursForm()
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                row = done.one(uow.session, assignment_id, actor().guide_id, uow.now)
                span = form.span((row.assignment.starts_at, row.assignment.ends_at), uow.zone())
                if span is not None and not form.start.errors and not form.end.errors:
                    said = Said(*span, travel_km=form.km.data or 0, ticket_cents=form.ticket.data or 0)
                    reports.report(uow, assignment_id, said, form.seen_version())
                    flash(gettext("Thank you. We have noted your hours."), "success")
                    return redirect(url_for("guides.hours"), 303)
        except HoursInvalid as error:
            _blame(form, HoursProblem(error.problem))
        except WrongState:
            return _edit_page(assignment_id, None), 409
    if form.is_submitted():
        return _edit_page(assignment_id, form), 422
    return _edit_page(assignment_id, None)


@blueprint.get("/meine-stunden/<month>")
@requires(Permission.REPORT_HOURS)
def hours_month(month: str) -> ResponseReturnValue:
    """Show the sheet of a month, to be printed and signed."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise NotFound("month")
    first = date(int(found[1]), int(found[2]), 1)
    with work(actor()) as uow:
        zone, settings = uow.zone(), uow.settings()
        year_rows = done.in_year(uow.session, actor().guide_id, first.year, zone)
        rows = [row for row in year_rows if _month_of(row, zone) == first]
        return render_template(
            "guides/month.html",
            guide=uow.session.get_one(Guide, actor().guide_id),
            month=first,
            rows=rows,
            sum=done.total(rows, settings),
            year=_year(year_rows, first.year, zone, settings),
            settings=settings,
            **_office(),
        )


def _is_silent(row: Served) -> bool:
    """Tell whether the guide can still say something and has said nothing."""
    said = row.report
    return said is None or (said.minutes is None and said.decided_minutes is None)


def _to_report(row: Served, ways: dict[int, Way], zone: ZoneInfo) -> ToReport:
    way = ways.get(row.assignment.request.institution_id or 0, Way())
    values = {
        "start": hour_fields.clock(row.assignment.starts_at, zone),
        "end": hour_fields.clock(row.assignment.ends_at, zone),
        "km": str(way.km or ""),
        "ticket": hour_fields.as_typed(way.cents),
        "version": str(row.version),
    }
    return ToReport(row, way, values)


def _year(rows: list[Served], year: int, zone: ZoneInfo, settings: PoolSettings) -> Year:
    mine = (row for row in rows if local_day(row.assignment.starts_at, zone).year == year)
    total, limit = done.total(mine, settings), tax_free.limit_cents(settings.tax_free_rule, year)
    return Year(year, total, limit, tax_free.reached(total.allowance_cents, limit))


def _months(rows: list[Served], zone: ZoneInfo, settings: PoolSettings) -> list[tuple[date, Sum]]:
    by_month: dict[date, list[Served]] = {}
    for row in rows:
        by_month.setdefault(_month_of(row, zone), []).append(row)
    return [(month, done.total(by_month[month], settings)) for month in sorted(by_month, reverse=True)]


def _month_of(row: Served, zone: ZoneInfo) -> date:
    return local_day(row.assignment.starts_at, zone).replace(day=1)


def _blame(form: HoursForm, problem: HoursProblem) -> None:
    field = {
        HoursProblem.TWO_TRAVELS: form.ticket,
        HoursProblem.DEAR: form.ticket,
        HoursProblem.FAR: form.km,
    }.get(problem, form.end)
    hour_fields.say(field, hour_fields.words(problem))


def _edit_page(assignment_id: int, form: HoursForm | None) -> str:
    with work(actor()) as uow:
        row = done.one(uow.session, assignment_id, actor().guide_id, uow.now)
        if form is None:
            form = HoursForm(formdata=None, **_values(uow, row))
        return render_template(
            "guides/hours_edit.html",
            row=row,
            form=form,
            has_errors=bool(form.errors),
            moved_on=request.method == "POST" and not form.errors,
            settings=uow.settings(),
            **_office(),
        )


def _values(uow: UnitOfWork, row: Served) -> dict[str, Any]:
    """Return what stands in the fields: what the guide has said, else the plan and the usual way."""
    said, zone = row.report, uow.zone()
    start, end = row.assignment.starts_at, row.assignment.ends_at
    if said is not None and said.starts_at is not None and said.ends_at is not None:
        start, end = said.starts_at, said.ends_at
        way = Way(said.travel_km, 0 if said.travel_km else said.travel_cents)
    else:
        ways = done.usual_ways(uow.session, actor().guide_id, [row])
        way = ways.get(row.assignment.request.institution_id or 0, Way())
    return {
        "start": start.astimezone(zone).time(),
        "end": end.astimezone(zone).time(),
        "km": way.km or None,
        "ticket": way.cents,
        "version": row.version,
    }


def _office() -> dict[str, object]:
    return {"office": office(actor().pool_id), "home_url": url_for("guides.mine")}
