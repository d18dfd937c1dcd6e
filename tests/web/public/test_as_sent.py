"""What the form sends, on the pages of a request that was sent: flexible times, series, guides, wishes."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, TokenPurpose
from lotsen.models import Assignment, GuideRequest, Pool
from lotsen.services import assignments, limits, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import START
from tests.web.conftest import Clock
from tests.web.forms import Values, fill, forms_on, open_and_fill
from tests.web.public.test_chance import add, hours, said
from tests.web.public.test_changes import text
from tests.web.public.test_further import ask_again, english, sent
from tests.web.public.test_tracking import give_up, link, nothing, state, tracked
from tests.web.public.walk import send_request

FLEXIBLE = {"windows-0-until": "13"}
WEEKLY = FLEXIBLE | {"repeat-kind": "weekly", "repeat-count": "3"}
DAY = "Friday, 4 December 2026"
NARROWED = f"{DAY}, 11:00 to 13:00, 1 hour of it"


def send(client: FlaskClient, bootstrap: Bootstrap, **typed: str) -> list[GuideRequest]:
    """Send the form and confirm it with the one click in its mail; return what came of it."""
    send_request(english(client), **typed)
    found = sent(bootstrap)
    with bootstrap.begin(SYSTEM) as uow:
        address = link(uow, found[0].id, TokenPurpose.CONFIRM_ADDRESS)
    page = client.get(client.get(address).location)
    for one in found[1:]:
        assert f"{one.windows[0].starts_at:%-d %B %Y}" in page.text
    assert fill(page, client, {}).location == f"/anfrage/{found[0].id}"
    assert {state(bootstrap, one.id) for one in found} == {RequestStatus.OPEN}
    return found


def agree(bootstrap: Bootstrap, request_id: int, place: int = 0) -> None:
    """Let a new guide agree to one of the times at which a request may be."""
    with bootstrap.begin(SYSTEM) as uow:
        request = uow.session.get_one(GuideRequest, request_id)
        guide = factories.add_guide(uow, request.pool_id, asks_per_week=20)
        with factories.acting(uow, factories.office(request.pool_id)) as office:
            asked = assignments.offer(office, request_id, guide.id, request.places[place].id)
        with factories.acting(uow, factories.asked(asked)) as actor:
            assignments.accept(actor, asked.id)


def windows(bootstrap: Bootstrap, request_id: int) -> list[tuple[str, str, int]]:
    with bootstrap.begin(SYSTEM) as uow:
        found = uow.session.get_one(GuideRequest, request_id)
        return [(f"{w.starts_at:%d. %H:%M}", f"{w.ends_at:%H:%M}", w.minutes) for w in found.windows]


def held(bootstrap: Bootstrap, request_id: int) -> list[tuple[AssignmentStatus, str]]:
    with bootstrap.begin(SYSTEM) as uow:
        rows = uow.session.scalars(
            select(Assignment).where(Assignment.request_id == request_id).order_by(Assignment.id)
        )
        return [(one.status, f"{one.starts_at:%d. %H:%M}") for one in rows]


def change(client: FlaskClient, request_id: int, part: str, **typed: str) -> TestResponse:
    return open_and_fill(client, f"/anfrage/{request_id}/aendern/{part}", typed)


def test_a_flexible_time_is_shown_and_changed_as_one(client: FlaskClient, bootstrap: Bootstrap) -> None:
    (one,) = send(client, bootstrap, **FLEXIBLE)
    assert f"{DAY}, 10:30 to 13:00, 1 hour of it" in text(client.get(f"/anfrage/{one.id}"))
    address = f"/anfrage/{one.id}/aendern/termin"
    shown = forms_on(client.get(address))[0].values
    assert (shown["windows-0-start"], shown["windows-0-until"]) == ("10:30", "13:00")
    assert open_and_fill(client, address, {}).status_code == 303
    assert windows(bootstrap, one.id) == [("04. 09:30", "12:00", 60)]
    narrow = open_and_fill(client, address, {"windows-0-until": "11"})
    assert narrow.status_code == 422
    assert 'href="#windows-0-until"' in narrow.text
    assert "does not fit in" in narrow.text
    assert open_and_fill(client, address, {"windows-0-start": "11"}).status_code == 303
    assert windows(bootstrap, one.id) == [("04. 10:00", "12:00", 60)]
    assert NARROWED in text(client.get(f"/anfrage/{one.id}"))
    assert NARROWED in text(client.get(f"/anfrage/{one.id}/absagen"))


def test_an_agreed_time_in_a_flexible_one_is_what_the_page_moves(
    client: FlaskClient, bootstrap: Bootstrap
) -> None:
    (one,) = send(client, bootstrap, **FLEXIBLE)
    agree(bootstrap, one.id, place=1)
    address = f"/anfrage/{one.id}/aendern/termin"
    shown = forms_on(client.get(address))[0].values
    assert (shown["windows-0-start"], shown["windows-0-until"]) == ("11:00", "")
    # Left as it is, nothing is lost of what was asked for.
    assert open_and_fill(client, address, {}).status_code == 303
    assert windows(bootstrap, one.id) == [("04. 09:30", "12:00", 60)]
    # What still holds the agreed time asks nobody again.
    check = open_and_fill(client, address, {"windows-0-start": "10", "windows-0-until": "13:00"})
    assert check.status_code == 303
    assert held(bootstrap, one.id) == [(AssignmentStatus.CONFIRMED, "04. 10:00")]
    check = open_and_fill(client, address, {"windows-0-start": "14", "windows-0-until": "16"})
    assert f"<h2>{DAY}, 11:00 to 12:00</h2>" in check.text
    assert f"{DAY}, 14:00 to 16:00, 1 hour of it" in check.text
    assert fill(check, client, {"sure": "1"}).status_code == 303
    assert held(bootstrap, one.id)[1:] == [(AssignmentStatus.OFFERED, "04. 13:00")]


def test_a_series_of_the_form_is_followed_moved_and_called_off(
    client: FlaskClient, bootstrap: Bootstrap, app: Flask
) -> None:
    ids = [one.id for one in send(client, bootstrap, **WEEKLY)]
    agree(bootstrap, ids[1], place=2)
    page = text(client.get(f"/anfrage/{ids[0]}"))
    assert f"<strong>{DAY}, 10:30 to 13:00, 1 hour of it</strong>" in page
    assert f'<a href="/anfrage/{ids[1]}">Friday, 11 December 2026, 11:30 to 12:30</a>' in page
    # One link was mailed, and it opens them all; another's browser it opens none.
    for one in ids[1:]:
        assert client.get(f"/anfrage/{one}").status_code == 200
        assert app.test_client().get(f"/anfrage/{one}").status_code == 403
    # From the second on, an hour later than agreed; the third keeps its room.
    check = change(client, ids[1], "termin", **{"windows-0-start": "12.30", "scope": "following"})
    assert "Friday, 18 December 2026, 11:30 to 14:00, 1 hour of it" in check.text
    assert fill(check, client, {"sure": "1"}).status_code == 303
    assert [windows(bootstrap, one) for one in ids] == [
        [("04. 09:30", "12:00", 60)],
        [("11. 11:30", "12:30", 60)],
        [("18. 10:30", "13:00", 60)],
    ]
    assert held(bootstrap, ids[1])[1:] == [(AssignmentStatus.OFFERED, "11. 11:30")]
    # More room for all: nobody who is asked is asked again.
    check = change(client, ids[0], "termin", **{"windows-0-until": "14", "scope": "all"})
    assert fill(check, client, {"sure": "1"}).status_code == 303
    assert [windows(bootstrap, one)[0][1] for one in ids] == ["13:00", "13:30", "14:00"]
    assert len(held(bootstrap, ids[1])) == 2
    # A second date to choose from is for this one alone.
    other = {"day-day": "7", "day-month": "12", "day-year": "26", "start": "9"}
    done = change(client, ids[0], "termin", **{f"windows-1-{k}": v for k, v in other.items()}, scope="all")
    assert fill(done, client, {"sure": "1"}).status_code == 303
    assert [len(windows(bootstrap, one)) for one in ids] == [2, 1, 1]
    check = open_and_fill(client, f"/anfrage/{ids[2]}/absagen", {"scope": "all"})
    assert "Friday, 18 December 2026, 11:30 to 15:00, 1 hour of it" in check.text
    assert fill(check, client, {}).status_code == 303
    assert {state(bootstrap, one) for one in ids} == {RequestStatus.CANCELLED}


def test_two_guides_are_moved_together(client: FlaskClient, bootstrap: Bootstrap) -> None:
    (one,) = send(client, bootstrap, guides_needed="2", **FLEXIBLE)
    agree(bootstrap, one.id, place=1)
    agree(bootstrap, one.id, place=1)
    page = text(client.get(f"/anfrage/{one.id}"))
    assert "2 people have agreed." in page
    assert page.count("comes to you") == 2
    check = change(client, one.id, "termin", **{"windows-0-start": "14", "windows-0-until": "17"})
    assert "We ask the same person first" in check.text
    assert fill(check, client, {"sure": "1"}).status_code == 303
    assert held(bootstrap, one.id)[2:] == [(AssignmentStatus.OFFERED, "04. 13:00")] * 2
    assert state(bootstrap, one.id) is RequestStatus.OFFERED


def with_person(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, **wish: str
) -> tuple[int, int]:
    """Let a contact ask again for the person from last time; return the new request and the person."""
    with bootstrap.begin(SYSTEM) as uow:
        before = factories.open_request(uow, pool.id)
        guide = factories.add_guide(uow, pool.id, name="Samira Beispiel")
        factories.confirmed(uow, before, guide)
    clock.pass_by(days=20)
    ask_again(english(client), bootstrap, before.id)
    typed = {"day-day": "18", "day-month": "1", "day-year": "27", "start": "9", "until": "12"}
    done = open_and_fill(client, "/anfrage/neu/termin", {f"windows-0-{k}": v for k, v in typed.items()})
    assert done.status_code == 303
    wishes = {"guide_wish": str(guide.id), "guide_weight": "must"} | wish
    assert open_and_fill(client, "/anfrage/neu/wuensche", wishes).status_code == 303
    assert open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"}).status_code == 303
    new = sent(bootstrap)[-1].id
    with bootstrap.begin(SYSTEM) as uow:
        address = link(uow, new, TokenPurpose.CONFIRM_ADDRESS)
    fill(client.get(client.get(address).location), client, {})
    return new, guide.id


def test_the_person_from_last_time_is_named_and_may_be_dropped(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    request_id, guide_id = with_person(client, bootstrap, pool, clock)
    page = text(client.get(f"/anfrage/{request_id}"))
    assert re.search(r"This person \([^)]+\): <bdi>Samira Beispiel</bdi>", page)
    # Whether one certain person is free shows neither in what would help nor in the chance.
    assert "What would help" not in page
    chance = change(client, request_id, "termin", chance="1")
    assert "Your wishes for a certain person do not count here." in said(chance)
    address = f"/anfrage/{request_id}/aendern/weiteres"
    assert open_and_fill(client, address, {}).status_code == 303
    with bootstrap.begin(SYSTEM) as uow:
        stranger = factories.add_guide(uow, pool.id)
    wrong = open_and_fill(client, address, {"guide_wish": str(stranger.id)})
    assert wrong.status_code == 422
    contradiction = open_and_fill(client, address, {"not_guide": str(guide_id)})
    assert contradiction.status_code == 422
    assert 'href="#not_guide"' in contradiction.text
    assert open_and_fill(client, address, {"guide_wish": "", "not_guide": str(guide_id)}).status_code == 303
    page = text(client.get(f"/anfrage/{request_id}"))
    assert "Not this person" in page
    assert "Samira Beispiel" in page


def test_as_last_time_takes_what_was_changed_since(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    (one,) = send(client, bootstrap, **FLEXIBLE)
    change(client, one.id, "ort", address="Neue Straße 5", meeting_point="Tor 2")
    change(client, one.id, "termin", **{"windows-0-start": "15", "windows-0-until": "", "minutes": "90"})
    change(client, one.id, "weiteres", participants="7", gender_wish="female")
    ask_again(client, bootstrap, one.id)
    date = forms_on(client.get("/anfrage/neu/termin"))[0].values
    assert {name: date[name] for name in ("address", "meeting_point", "minutes", "windows-0-start")} == {
        "address": "Neue Straße 5",
        "meeting_point": "Tor 2",
        "minutes": "90",
        "windows-0-start": "",
    }
    typed = {"day-day": "18", "day-month": "12", "day-year": "26", "start": "9"}
    open_and_fill(client, "/anfrage/neu/termin", {f"windows-0-{k}": v for k, v in typed.items()})
    wishes = forms_on(client.get("/anfrage/neu/wuensche"))[0].values
    assert (wishes["participants"], wishes["gender_wish"]) == ("7", "female")


def live(client: FlaskClient, request_id: int, **typed: str) -> TestResponse:
    """Ask for the chance as the script of the page does."""
    address = f"/anfrage/{request_id}/aendern/termin"
    values: Values = forms_on(client.get(address))[0].values | typed
    kept = {name: value for name, value in values.items() if name.startswith(("windows", "minutes", "csrf"))}
    return client.post(f"{address}/chance", data=kept)


def test_the_chance_of_another_time_is_told_where_it_is_changed(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, app: Flask
) -> None:
    add(bootstrap, pool, 3, weekly=hours(START.time().replace(hour=13), START.time().replace(hour=18)))
    request_id = tracked(english(client), bootstrap, pool, nothing)
    version = state(bootstrap, request_id)
    for typed, words in (
        ({"windows-0-start": "14"}, "Only a few people could come then."),
        ({"windows-0-start": "12:30"}, "So far we see hardly anybody for this."),
        ({"windows-0-start": "11", "windows-0-until": "14"}, "Only a few people could come then."),
        ({"windows-0-start": "mittags"}, "Please give day and time."),
    ):
        pressed = change(client, request_id, "termin", chance="1", **typed)
        assert pressed.status_code == 200
        assert said(pressed).startswith(words)
        assert said(pressed) == said(live(client, request_id, **typed))
        assert forms_on(pressed)[0].values["windows-0-start"] == typed["windows-0-start"]
    pressed = change(client, request_id, "termin", chance="1", **{"windows-0-start": "12:30"})
    assert said(pressed).endswith("30 minutes later: 3 people")
    value = next(value for name, value in forms_on(pressed)[0].buttons if name == "nimm")
    taken = fill(pressed, client, {"nimm": value})
    assert forms_on(taken)[0].values["windows-0-start"] == "13:00"
    assert state(bootstrap, request_id) is version
    assert fill(taken, client, {}).status_code == 303
    assert [one[0] for one in windows(bootstrap, request_id)] == ["07. 12:00"]
    assert app.test_client().post(f"/anfrage/{request_id}/aendern/termin/chance").status_code in (400, 403)


@pytest.mark.only_db("sqlite")
def test_whoever_asks_for_the_chance_too_often_waits(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHANCES_OF_A_DRAFT", 1)
    request_id = tracked(english(client), bootstrap, pool, nothing)
    assert "very often" not in said(change(client, request_id, "termin", chance="1"))
    assert "very often" in said(change(client, request_id, "termin", chance="1"))


@pytest.mark.only_db("sqlite")
def test_what_would_help_a_flexible_request_is_taken(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    add(bootstrap, pool, 2, weekly=hours(START.time().replace(hour=14), START.time().replace(hour=18)))

    def loosen(uow: UnitOfWork, request: GuideRequest) -> None:
        request.windows[0].ends_at += timedelta(hours=2)
        uow.session.flush()
        give_up(uow, request)

    request_id = tracked(english(client), bootstrap, pool, loosen)
    page = text(client.get(f"/anfrage/{request_id}"))
    assert "Monday, 7 December 2026, 14:00 to 15:00: 2 more people could come." in page
    way = page.split(f'href="/anfrage/{request_id}/vorschlag/')[1].split('"')[0]
    check = client.get(f"/anfrage/{request_id}/vorschlag/{way}")
    assert "10:00 to 13:00, 1 hour of it" in check.text
    assert fill(check, client, {}).status_code == 303
    assert windows(bootstrap, request_id) == [("07. 13:00", "14:00", 60)]
    with bootstrap.begin(SYSTEM) as uow:
        assert requests.lock(uow, request_id).status is RequestStatus.OPEN
