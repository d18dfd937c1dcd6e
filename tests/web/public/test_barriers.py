"""Reporting a barrier: what is typed arrives at the office once, and no form for machines."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AuditEvent, Notice, TokenPurpose
from lotsen.models import AuditEntry, OutboxMessage, Pool
from lotsen.services.limits import BARRIERS_OF_A_POOL, BARRIERS_OF_AN_ADDRESS
from lotsen.services.unit_of_work import SYSTEM
from tests.factories import open_request
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on, open_and_fill
from tests.web.public.test_tracking import link

FORM = "/barriere-melden"
WHAT = "Die Schrift ist zu klein."


def mails(bootstrap: Bootstrap) -> list[OutboxMessage]:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        found = select(OutboxMessage).where(OutboxMessage.notice == Notice.BARRIER).order_by(OutboxMessage.id)
        return list(uow.session.scalars(found))


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_a_report_goes_to_the_office_and_into_the_history(client: FlaskClient, bootstrap: Bootstrap) -> None:
    typed = {"what": f"{WHAT}\nAuch am Handy.", "email": "Ada@beispiel.example"}
    answer = open_and_fill(client, f"{FORM}?seite=/anfrage/neu/termin", typed)
    assert answer.status_code == 303
    thanks = text(client.get(answer.headers["Location"]))
    assert "Danke" in thanks
    assert "sechs Wochen" in thanks
    (mail,) = mails(bootstrap)
    assert mail.to_address == "lotsen@neuss.example"
    assert mail.reply_to == "ada@beispiel.example"
    for said in (WHAT, "Auch am Handy.", "/anfrage/neu/termin", "4. Januar 2027", "Ombudsstelle"):
        assert said in mail.text_body
    assert "ada@" not in mail.subject
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        found = select(AuditEntry).where(AuditEntry.event == AuditEvent.BARRIER_REPORTED)
        entry = uow.session.scalars(found).one()
        assert entry.data == {"answer_wanted": True}


@pytest.mark.only_db("sqlite")
def test_who_wants_no_answer_gives_no_address(client: FlaskClient, bootstrap: Bootstrap) -> None:
    answer = open_and_fill(client, FORM, {"what": WHAT})
    assert "sechs Wochen" not in text(client.get(answer.headers["Location"]))
    (mail,) = mails(bootstrap)
    assert mail.reply_to == ""
    assert "keine Adresse" in mail.text_body


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"what": ""}, "what"),
        ({"what": "x" * 2001}, "what"),
        ({"what": "Hier: ~token:1~"}, "what"),
        ({"what": WHAT, "email": "ada"}, "email"),
        ({"what": WHAT, "page": "\u202eoben"}, "page"),
    ],
)
def test_errors_stand_beside_the_field_and_nothing_is_lost(
    client: FlaskClient, bootstrap: Bootstrap, typed: dict[str, str], field: str
) -> None:
    answer = open_and_fill(client, FORM, {"page": "/impressum", **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in text(answer)
    assert f'href="#{field}"' in text(answer)
    (form,) = forms_on(answer)
    wanted = {"page": "/impressum", **typed}
    assert {name: form.values[name] for name in wanted} == wanted
    assert mails(bootstrap) == []


@pytest.mark.only_db("sqlite")
def test_a_double_click_reports_once_and_another_text_once_more(
    client: FlaskClient, bootstrap: Bootstrap
) -> None:
    page = client.get(FORM)
    for what in (WHAT, WHAT, "Noch etwas."):
        assert fill(page, client, {"what": what}).status_code == 303
    assert len(mails(bootstrap)) == 2


@pytest.mark.only_db("sqlite")
def test_a_machine_that_fills_every_field_is_asked_again_and_a_person_gets_through(
    client: FlaskClient, bootstrap: Bootstrap
) -> None:
    answer = open_and_fill(client, FORM, {"what": WHAT, "website": "https://buy.example"})
    assert answer.status_code == 422
    assert mails(bootstrap) == []
    assert fill(answer, client, {}).status_code == 303
    assert WHAT in mails(bootstrap)[0].text_body


def test_too_many_reports_are_held_back_and_the_text_is_kept(
    app: Flask, client: FlaskClient, bootstrap: Bootstrap, clock: Clock
) -> None:
    for number in range(BARRIERS_OF_AN_ADDRESS):
        assert open_and_fill(client, FORM, {"what": f"Nummer {number}"}).status_code == 303
    answer = open_and_fill(client, FORM, {"what": WHAT})
    assert answer.status_code == 429
    assert WHAT in text(answer)
    assert len(mails(bootstrap)) == BARRIERS_OF_AN_ADDRESS
    clock.pass_by(minutes=11)
    assert fill(answer, client, {}).status_code == 303


@pytest.mark.only_db("sqlite")
def test_many_clients_together_are_held_back(app: Flask, client: FlaskClient, bootstrap: Bootstrap) -> None:
    page = client.get(FORM)
    statuses = [
        fill_from(page, client, f"10.0.0.{number}", f"Nummer {number}").status_code
        for number in range(BARRIERS_OF_A_POOL + 1)
    ]
    assert statuses == [303] * BARRIERS_OF_A_POOL + [429]


def fill_from(page: TestResponse, client: FlaskClient, address: str, what: str) -> TestResponse:
    (form,) = forms_on(page)
    return client.post(FORM, data={**form.values, "what": what}, environ_base={"REMOTE_ADDR": address})


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/anfrage/neu/termin", "/anfrage/neu/termin"),
        ("https://lotsen.example/l/geheim?x=1#y", "/l/…"),
        ("/datenschutz?geheim=1", "/datenschutz"),
        ("//[boese", ""),
        ("/a\u202eb", ""),
        ("/" + "x" * 300, ""),
    ],
)
def test_of_the_page_only_the_path_is_taken(client: FlaskClient, asked: str, kept: str) -> None:
    (form,) = [
        one for one in forms_on(client.get(FORM, query_string={"seite": asked})) if "what" in one.values
    ]
    assert form.values["page"] == kept


@pytest.mark.only_db("sqlite")
def test_no_secret_of_an_address_gets_into_the_link_at_the_foot(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        request = open_request(uow, pool.id)
        address = link(uow, request.id, TokenPurpose.TRACKING)
        number = request.id
    client.get(address)
    for page, kept in ((f"/anfrage/{number}", f"/anfrage/{number}"), ("/l/Ein-Geheimnis_12", "/l/…")):
        foot = text(client.get(page)).partition("<footer")[2]
        (seite,) = re.findall(r'href="/barriere-melden(?:\?seite=([^"]*))?"', foot)
        assert seite in (kept, kept.replace("…", "%E2%80%A6")), page
    foot = text(client.get("/gibt-es/nicht")).partition("<footer")[2]
    assert 'href="/barriere-melden"' in foot
