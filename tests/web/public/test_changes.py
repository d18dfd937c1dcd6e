"""Change a request that was sent, part by part, with a check page where that means something to somebody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus, Mode, Notice, RequestStatus
from lotsen.models import Assignment, GuideRequest, OutboxMessage, Pool, Series
from lotsen.services import assignments
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import START, acting, add_guide, asked, confirmed, offered, open_request
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on, open_and_fill
from tests.web.public.test_tracking import agree, ask, nothing, state, tracked

PARTS = ("termin", "ort", "sprache", "vor-ort", "weiteres")
ON_9 = {
    "windows-0-day-day": "9",
    "windows-0-day-month": "12",
    "windows-0-day-year": "26",
    "windows-0-start": "11.30",
}


def text(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def stored(bootstrap: Bootstrap, request_id: int) -> GuideRequest:
    with bootstrap.begin(SYSTEM) as uow:
        return uow.session.get_one(GuideRequest, request_id)


def count(bootstrap: Bootstrap, notice: Notice) -> int:
    with bootstrap.begin(SYSTEM) as uow:
        of_notice = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.notice == notice)
        return uow.session.scalars(of_notice).one()


@pytest.mark.only_db("sqlite")
def test_the_page_leads_to_each_part_and_each_part_comes_back_as_it_is(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    page = text(client.get(f"/anfrage/{request_id}"))
    for part in PARTS:
        assert f"/anfrage/{request_id}/aendern/{part}" in page
        version = stored(bootstrap, request_id).version
        done = open_and_fill(client, f"/anfrage/{request_id}/aendern/{part}", {})
        assert done.status_code == 303, part
        assert stored(bootstrap, request_id).version == version, part
    assert "Sie haben nichts geändert" in text(client.get(f"/anfrage/{request_id}"))
    assert count(bootstrap, Notice.CHANGED) == 0
    assert client.get(f"/anfrage/{request_id}/aendern/alles").status_code == 404


def test_a_detail_is_changed_at_once(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    done = open_and_fill(
        client,
        f"/anfrage/{request_id}/aendern/vor-ort",
        {"on_site_name": "Vera Neu", "on_site_phone": "0221 4710155"},
    )
    assert done.headers["Location"] == f"/anfrage/{request_id}"
    page = text(client.get(f"/anfrage/{request_id}"))
    assert "Ihre Änderung ist gespeichert" in page
    assert "Vera Neu" in page
    assert state(bootstrap, request_id) is RequestStatus.CONFIRMED
    assert count(bootstrap, Notice.CHANGED) == 2


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("part", "typed", "field", "words"),
    [
        ("termin", {**ON_9, "windows-0-start": "25"}, "windows-0-start", "Uhrzeit"),
        ("termin", {**ON_9, "windows-0-day-year": "2025"}, "windows-0-day", "Diese Zeit ist schon vorbei"),
        ("ort", {"address": ""}, "address", "Bitte geben Sie die Adresse an"),
        ("ort", {"district_id": ""}, "district_id", "Stadtteil"),
        ("sprache", {"language": "xx"}, "language", "aus der Liste"),
        ("vor-ort", {"on_site_phone": "keine"}, "on_site_phone", "Telefonnummer"),
        ("weiteres", {"participants": "viele", "remarks": "Klingel"}, "participants", "ganze Zahl"),
    ],
)
def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    part: str,
    typed: dict[str, str],
    field: str,
    words: str,
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    version = stored(bootstrap, request_id).version
    page = open_and_fill(client, f"/anfrage/{request_id}/aendern/{part}", typed)
    assert page.status_code == 422
    said = text(page)
    assert "<title>Fehler:" in said
    assert f'id="{field}-error"' in said
    assert words in said
    values = forms_on(page)[0].values
    assert {name: values[name] for name in typed if name != "language"} == {
        name: value for name, value in typed.items() if name != "language"
    }
    assert stored(bootstrap, request_id).version == version


def test_a_new_time_is_checked_then_the_same_person_is_asked(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    address = f"/anfrage/{request_id}/aendern/termin"
    check = open_and_fill(client, address, ON_9)
    assert check.status_code == 200
    said = text(check)
    assert "<h1>Möchten Sie das ändern?</h1>" in said
    assert "Mittwoch, 9. Dezember 2026, 11:30 bis 12:30 Uhr" in said
    assert "bisher: Montag, 7. Dezember 2026" in said
    assert "Darum fragen wir zuerst wieder dieselbe Person" in said
    assert state(bootstrap, request_id) is RequestStatus.CONFIRMED
    # Back with everything typed, forth again, and then it is done.
    back = fill(check, client, {"back": "1"})
    assert forms_on(back)[0].values["windows-0-start"] == "11.30"
    check = fill(back, client, {})
    assert fill(check, client, {"sure": "1"}).headers["Location"] == f"/anfrage/{request_id}"
    page = text(client.get(f"/anfrage/{request_id}"))
    assert "<h1>Wir suchen eine passende Person</h1>" in page
    assert "Eine Person ist gefragt und antwortet bis" in page
    with bootstrap.begin(SYSTEM) as uow:
        rows = uow.session.scalars(select(Assignment).order_by(Assignment.id)).all()
        assert [one.status for one in rows] == [AssignmentStatus.CANCELLED, AssignmentStatus.OFFERED]
    # The button pressed twice changes nothing more.
    assert fill(check, client, {"sure": "1"}).status_code == 409
    assert count(bootstrap, Notice.CHANGED) == 2


def test_who_no_longer_fits_is_named_before_saving(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    check = open_and_fill(client, f"/anfrage/{request_id}/aendern/sprache", {"language": "uk"})
    assert "Die Person mit der Zusage kann dann nicht" in text(check)
    fill(check, client, {"sure": "1"})
    assert state(bootstrap, request_id) is RequestStatus.OPEN
    assert stored(bootstrap, request_id).language == "uk"


def test_by_phone_there_is_no_place(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    request_id = tracked(client, bootstrap, pool, ask)
    done = open_and_fill(client, f"/anfrage/{request_id}/aendern/ort", {"mode": "phone"})
    assert done.status_code == 303
    found = stored(bootstrap, request_id)
    assert (found.mode, found.district_id, found.address) == (Mode.PHONE, None, "")
    assert state(bootstrap, request_id) is RequestStatus.OFFERED


@pytest.mark.only_db("sqlite")
def test_a_late_change_says_what_it_costs(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    clock.now = START - timedelta(hours=5)
    check = open_and_fill(client, f"/anfrage/{request_id}/aendern/termin", ON_9)
    assert "bekommt sie das Geld für eine Stunde" in text(check)
    fill(check, client, {"sure": "1"})
    assert "Darum bekommt die Person das Geld für eine Stunde" in text(client.get(f"/anfrage/{request_id}"))


@pytest.mark.parametrize("prepare", [ask, agree])
def test_what_moved_on_is_not_changed_unseen(
    client: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    prepare: Callable[[UnitOfWork, GuideRequest], None],
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    page = client.get(f"/anfrage/{request_id}/aendern/weiteres")
    with bootstrap.begin(SYSTEM) as uow:
        prepare(uow, uow.session.get_one(GuideRequest, request_id))
    answer = fill(page, client, {"participants": "12"})
    assert answer.status_code == 409
    assert "Inzwischen" in text(answer)
    assert forms_on(answer)[0].values["participants"] == "12"
    assert stored(bootstrap, request_id).participants is None
    assert fill(answer, client, {}).status_code == 303
    assert stored(bootstrap, request_id).participants == 12


@pytest.mark.only_db("sqlite")
def test_a_near_time_asks_why_it_is_urgent(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    def forget(_uow: UnitOfWork, request: GuideRequest) -> None:
        request.urgency_reason = None

    request_id = tracked(client, bootstrap, pool, forget)
    near = ON_9 | {"windows-0-day-day": "25", "windows-0-day-month": "Nov"}
    page = open_and_fill(client, f"/anfrage/{request_id}/aendern/termin", near)
    assert page.status_code == 422
    assert 'id="urgency_reason-error"' in text(page)
    assert fill(page, client, {"urgency_reason": "Ein Kind wird vorgestellt."}).status_code == 303


@pytest.mark.only_db("sqlite")
def test_what_has_ended_is_not_changed(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    page = client.get(f"/anfrage/{request_id}/aendern/weiteres")
    open_and_fill(client, f"/anfrage/{request_id}/absagen", {})
    assert fill(page, client, {"participants": "4"}).headers["Location"] == f"/anfrage/{request_id}"
    again = client.get(f"/anfrage/{request_id}/aendern/weiteres")
    assert again.headers["Location"] == f"/anfrage/{request_id}"
    assert "/aendern/" not in text(client.get(f"/anfrage/{request_id}"))


def a_series(bootstrap: Bootstrap, pool: Pool, first: int) -> list[int]:
    """Make a series of a request and two more, a week apart each; somebody has agreed to the second."""
    with bootstrap.begin(SYSTEM) as uow:
        row = Series(pool_id=pool.id, created_at=uow.now)
        uow.session.add(row)
        uow.session.flush()
        requests = [uow.session.get_one(GuideRequest, first)]
        requests += [open_request(uow, pool.id, START + timedelta(days=7 * week)) for week in (1, 2)]
        for one in requests:
            one.series_id = row.id
        confirmed(uow, requests[1], add_guide(uow, pool.id))
        return [one.id for one in requests]


def test_a_series_is_called_off_from_one_on(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    first, second, third = a_series(bootstrap, pool, tracked(client, bootstrap, pool, nothing))
    assert "Termine dieser Reihe" in text(client.get(f"/anfrage/{first}"))
    check = open_and_fill(client, f"/anfrage/{first}/absagen", {"scope": "all"})
    said = text(check)
    for day in ("7. Dezember", "14. Dezember", "21. Dezember"):
        assert day in said
    assert {state(bootstrap, one) for one in (first, third)} == {RequestStatus.OPEN}
    assert fill(check, client, {}).status_code == 303
    assert {state(bootstrap, one) for one in (first, second, third)} == {RequestStatus.CANCELLED}


def test_a_series_is_moved_unless_one_of_it_moved_on(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    ids = a_series(bootstrap, pool, tracked(client, bootstrap, pool, nothing))
    address = f"/anfrage/{ids[0]}/aendern/termin"
    check = open_and_fill(client, address, {**ON_9, "scope": "following"})
    said = text(check)
    assert said.count("11:30 bis 12:30") == 3
    assert "wieder dieselbe Person" in said
    with bootstrap.begin(SYSTEM) as uow:
        last = uow.session.get_one(GuideRequest, ids[2])
        offered(uow, last, add_guide(uow, pool.id))
    late = fill(check, client, {"sure": "1"})
    assert late.status_code == 409
    assert stored(bootstrap, ids[0]).version == 3
    check = fill(late, client, {})
    assert fill(check, client, {"sure": "1"}).status_code == 303
    with bootstrap.begin(SYSTEM) as uow:
        starts = [uow.session.get_one(GuideRequest, one).windows[0].starts_at for one in ids]
        moved = START + timedelta(days=2, hours=1.5)
        assert starts == [moved + timedelta(days=7 * week) for week in range(3)]
        assert uow.session.get_one(GuideRequest, ids[1]).status is RequestStatus.OFFERED


@pytest.mark.only_db("sqlite")
def test_made_up_words_of_a_page_change_nothing(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, nothing)
    for made_up in ("", "x", "1.", f"{request_id}.99999999999999999999", "1.1-²"):
        address = f"/anfrage/{request_id}/aendern/weiteres"
        assert open_and_fill(client, address, {"participants": "3", "seen": made_up}).status_code == 409
    assert stored(bootstrap, request_id).participants is None


@pytest.mark.only_db("sqlite")
def test_the_page_lists_what_was_sent_without_its_contents(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    said = text(client.get(f"/anfrage/{request_id}"))
    assert "Was wir Ihnen geschickt haben" in said
    for kind in ("Anfrage ist angekommen", "Termin bestätigt"):
        assert kind in said
    assert "ist unterwegs" in said


def test_a_yes_after_the_move_is_no_yes_to_the_old_time(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    request_id = tracked(client, bootstrap, pool, agree)
    check = open_and_fill(client, f"/anfrage/{request_id}/aendern/termin", ON_9)
    fill(check, client, {"sure": "1"})
    with bootstrap.begin(SYSTEM) as uow:
        new = uow.session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
        assert new is not None
        with acting(uow, asked(new)) as guide:
            assignments.accept(guide, new.id)
    assert "Mittwoch, 9. Dezember 2026" in text(client.get(f"/anfrage/{request_id}"))
