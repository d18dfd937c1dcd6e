"""The four pages of a request and its check page, as forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from markupsafe import Markup
from wtforms import BooleanField, Field, FieldList, FormField

from lotsen import i18n
from lotsen.domain import contact
from lotsen.domain.localtime import LocalMoment, Span, local_datetime
from lotsen.domain.request_rules import Times, WindowProblem, is_urgent, problems
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Gender, InstitutionKind, Level, Mode, WishWeight
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.reference import catalogue
from lotsen.web.context import gettext, locale
from lotsen.web.forms import (
    AreaField,
    ChoiceField,
    ClockField,
    DayForm,
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
from lotsen.web.public.repeating import RepeatForm

_SKIPPED = N_("This time does not exist on that day, because the clocks change.")
OTHER_LANGUAGE = "other"
PROBLEMS: dict[WindowProblem, str] = {
    WindowProblem.PAST: N_("This time is over. Please choose a later one."),
    WindowProblem.TOO_SOON: N_("This is too soon for a request. Please call us."),
    WindowProblem.TOO_FAR: N_("This day is too far away. Please choose an earlier one."),
    WindowProblem.TOO_SHORT: N_("This is too short. Please choose from the list."),
    WindowProblem.TOO_LONG: N_("This is too long. Please choose from the list."),
    WindowProblem.NARROW: N_("The talk does not fit in. Please give a later end or a shorter length."),
    WindowProblem.REPEATED: N_("You have given this time already. Please choose another one."),
}
_LENGTHS = (15, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 360, 420, 480)
_LEVELS = {
    Level.B1: N_("B1: for simple talks"),
    Level.B2: N_("B2: for most talks"),
    Level.C1: N_("C1: for difficult talks"),
    Level.NATIVE: N_("Native language"),
}
_CHOOSE = N_("Please choose")
_LONGEST_REASON = 500
_LONGEST_NAME = 160
_LONGEST_ADDRESS = 240


@dataclass(frozen=True)
class Facts:
    """What the forms need to know of the pool and the moment; districts as (id, name).

    `people` are the guides whom this contact has had, as (id, name), if this browser is known as theirs.
    """

    now: datetime
    zone: ZoneInfo
    settings: PoolSettings
    districts: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]] = ()


class StepForm(LotsenForm):
    """One page; it is read from what was posted or from what the draft keeps of it.

    The token against forged requests is checked before any view, and a draft keeps none.
    """

    class Meta(LotsenForm.Meta):
        """Switches off a second check of the token."""

        csrf = False

    def prepare(self, facts: Facts) -> None:
        """Fill in choices that depend on the pool."""


def _one_line(typed: str, limit: int) -> str:
    return contact.clean_name(typed, limit)


class InstitutionForm(StepForm):
    """Who asks."""

    institution_name = TextField(
        N_("Name of the institution"),
        [required(N_("Please give the name of the institution."))],
        read=_one_line,
        limit=_LONGEST_NAME,
    )
    institution_kind = ChoiceField(
        N_("Kind of institution"), [required(N_("Please choose the kind of institution."))]
    )
    unit = TextField(N_("Class, group or department"))
    contact_name = TextField(N_("Your name"), [required(N_("Please give your name."))], read=_one_line)
    email = EmailField(N_("E-mail address"), [required(N_("Please give your e-mail address."))])
    phone = PhoneField(N_("Phone"), [required(N_("Please give a phone number."))])

    def prepare(self, facts: Facts) -> None:  # noqa: ARG002 - the kinds are the same in every pool
        """List the kinds of institutions."""
        self.institution_kind.choices = [("", gettext(_CHOOSE)), *choices(tuple(InstitutionKind))]


class LanguageForm(StepForm):
    """Which language, and what the talk is about."""

    language_first = RadiosField(N_("Language of the family"))
    language_other = ChoiceField(N_("Which other language?"))
    language_search = TextField(N_("Search for a language"))
    substitutes_accepted = BooleanField(N_("A similar language is possible too."), default=True)
    language_level = ChoiceField(N_("How well should the person speak this language?"))
    occasion = RadiosField(N_("Occasion of the talk"), [required(N_("Please choose an occasion."))])

    def prepare(self, facts: Facts) -> None:
        """List the languages, the most asked first, and the pool's occasions."""
        known, settings = catalogue(), facts.settings
        first = [code for code in settings.languages_first if code in known]
        self.language_first.choices = [
            *((code, language_label(code)) for code in first),
            (OTHER_LANGUAGE, gettext("Another language")),
        ]
        names = ((one.code, i18n.language_name(one.code, locale())) for one in known.ordered_for_picker())
        self.language_other.choices = [("", gettext(_CHOOSE)), *names]
        levels = [level for level in Level if level in (*_LEVELS, settings.language_level)]
        self.language_level.choices = [
            (level.value, gettext(_LEVELS.get(level, label(level)))) for level in levels
        ]
        if self.language_level.data is None:
            self.language_level.data = settings.language_level.value
        self.occasion.choices = choices(settings.occasions)

    def search(self) -> int:
        """Choose what the typed word likely means, and list all that it may mean first; return how much."""
        found = [one.code for one in catalogue().find(str(self.language_search.data or ""))]
        if not found:
            return 0
        order = {code: place for place, code in enumerate(found)}
        listed = cast("list[tuple[str, str]]", self.language_other.choices)
        self.language_other.choices = sorted(listed, key=lambda one: order.get(one[0], len(order)))
        is_first = found[0] in {choice[0] for choice in self.language_first.choices or ()}
        self.language_first.data = found[0] if is_first else OTHER_LANGUAGE
        self.language_other.data = "" if is_first else found[0]
        return len(found)

    @property
    def language(self) -> str:
        """The code that was chosen, in the one way or the other."""
        first = str(self.language_first.data or "")
        return str(self.language_other.data or "") if first in ("", OTHER_LANGUAGE) else first

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for one language, not for two."""
        good = bool(super().validate(extra_validators))
        other = str(self.language_other.data or "")
        if not self.language and not self.language_other.errors and not self.language_first.errors:
            asked = self.language_other if self.language_first.data == OTHER_LANGUAGE else self.language_first
            add_error(asked, N_("Please choose the language."))
            return False
        if other and other != self.language:
            add_error(self.language_other, N_("You have chosen two languages. Please choose one."))
            return False
        return good


class WindowForm(PartForm):
    """A day and the time at which the talk begins, or between which two times it may be."""

    day = FormField(DayForm)
    start = ClockField(N_("Start"))
    until = ClockField(N_("Latest end"))
    needed = False
    zone: ZoneInfo
    at: LocalMoment | None = None
    ends: LocalMoment | None = None

    @property
    def typed(self) -> bool:
        """Whether anything was given."""
        parts = (self.day.form.day, self.day.form.month, self.day.form.year, self.start, self.until)
        return any(str(part.raw_data[0]).strip() for part in parts if part.raw_data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Read day and time together; half a window is none."""
        wanted = self.needed or self.typed
        self.day.form.needed = N_("Please give the day.") if wanted else None
        good = bool(super().validate(extra_validators))
        if wanted and self.start.data is None and not self.start.errors:
            add_error(self.start, N_("Please give the time."))
            good = False
        day = self.day.form.value
        if not good or day is None or self.start.data is None:
            return good
        self.at = local_datetime(day, self.start.data, self.zone)
        if not self.at.exists:
            add_error(self.start, _SKIPPED)
            return False
        if self.until.data is None:
            return True
        self.ends = local_datetime(day, self.until.data, self.zone)
        if not self.ends.exists or self.ends.moment <= self.at.moment:
            words = N_("Please give a time after the start.") if self.ends.exists else _SKIPPED
            add_error(self.until, words)
            self.at = self.ends = None
            return False
        return True


