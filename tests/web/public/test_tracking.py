"""Confirm the address, follow the request, call it off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import func, select

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import RequestStatus, TokenPurpose, UnfilledReason
from lotsen.models import AuditEntry, GuideRequest, OutboxMessage, Pool, Token
from lotsen.services import assignments, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import (
    START,
    acting,
    add_guide,
    confirmed,
    holder,
    offered,
    office,
    open_request,
    submitted_request,
)
from tests.web.conftest import SECRET, Clock
from tests.web.forms import fill, forms_on, open_and_fill


def link(uow: UnitOfWork, request_id: int, purpose: TokenPurpose) -> str:
    """Return the address of the newest link of a request, as its mail shows it."""
    token = uow.session.scalars(
        select(Token)
        .where(Token.request_id == request_id, Token.purpose == purpose)
        .order_by(Token.id.desc())
    ).first()
    assert token is not None
    return f"/l/{tokens.derive(SECRET, purpose, token.nonce)}"


def tracked(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    prepare: Callable[[UnitOfWork, GuideRequest], object],
) -> int:
    """Bring an open request into a state, open its link in the client, and return its id."""
    with bootstrap.begin(SYSTEM) as uow:
        request = open_request(uow, pool.id)
        address = link(uow, request.id, TokenPurpose.TRACKING)
        prepare(uow, request)
    assert client.get(address).headers["Location"] == f"/anfrage/{request.id}"
    return request.id


def nothing(_uow: UnitOfWork, _request: GuideRequest) -> None:
    """Leave the request open."""


def state(bootstrap: Bootstrap, request_id: int) -> RequestStatus:
    with bootstrap.begin(SYSTEM) as uow:
        return uow.session.get_one(GuideRequest, request_id).status


def test_one_click_confirms_and_opens_the_page(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        request = submitted_request(uow, pool.id)
        address = link(uow, request.id, TokenPurpose.CONFIRM_ADDRESS)
    arrived = client.get(address).headers["Location"]
    assert arrived == f"/anfrage/{request.id}/bestaetigen"
    page = client.get(arrived)
    assert state(bootstrap, request.id) is RequestStatus.SUBMITTED
    done = fill(page, client, {})
    assert done.headers["Location"] == f"/anfrage/{request.id}"
    assert state(bootstrap, request.id) is RequestStatus.OPEN
    text = client.get(done.headers["Location"]).get_data(as_text=True)
    assert "<h1>Wir suchen eine passende Person</h1>" in text
    assert "Sie müssen jetzt nichts tun" in text
    assert "Donnerstag, 26. November 2026" in text
    again = fill(page, client, {})
    assert again.headers["Location"] == f"/anfrage/{request.id}"
    assert "Sie haben schon bestätigt" in client.get(arrived).get_data(as_text=True)
    with bootstrap.begin(SYSTEM) as uow:
        opened = select(func.count()).select_from(AuditEntry).where(AuditEntry.target == RequestStatus.OPEN)
        assert uow.session.scalars(opened).one() == 1


def test_a_request_that_lapsed_cannot_be_confirmed(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        request = submitted_request(uow, pool.id)
        address = link(uow, request.id, TokenPurpose.CONFIRM_ADDRESS)
    page = client.get(client.get(address).headers["Location"])
    with bootstrap.begin(SYSTEM) as uow:
        requests.lapse(uow, request.id)
    answer = fill(page, client, {})
    assert answer.status_code == 303
    text = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "<h1>Diese Anfrage ist beendet</h1>" in text
    assert "/anfrage/neu" in text


@pytest.mark.parametrize(
    "page", ["", "/bestaetigen", "/absagen", "/termin.ics", "/aendern/ort", "/vorschlag/0123456789ab"]
)
def test_without_its_link_a_request_stays_closed(
    app: Flask, client: FlaskClient, bootstrap: Bootstrap, pool: Pool, page: str
) -> None:
    tracked(client, bootstrap, pool, nothing)
    with bootstrap.begin(SYSTEM) as uow:
        other = open_request(uow, pool.id, START + timedelta(days=1))
    assert client.get(f"/anfrage/{other.id}{page}").status_code == 403
    assert app.test_client().get(f"/anfrage/{other.id}{page}").status_code == 403
    assert client.get(f"/anfrage/999999{page}").status_code == 403


def test_a_link_of_another_purpose_opens_nothing(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    assert client.get(f"/anfrage/{request_id}/bestaetigen").status_code == 403
    assert client.get(f"/anfrage/weiter/{request_id}").status_code == 403


def test_a_link_that_ended_offers_a_new_one(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    clock.pass_by(days=200)
    for ended in ("/aendern/ort", "/absagen", "/vorschlag/0123456789ab", ""):
        page = client.get(f"/anfrage/{request_id}{ended}")
        assert page.status_code == 410
    renewed = fill(page, client, {})
    assert renewed.status_code == 200
    assert "kommt gleich eine E-Mail" in renewed.get_data(as_text=True)


def ask(uow: UnitOfWork, request: GuideRequest) -> None:
    offered(uow, request, add_guide(uow, request.pool_id))


def agree(uow: UnitOfWork, request: GuideRequest, **changes: Any) -> None:
    confirmed(uow, request, add_guide(uow, request.pool_id, **changes))


def complete(uow: UnitOfWork, request: GuideRequest) -> None:
    assignment = confirmed(uow, request, add_guide(uow, request.pool_id))
    later = UnitOfWork(uow.session, SYSTEM, START + timedelta(days=1), uow.links)
    assignments.complete(later, assignment.id)


def call_off(uow: UnitOfWork, request: GuideRequest) -> None:
    with acting(uow, holder(request)) as institution:
        requests.cancel(institution, request.id)


def turn_down(uow: UnitOfWork, request: GuideRequest) -> None:
    with acting(uow, office(request.pool_id)) as coordinator:
        requests.reject(coordinator, request.id, "Das ist <b>ein Gericht</b>.\nDort gibt es andere.")


def give_up(uow: UnitOfWork, request: GuideRequest) -> None:
    requests.mark_unfilled(uow, request.id, UnfilledReason.NO_SPEAKER)


def let_lapse(uow: UnitOfWork, request: GuideRequest) -> None:
    requests.lapse(uow, request.id)


@pytest.mark.parametrize(
    ("prepare", "heading", "words"),
    [
        (nothing, "Wir suchen eine passende Person", "Sie müssen jetzt nichts tun"),
        (ask, "Wir suchen eine passende Person", "Sie müssen jetzt nichts tun"),
        (agree, "Der Termin ist bestätigt", "Gesa Beispiel 1</bdi> kommt zu Ihnen"),
        (complete, "Das Gespräch hat stattgefunden", "Danke"),
        (call_off, "Die Anfrage ist abgesagt", "Bescheid gesagt"),
        (turn_down, "Wir können diese Anfrage nicht annehmen", "&lt;b&gt;ein Gericht&lt;/b&gt;"),
        (give_up, "Leider haben wir niemanden gefunden", "0221 4710 131"),
        (let_lapse, "Leider haben wir niemanden gefunden", "0221 4710 131"),
    ],
)
def test_each_state_has_a_page_that_helps(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    prepare: Callable[[UnitOfWork, GuideRequest], object],
    heading: str,
    words: str,
) -> None:
    request_id = tracked(client, bootstrap, pool, prepare)
    text = client.get(f"/anfrage/{request_id}").get_data(as_text=True)
    assert f"<h1>{heading}</h1>" in text
    assert words in text
    goes_on = state(bootstrap, request_id) in (
        RequestStatus.OPEN,
        RequestStatus.OFFERED,
        RequestStatus.CONFIRMED,
    )
    assert (f"/anfrage/{request_id}/absagen" in text) == goes_on
    assert ('href="/anfrage/neu"' in text) != goes_on


@pytest.mark.parametrize("shared", [True, False])
def test_the_phone_is_shown_only_if_the_guide_agrees(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, shared: bool
) -> None:
    request_id = tracked(
        client,
        bootstrap,
        pool,
        lambda uow, request: agree(uow, request, phone="0221 4710144", phone_shared=shared),
    )
    text = client.get(f"/anfrage/{request_id}").get_data(as_text=True)
    assert ("0221 4710144" in text) == shared


def test_the_appointment_comes_as_a_calendar_file(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    answer = client.get(f"/anfrage/{request_id}/termin.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    event = Calendar.from_ical(answer.get_data()).walk("VEVENT")[0]
    assert event.start == START
    with bootstrap.begin(SYSTEM) as uow:
        mails = uow.session.scalars(select(OutboxMessage.calendar_body)).all()
        assert any(f"UID:{event['UID']}" in body for body in mails if body)


def test_there_is_no_calendar_file_before_somebody_agrees(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, ask)
    assert client.get(f"/anfrage/{request_id}/termin.ics").status_code == 404


def test_a_request_is_called_off(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    page = client.get(f"/anfrage/{request_id}/absagen")
    assert "kostenlos bis Sonntag, 6. Dezember 2026" in page.get_data(as_text=True)
    assert state(bootstrap, request_id) is RequestStatus.CONFIRMED
    done = fill(page, client, {})
    assert done.status_code == 303
    assert state(bootstrap, request_id) is RequestStatus.CANCELLED
    assert fill(page, client, {}).headers["Location"] == f"/anfrage/{request_id}"
    assert client.get(f"/anfrage/{request_id}/absagen").headers["Location"] == f"/anfrage/{request_id}"


def test_calling_off_late_says_what_it_means(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    clock.now = START - timedelta(hours=3)
    text = client.get(f"/anfrage/{request_id}/absagen").get_data(as_text=True)
    assert "weniger als 24 Stunden" in text


@pytest.mark.parametrize(
    ("prepare", "words"),
    [(ask, "Inzwischen haben wir eine Person gefragt"), (agree, "Inzwischen hat eine Person zugesagt")],
)
def test_what_moved_on_is_not_called_off_unseen(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    prepare: Callable[[UnitOfWork, GuideRequest], object],
    words: str,
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    page = client.get(f"/anfrage/{request_id}/absagen")
    with bootstrap.begin(SYSTEM) as uow:
        prepare(uow, uow.session.get_one(GuideRequest, request_id))
    before = state(bootstrap, request_id)
    answer = fill(page, client, {})
    assert answer.status_code == 409
    assert words in answer.get_data(as_text=True)
    assert state(bootstrap, request_id) is before
    fill(answer, client, {})
    assert state(bootstrap, request_id) is RequestStatus.CANCELLED


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_made_up_version_calls_nothing_off(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, version: str
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    assert open_and_fill(client, f"/anfrage/{request_id}/absagen", {"version": version}).status_code == 409
    assert state(bootstrap, request_id) is RequestStatus.OPEN


def test_calling_off_needs_the_token_against_forged_requests(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    values = forms_on(client.get(f"/anfrage/{request_id}/absagen"))[0].values
    values.pop("csrf_token")
    assert client.post(f"/anfrage/{request_id}/absagen", data=values).status_code == 400
    assert state(bootstrap, request_id) is RequestStatus.OPEN


def test_looking_changes_nothing(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        request = submitted_request(uow, pool.id)
        address = link(uow, request.id, TokenPurpose.CONFIRM_ADDRESS)
    before = rows(bootstrap)
    for _ in range(20):
        for path in (address, f"/anfrage/{request.id}/bestaetigen"):
            assert client.get(path).status_code in (200, 302)
            assert client.head(path).status_code in (200, 302)
    assert rows(bootstrap) == before
    assert state(bootstrap, request.id) is RequestStatus.SUBMITTED


def rows(bootstrap: Bootstrap) -> list[int]:
    with bootstrap.begin(SYSTEM) as uow:
        return [
            uow.session.scalars(select(func.count()).select_from(model)).one()
            for model in (GuideRequest, Token, OutboxMessage, AuditEntry)
        ]
