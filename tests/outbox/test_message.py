"""The e-mail of a row: what is in it, and that it is the same to the byte each time."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotsen.models import OutboxMessage
from lotsen.outbox.message import build_email, dedup_key_of
from tests.outbox.factories import CALENDAR, NOW
from tests.outbox.factories import message as decided
from tests.support.smtp import calendar_file, html_text, plain_text


def stored(**changes: Any) -> OutboxMessage:
    values = vars(decided("offer.17.guide", **changes)).copy()
    values["next_attempt_at"] = values.pop("due_at")
    return OutboxMessage(**values, created_at=NOW, attempts=0)


def built(row: OutboxMessage) -> EmailMessage:
    return build_email(row, lambda token_id: f"secret{token_id}", "post@lotsen.example", "lotsen.example")


def read(email: EmailMessage) -> EmailMessage:
    parsed = message_from_bytes(email.as_bytes(), policy=policy.default)
    assert not [defect for part in parsed.walk() for defect in part.defects]
    return parsed


def test_headers_say_who_writes_to_whom_and_that_it_is_a_machine() -> None:
    email = read(built(stored()))
    assert email["Message-ID"] == "<offer.17.guide@lotsen.example>"
    assert dedup_key_of(email) == "offer.17.guide"
    assert email["Date"].datetime == NOW
    assert email["From"] == "Integrationslotsen Neuss <post@lotsen.example>"
    assert email["To"] == "Ada Beispiel <offer.17.guide@schule.example>"
    assert email["Reply-To"] == "Integrationslotsen Neuss <amt@neuss.example>"
    assert email["Auto-Submitted"] == "auto-generated"
    assert email["Content-Language"] == "de"


def test_text_and_html_are_alternatives_and_links_are_whole() -> None:
    link = "https://lotsen.example/l/~token:17~"
    email = read(built(stored(text_body=f"{link}\n.\nGrüße\n", html_body=f'<a href="{link}">مرحبا</a>')))
    assert email.get_content_type() == "multipart/alternative"
    assert plain_text(email).replace("\r\n", "\n") == "https://lotsen.example/l/secret17\n.\nGrüße\n"
    assert html_text(email).strip() == '<a href="https://lotsen.example/l/secret17">مرحبا</a>'


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_appointment_comes_as_alternative_and_as_file(method: str) -> None:
    email = read(built(stored(calendar_body=CALENDAR, calendar_method=method)))
    assert email.get_content_type() == "multipart/mixed"
    alternative, attached = email.iter_parts()
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    inline = list(alternative.iter_parts())[-1]
    assert inline["Content-Type"].params["method"] == method
    assert inline["Content-Type"].params["charset"] == "utf-8"
    assert calendar_file(email) == CALENDAR.encode()
    assert attached.get_filename() == "invite.ics"
    assert attached.get_payload(decode=True) == CALENDAR.encode()


def test_the_same_row_gives_the_same_bytes() -> None:
    row = stored(calendar_body=CALENDAR, calendar_method="REQUEST")
    assert built(row).as_bytes() == built(row).as_bytes()


def test_lines_are_short_enough_for_every_mail_server() -> None:
    long = "Donaudampfschifffahrt ü " * 80
    email = built(stored(text_body=long, html_body=long, subject="ü" * 200))
    assert max(len(line) for line in email.as_bytes().split(b"\r\n")) <= 200
    assert b"\n" not in email.as_bytes().replace(b"\r\n", b"")
    assert email.as_bytes().isascii()


@given(name=st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=120))
def test_a_name_never_becomes_an_address(name: str) -> None:
    email = read(built(stored(to_name=name)))
    assert [address.addr_spec for address in email["To"].addresses] == ["offer.17.guide@schule.example"]


def test_a_domain_with_umlauts_travels_as_ascii() -> None:
    email = read(built(stored(to_address="ada@gymnasium-köln.example")))
    assert email["To"].addresses[0].domain == "xn--gymnasium-kln-smb.example"


@pytest.mark.parametrize("field", ["subject", "to_name", "from_name"])
def test_a_line_break_in_a_header_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)linefeed|CR or LF"):
        built(stored(**{field: "Ada\r\nBcc: eve@evil.example"}))


@pytest.mark.parametrize("key", ["", "a b", "a/b", "../a", ".a", "a.", "a..b", "a@b", "a:b", "ä", "a" * 161])
def test_an_unsafe_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="dedup_key"):
        decided("good", dedup_key=key)


def test_a_long_key_stays_in_one_line() -> None:
    row = stored(dedup_key="a" * 160)
    assert f"Message-ID: <{'a' * 160}@lotsen.example>\r\n".encode() in built(row).as_bytes()


def test_a_calendar_file_without_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        decided(calendar_body=CALENDAR)
