"""The private feeds, read by icalendar and by the programs that people use: vdirsyncer and khal."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar, Event
from sqlalchemy import event, select, text
from werkzeug.serving import make_server

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Audience, GuideStatus, Notice
from lotsen.models import Assignment, CalendarFeed, Guide, OutboxMessage, Pool
from lotsen.services import assignments, feeds, requests
from lotsen.services.feeds import Owner
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web import mails
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on, open_and_fill
from tests.web.guides.conftest import press

NEW, GONE = "Copying (uploading)", "Deleting"
one_database = pytest.mark.only_db("sqlite")


def path_of(bootstrap: Bootstrap, owner: Owner, *, details: bool = False) -> str:
    """Set a feed up and return the path of its address."""
    with bootstrap.begin(SYSTEM) as uow:
        feed = feeds.find(uow, owner) or feeds.renew(uow, owner)
        feeds.show_details(uow, owner, details)
        return feeds.address(uow, feed).removeprefix(uow.links.base_url)


@contextmanager
def counted(bootstrap: Bootstrap) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(bootstrap.engine, "before_cursor_execute", note)
    yield statements
    event.remove(bootstrap.engine, "before_cursor_execute", note)


def events(client: FlaskClient, path: str) -> list[Event]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    assert isinstance(calendar, Calendar)
    return [one for one in calendar.walk("VEVENT") if isinstance(one, Event)]


def mailed(bootstrap: Bootstrap, assignment: Assignment, audience: Audience) -> Event:
    """Return the newest calendar entry that was mailed."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        body = uow.session.scalars(
            select(OutboxMessage.calendar_body)
            .where(
                OutboxMessage.assignment_id == assignment.id,
                OutboxMessage.audience == audience,
                OutboxMessage.calendar_body.is_not(None),
            )
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        ).one()
    (entry,) = Calendar.from_ical(body or "").walk("VEVENT")
    assert isinstance(entry, Event)
    return entry


