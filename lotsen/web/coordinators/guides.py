"""The guides of the pool: list, record, and the form that edits the basics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from lotsen import i18n
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import GuideStatus, Level
from lotsen.errors import Conflict, Invalid
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.queries import guides as query
from lotsen.services import guide_languages
from lotsen.services import guides as service
from lotsen.services.guides import GuideInput
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext, locale, office, work
from lotsen.web.coordinators import guide_form
from lotsen.web.coordinators.base import PAGE_SIZE, blueprint, pages, pool_id
from lotsen.web.coordinators.guide_form import GuideForm
from lotsen.web.forms import ChoiceField, LotsenForm, choices
from lotsen.web.permissions import Permission, actor, requires

_EMPTY = GuideInput(name="", email="", languages=())


class SearchForm(LotsenForm):
    """Narrows the list; sent by GET, so it changes nothing and needs no token."""

    class Meta(LotsenForm.Meta):
        """Nothing that could be forged."""

        csrf = False

    name = StringField(N_("Name"))
    spricht = ChoiceField(N_("Language"))
    stand = ChoiceField(N_("State"))


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: what is saved, and what the reader wanted."""

    label: str
    saved: str
    mine: str


@blueprint.get("/lotsen")
@requires(Permission.SEE_GUIDES)
def guides() -> ResponseReturnValue:
    """List the guides, narrowed by name, language and state."""
    form = SearchForm(request.args)
    name, language, status = form.name.data or "", form.spricht.data or "", form.stand.data or ""
    wanted = query.Filter(name[:120], language, GuideStatus(status) if status in set(GuideStatus) else None)
    with work(actor()) as uow:
        ids = query.matching_ids(uow.session, pool_id(), wanted)
        page = pages(len(ids), name=name, spricht=language, stand=status)
        rows = query.rows(uow.session, ids[page.offset : page.offset + PAGE_SIZE])
        spoken = query.languages(uow.session, pool_id())
    names = sorted((i18n.language_name(code, locale()), code) for code in spoken)
    form.spricht.choices = [("", gettext("All")), *((code, words) for words, code in names)]
    form.stand.choices = [("", gettext("All")), *choices(list(GuideStatus))]
    return render_template(
        "coordinators/guides.html", form=form, rows=rows, page=page, narrowed=bool(name or language or status)
    )


@blueprint.get("/lotsen/<int:guide_id>")
@requires(Permission.SEE_GUIDES)
def guide(guide_id: int) -> ResponseReturnValue:
    """Show a guide's record."""
    with work(actor()) as uow:
        found = query.find(uow.session, pool_id(), guide_id, uow.now)
        return render_template(
            "coordinators/guide.html",
            found=found,
            one=found.guide,
            weekly=guide_form.weekly_text(service.as_input(found.guide).weekly).splitlines(),
            today=uow.now.astimezone(uow.zone()).date(),
        )


@blueprint.route("/lotsen/neu", methods=["GET", "POST"])
@requires(Permission.EDIT_GUIDES)
def guide_new() -> ResponseReturnValue:
    """Add a guide."""
    form = GuideForm() if request.method == "POST" else guide_form.filled(_EMPTY, 0)
    _offer(form)
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                added = service.add_guide(uow, pool_id(), guide_form.as_input(form, _EMPTY))
                guide_id = added.id
        except Invalid as error:
            form.complain(error.fields)
        except Conflict:
            form.complain({"email": "Another guide of the pool has this e-mail address."})
        else:
            flash(gettext("The guide has been added."), "success")
            return redirect(url_for(".guide", guide_id=guide_id))
    return _form_page(form, None, [])


