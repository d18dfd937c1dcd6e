"""After the talk on the pages of all three: hours, month, feedback, nobody came, complaint, certificate."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import AssignmentStatus, Notice, Role, TokenPurpose
from lotsen.models import Assignment, Certificate, Feedback, OutboxMessage, Pool, ServiceReport, Token
from lotsen.services import accounts, assignments
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.coordinators.conftest import PASSWORD
from tests.web.forms import fill, forms_on, open_and_fill

START = factories.START
OFFICE = "petra@buero.example"


def over(bootstrap: Bootstrap, clock: Clock, pool: Pool, start: datetime = START) -> Assignment:
    """Let an appointment of an hour take place, and half an hour pass."""
    clock.now = factories.NOW
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        one = factories.confirmed(uow, factories.open_request(uow, pool.id, start), guide)
    clock.now = one.ends_at + timedelta(minutes=30)
    with bootstrap.begin(SYSTEM) as uow:
        assignments.complete(uow, one.id)
    return one


def link(bootstrap: Bootstrap, clock: Clock, one: Assignment, purpose: TokenPurpose) -> str:
    about = {"assignment_id": one.id} if purpose is TokenPurpose.OFFER else {"request_id": one.request_id}
    with bootstrap.begin(SYSTEM) as uow:
        expires = clock.now + timedelta(days=60)
        address = uow.links.issue(uow.session, purpose, now=clock.now, expires_at=expires, **about)
        token = uow.session.get_one(Token, tokens.placeholders(address).pop())
        return f"/l/{tokens.derive(uow.links.secret, token.purpose, token.nonce)}"


@pytest.fixture
def one(bootstrap: Bootstrap, clock: Clock, pool: Pool) -> Assignment:
    return over(bootstrap, clock, pool)


@pytest.fixture
def guide(app: Flask, bootstrap: Bootstrap, clock: Clock, one: Assignment) -> FlaskClient:
    """Return the guide's browser, in which the link of the mail was opened."""
    client = app.test_client()
    arrived = client.get(link(bootstrap, clock, one, TokenPurpose.OFFER) + "?weiter=stunden")
    assert arrived.headers["Location"] == "/meine-stunden"
    return client


@pytest.fixture
def school(app: Flask, bootstrap: Bootstrap, clock: Clock, one: Assignment) -> FlaskClient:
    client = app.test_client()
    client.get(link(bootstrap, clock, one, TokenPurpose.TRACKING))
    return client


@pytest.fixture
def office(app: Flask, bootstrap: Bootstrap, pool: Pool) -> FlaskClient:
    client = app.test_client()
    with bootstrap.begin(SYSTEM) as uow:
        accounts.create_coordinator(uow, OFFICE, "Petra Beispiel", PASSWORD, pool.id, Role.COORDINATOR)
    assert open_and_fill(client, "/anmelden", {"email": OFFICE, "password": PASSWORD}).status_code == 302
    return client


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def form_to(page: TestResponse, action: str) -> int:
    """Return which of a page's forms posts to an address."""
    return next(number for number, form in enumerate(forms_on(page)) if form.action == action)


def press(client: FlaskClient, page: str, action: str, **typed: str) -> TestResponse:
    found = client.get(page)
    assert found.status_code == 200, words(found)
    return fill(found, client, typed, form=form_to(found, action))


def said(bootstrap: Bootstrap) -> ServiceReport:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(ServiceReport)).one()


def status(bootstrap: Bootstrap, one: Assignment) -> AssignmentStatus:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.get_one(Assignment, one.id).status


def test_one_press_reports_and_one_press_confirms(
    guide: FlaskClient, school: FlaskClient, bootstrap: Bootstrap, one: Assignment
) -> None:
    text = words(guide.get("/meine-stunden"))
    for fact in ("Montag, 7. Dezember 2026", "10:00 bis 11:00 Uhr", "Grundschule am Beispielweg", "960 Euro"):
        assert fact in text, fact
    assert press(guide, "/meine-stunden", f"/meine-stunden/{one.id}").status_code == 303
    after = words(guide.get("/meine-stunden"))
    assert "Sie haben alles gemeldet" in after
    assert "Noch nicht bestätigt" in after
    page = f"/anfrage/{one.request_id}"
    assert "Die Person hat diese Zeiten gemeldet. Stimmen sie?" in words(school.get(page))
    assert press(school, page, f"{page}/stunden/{one.id}").headers["Location"] == page
    found = said(bootstrap)
    assert (found.minutes, found.confirmed_minutes, found.settled) == (60, 60, True)
    assert "Von der Einrichtung bestätigt" in words(guide.get("/meine-stunden"))