def test_both_sides_find_what_was_mailed_under_the_same_name(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, agreed: Assignment
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        other = factories.add_guide(uow, pool.id)
        elsewhere = factories.open_request(
            uow, pool.id, clock.now + timedelta(days=15), institution_name="KiTa", email="b@kita.example"
        )
        factories.confirmed(uow, elsewhere, other)
        two = factories.open_request(uow, pool.id, clock.now + timedelta(days=17), institution_name="Hort")
        agreed_too = factories.confirmed(uow, two, other)
        asked = factories.open_request(uow, pool.id, clock.now + timedelta(days=18))
        factories.offered(uow, asked, other)
        contact_id = agreed.request.contact_id
    of_guide = path_of(bootstrap, Owner(guide_id=agreed.guide_id))
    (entry,) = events(client, of_guide)
    sent = mailed(bootstrap, agreed, Audience.GUIDE)
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND"):
        assert entry[name].to_ical() == sent[name].to_ical()
    # The person who asks for two institutions has one calendar.
    of_contact = [str(one["UID"]) for one in events(client, path_of(bootstrap, Owner(contact_id=contact_id)))]
    assert of_contact == [
        str(mailed(bootstrap, one, Audience.INSTITUTION)["UID"]) for one in (agreed, agreed_too)
    ]


@one_database
def test_details_are_off_until_they_are_switched_on(
    client: FlaskClient, bootstrap: Bootstrap, agreed: Assignment
) -> None:
    owner = Owner(guide_id=agreed.guide_id)
    plain = client.get(path_of(bootstrap, owner)).get_data(as_text=True)
    assert str(agreed.request.reference) in plain
    for word in ("Arab", "Elterngespr", "Beispielweg", "Grundschule", "Sekretariat", "Paula"):
        assert word not in plain
    (entry,) = events(client, path_of(bootstrap, owner, details=True))
    sent = mailed(bootstrap, agreed, Audience.GUIDE)
    assert (entry["SUMMARY"], entry["LOCATION"]) == (sent["SUMMARY"], sent["LOCATION"])
    assert entry["DESCRIPTION"] == "Sekretariat"


@one_database
def test_the_page_gives_renews_and_ends_the_address(
    phone: FlaskClient, bootstrap: Bootstrap, agreed: Assignment
) -> None:
    def address() -> str:
        page = phone.get("/mein-kalender").get_data(as_text=True)
        return page.partition('readonly value="')[2].partition('"')[0]

    assert address() == ""
    assert press(phone, phone.get("/mein-kalender")).location == "/mein-kalender"
    first = address().removeprefix(bootstrap.links.base_url)
    page = phone.get("/mein-kalender")
    assert events(phone, first)
    assert "DTSTART" in phone.get(first).get_data(as_text=True)
    press(phone, page)
    assert "LOCATION" in phone.get(first).get_data(as_text=True)
    press(phone, phone.get("/mein-kalender"))
    assert "LOCATION" not in phone.get(first).get_data(as_text=True)
    press(phone, page, nth=1)
    second = address().removeprefix(bootstrap.links.base_url)
    assert phone.get(first).status_code == 404
    assert events(phone, second)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        row = uow.session.scalars(select(CalendarFeed)).one()
        secret = second.removeprefix("/kalender/").removesuffix(".ics")
        stored = " ".join(
            str(value) for value in uow.session.execute(text("SELECT * FROM calendar_feed")).one()
        )
        assert secret not in stored
        assert row.guide_id == agreed.guide_id
    press(phone, page, nth=2)
    assert phone.get(second).status_code == 404
    assert len(forms_on(phone.get("/mein-kalender"))) == 2


@one_database
def test_an_institution_gets_its_own_address(
    client: FlaskClient, bootstrap: Bootstrap, agreed: Assignment
) -> None:
    assert client.get("/meine-anfragen/kalender").status_code == 403
    open_and_fill(client, "/anmelden-per-mail", {"email": "ada@schule.example"})
    mail = mails.find(mails.read_all(bootstrap), Notice.LOGIN_LINK, Audience.INSTITUTION)
    assert 'href="/meine-anfragen/kalender"' in client.get(mail.links[0], follow_redirects=True).get_data(
        as_text=True
    )
    assert open_and_fill(client, "/meine-anfragen/kalender", {}).status_code == 303
    page = client.get("/meine-anfragen/kalender")
    address = page.get_data(as_text=True).partition('readonly value="')[2].partition('"')[0]
    (entry,) = events(client, address.removeprefix(bootstrap.links.base_url))
    assert str(entry["UID"]).startswith(f"assignment-{agreed.id}@")
    assert str(entry["URL"]).endswith(f"/anfrage/{agreed.request_id}")
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        row = uow.session.scalars(select(CalendarFeed)).one()
        assert (row.guide_id, row.contact_id) == (None, agreed.request.contact_id)
    for number in range(3):
        assert fill(page, client, {}, form=number).status_code == 303
    assert client.get(address).status_code == 404


@one_database
@pytest.mark.parametrize("secret", ["x", "a" * 43, "..%2f", "ä"])
def test_a_wrong_address_opens_nothing(client: FlaskClient, bootstrap: Bootstrap, secret: str) -> None:
    assert client.get(f"/kalender/{secret}.ics").status_code == 404


@one_database
def test_who_has_left_has_no_feed(client: FlaskClient, bootstrap: Bootstrap, agreed: Assignment) -> None:
    path = path_of(bootstrap, Owner(guide_id=agreed.guide_id))
    assert client.get(path).status_code == 200
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.get_one(Guide, agreed.guide_id).status = GuideStatus.LEFT
    assert client.get(path).status_code == 404


@one_database
def test_who_has_seen_it_gets_nothing_twice(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, agreed: Assignment
) -> None:
    path = path_of(bootstrap, Owner(guide_id=agreed.guide_id))
    first = client.get(path)
    clock.pass_by(hours=5)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path).data == first.data


@one_database
def test_a_feed_asks_the_database_as_often_for_many_as_for_one(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, agreed: Assignment
) -> None:
    path = path_of(bootstrap, Owner(guide_id=agreed.guide_id), details=True)
    counts: list[int] = []
    for number in range(3):
        with bootstrap.begin(SYSTEM) as uow:
            guide = uow.session.get_one(Assignment, agreed.id).guide
            start = clock.now + timedelta(days=20 + 7 * number)
            factories.confirmed(
                uow, factories.open_request(uow, pool.id, start, email=f"{number}@s.example"), guide
            )
        with counted(bootstrap) as statements:
            assert len(events(client, path)) == number + 2
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts


