"""The four pages of a request, the check page, and what becomes of them."""

import html

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import Gender, Notice, RequestStatus, WishWeight
from lotsen.models import District, GuideRequest, OutboxMessage, Pool, Token
from lotsen.services.unit_of_work import SYSTEM
from tests.web.conftest import SECRET, Clock
from tests.web.forms import fill, forms_on, open_and_fill
from tests.web.public.walk import fill_page, fill_pages, send_request


def the_request(bootstrap: Bootstrap) -> GuideRequest:
    with bootstrap.begin(SYSTEM) as uow:
        found = uow.session.scalars(select(GuideRequest)).one()
        assert found.windows is not None
        assert found.wishes is not None
        return found


def count(bootstrap: Bootstrap, model: type[GuideRequest | OutboxMessage]) -> int:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(func.count()).select_from(model)).one()


def test_a_request_is_sent(client: FlaskClient, bootstrap: Bootstrap) -> None:
    page = send_request(
        client, gender_wish="female", gender_weight="must", participants="3", remarks="Leise Tür"
    )
    found = the_request(bootstrap)
    assert found.status is RequestStatus.SUBMITTED
    assert found.reference in page.get_data(as_text=True)
    assert found.answers is None
    assert [(wish.gender, wish.weight) for wish in found.wishes] == [(Gender.FEMALE, WishWeight.MUST)]
    assert (found.participants, found.remarks, found.language) == (3, "Leise Tür", "ar")
    assert found.windows[0].starts_at.isoformat() == "2026-12-04T09:30:00+00:00"
    with bootstrap.begin(SYSTEM) as uow:
        mail = uow.session.scalars(select(OutboxMessage)).one()
        assert (mail.notice, mail.to_address) == (Notice.CONFIRM_ADDRESS, "petra@schule.example")


def test_the_check_page_says_everything_in_words(client: FlaskClient) -> None:
    fill_pages(
        client,
        **{
            "windows-1-day-day": "7",
            "windows-1-day-month": "12",
            "windows-1-day-year": "2026",
            "windows-1-start": "14",
            "remarks": "<script>alert(1)</script>",
        },
    )
    page = client.get("/anfrage/neu/pruefen").get_data(as_text=True)
    for words in (
        "Schule am Beispielweg",
        "petra@schule.example",
        "Arabisch – ",
        "Freitag, 4. Dezember 2026, 10:30 bis 11:30 Uhr",
        "Montag, 7. Dezember 2026, 14:00 bis 15:00 Uhr",
        "Beispielweg 3, Raum 12",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ):
        assert words in page, words
    assert "<script>alert" not in page


def test_two_clicks_send_one_request(client: FlaskClient, bootstrap: Bootstrap) -> None:
    fill_pages(client)
    check = client.get("/anfrage/neu/pruefen")
    with client.session_transaction() as before:
        cookie = dict(before)
    first = fill(check, client, {"accepted": "y"})
    with client.session_transaction() as session:
        session.clear()
        session.update(cookie)
    second = fill(check, client, {"accepted": "y"})
    assert first.headers["Location"] == second.headers["Location"] == "/anfrage/gesendet"
    third = fill(check, client, {"accepted": "y"})
    assert third.headers["Location"] == "/anfrage/gesendet"
    assert count(bootstrap, GuideRequest) == 1
    assert count(bootstrap, OutboxMessage) == 1


def test_two_clicks_on_the_first_page_are_one_draft(client: FlaskClient, bootstrap: Bootstrap) -> None:
    page = client.get("/anfrage/neu/einrichtung")
    typed = {"institution_name": "Schule am Beispielweg"}
    fill(page, client, typed)
    with client.session_transaction() as session:
        session.pop("draft")
    fill(page, client, typed)
    assert count(bootstrap, GuideRequest) == 1