def spans(windows: "FieldList[FormField[WindowForm]]", minutes: int) -> tuple[Span, ...]:
    """Return the times that were understood of a talk of so many minutes, [start, end) in UTC."""
    length = timedelta(minutes=minutes)
    return tuple(
        (at.moment, entry.form.ends.moment if entry.form.ends is not None else at.moment + length)
        for entry in windows.entries
        if (at := entry.form.at) is not None
    )


class AppointmentForm(StepForm):
    """When and where."""

    windows = FieldList(FormField(WindowForm), min_entries=1, max_entries=5)
    repeat = FormField(RepeatForm)
    minutes = ChoiceField(N_("Length of the talk"), [required(N_("Please choose the length."))])
    urgency_reason = AreaField(N_("Why is it urgent?"), limit=_LONGEST_REASON)
    mode = RadiosField(
        N_("How does the talk take place?"), [required(N_("Please choose how the talk takes place."))]
    )
    district_id = ChoiceField(N_("District"))
    address = TextField(N_("Address"), limit=_LONGEST_ADDRESS)
    meeting_point = TextField(N_("Meeting point"), limit=_LONGEST_ADDRESS)
    on_site_name = TextField(N_("Contact person on site"))
    on_site_phone = PhoneField(N_("Phone of the contact person"))
    facts: Facts
    urgent = False
    asks_for_reason = False

    def prepare(self, facts: Facts) -> None:
        """List the districts and lengths, and offer as many windows as the pool allows."""
        self.facts = facts
        settings = facts.settings
        for _ in range(settings.windows_max - len(self.windows.entries)):
            self.windows.append_entry()
        del self.windows.entries[settings.windows_max :]
        for position, entry in enumerate(self.windows.entries):
            entry.form.zone, entry.form.needed = facts.zone, position == 0
            entry.form.day.label.text = window_title(position)
            if position:
                entry.form.start.label.text = gettext("Start of other date %(number)s", number=position)
                entry.form.until.label.text = gettext("Latest end of other date %(number)s", number=position)
        self.repeat.form.prepare()
        self.minutes.choices = [
            (str(length), i18n.minutes_in_words(length, locale()))
            for length in sorted({*_LENGTHS, settings.usual_minutes})
            if settings.shortest_minutes <= length <= settings.longest_minutes
        ]
        if self.minutes.data is None:
            self.minutes.data = str(settings.usual_minutes)
        self.mode.choices = choices(tuple(Mode))
        self.district_id.choices = [("", gettext(_CHOOSE)), *facts.districts]
        # Once it was asked for it stays, whatever the day becomes.
        self.asks_for_reason = bool(self.urgency_reason.raw_data)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The windows that were understood, [start, end) in UTC; a flexible one is longer than the talk."""
        return spans(self.windows, self.length)

    @property
    def length(self) -> int:
        """The minutes that the talk takes."""
        return int(str(self.minutes.data))

    @property
    def further(self) -> tuple[Span, ...]:
        """The times at which the talk repeats, as far as they were understood."""
        return self.repeat.form.spans

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the windows against the pool's rules; a talk on site needs a place."""
        good = bool(super().validate(extra_validators))
        good = has_place(self.mode, self.district_id, self.address) and good
        if self.minutes.errors or not self.spans:
            return False
        return self._check_times() and good

    def _check_times(self) -> bool:
        facts, times = self.facts, Times(self.spans, self.length)
        understood = [entry.form for entry in self.windows.entries if entry.form.at is not None]
        found = problems(times, facts.now, facts.settings)
        for position, problem in found.items():
            if problem in (WindowProblem.TOO_SHORT, WindowProblem.TOO_LONG):
                add_error(self.minutes, PROBLEMS[problem])
            elif problem is WindowProblem.NARROW:
                add_error(understood[position].until, PROBLEMS[problem])
            else:
                understood[position].day.form.form_errors.append(gettext(PROBLEMS[problem]))
        if not found and is_urgent(times, facts.now, facts.zone, facts.settings):
            self.urgent = self.asks_for_reason = True
            if not self.urgency_reason.data and not self.urgency_reason.errors:
                add_error(self.urgency_reason, N_("The day is very near. Please say why it is urgent."))
                return False
        if found or self.windows.entries[0].form.at is None:
            return False
        return self.repeat.form.read(self.spans[0], self.length, facts.now, facts.zone, facts.settings)


