"""Where nobody can come: what would help stands on the page as buttons, and never points at one person."""

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import Mode, RequestStatus, UnfilledReason
from lotsen.models import Guide, GuideRequest, Pool
from lotsen.services import requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import START, add_guide
from tests.web.conftest import Clock
from tests.web.forms import fill, open_and_fill
from tests.web.public.test_changes import text
from tests.web.public.test_tracking import nothing, state, tracked

# From eleven o'clock on Mondays, an hour after the talk begins.
LATER = (WeeklyTime(0, time(11), time(15)),)


def give_up(uow: UnitOfWork, request: GuideRequest) -> None:
    requests.mark_unfilled(uow, request.id, UnfilledReason.NOBODY_FREE)


def let_lapse(uow: UnitOfWork, request: GuideRequest) -> None:
    requests.lapse(uow, request.id)


def add_late_risers(bootstrap: Bootstrap, pool: Pool, count: int) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(count):
            add_guide(uow, pool.id, weekly=LATER, name="Yusuf Niemand")


def ways_on(page: str) -> list[str]:
    return re.findall(r'href="(/anfrage/\d+/vorschlag/[0-9a-f]+)"', page)


@pytest.mark.parametrize("prepare", [nothing, give_up, let_lapse])
def test_a_later_time_is_offered_and_taken(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    prepare: Callable[[UnitOfWork, GuideRequest], object],
) -> None:
    add_late_risers(bootstrap, pool, 2)
    request_id = tracked(client, bootstrap, pool, prepare)
    page = text(client.get(f"/anfrage/{request_id}"))
    assert "Eine dieser Änderungen hilft" in page
    assert "Montag, 7. Dezember 2026, 11:00 bis 12:00 Uhr: 2 Personen" in page
    assert "Yusuf" not in page
    way = ways_on(page)[0]
    check = client.get(way)
    assert "bisher: Montag, 7. Dezember 2026, 10:00" in text(check)
    before = state(bootstrap, request_id)
    assert client.get(way).status_code == 200
    assert state(bootstrap, request_id) is before
    assert fill(check, client, {}).headers["Location"] == f"/anfrage/{request_id}"
    assert state(bootstrap, request_id) is RequestStatus.OPEN
    with bootstrap.begin(SYSTEM) as uow:
        windows = uow.session.get_one(GuideRequest, request_id).windows
        assert [one.starts_at for one in windows] == [START + timedelta(hours=1)]
    # Taken twice, or made up, a way leads back to the page.
    for key in (way, f"/anfrage/{request_id}/vorschlag/0123456789ab"):
        assert client.get(key).headers["Location"] == f"/anfrage/{request_id}"
    assert "Eine dieser Änderungen hilft" not in text(client.get(f"/anfrage/{request_id}"))


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_are_never_pointed_at(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, count: int
) -> None:
    add_late_risers(bootstrap, pool, count)
    request_id = tracked(client, bootstrap, pool, give_up)
    page = text(client.get(f"/anfrage/{request_id}"))
    assert ways_on(page) == []
    assert "11:00 bis" not in page
    assert ("nur wenige Personen" in page) == bool(count)
    assert "0221 4710 131" in page


@pytest.mark.only_db("sqlite")
def test_by_phone_is_a_way_too(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(3):
            add_guide(uow, pool.id)
        for one in uow.session.scalars(select(Guide)):
            one.on_site, one.by_phone = False, True
    request_id = tracked(client, bootstrap, pool, give_up)
    way = ways_on(text(client.get(f"/anfrage/{request_id}")))[0]
    assert "Am Telefon" in text(client.get(way))
    assert open_and_fill(client, way, {}).status_code == 303
    with bootstrap.begin(SYSTEM) as uow:
        found = uow.session.get_one(GuideRequest, request_id)
        assert (found.mode, found.status) == (Mode.PHONE, RequestStatus.OPEN)


@pytest.mark.only_db("sqlite")
def test_where_enough_people_can_come_nothing_is_offered(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(2):
            add_guide(uow, pool.id)
    request_id = tracked(client, bootstrap, pool, nothing)
    assert "Das würde helfen" not in text(client.get(f"/anfrage/{request_id}"))
    assert client.get(f"/anfrage/{request_id}/vorschlag/0123456789ab").status_code == 303


@pytest.mark.only_db("sqlite")
def test_a_near_way_asks_why_it_is_urgent(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    def forget(uow: UnitOfWork, request: GuideRequest) -> None:
        request.urgency_reason = None
        give_up(uow, request)

    add_late_risers(bootstrap, pool, 2)
    request_id = tracked(client, bootstrap, pool, forget)
    clock.now = START - timedelta(days=3)
    way = ways_on(text(client.get(f"/anfrage/{request_id}")))[0]
    asked = open_and_fill(client, way, {})
    assert asked.status_code == 422
    assert 'id="urgency_reason-error"' in text(asked)
    assert fill(asked, client, {"urgency_reason": "Ein Kind wird vorgestellt."}).status_code == 303
    assert state(bootstrap, request_id) is RequestStatus.OPEN