def test_the_first_page_posted_again_after_sending_leads_to_what_was_sent(
    client: FlaskClient, bootstrap: Bootstrap
) -> None:
    page = client.get("/anfrage/neu/einrichtung")
    assert fill(page, client, forms_on(page)[0].values).status_code == 422
    send_request(client)
    again = fill(page, client, {})
    assert again.headers["Location"] == "/anfrage/gesendet"
    assert count(bootstrap, GuideRequest) == 1


def test_going_back_shows_what_was_typed(client: FlaskClient) -> None:
    fill_pages(client, until="wuensche")
    values = forms_on(client.get("/anfrage/neu/termin"))[0].values
    assert values["windows-0-day-month"] == "Dez"
    assert values["windows-0-start"] == "10.30"
    assert values["address"] == "Beispielweg 3, Raum 12"
    assert forms_on(client.get("/anfrage/neu/sprache"))[0].values["language_first"] == "ar"


def test_an_unticked_box_stays_unticked(client: FlaskClient) -> None:
    fill_pages(client, until="sprache")
    assert "substitutes_accepted" in forms_on(client.get("/anfrage/neu/sprache"))[0].values
    fill_page(client, "sprache", substitutes_accepted="-")
    assert "substitutes_accepted" not in forms_on(client.get("/anfrage/neu/sprache"))[0].values


def test_pages_cannot_be_skipped(client: FlaskClient) -> None:
    for address in ("/anfrage/neu/termin", "/anfrage/neu/pruefen", "/anfrage/neu"):
        assert client.get(address).headers["Location"] == "/anfrage/neu/einrichtung"
    fill_pages(client, until="termin")
    assert client.get("/anfrage/neu/pruefen").headers["Location"] == "/anfrage/neu/termin"
    assert client.get("/anfrage/neu").headers["Location"] == "/anfrage/neu/termin"
    assert client.get("/anfrage/neu/sonstwo").status_code == 404


def test_a_page_changed_from_the_check_page_leads_back_there(client: FlaskClient) -> None:
    fill_pages(client)
    page = client.get("/anfrage/neu/sprache?pruefen=1")
    changed = fill(page, client, {"language_first": "other", "language_other": "ti"})
    assert changed.headers["Location"] == "/anfrage/neu/pruefen"
    assert "Tigrinya" in client.get("/anfrage/neu/pruefen").get_data(as_text=True)


def test_what_became_wrong_is_said_on_the_check_page(
    client: FlaskClient, clock: Clock, bootstrap: Bootstrap
) -> None:
    fill_pages(client)
    clock.pass_by(days=12)
    page = client.get("/anfrage/neu/pruefen")
    text = page.get_data(as_text=True)
    assert "/anfrage/neu/termin?pruefen=1#windows-0-day-day" in text
    assert "<title>Fehler:" in text
    assert 'name="accepted"' not in text
    assert open_and_fill(client, "/anfrage/neu/termin?pruefen=1", {}).status_code == 422
    token = forms_on(client.get("/anfrage/neu/termin"))[0].values["csrf_token"]
    forced = client.post("/anfrage/neu/pruefen", data={"accepted": "y", "csrf_token": token})
    assert forced.status_code == 422
    assert the_request(bootstrap).status is RequestStatus.DRAFT


def test_the_rules_must_be_accepted(client: FlaskClient, bootstrap: Bootstrap) -> None:
    fill_pages(client)
    page = open_and_fill(client, "/anfrage/neu/pruefen", {})
    assert page.status_code == 422
    assert 'href="#accepted"' in page.get_data(as_text=True)
    assert the_request(bootstrap).status is RequestStatus.DRAFT


def test_a_near_day_needs_a_reason(client: FlaskClient, bootstrap: Bootstrap) -> None:
    fill_pages(client, until="termin")
    assert "urgency_reason" not in forms_on(client.get("/anfrage/neu/termin"))[0].values
    page = fill_page(client, "termin", **{"windows-0-day-day": "26", "windows-0-day-month": "11"})
    assert page.status_code == 422
    assert 'href="#urgency_reason"' in page.get_data(as_text=True)
    assert fill(page, client, {"urgency_reason": "Unfall"}).status_code == 303
    send_request_from(client)
    assert the_request(bootstrap).urgency_reason == "Unfall"


