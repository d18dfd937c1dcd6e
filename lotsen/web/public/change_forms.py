"""What an institution may change of a request that was sent, one form for each part of its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, FieldList, FormField, HiddenField

from lotsen import i18n
from lotsen.domain.request_rules import WindowProblem
from lotsen.domain.vocabulary import Gender, Level, Mode, Occasion, RequestField, WishKind, WishWeight
from lotsen.errors import Invalid
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.models import Assignment, GuideRequest
from lotsen.reference import catalogue
from lotsen.web.context import gettext, locale
from lotsen.web.forms import (
    AreaField,
    ChoiceField,
    LotsenForm,
    NumberField,
    PhoneField,
    RadiosField,
    TextField,
    choices,
    required,
)
from lotsen.web.public.forms import PROBLEMS, Facts, WindowForm, add_error, window_title

_LONGEST_ADDRESS = 240
_LENGTHS = (15, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 360, 420, 480)


class Part(StrEnum):
    """The parts of a request that are changed one by one, as their addresses name them."""

    TIME = "termin"
    PLACE = "ort"
    LANGUAGE = "sprache"
    CONTACT = "vor-ort"
    MORE = "weiteres"


@dataclass(frozen=True)
class Stands:
    """A request as it stands before anything is typed, and the appointment that was agreed."""

    request: GuideRequest
    agreed: Assignment | None
    zone: ZoneInfo


class ChangeForm(LotsenForm):
    """One part of a request; `seen` is which state of it, and of its series, stood on the page."""

    seen = HiddenField()
    facts: Facts
    request: GuideRequest

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Return what the fields show before anything is typed."""
        raise NotImplementedError

    def prepare(self, facts: Facts, request: GuideRequest) -> None:
        """Fill in choices that depend on the pool, or on how the request stands."""
        self.facts, self.request = facts, request

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return how the request is to be."""
        raise NotImplementedError

    @property
    def reason(self) -> str:
        """Why the time is near, if that was asked."""
        return ""

    def place_errors(self, error: Invalid) -> None:
        """Put what a rule refuses beside its field."""
        for name, words in error.fields.items():
            msgid = PROBLEMS[WindowProblem(words)] if words in set(WindowProblem) else words
            if name in self:
                add_error(self[name], msgid)
            else:
                self.form_errors.append(gettext(msgid))


class TimesForm(ChangeForm):
    """When."""

    windows = FieldList(FormField(WindowForm), max_entries=5)
    minutes = ChoiceField(N_("Length of the talk"), [required(N_("Please choose the length."))])
    urgency_reason = AreaField(N_("Why is it urgent?"), limit=500)
    asks_for_reason = False

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show the agreed time, or the times that were asked for."""
        spans = [(one.starts_at, one.minutes) for one in stands.request.windows]
        if stands.agreed is not None:
            spans = [
                (
                    stands.agreed.starts_at,
                    int((stands.agreed.ends_at - stands.agreed.starts_at) / timedelta(minutes=1)),
                )
            ]
        walls = [start.astimezone(stands.zone) for start, _ in spans]
        return {
            "windows": [
                {
                    "day": {"day": str(wall.day), "month": str(wall.month), "year": str(wall.year)},
                    "start": wall.time().replace(tzinfo=None),
                }
                for wall in walls
            ],
            "minutes": str(spans[0][1]),
            "urgency_reason": stands.request.urgency_reason or "",
        }

    def prepare(self, facts: Facts, request: GuideRequest) -> None:
        """Offer as many times as the pool allows, and the length that was asked for."""
        super().prepare(facts, request)
        settings = facts.settings
        for _ in range(settings.windows_max - len(self.windows.entries)):
            self.windows.append_entry()
        del self.windows.entries[settings.windows_max :]
        for position, entry in enumerate(self.windows.entries):
            entry.form.zone, entry.form.needed = facts.zone, position == 0
            entry.form.day.label.text = window_title(position)
            if position:
                entry.form.start.label.text = gettext("Start of other date %(number)s", number=position)
        usual = {one for one in _LENGTHS if settings.shortest_minutes <= one <= settings.longest_minutes}
        lengths = sorted(usual | {one.minutes for one in request.windows})
        self.minutes.choices = [(str(one), i18n.minutes_in_words(one, locale())) for one in lengths]
        self.asks_for_reason = bool(self.urgency_reason.data or self.urgency_reason.raw_data)

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return the times."""
        minutes = int(str(self.minutes.data))
        moments = [entry.form.at.moment for entry in self.windows.entries if entry.form.at is not None]
        length = timedelta(minutes=minutes)
        return {RequestField.WINDOWS: tuple((at, at + length, minutes) for at in moments)}

    @property
    def reason(self) -> str:
        """Why it is urgent."""
        return str(self.urgency_reason.data or "")

    def place_errors(self, error: Invalid) -> None:
        """Put what is wrong with a time beside it."""
        rest: dict[str, str] = {}
        typed = [entry.form for entry in self.windows.entries if entry.form.at is not None]
        for name, words in error.fields.items():
            position = name.removeprefix("windows-")
            if words in (WindowProblem.TOO_SHORT, WindowProblem.TOO_LONG):
                add_error(self.minutes, PROBLEMS[WindowProblem(words)])
            elif position.isdecimal() and int(position) < len(typed):
                typed[int(position)].day.form.form_errors.append(gettext(PROBLEMS[WindowProblem(words)]))
            elif name == "windows":
                self.form_errors.append(gettext(words))
            else:
                rest[name] = words
        self.asks_for_reason = self.asks_for_reason or "urgency_reason" in rest
        super().place_errors(Invalid(rest))


class PlaceForm(ChangeForm):
    """Where, or by phone or video."""

    mode = RadiosField(
        N_("How does the talk take place?"), [required(N_("Please choose how the talk takes place."))]
    )
    district_id = ChoiceField(N_("District"))
    address = TextField(N_("Address"), limit=_LONGEST_ADDRESS)
    meeting_point = TextField(N_("Meeting point"), limit=_LONGEST_ADDRESS)

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show the place."""
        return {
            "mode": stands.request.mode.value if stands.request.mode is not None else None,
            "district_id": str(stands.request.district_id or ""),
            "address": stands.request.address,
            "meeting_point": stands.request.meeting_point,
        }

    def prepare(self, facts: Facts, request: GuideRequest) -> None:
        """List the districts."""
        super().prepare(facts, request)
        self.mode.choices = choices(tuple(Mode))
        self.district_id.choices = [("", gettext("Please choose")), *facts.districts]

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the place of a talk on site."""
        good = bool(super().validate(extra_validators))
        if self.mode.data == Mode.ON_SITE:
            for field, words in (
                (self.district_id, N_("Please choose the district.")),
                (self.address, N_("Please give the address.")),
            ):
                if not field.data and not field.errors:
                    add_error(field, words)
                    good = False
        return good

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return the place; by phone and video there is none."""
        on_site = self.mode.data == Mode.ON_SITE
        return {
            RequestField.MODE: Mode(str(self.mode.data)),
            RequestField.DISTRICT: int(str(self.district_id.data)) if on_site else None,
            RequestField.ADDRESS: str(self.address.data or "") if on_site else "",
            RequestField.MEETING_POINT: str(self.meeting_point.data or ""),
        }


