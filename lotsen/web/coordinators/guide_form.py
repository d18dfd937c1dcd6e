"""The form of a guide's record, to and from what the service takes."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, cast

from babel.dates import get_day_names
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectMultipleField, StringField
from wtforms.widgets import DateInput, TextArea, TextInput

from lotsen import i18n, reference
from lotsen.domain import contact
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import Gender, GuideStatus, Level
from lotsen.i18n import N_
from lotsen.services import guide_cells
from lotsen.services.guide_cells import CellWrong
from lotsen.services.guides import GuideInput
from lotsen.web.context import gettext, locale
from lotsen.web.forms import (
    AreaField,
    ChoiceField,
    EmailField,
    LotsenForm,
    NumberField,
    PartForm,
    PhoneField,
    RadiosField,
    TextField,
    choices,
    required,
)

_SPARE_LANGUAGES = 2
# In the order of the form; the other fields of the input are not edited here.
EDITED = (
    "name",
    "email",
    "phone",
    "phone_shared",
    "gender",
    "locale",
    "status",
    "paused_until",
    "languages",
    "german_level",
    "home_district_id",
    "reach_hops",
    "district_ids",
    "on_site",
    "by_phone",
    "by_video",
    "weekly",
    "minutes_per_week",
    "minutes_per_month",
    "asks_per_week",
    "notice_hours",
    "notes",
)


class CellField(StringField):
    """Text that `read` understands and `write` shows; its data is what was understood, or `empty`."""

    def __init__(
        self,
        *args: Any,
        read: Callable[[str], object],
        write: Callable[[Any], str],
        empty: object = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.read, self.write, self.empty = read, write, empty

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Understand what was typed."""
        typed = valuelist[0].strip() if valuelist else ""
        value = self.empty
        if typed:
            try:
                value = self.read(typed)
            except CellWrong as error:
                raise ValueError(gettext(error.msgid, **error.params)) from error
        # The stubs say that text comes out of a text field; here it is what the text means.
        self.data = cast(Any, value)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)


def read_day(typed: str) -> date:
    """Return the day that a native date field sends."""
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise CellWrong(N_("Please give a date.")) from error


def hours_text(minutes: int) -> str:
    """Return minutes as hours, as the form takes them."""
    text = f"{minutes / 60:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if locale() == i18n.DEFAULT else text


def weekly_text(weekly: tuple[WeeklyTime, ...]) -> str:
    """Return weekly times as the form takes them: a line for each day."""
    names = get_day_names("abbreviated", locale=locale())
    by_day: dict[int, list[str]] = {}
    for one in weekly:
        end = "24:00" if not one.end.hour and not one.end.minute else f"{one.end:%H:%M}"
        by_day.setdefault(one.weekday, []).append(f"{one.start:%H:%M}-{end}")
    return "\n".join(f"{names[day]} {', '.join(spans)}" for day, spans in by_day.items())


class SpokenForm(PartForm):
    """One language and its level; left empty, the line does not count."""

    language = ChoiceField(N_("Language"))
    level = ChoiceField(N_("Level"))