@pytest.mark.only_db("sqlite")
def test_what_was_typed_wrong_stands_there_again_with_its_error(
    guide: FlaskClient, school: FlaskClient, bootstrap: Bootstrap, one: Assignment
) -> None:
    page = f"/meine-stunden/{one.id}"
    for typed, error in (
        ({"start": "zehn"}, "Uhrzeit"),
        ({"end": ""}, "Bitte geben Sie das Ende an."),
        ({"end": "9"}, "Das Ende muss nach dem Beginn liegen."),
        ({"end": "23:30"}, "Das sind mehr als 12 Stunden."),
        ({"end": "12"}, "Diese Zeit ist noch nicht vorbei."),
        ({"km": "viele"}, "von 0 bis 500"),
        ({"km": "501"}, "von 0 bis 500"),
        ({"ticket": "drei"}, "Bitte schreiben Sie den Betrag so"),
        ({"ticket": "200,01"}, "höchstens 200 Euro"),
        ({"km": "3", "ticket": "3,10"}, "nicht beides"),
    ):
        answer = press(guide, page, "", **typed)
        assert answer.status_code == 422, typed
        assert error in words(answer), (typed, error)
        assert "<title>Fehler:" in words(answer)
        for name, value in typed.items():
            assert forms_on(answer)[0].values[name] == value
    assert press(guide, page, "", start="9.45", ticket="3,10 €").status_code == 303
    found = said(bootstrap)
    assert (found.minutes, found.travel_cents) == (75, 310)
    page = f"/anfrage/{one.request_id}/stunden/{one.id}"
    answer = press(school, page, "", end="9")
    assert answer.status_code == 422
    assert "Das Ende muss nach dem Beginn liegen." in words(answer)


def test_both_values_go_to_the_office_which_decides(
    guide: FlaskClient, school: FlaskClient, office: FlaskClient, bootstrap: Bootstrap, one: Assignment
) -> None:
    press(guide, "/meine-stunden", f"/meine-stunden/{one.id}")
    stale = school.get(f"/anfrage/{one.request_id}/stunden/{one.id}")
    press(guide, f"/meine-stunden/{one.id}", "", start="9:45")
    late = fill(stale, school, {"end": "10:45"})
    assert late.status_code == 409
    assert "inzwischen geändert" in words(late)
    assert fill(late, school, {"start": "10", "end": "10:45"}).status_code == 303
    assert "Die Person hat andere Zeiten gemeldet." in words(school.get(f"/anfrage/{one.request_id}"))
    page = f"/buero/anfragen/{one.request_id}"
    text = words(office.get(page))
    for value in ("1 Stunde 15 Minuten", "45 Minuten", "verschiedene Zeiten"):
        assert value in text, value
    action = f"{page}/termine/{one.id}/stunden"
    wrong = press(office, action, "", minutes="lang")
    assert wrong.status_code == 422
    assert "von 0 bis 1440" in words(wrong)
    shown = office.get(page)
    assert fill(shown, office, {}, form=form_to(shown, action) + 1).status_code == 303
    assert said(bootstrap).decided_minutes == 45
    assert fill(shown, office, {}, form=form_to(shown, action)).status_code == 409
    assert "Vom Büro entschieden" in words(office.get(page))
    assert "Vom Büro entschieden" in words(guide.get("/meine-stunden"))
    settled = guide.get(f"/meine-stunden/{one.id}")
    assert "Diese Zeiten stehen fest." in words(settled)
    assert "Das hat das Büro entschieden" in words(school.get(f"/anfrage/{one.request_id}"))


def test_what_the_office_has_decided_is_not_asked_for_any_more(
    guide: FlaskClient, office: FlaskClient, one: Assignment
) -> None:
    page = f"/buero/anfragen/{one.request_id}/termine/{one.id}/stunden"
    assert press(office, page, "", minutes="50").status_code == 303
    text = words(guide.get("/meine-stunden"))
    assert "Vom Büro entschieden" in text
    assert "Bitte bestätigen" not in text
    sheet = words(guide.get("/meine-stunden/2026-12"))
    assert "50 Minuten" in sheet


@pytest.fixture
def statements(bootstrap: Bootstrap) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(bootstrap.engine, "before_cursor_execute", note)
    yield found
    event.remove(bootstrap.engine, "before_cursor_execute", note)