def send_request_from(client: FlaskClient) -> None:
    fill_page(client, "wuensche")
    assert open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"}).status_code == 303


def test_a_reason_is_dropped_where_none_is_needed(client: FlaskClient, bootstrap: Bootstrap) -> None:
    fill_pages(client, until="termin")
    page = fill_page(client, "termin", **{"windows-0-day-day": "26", "windows-0-day-month": "11"})
    fill(page, client, {"windows-0-day-day": "11", "windows-0-day-month": "12", "urgency_reason": "Unfall"})
    send_request_from(client)
    assert the_request(bootstrap).urgency_reason is None


def test_a_talk_by_phone_needs_no_place(client: FlaskClient, bootstrap: Bootstrap) -> None:
    send_request(client, mode="phone", district_id="", address="")
    assert the_request(bootstrap).district_id is None


def test_nothing_is_lost_with_the_cookie(client: FlaskClient, app: Flask) -> None:
    fill_pages(client, until="termin")
    page = client.get("/anfrage/neu/termin")
    with client.session_transaction() as session:
        session.pop("draft")
    saved = fill(page, client, {"windows-0-day-day": "4", "address": "Beispielweg 7", "mode": "phone"})
    assert saved.status_code == 422
    assert "Beispielweg 7" in saved.get_data(as_text=True)
    assert client.get("/anfrage/neu").headers["Location"] == "/anfrage/neu/einrichtung"


def test_a_form_without_its_token_is_refused(client: FlaskClient, bootstrap: Bootstrap) -> None:
    assert client.post("/anfrage/neu/einrichtung", data={"institution_name": "Schule"}).status_code == 400
    assert count(bootstrap, GuideRequest) == 0


def test_beginning_anew_shows_empty_fields(client: FlaskClient) -> None:
    fill_pages(client, until="sprache")
    page = client.get("/anfrage/neu/einrichtung")
    assert fill(page, client, {}, form=1).headers["Location"] == "/anfrage/neu"
    assert forms_on(client.get("/anfrage/neu/einrichtung"))[0].values["institution_name"] == ""


def test_a_link_to_the_draft_is_mailed_and_opens_it_elsewhere(
    client: FlaskClient, app: Flask, bootstrap: Bootstrap
) -> None:
    fill_pages(client, until="sprache")
    page = client.get("/anfrage/neu/sprache")
    later = fill(page, client, {"language_first": "ru", "later": "1"})
    assert later.headers["Location"] == "/anfrage/neu/sprache"
    assert "petra@schule.example" in client.get("/anfrage/neu/sprache").get_data(as_text=True)
    with bootstrap.begin(SYSTEM) as uow:
        mail = uow.session.scalars(select(OutboxMessage)).one()
        assert (mail.notice, mail.to_address) == (Notice.DRAFT_LINK, "petra@schule.example")
        token = uow.session.scalars(select(Token)).one()
        raw = tokens.derive(SECRET, token.purpose, token.nonce)
        draft_id = token.request_id
    other = app.test_client()
    assert other.get(f"/anfrage/weiter/{draft_id}").status_code == 403
    arrived = other.get(f"/l/{raw}")
    assert arrived.headers["Location"] == f"/anfrage/weiter/{draft_id}"
    assert other.get(arrived.headers["Location"]).headers["Location"] == "/anfrage/neu/termin"
    assert forms_on(other.get("/anfrage/neu/sprache"))[0].values["language_first"] == "ru"


def test_the_link_to_a_draft_needs_an_address(client: FlaskClient, bootstrap: Bootstrap) -> None:
    page = open_and_fill(client, "/anfrage/neu/einrichtung", {"email": "petra@", "later": "1"})
    assert page.status_code == 422
    assert 'href="#email"' in page.get_data(as_text=True)
    assert forms_on(page)[0].values["email"] == "petra@"
    assert count(bootstrap, OutboxMessage) == 0


