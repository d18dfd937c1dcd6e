"""A guide's own record: what the office knows, and what the guide may change of it."""

from collections.abc import Iterable

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, FieldList, FormField, SelectMultipleField, StringField

from lotsen import i18n, reference
from lotsen.domain.vocabulary import Level
from lotsen.errors import Conflict, Invalid
from lotsen.i18n import N_
from lotsen.models import Guide
from lotsen.queries import guides as query
from lotsen.services import guide_sessions, self_service
from lotsen.web.context import bootstrap, gettext, locale, office, work
from lotsen.web.forms import (
    ChoiceField,
    ClockField,
    NumberField,
    PartForm,
    PhoneField,
    RadiosField,
    choices,
)
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.own import SAVED, OwnForm, me
from lotsen.web.permissions import Permission, actor, requires

_SPARE_LANGUAGES = 2


class ContactForm(OwnForm):
    """How the guide can be reached, and in which language."""

    phone = PhoneField(N_("Phone"))
    phone_shared = BooleanField(N_("The institution may have my number."))
    locale = ChoiceField(N_("Language of our e-mails"))


class WorkForm(OwnForm):
    """How, how much and where the guide works; what is left empty has no limit."""

    on_site = BooleanField(N_("On site"))
    by_phone = BooleanField(N_("By phone"))
    by_video = BooleanField(N_("By video"))
    hours = NumberField(N_("Hours in a week, at most"), low=0, high=168)
    asks_per_week = NumberField(N_("Questions in a week, at most"), low=0, high=50)
    reach_hops = NumberField(N_("How many districts further?"), low=0, high=20)
    district_ids = SelectMultipleField(N_("I also go to"), validate_choice=False)


class SpokenForm(PartForm):
    """One language and its level; left empty, the line does not count."""

    language = ChoiceField(N_("Language"))
    level = ChoiceField(N_("How well?"))


class LanguagesForm(OwnForm):
    """The languages of the guide."""

    languages = FieldList(FormField(SpokenForm), max_entries=14)

    def offer(self, first: tuple[str, ...]) -> None:
        """Fill the lists to choose from, and leave empty lines for more languages."""
        empty = sum(not one.form.language.data for one in self.languages.entries)
        for _ in range(_SPARE_LANGUAGES - empty):
            self.languages.append_entry()
        spoken = [
            (one.code, i18n.language_name(one.code, locale()))
            for one in reference.catalogue().ordered_for_picker(first)
        ]
        for entry in self.languages.entries:
            entry.form.language.choices = [("", gettext("none")), *spoken]
            entry.form.level.choices = [("", gettext("none")), *choices(list(Level))]

    def complete(self) -> bool:
        """Say whether each language has its level; what lacks one gets its words."""
        bare = [
            one.form for one in self.languages.entries if one.form.language.data and not one.form.level.data
        ]
        for form in bare:
            form.level.errors = [gettext("Please choose how well you speak it.")]
        self._gather()
        return not bare

    def refuse(self, msgids: Iterable[str]) -> None:
        """Put what the service refused beside the first language."""
        self.languages.entries[0].form.language.errors = [gettext(msgid) for msgid in msgids]
        self._gather()

    def _gather(self) -> None:
        # A list of fields gathers the errors of its parts only while it is validated.
        if any(entry.errors for entry in self.languages.entries):
            self.languages.errors = [entry.errors for entry in self.languages.entries]

    def spoken(self) -> tuple[tuple[str, Level], ...]:
        """Return code and level of the lines that are filled in."""
        parts = [(one.form.language.data, one.form.level.data) for one in self.languages.entries]
        return tuple((code, Level(level)) for code, level in parts if code and level)


class MessagesForm(OwnForm):
    """By which way messages come, and when none should."""

    messenger = RadiosField(N_("How should we ask and remind you?"))
    messenger_address = StringField(N_("Your number or your name there"))

    quiet_from = ClockField(N_("From"))
    quiet_until = ClockField(N_("Until"))


@blueprint.get("/profil")
@requires(Permission.OWN_RECORD)
def profile() -> ResponseReturnValue:
    """Show the record, with a way to change each part."""
    with work(actor()) as uow:
        one = me(uow)
        return render_template(
            "guides/profile.html",
            one=one,
            districts=query.districts(uow.session, one.pool_id),
            devices=len(guide_sessions.own(uow)),
        )


@blueprint.route("/profil/kontakt", methods=["GET", "POST"])
@requires(Permission.OWN_RECORD)
def profile_contact() -> ResponseReturnValue:
    """Change phone number and language."""
    form = ContactForm()
    form.locale.choices = [(code, i18n.locale_name(code)) for code in i18n.LOCALES]
    if not form.is_submitted():
        one = _record()
        form.phone.data, form.phone_shared.data = one.phone, one.phone_shared
        form.locale.data, form.version.data = one.locale, str(one.version)
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                self_service.set_contact(
                    uow,
                    form.seen_version(),
                    phone=form.phone.data or "",
                    phone_shared=bool(form.phone_shared.data),
                    locale=form.locale.data or i18n.DEFAULT,
                )
        except (Invalid, Conflict) as error:
            form.complain(error)
        else:
            return _saved()
    return _form("guides/profile_contact.html", form)