def test_the_sheet_of_a_month_adds_up_and_more_rows_cost_no_more_queries(
    guide: FlaskClient, bootstrap: Bootstrap, clock: Clock, one: Assignment, statements: list[str]
) -> None:
    press(guide, f"/meine-stunden/{one.id}", "", end="11:01", km="10")

    def count(page: str) -> int:
        statements.clear()
        assert guide.get(page).status_code == 200
        return len(statements)

    pages = ("/meine-stunden", "/meine-stunden/2026-12")
    before = [count(page) for page in pages]
    with bootstrap.begin(SYSTEM) as uow:
        for number in range(1, 4):
            start = START - timedelta(days=number)
            done = Assignment(
                pool_id=one.pool_id,
                request_id=one.request_id,
                guide_id=one.guide_id,
                status=AssignmentStatus.COMPLETED,
                starts_at=start,
                ends_at=start + timedelta(hours=1),
                created_at=start,
            )
            uow.session.add(done)
    # What the guide travelled the last time is looked up once for all that is to be reported.
    assert [count(page) for page in pages] == [before[0] + 1, before[1]]
    assert "Weg: 10 Kilometer" in words(guide.get("/meine-stunden"))
    sheet = words(guide.get("/meine-stunden/2026-12"))
    for fact in ("Stunden im Dezember 2026", "1 Stunde 1 Minute", "17,50 Euro", "3 Euro", "20,50 Euro"):
        assert fact in sheet, fact
    assert "noch nicht gemeldet" in sheet
    assert "keine Termine" in words(guide.get("/meine-stunden/2026-11"))
    for wrong in ("2026-13", "2026-1", "x", "1999-01"):
        assert guide.get(f"/meine-stunden/{wrong}").status_code == 404


def test_feedback_and_complaint(
    school: FlaskClient, office: FlaskClient, bootstrap: Bootstrap, clock: Clock, one: Assignment
) -> None:
    home = f"/anfrage/{one.request_id}"
    page = f"{home}/rueckmeldung/{one.id}"
    wrong = press(school, page, "", remarks="Danke!")
    assert wrong.status_code == 422
    assert "Danke!" in words(wrong)
    assert press(school, page, "", went_well="5", on_time="3", remarks="Danke!").status_code == 303
    again = school.get(page)
    assert forms_on(again)[0].values["remarks"] == "Danke!"
    assert fill(again, school, {"went_well": "4"}).status_code == 303
    text = words(office.get(f"/buero/anfragen/{one.request_id}"))
    assert "Gespräch: 4 von 5" in text
    assert "Danke!" in text
    clock.pass_by(days=15)
    fill(again, school, {"went_well": "1"})
    assert "Das lässt sich nicht mehr ändern." in words(school.get(home))
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalars(select(Feedback.went_well)).all() == [4]
    page = f"{home}/beschwerde"
    assert press(school, page, "", words=" ").status_code == 422
    assert press(school, page, "", words="Es war zu laut.").status_code == 303
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        mail = uow.session.scalars(
            select(OutboxMessage).where(OutboxMessage.notice == Notice.COMPLAINT)
        ).one()
        assert "Es war zu laut." in mail.text_body


def test_nobody_came_and_the_office_undoes_it(
    guide: FlaskClient, school: FlaskClient, office: FlaskClient, bootstrap: Bootstrap, one: Assignment
) -> None:
    home, page = f"/anfrage/{one.request_id}", f"/anfrage/{one.request_id}/niemand-kam/{one.id}"
    assert status(bootstrap, one) is AssignmentStatus.COMPLETED
    assert press(school, page, "").status_code == 303
    assert status(bootstrap, one) is AssignmentStatus.NO_SHOW
    assert "<h1>Niemand kam</h1>" in school.get(home).text
    assert school.get(page).headers["Location"] == home
    assert "10:00 bis 11:00" not in words(guide.get("/meine-stunden"))
    assert guide.get(f"/meine-stunden/{one.id}").status_code == 404
    request_page = f"/buero/anfragen/{one.request_id}"
    undo = f"{request_page}/termine/{one.id}/doch-gekommen"
    assert press(office, request_page, undo).status_code == 303
    assert status(bootstrap, one) is AssignmentStatus.COMPLETED
    assert "war doch da" in words(office.get(request_page))
    assert "<h1>Das Gespräch hat stattgefunden</h1>" in school.get(home).text
    assert press(office, request_page, f"{request_page}/termine/{one.id}/niemand-kam").status_code == 303
    assert status(bootstrap, one) is AssignmentStatus.NO_SHOW