class WishesForm(StepForm):
    """What else is to be known."""

    gender_wish = RadiosField(N_("Should a woman or a man come?"), default="")
    gender_weight = RadiosField(N_("How important is that?"), default=WishWeight.NICE.value)
    guide_wish = RadiosField(N_("Should the same person come?"), default="")
    guide_weight = RadiosField(N_("How important is the same person?"), default=WishWeight.NICE.value)
    not_guide = RadiosField(N_("Should a certain person not come?"), default="")
    not_guide_weight = RadiosField(N_("How important is another person?"), default=WishWeight.MUST.value)
    participants = NumberField(N_("How many people take part?"), low=1, high=500)
    guides_needed = ChoiceField(N_("How many guides do you need?"), default="1")
    billing_note = TextField(N_("Note for the bill"), limit=_LONGEST_ADDRESS)
    remarks = AreaField(N_("What else should we know?"))
    facts: Facts

    def prepare(self, facts: Facts) -> None:
        """List what may be wished for; where one guide is the limit, their number is no question."""
        self.facts = facts
        if not facts.settings.billing_note_asked:
            self.billing_note.data, self.billing_note.process_errors = "", []
        self.gender_wish.choices = [("", gettext("No wish")), *choices((Gender.FEMALE, Gender.MALE))]
        for weight in (self.gender_weight, self.guide_weight, self.not_guide_weight):
            weight.choices = choices((WishWeight.NICE, WishWeight.MUST))
        for person in (self.guide_wish, self.not_guide):
            person.choices = [("", gettext("No wish")), *facts.people]
        self.guides_needed.choices = [
            (str(count), str(count)) for count in range(1, facts.settings.guides_max + 1)
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse two wishes that contradict each other."""
        good = bool(super().validate(extra_validators))
        if self.guide_wish.data and self.guide_wish.data == self.not_guide.data:
            words = N_("You have wished for this person above. Please choose one of the two.")
            add_error(self.not_guide, words)
            return False
        return good


class CheckForm(LotsenForm):
    """The last page."""

    accepted = BooleanField(
        N_("I have read the rules and accept them."), [required(N_("Please accept the rules."))]
    )


def add_error(field: Field, msgid: str) -> None:
    """Say beside a field what is wrong with it."""
    field.errors = [*field.errors, gettext(msgid)]


def has_place(mode: Field, district: Field, address: Field) -> bool:
    """Ask for district and address of a talk on site; say whether they are there."""
    if mode.data != Mode.ON_SITE:
        return True
    wanted = (district, N_("Please choose the district.")), (address, N_("Please give the address."))
    for field, words in wanted:
        if not field.data and not field.errors:
            add_error(field, words)
    return bool(district.data and address.data)


def window_title(position: int) -> str:
    """Return what the first time and the further ones are called."""
    return gettext("Other date %(number)s", number=position) if position else gettext("Date")


def language_label(code: str) -> Markup:
    """Return "Arabisch – العربية", each part in its own direction and language."""
    name, language = i18n.language_name(code, locale()), catalogue().get(code)
    if name == language.autonym:
        return Markup("%s") % name
    direction = "rtl" if language.rtl else "ltr"
    return Markup('%s – <bdi lang="%s" dir="%s">%s</bdi>') % (name, code, direction, language.autonym)
