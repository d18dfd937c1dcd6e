"""Sign-in by mailed link: the same answer for everybody, one sign-in per link, ended where one likes."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AuditEvent, GuideStatus, Notice, Subject
from lotsen.i18n import translator
from lotsen.models import AuditEntry, Guide, LoginSession, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web import mails
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on, open_and_fill

de = translator("de").gettext
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


@pytest.fixture
def guide(bootstrap: Bootstrap, pool: Pool) -> Guide:
    with bootstrap.begin(SYSTEM) as uow:
        return factories.add_guide(uow, pool.id)


def ask(client: FlaskClient, address: str) -> TestResponse:
    return open_and_fill(client, "/anmelden-per-mail", {"email": address})


def links(bootstrap: Bootstrap) -> list[str]:
    return [one.links[0] for one in mails.read_all(bootstrap) if one.notice is Notice.LOGIN_LINK]


def sign_in(client: FlaskClient, bootstrap: Bootstrap, guide: Guide) -> TestResponse:
    ask(client, guide.email)
    page = client.get(links(bootstrap)[-1], follow_redirects=True)
    return fill(page, client, {})


def count(bootstrap: Bootstrap) -> int:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(func.count()).select_from(LoginSession)).one()


def test_known_and_unknown_addresses_get_the_same_answer(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, guide: Guide
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        left = factories.add_guide(uow, pool.id, status=GuideStatus.LEFT)
    answers = {
        (answer.status_code, answer.headers["Location"], answer.get_data())
        for answer in (ask(client, one) for one in (guide.email.upper(), "wer@fremd.example", left.email))
    }
    assert len(answers) == 1
    assert [mail.to for mail in mails.read_all(bootstrap)] == [guide.email]
    # After some mails to one address no more come, and the answer stays the same.
    for _ in range(9):
        answers.add((ask(client, guide.email).status_code, *next(iter(answers))[1:]))
    assert len(answers) == 1
    assert len({mail.to for mail in mails.read_all(bootstrap)}) == 1
    assert len(mails.read_all(bootstrap)) <= 5


def test_who_tries_many_addresses_has_to_wait(client: FlaskClient, clock: Clock, pool: Pool) -> None:
    codes = [ask(client, f"wer{number}@fremd.example").status_code for number in range(32)]
    assert codes == [303] * 30 + [429] * 2
    clock.pass_by(hours=1)
    assert ask(client, "wer@fremd.example").status_code == 303
    wrong = ask(client, "keine Adresse")
    assert wrong.status_code == 422
    assert "keine Adresse" in wrong.get_data(as_text=True)


def test_a_link_signs_in_once_and_for_long(
    app: Flask, client: FlaskClient, bootstrap: Bootstrap, clock: Clock, guide: Guide
) -> None:
    ask(client, guide.email)
    (link,) = links(bootstrap)
    page = client.get(link, follow_redirects=True)
    assert count(bootstrap) == 0
    for _ in range(2):
        answer = client.post(page.request.path, data=forms_on(page)[0].values, headers={"User-Agent": PHONE})
        assert answer.headers["Location"] == "/meine-termine"
        assert "Expires=" in answer.headers["Set-Cookie"]
    assert count(bootstrap) == 1
    clock.pass_by(minutes=3)
    # Used up: here it leads home, elsewhere it offers a new one to its owner.
    assert client.get(link).headers["Location"] == "/meine-termine"
    stranger = app.test_client()
    ended = stranger.get(link)
    assert ended.status_code == 410
    assert fill(ended, stranger, {}).status_code == 200
    assert len(links(bootstrap)) == 2
    for _ in range(3):
        clock.pass_by(days=390)
        assert client.get("/profil").status_code == 200
    devices = client.get("/profil/geraete").get_data(as_text=True)
    assert "Chrome, Android" in devices
    clock.pass_by(days=401)
    assert client.get("/profil").status_code == 403


def test_an_old_link_no_longer_signs_in(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, guide: Guide
) -> None:
    ask(client, guide.email)
    (link,) = links(bootstrap)
    page = client.get(link, follow_redirects=True)
    clock.pass_by(hours=25)
    assert fill(page, client, {}).status_code == 410
    assert client.get(link).status_code == 410
    assert count(bootstrap) == 0


def test_sign_ins_end_one_by_one_and_all_at_once(
    app: Flask, bootstrap: Bootstrap, clock: Clock, guide: Guide
) -> None:
    phone, tablet, lost = (app.test_client() for _ in range(3))
    for one in (phone, tablet, lost):
        assert sign_in(one, bootstrap, guide).status_code == 303
        clock.pass_by(minutes=5)
    page = phone.get("/profil/geraete")
    ends = [form for form in forms_on(page) if form.action.endswith("/abmelden")]
    assert len([one for one in ends if "geraete" in one.action]) == 3
    newest = next(one for one in ends if "geraete" in one.action)
    assert phone.post(newest.action, data=newest.values).headers["Location"] == "/profil/geraete"
    assert lost.get("/profil").status_code == 403
    assert tablet.get("/profil").status_code == 200
    ask(tablet, guide.email)
    waiting = links(bootstrap)[-1]
    everything = next(form for form in forms_on(page) if form.action.endswith("alle-abmelden"))
    assert phone.post(everything.action, data=everything.values).status_code == 303
    for one in (phone, tablet):
        assert one.get("/profil").status_code == 403
        assert one.get("/meine-termine").status_code == 403
    # A link that somebody else may hold brings nobody in any more.
    assert tablet.get(waiting).status_code == 410
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        events = uow.session.scalars(
            select(AuditEntry.event).where(AuditEntry.subject == Subject.GUIDE).order_by(AuditEntry.id)
        ).all()
    assert events.count(AuditEvent.SIGNED_IN) == 3
    assert events.count(AuditEvent.SIGNED_OUT) == 2


def test_who_left_is_out_at_once(client: FlaskClient, bootstrap: Bootstrap, guide: Guide) -> None:
    sign_in(client, bootstrap, guide)
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.get_one(Guide, guide.id).status = GuideStatus.LEFT
    assert client.get("/meine-termine").status_code == 403


def test_one_link_opens_all_requests_of_an_institution_and_no_other(
    app: Flask, client: FlaskClient, bootstrap: Bootstrap, clock: Clock, pool: Pool, guide: Guide
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        ours = [
            factories.open_request(
                uow, pool.id, clock.now + timedelta(days=10 + number), institution_name=name
            )
            for number, name in enumerate(("Schule am Wald", "Schule am See", "Schule am Wald"))
        ]
        factories.confirmed(uow, ours[1], guide)
        theirs = factories.open_request(
            uow, pool.id, clock.now + timedelta(days=10), email="b@schule.example"
        )
    assert client.get("/meine-anfragen").status_code == 403
    before = len(mails.read_all(bootstrap))
    ask(client, "ada@schule.example")
    (mail,) = mails.read_all(bootstrap)[before:]
    page = client.get(mail.links[0], follow_redirects=True)
    text = page.get_data(as_text=True)
    assert page.request.path == "/meine-anfragen"
    for one in ours:
        assert f'href="/anfrage/{one.id}"' in text
        assert client.get(f"/anfrage/{one.id}").status_code == 200
    assert de("The appointment is confirmed") in text
    assert f"/anfrage/{theirs.id}" not in text
    assert client.get(f"/anfrage/{theirs.id}").status_code == 403
    assert client.get("/meine-anfragen?seite=2").status_code == 404
    assert client.get("/meine-termine").status_code == 403
    # They can act on it as with its own link.
    cancel = client.get(f"/anfrage/{ours[0].id}/absagen")
    assert fill(cancel, client, {}).status_code == 303
    assert fill(client.get("/meine-anfragen"), client, {}).status_code == 303
    assert client.get("/meine-anfragen").status_code == 410
    assert client.get(f"/anfrage/{ours[0].id}").status_code == 403


@pytest.mark.only_db("sqlite")
def test_the_list_costs_the_same_whatever_its_length(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        first = factories.open_request(uow, pool.id)
    ask(client, "ada@schule.example")
    client.get(links(bootstrap)[-1])
    few = queries(bootstrap, client)
    with bootstrap.begin(SYSTEM) as uow:
        starts = [clock.now + timedelta(days=20, hours=number) for number in range(40)]
        factories.copies(uow, uow.session.merge(first), starts)
    assert queries(bootstrap, client) <= few
    assert client.get("/meine-anfragen?seite=2").status_code == 200


def queries(bootstrap: Bootstrap, client: FlaskClient) -> int:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(bootstrap.engine, "before_cursor_execute", note)
    try:
        assert client.get("/meine-anfragen").status_code == 200
    finally:
        event.remove(bootstrap.engine, "before_cursor_execute", note)
    return len(seen)
