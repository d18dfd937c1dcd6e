"""The sentence under the date: it tells no more than it may, loses nothing, and has a limit."""

import re
from datetime import time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import Level
from lotsen.models import Guide, GuideRequest, Pool, Throttle
from lotsen.services import limits
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.forms import Values, fill, forms_on
from tests.web.public.walk import ANSWERS, fill_pages

PAGE = "/anfrage/neu/termin"
ADDRESS = f"{PAGE}/chance"
TYPED: Values = {**ANSWERS["termin"], "district_id": "1"}


def hours(since: time, until: time) -> tuple[WeeklyTime, ...]:
    return tuple(WeeklyTime(weekday, since, until) for weekday in range(7))


def add(bootstrap: Bootstrap, pool: Pool, count: int, **changes: object) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(count):
            factories.add_guide(uow, pool.id, **changes)


def press(visitor: FlaskClient, **typed: str) -> TestResponse:
    """Press the button that asks for the chance."""
    return fill(visitor.get(PAGE), visitor, {**TYPED, "chance": "1", **typed})


def live(visitor: FlaskClient, **typed: str) -> TestResponse:
    """Ask as the script of the page does."""
    token = forms_on(visitor.get(PAGE))[0].values["csrf_token"]
    names = re.compile(r"windows-.*|minutes|mode|district_id")
    sent = {name: value for name, value in {**TYPED, **typed}.items() if names.fullmatch(name)}
    return visitor.post(ADDRESS, data=sent | {"csrf_token": token})


def said(answer: TestResponse) -> str:
    found = re.search(r'<div class="notice info">(.*?)</div></div>', answer.text, re.DOTALL)
    return "" if found is None else " ".join(re.sub("<[^>]+>", " ", found.group(1)).split())


