"""Mailed links: opening one changes nothing, one that does not fit helps, nobody comes in by another's."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Notice
from lotsen.models import Assignment, OutboxMessage
from lotsen.notifications.personal import PERSONAL
from lotsen.notifications.plans import PLANS
from lotsen.services.unit_of_work import SYSTEM
from tests.web import mails
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on
from tests.web.mails import Mail

TIMES = 4


def dump(bootstrap: Bootstrap) -> dict[str, list[Any]]:
    """Return every row of every table; nothing is left out."""
    found: dict[str, list[Any]] = {}
    with bootstrap.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            found[table] = sorted(map(repr, rows))
    return found


def state(bootstrap: Bootstrap, assignment_id: int | None) -> AssignmentStatus:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.get_one(Assignment, assignment_id).status


def mail_count(bootstrap: Bootstrap) -> int:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(func.count()).select_from(OutboxMessage)).one()


@pytest.fixture
def written(app: Flask, bootstrap: Bootstrap, clock: Clock) -> list[Mail]:
    """Return every mail that there is, each written by what really leads to it."""
    mails.write_all(bootstrap, clock)
    found = mails.read_all(bootstrap)
    assert {(mail.notice, mail.audience) for mail in found} == {*PLANS, *PERSONAL}
    return found


def test_a_link_may_be_opened_any_number_of_times(
    app: Flask, bootstrap: Bootstrap, written: list[Mail]
) -> None:
    links = {link: mail.notice for mail in written for link in mail.links}
    assert len(links) > len(PLANS)
    before = dump(bootstrap)
    reader = app.test_client()
    good: set[Notice] = set()
    for number in range(TIMES):
        # A mail scanner has no cookies, the reader's browser has those of all links before.
        client = reader if number % 2 else app.test_client()
        for link, notice in links.items():
            head = client.head(link, follow_redirects=True)
            page = client.get(link, follow_redirects=True)
            assert head.status_code == page.status_code
            # Those to confirm an address have ended in part: weeks lie between the mails.
            assert page.status_code in (200, 410), link
            assert "<h1" in page.get_data(as_text=True)
            good |= {notice} if page.status_code == 200 else set()
    assert good == set(links.values())
    assert dump(bootstrap) == before


def test_a_link_that_was_altered_is_explained(client: FlaskClient, written: list[Mail]) -> None:
    for link in (
        mails.find(written, Notice.OFFER, Audience.GUIDE).links[0],
        mails.find(written, Notice.RECEIVED, Audience.INSTITUTION).links[0],
        mails.find(written, Notice.CHANGED, Audience.INSTITUTION).links[0],
    ):
        last = "A" if link[-1] != "A" else "B"
        for wrong in (link[:-1], link[:-1] + last, link + "x", link[:10], "/l/" + "x" * 5000, "/l/ä%00ü"):
            page = client.get(wrong)
            assert page.status_code == 404, wrong
            assert "<h1" in page.get_data(as_text=True)
        assert client.get("/meine-termine").status_code == 403


def test_a_link_of_another_installation_opens_nothing(
    client: FlaskClient, bootstrap: Bootstrap, written: list[Mail]
) -> None:
    strange = Bootstrap(bootstrap.engine, type(bootstrap.links)(bootstrap.links.base_url, "x" * 40))
    for mail in mails.read_all(strange):
        for link in mail.links:
            if link.startswith("/l/"):
                assert client.get(link).status_code == 404


def test_a_guides_link_never_opens_the_offer_of_another(
    client: FlaskClient, bootstrap: Bootstrap, written: list[Mail]
) -> None:
    (mine, *_) = offers = [mail for mail in written if mail.notice is Notice.OFFER]
    theirs = [mail for mail in offers if mail.to != mine.to]
    assert len(theirs) > 1
    assert client.get(mine.links[0], follow_redirects=True).status_code == 200
    token = forms_on(client.get("/anfrage/neu/einrichtung"))[0].values["csrf_token"]
    before = dump(bootstrap)
    for other in theirs:
        address = f"/angebot/{other.assignment_id}"
        for path in ("", "/termin.ics"):
            assert client.get(address + path).status_code == 403
        for path in ("/ja", "/nein", "/grund"):
            answer = client.post(address + path, data={"csrf_token": token, "reason": "ill"})
            assert answer.status_code == 403
    assert dump(bootstrap) == before
    appointments = client.get("/meine-termine").get_data(as_text=True)
    assert f"/angebot/{mine.assignment_id}" in appointments
    assert not any(f"/angebot/{other.assignment_id}" in appointments for other in theirs)


def test_a_link_to_one_request_opens_no_other(
    client: FlaskClient, bootstrap: Bootstrap, written: list[Mail]
) -> None:
    (mine, *others) = [mail for mail in written if mail.notice is Notice.RECEIVED]
    page = client.get(mine.links[0], follow_redirects=True)
    assert page.status_code == 200
    page = client.get(f"/anfrage/{mine.request_id}/absagen")
    token = forms_on(page)[0].values["csrf_token"]
    before = dump(bootstrap)
    for other in others:
        for path in ("", "/absagen", "/bestaetigen", "/termin.ics"):
            assert client.get(f"/anfrage/{other.request_id}{path}").status_code == 403
        answer = client.post(f"/anfrage/{other.request_id}/absagen", data={"csrf_token": token, "version": 2})
        assert answer.status_code == 403
    assert client.get("/meine-termine").status_code == 403
    assert dump(bootstrap) == before


@pytest.mark.parametrize(
    ("notice", "audience"),
    [(Notice.CONFIRMED, Audience.GUIDE), (Notice.RECEIVED, Audience.INSTITUTION)],
    ids=["guide", "institution"],
)
def test_a_link_that_has_ended_is_renewed_for_its_owner_only(
    app: Flask,
    client: FlaskClient,
    bootstrap: Bootstrap,
    clock: Clock,
    written: list[Mail],
    notice: Notice,
    audience: Audience,
) -> None:
    old = mails.find(written, notice, audience)
    client.get(old.links[0])
    clock.pass_by(days=400)
    page = client.get(old.links[0])
    assert page.status_code == 410
    assert (
        client.get(
            "/meine-termine" if audience is Audience.GUIDE else f"/anfrage/{old.request_id}"
        ).status_code
        == 410
    )
    before = mail_count(bootstrap)
    assert fill(page, client, {}).status_code == 200
    (new,) = mails.read_all(bootstrap)[before:]
    assert (new.notice, new.audience, new.to) == (Notice.NEW_LINK, audience, old.to)
    assert (new.request_id, new.assignment_id) == (old.request_id, old.assignment_id)
    assert app.test_client().get(new.links[0], follow_redirects=True).status_code == 200
    # Who presses once more gets no second mail at once, but one later.
    fill(page, client, {})
    assert mail_count(bootstrap) == before + 1
    clock.pass_by(minutes=11)
    fill(page, client, {})
    assert mail_count(bootstrap) == before + 2


def test_nobody_can_ask_for_the_links_of_others_by_number(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, written: list[Mail]
) -> None:
    clock.pass_by(days=400)
    page = client.get(mails.find(written, Notice.CONFIRMED, Audience.GUIDE).links[0])
    slip = forms_on(page)[0].values["token"]
    before = dump(bootstrap)
    for wrong in ("1", "2", "", "x", slip[:-1], slip.replace(slip.partition(".")[0], "1"), slip + "x"):
        assert fill(page, client, {"token": wrong}).status_code == 200
    assert dump(bootstrap) == before


def test_a_yes_by_link_counts_once(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, written: list[Mail]
) -> None:
    offer = next(
        mail
        for mail in written
        if mail.notice is Notice.OFFER and state(bootstrap, mail.assignment_id) is AssignmentStatus.OFFERED
    )
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        clock.now = uow.session.get_one(Assignment, offer.assignment_id).starts_at - timedelta(days=1)
    page = client.get(offer.links[0], follow_redirects=True)
    assert fill(page, client, {}).status_code == 302
    assert state(bootstrap, offer.assignment_id) is AssignmentStatus.CONFIRMED
    before = dump(bootstrap)
    assert fill(page, client, {}).status_code == 302
    assert dump(bootstrap) == before