def test_an_address_gets_only_so_many_links_and_requests(app: Flask, bootstrap: Bootstrap) -> None:
    for _ in range(5):
        send_request(app.test_client())
        open_and_fill(
            app.test_client(), "/anfrage/neu/einrichtung", {"email": "petra@schule.example", "later": "1"}
        )
    client = app.test_client()
    fill_pages(client)
    refused = open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    more = open_and_fill(client, "/anfrage/neu/wuensche", {"later": "1"})
    assert more.status_code == 429
    assert count(bootstrap, OutboxMessage) == 10


def test_the_page_keeps_its_language(client: FlaskClient, bootstrap: Bootstrap) -> None:
    client.get("/?sprache=en")
    page = send_request(client)
    assert "Please confirm your e-mail address" in html.unescape(page.get_data(as_text=True))
    assert the_request(bootstrap).locale == "en"


LONG = "x" * 5000
# page, field, typed, the field that is named in the summary
WRONG = [
    *(
        ("einrichtung", field, typed, field)
        for field, cases in {
            "institution_name": ("", "   ", LONG, "Schule\x00am Weg", "Schule \u202egeW", "12345"),
            "institution_kind": ("", "private", "<b>"),
            "unit": (LONG, "a\x07b"),
            "contact_name": ("", LONG, "Petra\x1bBeispiel", "\u2066Petra\u2069", "!!!"),
            "email": (
                "",
                "petra",
                "petra@",
                "a@b@c.example",
                LONG + "@schule.example",
                "<b>@x",
                "a\x00@b.example",
            ),
            "phone": ("", "zwölf", "12", LONG, "0221\x004710131", "<i>1</i>"),
        }.items()
        for typed in cases
    ),
    *(
        ("sprache", *case)
        for case in (
            ("language_first", "-", "language_first"),
            ("language_first", "other", "language_other"),
            ("language_first", "xx", "language_first"),
            ("language_other", "xx", "language_other"),
            ("language_other", "ti", "language_other"),
            ("language_level", "Z9", "language_level"),
            ("occasion", "-", "occasion"),
            ("occasion", "court", "occasion"),
        )
    ),
    *(
        ("termin", *case)
        for case in (
            ("windows-0-day-day", "", "windows-0-day-day"),
            ("windows-0-day-day", "31\x00", "windows-0-day-day"),
            ("windows-0-day-day", "99", "windows-0-day-day"),
            ("windows-0-day-month", "Foo", "windows-0-day-month"),
            ("windows-0-day-month", "<b>12</b>", "windows-0-day-month"),
            ("windows-0-day-year", "2025", "windows-0-day-day"),
            ("windows-0-day-year", "2029", "windows-0-day-day"),
            ("windows-0-day-year", LONG, "windows-0-day-year"),
            ("windows-0-start", "", "windows-0-start"),
            ("windows-0-start", "25:00", "windows-0-start"),
            ("windows-0-start", LONG, "windows-0-start"),
            ("windows-1-day-day", "5", "windows-1-day-month"),
            ("windows-1-start", "10", "windows-1-day-day"),
            ("minutes", "7", "minutes"),
            ("minutes", "480", "minutes"),
            ("mode", "-", "mode"),
            ("mode", "letter", "mode"),
            ("district_id", "", "district_id"),
            ("district_id", "999999", "district_id"),
            ("district_id", "1; DROP", "district_id"),
            ("address", "", "address"),
            ("address", LONG, "address"),
            ("meeting_point", LONG, "meeting_point"),
            ("on_site_name", "a\x00", "on_site_name"),
            ("on_site_phone", "abc", "on_site_phone"),
        )
    ),
    *(
        ("wuensche", *case)
        for case in (
            ("gender_wish", "other", "gender_wish"),
            ("gender_weight", "always", "gender_weight"),
            ("participants", "viele", "participants"),
            ("participants", "0", "participants"),
            ("participants", "501", "participants"),
            ("guides_needed", "9", "guides_needed"),
            ("remarks", "a\x0bb\x00", "remarks"),
            ("remarks", LONG, "remarks"),
        )
    ),
]


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(("step", "field", "typed", "named"), WRONG)
def test_a_wrong_entry_is_named_and_kept(
    client: FlaskClient, step: str, field: str, typed: str, named: str
) -> None:
    fill_pages(client, until=step)
    page = fill_page(client, step, **{field: typed})
    assert_named(page, named)
    found = forms_on(page)[0]
    if field not in found.choices:
        assert found.values[field].strip() == typed.strip()
    kept = forms_on(client.get(f"/anfrage/neu/{step}"))[0]
    if field not in kept.choices:
        assert kept.values[field].strip() == typed.strip()