@blueprint.route("/lotsen/<int:guide_id>/bearbeiten", methods=["GET", "POST"])
@requires(Permission.EDIT_GUIDES)
def guide_edit(guide_id: int) -> ResponseReturnValue:
    """Edit the basics of a guide's record."""
    with bootstrap().begin(actor(), read_only=True) as uow:
        saved, version = _saved(uow, guide_id)
    form = GuideForm() if request.method == "POST" else guide_form.filled(saved, version)
    _offer(form)
    differences: list[Difference] = []
    if form.validate_on_submit():
        wanted = guide_form.as_input(form, saved)
        try:
            with work(actor()) as uow:
                query.find(uow.session, pool_id(), guide_id, uow.now)
                service.update_guide(uow, guide_id, wanted, _version(form))
        except Invalid as error:
            form.complain(error.fields)
        except Conflict:
            with bootstrap().begin(actor(), read_only=True) as uow:
                saved, version = _saved(uow, guide_id)
                differences = _differences(form, saved, wanted, query.districts(uow.session, pool_id()))
            # Saving once more is then a decision made with both values in sight.
            form.version.data = str(version)
        else:
            flash(gettext("The record has been saved."), "success")
            return redirect(url_for(".guide", guide_id=guide_id))
    return _form_page(form, guide_id, differences)


@blueprint.post("/lotsen/<int:guide_id>/sprache")
@requires(Permission.EDIT_GUIDES)
def guide_language(guide_id: int) -> ResponseReturnValue:
    """Agree to a language or level that the guide has entered, or refuse it."""
    level = request.form.get("level", "")
    if level not in set(Level):
        abort(400)
    yes = request.form.get("yes") == "1"
    with work(actor()) as uow:
        guide_languages.decide(uow, guide_id, request.form.get("language", ""), Level(level), yes=yes)
    flash(gettext("The language is agreed to.") if yes else gettext("The language is refused."), "success")
    return redirect(url_for(".guide", guide_id=guide_id), 303)


def _saved(uow: UnitOfWork, guide_id: int) -> tuple[GuideInput, int]:
    found = query.find(uow.session, pool_id(), guide_id, uow.now).guide
    return service.as_input(found), found.version


def _offer(form: GuideForm) -> None:
    with bootstrap().begin(actor(), read_only=True) as uow:
        districts = query.districts(uow.session, pool_id())
    form.offer(dict(districts), office(pool_id()).settings.languages_first)


def _version(form: GuideForm) -> int:
    typed = form.version.data or ""
    return int(typed) if typed.isdecimal() else 0


def _form_page(form: GuideForm, guide_id: int | None, differences: list[Difference]) -> ResponseReturnValue:
    page = render_template(
        "coordinators/guide_form.html",
        form=form,
        guide_id=guide_id,
        differences=differences,
        has_errors=bool(form.errors),
    )
    return page, 409 if differences else 422 if form.errors else 200


def _differences(
    form: GuideForm, saved: GuideInput, mine: GuideInput, districts: Mapping[int, str]
) -> list[Difference]:
    return [
        Difference(
            gettext("Languages") if name == "languages" else str(form[name].label.text),
            _text(name, getattr(saved, name), districts),
            _text(name, getattr(mine, name), districts),
        )
        for name in guide_form.EDITED
        if getattr(saved, name) != getattr(mine, name)
    ]


def _text(name: str, value: object, districts: Mapping[int, str]) -> str:
    """Return a value of a record in words."""
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name == "weekly":
        return guide_form.weekly_text(cast("tuple[WeeklyTime, ...]", value)).replace("\n", "; ")
    if name == "languages":
        spoken = cast("tuple[tuple[str, Level], ...]", value)
        return ", ".join(
            f"{i18n.language_name(code, locale())} ({gettext(label(level))})" for code, level in spoken
        )
    if name in ("home_district_id", "district_ids"):
        ids = cast("tuple[int, ...]", value if isinstance(value, tuple) else (value,))
        return ", ".join(districts.get(one, str(one)) for one in ids)
    if name in ("minutes_per_week", "minutes_per_month"):
        return guide_form.hours_text(cast(int, value))
    if name == "locale":
        return i18n.locale_name(str(value))
    if isinstance(value, date):
        return i18n.date_long(value, locale())
    return gettext(label(value)) if isinstance(value, StrEnum) else str(value)
