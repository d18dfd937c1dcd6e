"""Names, mail addresses, phone numbers and free text as people type them: cleaned alike, or refused."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from lotsen.domain import tokens
from lotsen.errors import LotsenError

NAME_LIMIT: Final = 120
TEXT_LIMIT: Final = 2000
EMAIL_LIMIT: Final = 254

_COUNTRY: Final = "DE"
_COUNTRY_CODE: Final = 49
_PHONE: Final = re.compile(r"[+(]?[\d(][\d ()/.–-]*")
_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Invisible marks that come along when text is copied. The joiners (ZWJ, ZWNJ) shape letters and stay.
_STRAY: Final = dict.fromkeys(map(ord, "\ufeff\u00ad\u200b\u200e\u200f\u2060"))
# They turn the order of what stands behind them around, so that a name could show as something else.
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFUSED_KINDS: Final = frozenset({"Cc", "Cn", "Co", "Cs"})


class TextProblem(StrEnum):
    """What is wrong with a typed text."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    NO_LETTERS = "no_letters"
    EMAIL = "email"
    PHONE = "phone"


class Unusable(LotsenError):
    """A typed text cannot be used."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def clean_name(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a name or another single line with at least one letter, in NFC with single spaces."""
    name = clean_line(text, limit)
    if not name:
        raise Unusable(TextProblem.EMPTY)
    if not any(letter.isalpha() for letter in name):
        raise Unusable(TextProblem.NO_LETTERS)
    return name


def clean_line(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a single line in NFC with single spaces; it may be empty."""
    return _checked(" ".join(text.split()), limit)


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return text of several lines in NFC, line ends as newlines, without blanks around; it may be empty."""
    lines = (line.rstrip() for line in _LINE_ENDS.sub("\n", text.replace("\t", " ")).split("\n"))
    return _checked("\n".join(lines).strip(), limit)


def email(text: str) -> str:
    """Return a mail address in lower case, its domain as mail servers write it; says nothing of delivery."""
    typed = clean_line(text, EMAIL_LIMIT)
    if not typed:
        raise Unusable(TextProblem.EMPTY)
    try:
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise Unusable(TextProblem.EMAIL) from error
    return (found.ascii_email or found.normalized).lower()


def phone(text: str) -> str:
    """Return a phone number as one dials it in Germany, one from abroad with +; empty text stays empty."""
    number = _number(text)
    if number is None:
        return ""
    at_home = number.country_code == _COUNTRY_CODE
    formats = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, formats.NATIONAL if at_home else formats.INTERNATIONAL)


def phone_for_machines(text: str) -> str:
    """Return a phone number as gateways want it: "+491701234567"; empty text stays empty."""
    number = _number(text)
    return "" if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _number(text: str) -> phonenumbers.PhoneNumber | None:
    typed = clean_line(unicodedata.normalize("NFKC", text), 40)
    if not typed:
        return None
    if not _PHONE.fullmatch(typed):
        raise Unusable(TextProblem.PHONE)
    try:
        number = phonenumbers.parse(typed.replace("–", "-"), _COUNTRY)
    except phonenumbers.NumberParseException as error:
        raise Unusable(TextProblem.PHONE) from error
    if not phonenumbers.is_valid_number(number):
        raise Unusable(TextProblem.PHONE)
    return number


def _checked(text: str, limit: int) -> str:
    clean = unicodedata.normalize("NFC", text).translate(_STRAY).strip()
    # What looks like the place of a link's secret would get somebody else's when a mail with it leaves.
    if any(_is_refused(letter) for letter in clean) or tokens.placeholders(clean):
        raise Unusable(TextProblem.CHARACTERS)
    if len(clean) > limit:
        raise Unusable(TextProblem.TOO_LONG)
    return clean


def _is_refused(letter: str) -> bool:
    return letter != "\n" and (letter in _OVERRIDES or unicodedata.category(letter) in _REFUSED_KINDS)
