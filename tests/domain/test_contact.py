"""What people type is cleaned alike everywhere, or refused for a named reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotsen.domain import contact
from lotsen.domain.contact import TextProblem, Unusable


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Anna   Muster ", "Anna Muster"),
        ("Mu\u0308ller", "Müller"),
        ("\ufeffزهرا\u200cسادات", "زهرا\u200cسادات"),
        ("Li\u00adnh\u200e", "Linh"),
        ("Anna\tMuster\n", "Anna Muster"),
        ("<b>Anna</b>", "<b>Anna</b>"),
    ],
)
def test_names_are_normalised(typed: str, clean: str):
    assert contact.clean_name(typed) == clean


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", TextProblem.EMPTY),
        (" \u200b ", TextProblem.EMPTY),
        ("1234", TextProblem.NO_LETTERS),
        ("Anna\x00", TextProblem.CHARACTERS),
        ("Anna\u202egnp.exe", TextProblem.CHARACTERS),
        ("\u2067Anna", TextProblem.CHARACTERS),
        ("A\ud800", TextProblem.CHARACTERS),
        # The place where a mail's link will stand: it would be filled in for whoever typed it.
        ("Schule ~token:7~", TextProblem.CHARACTERS),
        ("a" * 121, TextProblem.TOO_LONG),
    ],
)
def test_names_that_cannot_be_used(typed: str, problem: TextProblem):
    with pytest.raises(Unusable) as caught:
        contact.clean_name(typed)
    assert caught.value.problem is problem


def test_text_keeps_its_lines():
    assert contact.clean_text(" Raum 12 \r\n\r\nHaus B\u2028\t ") == "Raum 12\n\nHaus B"


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("Anna.Muster@Schule.Example", "anna.muster@schule.example"),
        (" a@lotsen-demo.example ", "a@lotsen-demo.example"),
        ("a@müller.example", "a@xn--mller-kva.example"),
    ],
)
def test_mail_addresses(typed: str, clean: str):
    assert contact.email(typed) == clean


@pytest.mark.parametrize(
    "typed", ["anna", "anna@", "@x.example", "a b@x.example", "a@x", "ä@x.example", "a@@x.example"]
)
def test_mail_addresses_that_are_none(typed: str):
    with pytest.raises(Unusable) as caught:
        contact.email(typed)
    assert caught.value.problem is TextProblem.EMAIL


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("", ""),
        ("0221 4710 131", "0221 4710131"),
        ("+49 (0)221 / 4710-131", "0221 4710131"),
        ("0049 221 4710131", "0221 4710131"),
        ("(02131) 90–1234", "02131 901234"),
        ("+31 20 624 1111", "+31 20 624 1111"),
        ("٠٢٢١ ٤٧١٠١٣١", "0221 4710131"),
    ],
)
def test_phone_numbers(typed: str, clean: str):
    assert contact.phone(typed) == clean
    assert contact.phone(clean) == clean


@pytest.mark.parametrize("typed", ["12", "keins", "0221 4710131 oder 0151 1234567", "+999 12345", "0" * 41])
def test_phone_numbers_that_are_none(typed: str):
    with pytest.raises(Unusable):
        contact.phone(typed)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_cleaned_once_and_for_all_or_refused(typed: str):
    for clean in (contact.clean_name, contact.clean_text, contact.email, contact.phone):
        try:
            once = clean(typed)
        except Unusable:
            continue
        assert clean(once) == once