class GuideForm(LotsenForm):
    """What the office edits of a guide; names of fields are those of the input."""

    version = HiddenField(default="0")
    name = TextField(N_("Name"), [required(N_("Please give the name."))], read=contact.clean_name)
    email = EmailField(N_("E-mail"), [required(N_("Please give the e-mail address."))])
    phone = PhoneField(N_("Phone"))
    phone_shared = BooleanField(N_("The institution may have the phone number"))
    gender = ChoiceField(N_("Woman or man"))
    locale = ChoiceField(N_("Language of the e-mails"))
    status = RadiosField(N_("State"), [required(N_("Please choose a state."))])
    paused_until = CellField(
        N_("Takes a break until"), read=read_day, write=date.isoformat, widget=DateInput()
    )
    languages = FieldList(FormField(SpokenForm))
    german_level = ChoiceField(N_("Level of German"))
    home_district_id = ChoiceField(N_("Lives in"))
    reach_hops = NumberField(N_("How many districts further?"), low=0, high=20)
    district_ids = SelectMultipleField(N_("Also goes to"), validate_choice=False)
    on_site = BooleanField(N_("On site"))
    by_phone = BooleanField(N_("By phone"))
    by_video = BooleanField(N_("By video"))
    weekly = CellField(
        N_("Free every week"), read=guide_cells.weekly, write=weekly_text, empty=(), widget=TextArea()
    )
    minutes_per_week = CellField(
        N_("Hours in a week, at most"), read=guide_cells.minutes, write=hours_text, widget=TextInput()
    )
    minutes_per_month = CellField(
        N_("Hours in a month, at most"), read=guide_cells.minutes, write=hours_text, widget=TextInput()
    )
    asks_per_week = NumberField(N_("Questions in a week, at most"), low=0, high=50)
    notice_hours = NumberField(N_("Wants to know how many hours before?"), low=0, high=720)
    notes = AreaField(N_("Notes of the office"))

    def offer(self, districts: dict[int, str], first_languages: Sequence[str]) -> None:
        """Fill the lists to choose from, and keep spare lines for languages."""
        by_id = [(str(one), name) for one, name in districts.items()]
        self.gender.choices = [("", gettext("not stated")), *choices(list(Gender))]
        self.locale.choices = [(code, i18n.locale_name(code)) for code in i18n.LOCALES]
        self.status.choices = choices(list(GuideStatus))
        self.german_level.choices = choices(list(Level))
        self.home_district_id.choices = [("", gettext("not known")), *by_id]
        self.district_ids.choices = by_id
        filled = [one for one in self.languages.entries if one.form.language.data]
        for _ in range(len(filled) + _SPARE_LANGUAGES - len(self.languages.entries)):
            self.languages.append_entry()
        spoken = [
            (one.code, i18n.language_name(one.code, locale()))
            for one in reference.catalogue().ordered_for_picker(first_languages)
        ]
        for entry in self.languages.entries:
            entry.form.language.choices = [("", gettext("none")), *spoken]
            entry.form.level.choices = [("", gettext("none")), *choices(list(Level))]

    def complain(self, wrong: dict[str, str]) -> None:
        """Put what the service refused beside its field."""
        for name, msgid in wrong.items():
            field = self.languages.entries[0].form.language if name == "languages" else self[name]
            field.errors = [*field.errors, gettext(msgid)]
        # A list of fields gathers the errors of its parts only while it is validated.
        self.languages.errors = [entry.errors for entry in self.languages.entries]


def filled(data: GuideInput, version: int) -> GuideForm:
    """Return the form with a record in it."""
    values = {one.name: getattr(data, one.name) for one in fields(GuideInput)}
    values |= {
        "version": str(version),
        "gender": data.gender or "",
        "home_district_id": "" if data.home_district_id is None else str(data.home_district_id),
        "district_ids": [str(one) for one in data.district_ids],
        "languages": [{"language": code, "level": level.value} for code, level in data.languages],
    }
    return GuideForm(formdata=None, data=values)


def as_input(form: GuideForm, before: GuideInput) -> GuideInput:
    """Return what a valid form says; what it does not ask stays as it was before."""
    spoken = [(entry.form.language.data, entry.form.level.data) for entry in form.languages.entries]
    return GuideInput(
        name=form.name.data or "",
        email=form.email.data or "",
        languages=tuple((code, Level(level or Level.B2)) for code, level in spoken if code),
        phone=form.phone.data or "",
        phone_shared=bool(form.phone_shared.data),
        gender=Gender(form.gender.data) if form.gender.data else None,
        locale=form.locale.data or before.locale,
        status=GuideStatus(form.status.data or before.status),
        paused_until=cast("date | None", form.paused_until.data),
        german_level=Level(form.german_level.data or before.german_level),
        home_district_id=int(form.home_district_id.data) if form.home_district_id.data else None,
        reach_hops=form.reach_hops.data,
        district_ids=tuple(int(one) for one in form.district_ids.data or () if one.isdecimal()),
        on_site=bool(form.on_site.data),
        by_phone=bool(form.by_phone.data),
        by_video=bool(form.by_video.data),
        minutes_per_week=cast("int | None", form.minutes_per_week.data),
        minutes_per_month=cast("int | None", form.minutes_per_month.data),
        asks_per_week=form.asks_per_week.data,
        notice_hours=form.notice_hours.data or 0,
        weekly=cast("tuple[WeeklyTime, ...]", form.weekly.data),
        credentials=before.credentials,
        notes=form.notes.data or "",
    )