def test_a_certificate_is_checked_by_its_code_until_it_is_taken_back(
    app: Flask, guide: FlaskClient, office: FlaskClient, bootstrap: Bootstrap, one: Assignment
) -> None:
    page = "/meine-bescheinigungen"
    for typed, error in (
        ({"first_on": ""}, "Bitte geben Sie den ersten Tag an."),
        ({"last_on": "heute"}, "Bitte schreiben Sie den Tag so"),
        ({"last_on": "2026-01-02"}, "hatten Sie keine Termine"),
    ):
        answer = press(guide, page, "", **typed)
        assert answer.status_code == 422, typed
        assert error in words(answer)
    paper = words(guide.get(press(guide, page, "").headers["Location"]))
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        made = uow.session.scalars(select(Certificate)).one()
    address = f"/bescheinigung/{made.code}"
    assert f"{bootstrap.links.base_url}{address}" in paper
    assert "<svg aria-hidden" in paper
    stranger = app.test_client()
    shown = stranger.get(address)
    assert shown.status_code == 200
    assert shown.headers["X-Robots-Tag"] == "noindex"
    facts = words(shown).partition("<dl")[2].partition("</dl>")[0]
    assert facts == paper.partition("<dl")[2].partition("</dl>")[0]
    for fact in (made.guide_name, "Arabisch", "1 Stunde", made.code):
        assert fact in facts
    assert stranger.get(address.lower().replace("-", "")).status_code == 200
    assert stranger.get("/bescheinigung/22222-22222-22222-22222").status_code == 404
    proofs = f"/buero/lotsen/{one.guide_id}/nachweise"
    listed = words(office.get(proofs))
    assert "1. Januar 2026" in listed
    assert "<svg aria-hidden" in words(office.get(f"{proofs}/{made.id}"))
    assert press(office, proofs, proofs, last_on="2026-01-02").status_code == 422
    assert press(office, proofs, f"{proofs}/{made.id}/zurueckziehen").status_code == 303
    gone = stranger.get(address)
    assert gone.status_code == 410
    assert made.guide_name not in words(gone)
    assert press(guide, page, "").status_code == 303
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        (newer,) = uow.session.scalars(select(Certificate).where(Certificate.revoked_at.is_(None)))
    assert press(guide, page, f"{page}/{newer.id}/zurueckziehen").status_code == 303
    assert stranger.get(f"/bescheinigung/{newer.code}").status_code == 410


def test_nobody_opens_what_belongs_to_another(
    app: Flask,
    guide: FlaskClient,
    school: FlaskClient,
    bootstrap: Bootstrap,
    clock: Clock,
    pool: Pool,
    one: Assignment,
) -> None:
    other = over(bootstrap, clock, pool, START + timedelta(days=1))
    press(guide, "/meine-bescheinigungen", "")
    guides_pages = [
        "/meine-stunden",
        f"/meine-stunden/{one.id}",
        "/meine-stunden/2026-12",
        "/meine-bescheinigungen",
        "/meine-bescheinigungen/1",
    ]
    assert [guide.get(page).status_code for page in guides_pages] == [200] * 5
    home = f"/anfrage/{one.request_id}"
    ways = (f"stunden/{one.id}", f"rueckmeldung/{one.id}", f"niemand-kam/{one.id}", "beschwerde")
    schools_pages = [f"{home}/{way}" for way in ways]
    assert [school.get(page).status_code for page in schools_pages] == [200] * 4
    for client in (school, app.test_client()):
        assert {client.get(page).status_code for page in guides_pages} == {403}
    for client in (guide, app.test_client()):
        assert {client.get(page).status_code for page in schools_pages} == {403}
    # With a link of one's own, but of another appointment.
    stranger = app.test_client()
    stranger.get(link(bootstrap, clock, other, TokenPurpose.OFFER))
    assert stranger.get(f"/meine-stunden/{one.id}").status_code == 404
    assert stranger.get("/meine-bescheinigungen/1").status_code == 404
    token = forms_on(stranger.get("/meine-bescheinigungen"))[0].values["csrf_token"]
    values = {"csrf_token": token, "start": "10", "end": "11", "version": "0"}
    assert stranger.post(f"/meine-stunden/{one.id}", data=values).status_code == 404
    assert stranger.post("/meine-bescheinigungen/1/zurueckziehen", data=values).status_code == 404
    neighbour = app.test_client()
    neighbour.get(link(bootstrap, clock, other, TokenPurpose.TRACKING))
    token = forms_on(neighbour.get(f"/anfrage/{other.request_id}/beschwerde"))[0].values["csrf_token"]
    values |= {"csrf_token": token, "went_well": "1", "on_time": "1", "words": "x"}
    assert {neighbour.post(page, data=values).status_code for page in schools_pages} == {403}
    # The right request with somebody else's appointment.
    for way in ("stunden", "rueckmeldung", "niemand-kam"):
        assert neighbour.post(f"/anfrage/{other.request_id}/{way}/{one.id}", data=values).status_code == 404
    assert status(bootstrap, one) is AssignmentStatus.COMPLETED