class LanguageChangeForm(ChangeForm):
    """Which language, and what the talk is about."""

    language = ChoiceField(N_("Language of the family"), [required(N_("Please choose the language."))])
    substitutes_accepted = BooleanField(N_("A similar language is possible too."))
    language_level = ChoiceField(N_("How well should the person speak this language?"))
    occasion = RadiosField(N_("Occasion of the talk"), [required(N_("Please choose an occasion."))])

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show language and occasion."""
        return {
            "language": stands.request.language,
            "substitutes_accepted": stands.request.substitutes_accepted,
            "language_level": stands.request.language_level.value,
            "occasion": stands.request.occasion.value if stands.request.occasion is not None else None,
        }

    def prepare(self, facts: Facts, request: GuideRequest) -> None:
        """List the languages, those asked most first, and the occasions."""
        super().prepare(facts, request)
        known = catalogue()
        first = [code for code in facts.settings.languages_first if code in known]
        codes = dict.fromkeys((*first, *(one.code for one in known.ordered_for_picker())))
        self.language.choices = [(code, i18n.language_name(code, locale())) for code in codes]
        levels = [one for one in Level if one.rank >= Level.B1.rank or one is request.language_level]
        self.language_level.choices = [(one.value, gettext(label(one))) for one in levels]
        occasions = dict.fromkeys(
            (*facts.settings.occasions, *((request.occasion,) if request.occasion else ()))
        )
        self.occasion.choices = choices(tuple(occasions))

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return language, level and occasion."""
        return {
            RequestField.LANGUAGE: str(self.language.data),
            RequestField.SUBSTITUTES: bool(self.substitutes_accepted.data),
            RequestField.LANGUAGE_LEVEL: Level(str(self.language_level.data)),
            RequestField.OCCASION: Occasion(str(self.occasion.data)),
        }