@blueprint.route("/profil/einsatz", methods=["GET", "POST"])
@requires(Permission.OWN_RECORD)
def profile_work() -> ResponseReturnValue:
    """Change how, how much and where the guide works."""
    form = WorkForm()
    with bootstrap().begin(actor(), read_only=True) as uow:
        one = me(uow)
        names = query.districts(uow.session, one.pool_id)
        form.district_ids.choices = [(str(key), name) for key, name in names.items()]
        if not form.is_submitted():
            _fill_work(form, one)
    if form.validate_on_submit():
        hours = form.hours.data
        try:
            with work(actor()) as uow:
                self_service.set_work(
                    uow,
                    form.seen_version(),
                    on_site=bool(form.on_site.data),
                    by_phone=bool(form.by_phone.data),
                    by_video=bool(form.by_video.data),
                    minutes_per_week=None if hours is None else hours * 60,
                    asks_per_week=form.asks_per_week.data,
                    reach_hops=form.reach_hops.data,
                    district_ids=tuple(int(key) for key in form.district_ids.data or () if key.isdecimal()),
                )
        except (Invalid, Conflict) as error:
            form.complain(error)
        else:
            return _saved()
    return _form("guides/profile_work.html", form, home=names.get(one.home_district_id or 0))


@blueprint.route("/profil/sprachen", methods=["GET", "POST"])
@requires(Permission.OWN_RECORD)
def profile_languages() -> ResponseReturnValue:
    """Change languages; what is new or higher waits for the office."""
    form = LanguagesForm()
    waiting: list[tuple[str, Level]] = []
    with bootstrap().begin(actor(), read_only=True) as uow:
        one = me(uow)
        waiting = [
            (row.language, row.wanted_level or row.level)
            for row in one.languages
            if row.wanted_level is not None or not row.approved
        ]
        if not form.is_submitted():
            levels = [(row.language, row.wanted_level or row.level) for row in one.languages]
            form = LanguagesForm(
                formdata=None,
                data={
                    "version": str(one.version),
                    "languages": [{"language": code, "level": level.value} for code, level in levels],
                },
            )
    form.offer(office(actor().pool_id).settings.languages_first)
    if form.validate_on_submit() and form.complete():
        try:
            with work(actor()) as uow:
                waits = self_service.set_languages(uow, form.spoken(), form.seen_version())
        except Invalid as error:
            form.refuse(error.fields.values())
        except Conflict as error:
            form.complain(error)
        else:
            return _saved(N_("Thank you. The office checks what is new.") if waits else SAVED)
    return _form("guides/profile_languages.html", form, waiting=waiting)


@blueprint.route("/profil/nachrichten", methods=["GET", "POST"])
@requires(Permission.OWN_RECORD)
def profile_messages() -> ResponseReturnValue:
    """Change by which way messages come, and when none should."""
    form = MessagesForm()
    rules = office(actor().pool_id).settings
    ways = [name for name in rules.messengers if name in current_app.extensions["lotsen_messengers"]]
    form.messenger.choices = [
        ("", gettext("Only by e-mail")),
        *((name, gettext("By e-mail and %(way)s", way=name)) for name in ways),
    ]
    if not ways:
        del form.messenger, form.messenger_address
    if not form.is_submitted():
        one = _record()
        if ways:
            form.messenger.data = one.messenger or ""
            form.messenger_address.data = one.messenger_address or one.phone
        form.quiet_from.data, form.quiet_until.data = one.quiet_from, one.quiet_until
        form.version.data = str(one.version)
    if form.validate_on_submit():
        since, until = form.quiet_from.data, form.quiet_until.data
        try:
            if (since is None) != (until is None):
                missing = "quiet_from" if since is None else "quiet_until"
                raise Invalid({missing: N_("Please give both times, or none.")})
            with work(actor()) as uow:
                hours = None if since is None or until is None else (since, until)
                seen = form.seen_version()
                self_service.set_quiet(uow, hours, seen)
                if ways:
                    way, address = form.messenger.data or "", form.messenger_address.data or ""
                    self_service.set_messenger(uow, way, address, seen + 1)
        except (Invalid, Conflict) as error:
            form.complain(error)
        else:
            return _saved()
    return _form("guides/profile_messages.html", form, rules=rules)


def _record() -> Guide:
    with bootstrap().begin(actor(), read_only=True) as uow:
        return me(uow)


def _fill_work(form: WorkForm, one: Guide) -> None:
    form.version.data = str(one.version)
    form.on_site.data, form.by_phone.data, form.by_video.data = one.on_site, one.by_phone, one.by_video
    form.hours.data = None if one.minutes_per_week is None else one.minutes_per_week // 60
    form.asks_per_week.data, form.reach_hops.data = one.asks_per_week, one.reach_hops
    form.district_ids.data = [str(row.district_id) for row in one.districts]


def _saved(msgid: str = SAVED) -> ResponseReturnValue:
    flash(gettext(msgid), "success")
    return redirect(url_for(".profile"), 303)


def _form(template: str, form: OwnForm, **values: object) -> ResponseReturnValue:
    wrong = bool(form.errors)
    status = 200
    if wrong:
        status = 409 if form.form_errors else 422
    return render_template(template, form=form, has_errors=wrong, **values), status
