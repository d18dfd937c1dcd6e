"""What an institution may change of a request that was sent, one form for each part of its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, FieldList, FormField, HiddenField

from lotsen import i18n
from lotsen.domain.localtime import Span
from lotsen.domain.request_rules import WindowProblem
from lotsen.domain.vocabulary import Gender, Level, Mode, Occasion, RequestField, WishKind, WishWeight
from lotsen.errors import Invalid
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.models import Assignment, GuideRequest
from lotsen.reference import catalogue
from lotsen.services.refitting import Times
from lotsen.services.request_changes import current
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
from lotsen.web.public.forms import PROBLEMS, Facts, WindowForm, add_error, has_place, spans, window_title

_LONGEST_ADDRESS = 240
_LENGTHS = (15, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 360, 420, 480)


# The fields of each kind of wish, and how important it is unless somebody says otherwise.
WISHES = {
    WishKind.GENDER: ("gender_wish", "gender_weight", WishWeight.NICE),
    WishKind.GUIDE: ("guide_wish", "guide_weight", WishWeight.NICE),
    WishKind.NOT_GUIDE: ("not_guide", "not_guide_weight", WishWeight.MUST),
}
Wish = tuple[WishKind, WishWeight, Gender | None, int | None]


class Part(StrEnum):
    """The parts of a request that are changed one by one, as their addresses name them."""

    TIME = "termin"
    PLACE = "ort"
    LANGUAGE = "sprache"
    CONTACT = "vor-ort"
    MORE = "weiteres"


@dataclass(frozen=True)
class Stands:
    """A request as it stands before anything is typed, and the appointment that was agreed.

    `named` are the guides whom its wishes name, by id.
    """

    request: GuideRequest
    agreed: Assignment | None
    zone: ZoneInfo
    named: Mapping[int, str]

    @property
    def times(self) -> Times:
        """The agreed time, or the times that were asked for."""
        if self.agreed is None:
            return current(self.request, RequestField.WINDOWS)
        start, end = self.agreed.starts_at, self.agreed.ends_at
        return ((start, end, (end - start) // timedelta(minutes=1)),)


class ChangeForm(LotsenForm):
    """One part of a request; `seen` is which state of it, and of its series, stood on the page."""

    seen = HiddenField()
    facts: Facts
    stands: Stands

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Return what the fields show before anything is typed."""
        raise NotImplementedError

    def prepare(self, facts: Facts, stands: Stands) -> None:
        """Fill in choices that depend on the pool, or on how the request stands."""
        self.facts, self.stands = facts, stands

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
        windows: list[dict[str, Any]] = []
        for start, end, minutes in stands.times:
            since, until = start.astimezone(stands.zone), end.astimezone(stands.zone)
            windows.append(
                {
                    "day": {"day": str(since.day), "month": str(since.month), "year": str(since.year)},
                    "start": since.time(),
                    "until": until.time() if end - start > timedelta(minutes=minutes) else None,
                }
            )
        return {
            "windows": windows,
            "minutes": str(stands.times[0][2]),
            "urgency_reason": stands.request.urgency_reason or "",
        }

    def prepare(self, facts: Facts, stands: Stands) -> None:
        """Offer as many times as the pool allows, and the length that was asked for."""
        super().prepare(facts, stands)
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
        usual = {one for one in _LENGTHS if settings.shortest_minutes <= one <= settings.longest_minutes}
        lengths = sorted(usual | {minutes for _, _, minutes in stands.times})
        self.minutes.choices = [(str(one), i18n.minutes_in_words(one, locale())) for one in lengths]
        self.asks_for_reason = bool(self.urgency_reason.data or self.urgency_reason.raw_data)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The times that were understood, [start, end) in UTC; a flexible one is longer than the talk."""
        return spans(self.windows, self.length)

    @property
    def length(self) -> int:
        """The minutes that the talk takes."""
        return int(str(self.minutes.data))

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return the times; an agreed one that was left as it is changes nothing that was asked for."""
        times = tuple((start, end, self.length) for start, end in self.spans)
        return {} if times == self.stands.times else {RequestField.WINDOWS: times}

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
            elif words == WindowProblem.NARROW and position.isdecimal() and int(position) < len(typed):
                add_error(typed[int(position)].until, PROBLEMS[WindowProblem.NARROW])
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

    def prepare(self, facts: Facts, stands: Stands) -> None:
        """List the districts."""
        super().prepare(facts, stands)
        self.mode.choices = choices(tuple(Mode))
        self.district_id.choices = [("", gettext("Please choose")), *facts.districts]

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the place of a talk on site."""
        good = bool(super().validate(extra_validators))
        return has_place(self.mode, self.district_id, self.address) and good

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

    def prepare(self, facts: Facts, stands: Stands) -> None:
        """List the languages, those asked most first, and the occasions."""
        super().prepare(facts, stands)
        known = catalogue()
        first = [code for code in facts.settings.languages_first if code in known]
        codes = dict.fromkeys((*first, *(one.code for one in known.ordered_for_picker())))
        self.language.choices = [(code, i18n.language_name(code, locale())) for code in codes]
        request = stands.request
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
    guide_wish = RadiosField(N_("Should the same person come?"))
    guide_weight = RadiosField(N_("How important is the same person?"))
    not_guide = RadiosField(N_("Should a certain person not come?"))
    not_guide_weight = RadiosField(N_("How important is another person?"))
    participants = NumberField(N_("How many people take part?"), low=1, high=500)
    billing_note = TextField(N_("Note for the bill"), limit=_LONGEST_ADDRESS)
    remarks = AreaField(N_("What else should we know?"))
    people: Mapping[str, str]
    asks_for_note = False

    @classmethod
    def stored(cls, stands: Stands) -> dict[str, Any]:
        """Show wishes, number and notes."""
        first = _first_of_kind(stands.request)
        shown: dict[str, Any] = {}
        for kind, (name, weight_name, usual) in WISHES.items():
            _, weight, gender, guide_id = first.get(kind, (kind, usual, None, None))
            shown |= {name: str(gender or guide_id or ""), weight_name: weight.value}
        return {
            **shown,
            "participants": stands.request.participants,
            "billing_note": stands.request.billing_note,
            "remarks": stands.request.remarks,
        }

    def prepare(self, facts: Facts, stands: Stands) -> None:
        """List what may be wished for."""
        super().prepare(facts, stands)
        self.gender_wish.choices = [("", gettext("No wish")), *choices((Gender.FEMALE, Gender.MALE))]
        for weight in (self.gender_weight, self.guide_weight, self.not_guide_weight):
            weight.choices = choices((WishWeight.NICE, WishWeight.MUST))
        self.people = {str(key): name for key, name in stands.named.items()} | dict(facts.people)
        for person in (self.guide_wish, self.not_guide):
            person.choices = [("", gettext("No wish")), *self.people.items()]
        self.asks_for_note = facts.settings.billing_note_asked or bool(stands.request.billing_note)

    def wanted(self) -> Mapping[RequestField, Any]:
        """Return wishes, number and notes."""
        before, wishes = _first_of_kind(self.stands.request), list[Wish]()
        for kind, (name, weight_name, usual) in WISHES.items():
            wished, weight = str(self[name].data or ""), WishWeight(str(self[weight_name].data or usual))
            if wished and kind is WishKind.GENDER:
                wishes.append((kind, weight, Gender(wished), None))
            elif wished:
                wishes.append((kind, weight, None, int(wished)))
            # The pages ask for one wish of each kind; the office may know of more.
            known: tuple[Wish, ...] = current(self.stands.request, RequestField.WISHES)
            wishes += [one for one in known if one[0] is kind and one != before.get(kind)]
        return {
            RequestField.WISHES: tuple(wishes),
            RequestField.PARTICIPANTS: self.participants.data,
            RequestField.BILLING_NOTE: str(self.billing_note.data or ""),
            RequestField.REMARKS: str(self.remarks.data or ""),
        }


def _first_of_kind(request: GuideRequest) -> dict[WishKind, Wish]:
    """Return the first wish of each kind."""
    known: tuple[Wish, ...] = current(request, RequestField.WISHES)
    return {one[0]: one for one in reversed(known)}


FORMS: dict[Part, type[ChangeForm]] = {
    Part.TIME: TimesForm,
    Part.PLACE: PlaceForm,
    Part.LANGUAGE: LanguageChangeForm,
    Part.CONTACT: ContactForm,
    Part.MORE: MoreForm,
}
