"""What a guide does with an appointment on the phone: hand it over, come later, say that nobody was there."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus, AuditEvent, Mode, Notice, Subject
from lotsen.i18n import translator
from lotsen.models import Assignment, AuditEntry, OutboxMessage, Pool
from lotsen.services import assignments
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.forms import forms_on
from tests.web.guides.conftest import Link, press

pytestmark = pytest.mark.only_db("sqlite")
de = translator("de").gettext


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def state(bootstrap: Bootstrap, assignment: Assignment) -> Assignment:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.get_one(Assignment, assignment.id)


def told(bootstrap: Bootstrap, notice: Notice) -> list[str]:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.query(OutboxMessage).filter(OutboxMessage.notice == notice)
        return sorted(row.audience.value for row in rows)


def test_my_appointments_say_how_to_get_there(phone: FlaskClient, agreed: Assignment) -> None:
    text = words(phone.get("/meine-termine"))
    for fact in ("Beispielweg 1", "Innenstadt", "Sekretariat", "Paula Probe", 'href="tel:02214710140"'):
        assert fact in text, fact
    for path in ("/aushang", "/mein-kalender", "/nicht-anfragen"):
        assert f'href="{path}"' in text


def test_a_talk_by_video_names_the_room_to_dial_in(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, link: Link
) -> None:
    room = "https://video.example/raum-7"
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, by_video=True)
        start = clock.now + timedelta(days=15)
        request = factories.open_request(
            uow, pool.id, start, mode=Mode.VIDEO, district_id=None, address="", meeting_point=room
        )
        agreed = factories.confirmed(uow, request, guide)
    text = words(client.get(link(agreed), follow_redirects=True))
    assert de("By video") in text
    assert f'href="{room}"' in text
    assert 'href="tel:02214710131"' in text


def test_handing_over_asks_once_more_and_says_thank_you(
    phone: FlaskClient, bootstrap: Bootstrap, agreed: Assignment
) -> None:
    path = f"/termin/{agreed.id}/abgeben"
    assert path in words(phone.get(f"/angebot/{agreed.id}"))
    page = phone.get(path)
    assert state(bootstrap, agreed).status is AssignmentStatus.CONFIRMED
    for _ in range(2):
        assert press(phone, page, {}).location == f"/angebot/{agreed.id}"
    assert state(bootstrap, agreed).status is AssignmentStatus.WITHDRAWN
    text = words(phone.get(f"/angebot/{agreed.id}"))
    assert de("Thank you for telling us") in text
    assert told(bootstrap, Notice.GUIDE_WITHDREW) == ["institution", "office"]
    assert phone.get(path).location == f"/angebot/{agreed.id}"


def test_what_has_begun_cannot_be_handed_over(
    phone: FlaskClient, bootstrap: Bootstrap, clock: Clock, agreed: Assignment
) -> None:
    page = phone.get(f"/termin/{agreed.id}/abgeben")
    clock.now = agreed.starts_at
    late = phone.get(press(phone, page, {}).location)
    assert de("That is no longer possible. This is how it stands now.") in words(late)
    assert "/abgeben" not in words(late)
    assert state(bootstrap, agreed).status is AssignmentStatus.CONFIRMED


def test_coming_later_tells_the_institution_and_shows_the_phone(
    phone: FlaskClient, bootstrap: Bootstrap, clock: Clock, agreed: Assignment
) -> None:
    path = f"/termin/{agreed.id}/verspaetung"
    assert path not in words(phone.get(f"/angebot/{agreed.id}"))
    assert phone.get(path).location == f"/angebot/{agreed.id}"
    clock.now = agreed.starts_at - timedelta(minutes=30)
    for page in ("/meine-termine", f"/angebot/{agreed.id}"):
        assert path in words(phone.get(page))
    nothing = press(phone, phone.get(path), {})
    assert nothing.status_code == 422
    assert words(nothing).count(de("Please choose how many minutes.")) == 2
    assert told(bootstrap, Notice.LATE) == []
    assert press(phone, phone.get(path), {"minutes": "15"}).location == path
    text = words(phone.get(path))
    assert de("The institution knows") in text
    assert "15" in text
    assert 'href="tel:02214710140"' in text
    assert told(bootstrap, Notice.LATE) == ["institution"]
    assert press(phone, phone.get(path), {"minutes": "7"}).status_code == 422
    page = phone.get(path)
    clock.now = agreed.ends_at
    assert press(phone, page, {"minutes": "30"}).location == f"/angebot/{agreed.id}"
    assert state(bootstrap, agreed).late_minutes == 15


def test_nobody_there_says_what_to_try_first_and_is_kept_once(
    phone: FlaskClient, bootstrap: Bootstrap, clock: Clock, agreed: Assignment
) -> None:
    path = f"/termin/{agreed.id}/niemand-da"
    assert phone.get(path).location == f"/angebot/{agreed.id}"
    clock.now = agreed.ends_at + timedelta(minutes=5)
    with bootstrap.begin(SYSTEM) as uow:
        assignments.complete(uow, agreed.id)
    assert path in words(phone.get(f"/angebot/{agreed.id}"))
    page = phone.get(path)
    assert 'href="tel:02214710140"' in words(page)
    for _ in range(2):
        assert press(phone, page, {}).location == f"/angebot/{agreed.id}"
    text = words(phone.get(f"/angebot/{agreed.id}"))
    assert de("You have told us that nobody was there. The office takes care of it.") in text
    assert path not in text
    assert told(bootstrap, Notice.NOBODY_THERE) == ["institution", "office"]


def test_another_guides_appointment_opens_to_nobody(
    phone: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        other = factories.add_guide(uow, pool.id)
        foreign = factories.confirmed(
            uow, factories.open_request(uow, pool.id, clock.now + timedelta(days=16)), other
        )
    token = forms_on(phone.get("/mein-kalender"))[0].values["csrf_token"]
    clock.now = foreign.starts_at + timedelta(minutes=1)
    for deed in ("abgeben", "verspaetung", "niemand-da"):
        assert phone.get(f"/termin/{foreign.id}/{deed}").status_code == 403
        data = {"csrf_token": token, "minutes": "10"}
        assert phone.post(f"/termin/{foreign.id}/{deed}", data=data).status_code == 403
    kept = state(bootstrap, foreign)
    assert (kept.status, kept.late_minutes, kept.nobody_there_at) == (AssignmentStatus.CONFIRMED, None, None)


def test_the_page_says_what_has_changed_since_the_guide_was_asked(
    phone: FlaskClient, bootstrap: Bootstrap, clock: Clock, agreed: Assignment
) -> None:
    title = de("This has changed since we asked you")
    assert title not in words(phone.get(f"/angebot/{agreed.id}"))

    def change(hours: int, **data: list[object]) -> None:
        with bootstrap.begin(SYSTEM) as uow:
            uow.session.add(
                AuditEntry(
                    pool_id=agreed.pool_id,
                    at=clock.now + timedelta(hours=hours),
                    actor_kind="institution",
                    event=AuditEvent.CHANGED,
                    subject=Subject.REQUEST,
                    subject_id=agreed.request_id,
                    data=data,
                )
            )

    change(-1, occasion=["parent_talk", "home_visit"])
    change(1, meeting_point=[None, None], occasion=["parent_talk", "conflict_talk"], language=["ar", "tr"])
    change(2, occasion=["conflict_talk", "home_visit"], language=["tr", "ar"], billing_note=[None, None])
    start, end = agreed.starts_at, agreed.ends_at
    spans = [
        [[at.isoformat(), (at + (end - start)).isoformat(), 60]] for at in (start - timedelta(hours=1), start)
    ]
    change(3, windows=spans, participants=[None, 4])
    text = words(phone.get(f"/angebot/{agreed.id}"))
    assert title in text
    box = text.partition(title)[2].partition("</div>")[0]
    assert f"{de('Meeting point')}: {de('changed')}" in box
    assert f"<bdi>{de('Home visit')}</bdi>" in box
    assert f"<bdi>{de('Talk with parents')}</bdi>" in box
    assert de("Talk about a conflict") not in box
    assert de("Language") not in box
    assert de("Note for the bill") not in box
    assert "10:00 bis 11:00" in box
    assert "11:00 bis 12:00" in box