def test_button_and_script_say_the_same_in_bands(
    visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    add(bootstrap, pool, 1)
    for more, words in (
        (0, "So far we see hardly anybody for this. Hardly anybody in the team speaks this language."),
        (1, "Only a few people could come then."),
        (2, "Several people could come then."),
    ):
        add(bootstrap, pool, more)
        pressed = press(visitor)
        assert pressed.status_code == 200
        assert said(pressed) == said(live(visitor)) == words
        assert "Error" not in pressed.text


def test_what_was_typed_is_kept_and_the_form_goes_on_from_there(
    visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    add(bootstrap, pool, 4)
    pressed = press(visitor, address="Hauptstraße 1", meeting_point="Tor 3")
    assert 'value="Hauptstraße 1"' in pressed.text
    assert 'value="Tor 3"' in pressed.text
    answer = fill(pressed, visitor, {})
    assert answer.location == "/anfrage/neu/wuensche"


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    "typed",
    [
        {"windows-0-day-day": ""},
        {"windows-0-start": "morgens"},
        {"mode": "-"},
        {"district_id": ""},
        {"minutes": "7"},
        {"windows-0-day-day": "31", "windows-0-day-month": "2"},
    ],
)
def test_half_a_date_is_no_mistake_yet(visitor: FlaskClient, typed: dict[str, str]) -> None:
    for answer in (press(visitor, **typed), live(visitor, **dict.fromkeys(typed, "") | typed)):
        assert answer.status_code == 200
        assert said(answer) == "Please give day, time and place. Then we can say how good the chance is."
        assert "Error:" not in answer.text


def test_one_tap_takes_the_better_time(visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    add(bootstrap, pool, 3, weekly=hours(time(11), time(18)))
    pressed = press(visitor, address="Hauptstraße 1")
    assert said(pressed).endswith("30 minutes later: 3 people")
    value = next(value for name, value in forms_on(pressed)[0].buttons if name == "nimm")
    taken = fill(pressed, visitor, {"nimm": value})
    assert said(taken) == "Only a few people could come then."
    form = forms_on(taken)[0].values
    assert (form["windows-0-start"], form["windows-0-day-day"], form["windows-0-day-month"]) == (
        "11:00",
        "4",
        "12",
    )
    assert form["address"] == "Hauptstraße 1"
    # It is kept, and sent like anything typed.
    assert forms_on(visitor.get(PAGE))[0].values["windows-0-start"] == "11:00"
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        draft = uow.session.scalars(select(GuideRequest)).one()
        assert (draft.answers or {})["windows-0-start"] == "11:00"


@pytest.mark.only_db("sqlite")
def test_the_telephone_is_a_better_way_too(visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    add(bootstrap, pool, 2, on_site=False)
    pressed = press(visitor)
    assert said(pressed).endswith("by phone: 2 people")
    taken = fill(pressed, visitor, {"nimm": "phone"})
    assert said(taken) == "Only a few people could come then."
    assert forms_on(taken)[0].values["mode"] == "phone"


@pytest.mark.only_db("sqlite")
def test_what_belongs_to_another_page_is_said_without_a_button(
    visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    add(bootstrap, pool, 2, languages=(("ar", Level.B1),))
    pressed = press(visitor)
    assert said(pressed).endswith("This would help: if level B1 is enough.")
    assert not any(name == "nimm" for name, _ in forms_on(pressed)[0].buttons)
    # A value that no page has offered changes nothing.
    for odd in ("9/1/1", "x", "0/99999999999/60", "on_site "):
        form = forms_on(fill(pressed, visitor, {"nimm": odd}))[0].values
        assert form["windows-0-start"] == TYPED["windows-0-start"]


@pytest.mark.only_db("sqlite")
def test_nothing_is_told_that_fewer_than_two_are_behind(
    visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    """Whether a single guide is free, absent or not there at all, the page says the same."""
    add(bootstrap, pool, 1)
    free = said(press(visitor))
    with bootstrap.begin(SYSTEM) as uow:
        day = factories.START.date() - timedelta(days=3)
        factories.guides.add_absence(uow, 1, day, day)
    away = said(press(visitor))
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.execute(update(Guide).values(on_site=False))
        uow.guides_changed.add(1)
    remote = said(press(visitor))
    assert free == away == remote
    assert not re.search(r"\d", free)


def test_the_endpoint_needs_the_draft_and_changes_nothing(
    visitor: FlaskClient, client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    add(bootstrap, pool, 4)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        before = uow.session.scalars(select(GuideRequest)).one().answers
    assert live(visitor).status_code == 200
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalars(select(GuideRequest)).one().answers == before
    # Without the token of our page, and with it but without a draft.
    assert visitor.post(ADDRESS, data=TYPED).status_code == 400
    assert visitor.get(ADDRESS).status_code == 405
    stranger = client.application.test_client()
    token = forms_on(stranger.get("/anfrage/neu/einrichtung"))[0].values["csrf_token"]
    refused = stranger.post(ADDRESS, data={**TYPED, "csrf_token": token})
    assert refused.status_code == 403
    assert "could come" not in refused.text


def test_who_asks_too_often_has_to_wait_and_loses_nothing(
    visitor: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHANCES_OF_A_DRAFT", 3)
    add(bootstrap, pool, 4)
    assert [live(visitor).status_code for _ in range(3)] == [200, 200, 200]
    late = live(visitor)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "600")
    assert said(late) == "You have asked this very often. Please wait a few minutes."
    pressed = press(visitor, address="Hauptstraße 1")
    assert pressed.status_code == 200
    assert "asked this very often" in said(pressed)
    assert "could come" not in pressed.text
    assert 'value="Hauptstraße 1"' in pressed.text
    clock.pass_by(minutes=10)
    assert live(visitor).status_code == 200


def test_another_draft_of_the_same_address_counts_too(
    visitor: FlaskClient, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, bootstrap: Bootstrap
) -> None:
    monkeypatch.setattr(limits, "CHANCES_OF_AN_ADDRESS", 2)
    assert [live(visitor).status_code for _ in range(2)] == [200, 200]
    second = client.application.test_client()
    fill_pages(second, until="termin")
    assert live(second).status_code == 429
    second.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert live(second).status_code == 200
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        keys = uow.session.scalars(select(Throttle.key)).all()
        assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
