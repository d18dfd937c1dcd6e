"""The base of all forms: translated labels, clean text, tolerant dates and times, an idempotency key."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from enum import StrEnum
from functools import cache
from typing import Any, cast
from uuid import uuid4

from babel.dates import get_month_names
from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField, RadioField, SelectField, StringField, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import StopValidation
from wtforms.widgets import DateInput, EmailInput, TelInput, TextArea, TextInput

from lotsen import i18n
from lotsen.domain import contact
from lotsen.domain.contact import TextProblem, Unusable
from lotsen.domain.spelling import normalise
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.web.context import gettext

Validator = Callable[[BaseForm, Field], None]

_CLOCK = re.compile(r"(\d{1,2})(?:\s*(?:[:.,h]|uhr)\s*(\d{1,2})?)?\s*(?:uhr|h)?", re.IGNORECASE)
_CLOCK_WITHOUT_COLON = re.compile(r"(\d{1,2})(\d{2})")
_BETWEEN_PARTS = re.compile(r"[\s./,-]+")
_LETTERS_OF_A_MONTH = 3
_PHONE_LIMIT = 40
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")

_PROBLEMS = {
    TextProblem.EMPTY: N_("Please fill in this field."),
    TextProblem.TOO_LONG: N_("Please shorten this text to %(most)s characters. It has %(length)s."),
    TextProblem.CHARACTERS: N_("This text holds hidden characters. Please type it once more."),
    TextProblem.NO_LETTERS: N_("Please write this with letters."),
    TextProblem.EMAIL: N_("Please check the e-mail address. It looks like name@school.example."),
    TextProblem.PHONE: N_("Please check the phone number. It looks like 0221 4710131."),
}


def _translate_labels(fields: Iterable[Field]) -> None:
    for field in fields:
        if field.label.text:
            field.label.text = gettext(str(field.label.text))


class LotsenForm(FlaskForm):
    """Translates the labels of its fields, which are written as msgids marked with N_."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _translate_labels(self)


class KeyedForm(LotsenForm):
    """A form that starts something; the key makes a double click one thing."""

    key = HiddenField(default=lambda: uuid4().hex)


class PartForm(Form):
    """A form inside another one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _translate_labels(self)


class TextField(StringField):
    """A line of text, cleaned by `read`; what cannot be used stands in the field again as it was typed."""

    widget = TextInput()

    def __init__(
        self,
        *args: Any,
        read: Callable[[str, int], str] = contact.clean_line,
        limit: int = contact.NAME_LIMIT,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.read, self.limit = read, limit

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Clean what was typed."""
        typed = valuelist[0] if valuelist else ""
        self.data = typed
        if not typed.strip():
            self.data = ""
            return
        try:
            self.data = self.read(typed, self.limit)
        except Unusable as error:
            words = gettext(_PROBLEMS[error.problem])
            too_long = error.problem is TextProblem.TOO_LONG
            raise ValueError(
                words % {"most": self.limit, "length": len(typed)} if too_long else words
            ) from error


class AreaField(TextField):
    """Text of several lines."""

    widget = TextArea()

    def __init__(self, *args: Any, limit: int = contact.TEXT_LIMIT, **kwargs: Any) -> None:
        super().__init__(*args, read=contact.clean_text, limit=limit, **kwargs)


class EmailField(TextField):
    """A mail address."""

    widget = EmailInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, read=_email, limit=contact.EMAIL_LIMIT, **kwargs)


class PhoneField(TextField):
    """A phone number."""

    widget = TelInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, read=_phone, limit=_PHONE_LIMIT, **kwargs)


def _email(typed: str, _limit: int) -> str:
    return contact.email(typed)


def _phone(typed: str, _limit: int) -> str:
    return contact.phone(typed)