def assert_named(page: TestResponse, named: str) -> None:
    text = page.get_data(as_text=True)
    assert page.status_code == 422, text
    assert "<title>Fehler:" in text
    assert f'href="#{named}"' in text
    assert f'id="{named}"' in text
    assert "aria-invalid" in text


@pytest.mark.parametrize(("step", "field", "typed", "named"), [WRONG[3], WRONG[17], WRONG[-2]])
def test_hidden_characters_do_no_harm_in_any_database(
    client: FlaskClient, step: str, field: str, typed: str, named: str
) -> None:
    fill_pages(client, until=step)
    page = fill_page(client, step, **{field: typed})
    assert page.status_code == 422
    assert client.get(f"/anfrage/neu/{step}").status_code == 200


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("day", "month", "year", "start", "words"),
    [
        ("29", "2", "2027", "10", "Diesen Tag gibt es nicht"),
        ("20", "11", "2026", "10", "schon vorbei"),
        ("23", "11", "2026", "10:30", "zu kurzfristig"),
        ("28", "3", "2027", "2:30", "Die Uhr wird umgestellt"),
        ("24", "12", "2027", "10", "zu weit weg"),
    ],
)
def test_a_time_that_cannot_be_is_explained(
    client: FlaskClient, day: str, month: str, year: str, start: str, words: str
) -> None:
    fill_pages(client, until="termin")
    page = fill_page(
        client,
        "termin",
        **{
            "windows-0-day-day": day,
            "windows-0-day-month": month,
            "windows-0-day-year": year,
            "windows-0-start": start,
        },
    )
    assert page.status_code == 422
    assert page.get_data(as_text=True).count(words) == 2


@pytest.mark.only_db("sqlite")
def test_the_same_time_twice_is_refused(client: FlaskClient) -> None:
    fill_pages(client, until="termin")
    again = {
        "windows-1-day-day": "4",
        "windows-1-day-month": "12",
        "windows-1-day-year": "26",
        "windows-1-start": "10:30",
    }
    page = fill_page(client, "termin", **again)
    assert page.status_code == 422
    assert 'href="#windows-1-day-day"' in page.get_data(as_text=True)


def test_a_district_of_another_pool_is_refused(client: FlaskClient, bootstrap: Bootstrap) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        pool = Pool(slug="kaarst", name="Lotsen Kaarst", created_at=uow.now)
        uow.session.add(pool)
        uow.session.flush()
        foreign = District(pool_id=pool.id, code="01", name="Büttgen")
        uow.session.add(foreign)
        uow.session.flush()
        foreign_id = str(foreign.id)
    fill_pages(client, until="termin")
    page = fill_page(client, "termin", district_id=foreign_id)
    assert page.status_code == 422
    assert 'href="#district_id"' in page.get_data(as_text=True)
    assert "Büttgen" not in page.get_data(as_text=True)


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("name", ["علی‌رضا", "O’Neill-Łukasz", "Nguyễn Văn", "क्‍ष"])
def test_names_of_all_scripts_are_kept(client: FlaskClient, bootstrap: Bootstrap, name: str) -> None:
    send_request(client, contact_name=name)
    with bootstrap.begin(SYSTEM) as uow:
        found = uow.session.scalars(select(GuideRequest)).one()
        assert found.contact is not None
        assert found.contact.name == name