class ContactForm(ChangeForm):
    """Who is there on that day."""

    on_site_name = TextField(N_("Contact person on site"))
    on_site_phone = PhoneField(N_("Phone of the contact person"))

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show the contact on site."""
        return {"on_site_name": stands.request.on_site_name, "on_site_phone": stands.request.on_site_phone}

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return the contact on site."""
        return {
            RequestField.ON_SITE_NAME: str(self.on_site_name.data or ""),
            RequestField.ON_SITE_PHONE: str(self.on_site_phone.data or ""),
        }


class MoreForm(ChangeForm):
    """What else is to be known."""

    gender_wish = RadiosField(N_("Should a woman or a man come?"))
    gender_weight = RadiosField(N_("How important is that?"))
    participants = NumberField(N_("How many people take part?"), low=1, high=500)
    billing_note = TextField(N_("Note for the bill"), limit=_LONGEST_ADDRESS)
    remarks = AreaField(N_("What else should we know?"))

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show wishes, number and notes."""
        gender = next((one for one in stands.request.wishes if one.kind is WishKind.GENDER), None)
        wished = gender.gender if gender is not None else None
        return {
            "gender_wish": wished.value if wished is not None else "",
            "gender_weight": (gender.weight if gender is not None else WishWeight.NICE).value,
            "participants": stands.request.participants,
            "billing_note": stands.request.billing_note,
            "remarks": stands.request.remarks,
        }

    def prepare(self, facts: Facts, request: GuideRequest) -> None:
        """List what may be wished for."""
        super().prepare(facts, request)
        self.gender_wish.choices = [("", gettext("No wish")), *choices((Gender.FEMALE, Gender.MALE))]
        self.gender_weight.choices = choices((WishWeight.NICE, WishWeight.MUST))

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return wishes, number and notes; a wish for a certain person stays as it is."""
        others = tuple(
            (one.kind, one.weight, one.gender, one.guide_id)
            for one in self.request.wishes
            if one.kind is not WishKind.GENDER
        )
        wished = str(self.gender_wish.data or "")
        weight = WishWeight(str(self.gender_weight.data or WishWeight.NICE))
        gender = ((WishKind.GENDER, weight, Gender(wished), None),) if wished else ()
        return {
            RequestField.WISHES: (*gender, *others),
            RequestField.PARTICIPANTS: self.participants.data,
            RequestField.BILLING_NOTE: str(self.billing_note.data or ""),
            RequestField.REMARKS: str(self.remarks.data or ""),
        }


FORMS: dict[Part, type[ChangeForm]] = {
    Part.TIME: TimesForm,
    Part.PLACE: PlaceForm,
    Part.LANGUAGE: LanguageChangeForm,
    Part.CONTACT: ContactForm,
    Part.MORE: MoreForm,
}