@dataclass(frozen=True)
class Programs:
    """vdirsyncer and khal of one person, with folders of their own."""

    folder: Path

    @property
    def entries(self) -> Path:
        """Where vdirsyncer keeps one file for each appointment."""
        return self.folder / "calendar"

    def prepare(self, address: str) -> None:
        """Write what a person sets up once."""
        self.entries.mkdir()
        (self.folder / "vdirsyncer").write_text(
            f"""[general]
status_path = "{self.folder / "status"}"
[pair feed]
a = "remote"
b = "local"
collections = null
[storage remote]
type = "http"
url = "{address}"
[storage local]
type = "filesystem"
path = "{self.entries}"
fileext = ".ics"
"""
        )
        (self.folder / "khal").write_text(
            f"""[calendars]
[[feed]]
path = {self.entries}
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
[sqlite]
path = {self.folder / "khal.db"}
"""
        )
        self._run("vdirsyncer", "discover")

    def sync(self) -> list[str]:
        """Fetch the feed and return what was done to how many entries.

        vdirsyncer knows entries by their content, so an update is a new one in place of an old.
        """
        said = self._run("vdirsyncer", "sync")
        return sorted(re.findall(r"^(Copying \(\w+\)|Deleting) item", said, re.MULTILINE))

    def day(self, on: date) -> str:
        """Return what khal shows of a day."""
        return self._run(
            "khal", "list", "--format", "{start-time}-{end-time} {title} {status}", f"{on}", "1d"
        )

    def _run(self, program: str, *arguments: str) -> str:
        beside = Path(sys.executable).parent
        found = shutil.which(program, path=f"{beside}{os.pathsep}{os.environ['PATH']}")
        assert found, f"{program} is missing; it stands in requirements/test.in"
        done = subprocess.run(
            [found, "-c", str(self.folder / program), *arguments],
            env={**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """Serve the application to other programs, on the clock of the test."""
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@one_database
def test_in_a_real_calendar_each_change_arrives_once(
    app: Flask, server: str, bootstrap: Bootstrap, clock: Clock, agreed: Assignment, tmp_path: Path
) -> None:
    programs = Programs(tmp_path)
    owner, uid = Owner(guide_id=agreed.guide_id), str(mailed(bootstrap, agreed, Audience.GUIDE)["UID"])
    day = agreed.starts_at.date()
    with bootstrap.begin(SYSTEM) as uow:
        # vdirsyncer takes a calendar that was emptied at once for a mistake.
        start = clock.now + timedelta(days=50)
        factories.confirmed(uow, factories.open_request(uow, agreed.pool_id, start), agreed.guide)
    path = path_of(bootstrap, owner)
    programs.prepare(server + path)
    assert programs.sync() == [NEW, NEW]
    assert f"11:00-12:00 Termin {agreed.request.reference}" in programs.day(day)
    clock.pass_by(hours=3)
    assert programs.sync() == []

    # An update: an hour later, as a change of the request does it.
    with bootstrap.begin(SYSTEM) as uow:
        row = uow.session.get_one(Assignment, agreed.id)
        row.starts_at += timedelta(hours=1)
        row.ends_at += timedelta(hours=1)
        row.sequence += 1
    assert programs.sync() == [NEW, GONE]
    assert "12:00-13:00" in programs.day(day)
    assert "11:00" not in programs.day(day)
    clock.pass_by(hours=3)
    assert programs.sync() == []

    # Called off: it says so until the time is over, and then is gone.
    with bootstrap.begin(factories.asked(agreed)) as uow:
        assignments.withdraw(uow, agreed.id)
    assert programs.sync() == [NEW, GONE]
    assert f"Abgesagt: Termin {agreed.request.reference} CANCELLED" in programs.day(day)
    assert programs.sync() == []
    kept, _ = events(app.test_client(), path)
    gone = mailed(bootstrap, agreed, Audience.GUIDE)
    assert [(one["UID"], one["SEQUENCE"], one["STATUS"]) for one in (kept, gone)] == [
        (uid, 2, "CANCELLED")
    ] * 2
    clock.now = agreed.ends_at + timedelta(hours=2)
    assert programs.sync() == [GONE]


@one_database
def test_what_was_only_asked_and_called_off_never_stood_there(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        request = factories.open_request(uow, pool.id, clock.now + timedelta(days=15))
        factories.offered(uow, request, guide)
    with bootstrap.begin(factories.holder(request)) as uow:
        requests.cancel(uow, request.id)
    assert events(client, path_of(bootstrap, Owner(guide_id=guide.id))) == []