class NumberField(Field):
    """A whole number from `low` to `high`; its data is an int or None."""

    widget = TextInput()
    data: int | None

    def __init__(self, *args: Any, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Understand the number."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        number = _number(typed)
        if number is None or not self.low <= number <= self.high:
            words = gettext(
                "Please write a whole number from %(low)s to %(high)s.", low=self.low, high=self.high
            )
            raise ValueError(words)
        self.data = number

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


class DayField(Field):
    """A day in the browser's own field; its data is a date or None."""

    widget = DateInput()
    data: date | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Understand the day, also as it is typed where the browser has no such field."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        german = _DAY.fullmatch(typed)
        try:
            if german is not None:
                self.data = date(int(german[3]), int(german[2]), int(german[1]))
            elif typed:
                self.data = date.fromisoformat(typed)
        except ValueError as error:
            raise ValueError(gettext("Please write the day like 27.11.2026.")) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.data.isoformat()


class ChoiceField(SelectField):
    """One choice of a select."""

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - the signature is WTForms'
        """Refuse what is not in the list."""
        _check_choice(self)


class RadiosField(RadioField):
    """One choice of radio buttons."""

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - the signature is WTForms'
        """Refuse what is not in the list."""
        _check_choice(self)


def _check_choice(field: SelectField) -> None:
    # That nothing was chosen is the matter of `required`.
    if field.data and field.data not in {choice[0] for choice in field.iter_choices()}:
        raise StopValidation(gettext("Please choose from the list."))


class ClockField(Field):
    """A time of day as people write it: "10", "10.30", "10:30", "10 Uhr"; its data is a time or None."""

    widget = TextInput()
    data: time | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Understand the time."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        self.data = read_clock(typed)
        if self.data is None:
            raise ValueError(gettext("Please write the time like 10 or 10:30."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.strftime("%H:%M") if self.data is not None else ""


class DayForm(PartForm):
    """A day in three fields; `value` is the day that was understood, or None."""

    day = StringField(N_("Day"))
    month = StringField(N_("Month"))
    year = StringField(N_("Year"))
    needed: str | None = None
    value: date | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        """Understand the three fields together; an empty day is an error only where it is `needed`."""
        good = bool(super().validate(extra_validators))
        typed = [str(part.data or "").strip() for part in (self.day, self.month, self.year)]
        if not any(typed):
            if self.needed:
                self.form_errors.append(gettext(self.needed))
            return good and not self.needed
        wanted = (
            (self.day, _day(typed[0]), N_("Please write the day as a number, for example 27.")),
            (self.month, _month(typed[1]), N_("Please write the month, for example 11 or November.")),
            (self.year, _year(typed[2]), N_("Please write the year, for example 2026.")),
        )
        for part, number, words in wanted:
            if number is None:
                cast("list[str]", part.errors).append(gettext(words))
        day, month, year = (number for _, number, _ in wanted)
        if day is None or month is None or year is None:
            return False
        try:
            self.value = date(year, month, day)
        except ValueError:
            self.form_errors.append(gettext("This day does not exist. Please check day and month."))
            return False
        return good


def read_clock(typed: str) -> time | None:
    """Return the time of day that somebody typed, or None."""
    words = typed.strip()
    found = _CLOCK.fullmatch(words) or _CLOCK_WITHOUT_COLON.fullmatch(words)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_day(typed: str, after: date) -> date | None:
    """Return a day written in one line; a weekday does no harm, without a year it is the next `after`."""
    parts = [part for part in _BETWEEN_PARTS.split(typed.strip()) if part]
    if len(parts) > 2 and not any(map(str.isdecimal, parts[0])):
        parts = parts[1:]
    if len(parts) == 3 and len(parts[0]) == 4:
        parts.reverse()
    if len(parts) not in (2, 3):
        return None
    day, month = _day(parts[0]), _month(parts[1])
    year = _year(parts[2]) if len(parts) == 3 else after.year
    if day is None or month is None or year is None:
        return None
    try:
        found = date(year, month, day)
        return found.replace(year=year + 1) if len(parts) == 2 and found <= after else found
    except ValueError:
        return None


def _number(typed: str) -> int | None:
    digits = typed.rstrip(".")
    return int(digits) if digits.isdecimal() and len(digits) <= 4 else None


def _day(typed: str) -> int | None:
    number = _number(typed)
    return number if number is not None and 1 <= number <= 31 else None


def _month(typed: str) -> int | None:
    number = _number(typed)
    if number is not None:
        return number if 1 <= number <= 12 else None
    word = normalise(typed)
    if len(word) < _LETTERS_OF_A_MONTH:
        return None
    found = {month for name, month in _month_names() if name.startswith(word)}
    return found.pop() if len(found) == 1 else None


@cache
def _month_names() -> tuple[tuple[str, int], ...]:
    """Return the names and short names of the months in every interface language."""
    months = (
        cast("Mapping[int, str]", get_month_names(width, context, locale))
        for locale in i18n.LOCALES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
    )
    return tuple((normalise(name), month) for names in months for month, name in names.items())


def _year(typed: str) -> int | None:
    number = _number(typed)
    if number is None:
        return None
    if len(typed.rstrip(".")) == 2:
        number += 2000
    return number if 1900 <= number <= 2999 else None


def choices(members: Sequence[StrEnum]) -> list[tuple[str, str]]:
    """Return (value, label) for each member, in the page's language."""
    return [(member.value, gettext(label(member))) for member in members]


def required(msgid: str) -> Validator:
    """Refuse an empty field, saying what to do."""

    def check(_form: BaseForm, field: Field) -> None:
        data = cast(object, field.data)
        if not field.errors and (data is None or data is False or not str(data).strip()):
            raise ValidationError(gettext(msgid))

    check.field_flags = {"required": True}  # pyright: ignore[reportFunctionMemberAccess]
    return check


def longest(characters: int) -> Validator:
    """Refuse a text that is too long, saying by how much."""

    def check(_form: BaseForm, field: Field) -> None:
        length = len(cast("str | None", field.data) or "")
        if length > characters:
            raise ValidationError(
                gettext(
                    "Please shorten this text to %(most)s characters. It has %(length)s.",
                    most=characters,
                    length=length,
                )
            )

    return check
