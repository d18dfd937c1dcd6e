"""The page of an offer: what it asks and tells, and that an answer counts once and only while it may."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from lotsen import i18n
from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AssignmentStatus, DeclineReason, Mode, TokenPurpose
from lotsen.i18n import translator
from lotsen.models import Assignment, Pool, Token
from lotsen.services import assignments, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import acting, asked, holder
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on

de = translator("de").gettext


def answer(uow: UnitOfWork, assignment: Assignment, act: Callable[[UnitOfWork, int], Assignment]) -> None:
    with acting(uow, asked(assignment)) as guide:
        act(guide, assignment.id)


def cancel(uow: UnitOfWork, assignment: Assignment) -> None:
    with acting(uow, holder(assignment.request)) as institution:
        requests.cancel(institution, assignment.request_id)


STATES: dict[AssignmentStatus, tuple[str, Callable[[UnitOfWork, Assignment], object]]] = {
    AssignmentStatus.OFFERED: ("Can you help on %(weekday)s?", lambda _uow, _one: None),
    AssignmentStatus.CONFIRMED: (
        "Thank you. You are coming.",
        lambda uow, one: answer(uow, one, assignments.accept),
    ),
    AssignmentStatus.DECLINED: (
        "Thank you for your answer",
        lambda uow, one: answer(uow, one, assignments.decline),
    ),
    AssignmentStatus.CANCELLED: ("You do not need to come", cancel),
}


@pytest.fixture
def offered(bootstrap: Bootstrap, pool: Pool, clock: Clock) -> Assignment:
    """Return an offer whose link the guide has not opened yet."""
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        start = clock.now + timedelta(days=15, hours=1)
        request = factories.open_request(
            uow,
            pool.id,
            start,
            on_site_name="Paula Probe",
            on_site_phone="0221 4710 140",
            meeting_point="Sekretariat",
        )
        return factories.offered(uow, request, guide)


def link_to(bootstrap: Bootstrap, clock: Clock, assignment: Assignment) -> str:
    with bootstrap.begin(SYSTEM) as uow:
        address = uow.links.issue(
            uow.session,
            TokenPurpose.OFFER,
            now=clock.now,
            expires_at=clock.now + timedelta(days=60),
            assignment_id=assignment.id,
        )
        (token_id,) = tokens.placeholders(address)
        token = uow.session.get_one(Token, token_id)
        return f"/l/{tokens.derive(uow.links.secret, token.purpose, token.nonce)}"


@pytest.fixture
def page(client: FlaskClient, bootstrap: Bootstrap, clock: Clock, offered: Assignment) -> TestResponse:
    """Return the offer's page, opened by its link."""
    return client.get(link_to(bootstrap, clock, offered), follow_redirects=True)


def status(bootstrap: Bootstrap, assignment: Assignment) -> AssignmentStatus:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.get_one(Assignment, assignment.id).status


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def test_the_question_says_when_where_what_and_for_how_much(
    page: TestResponse, offered: Assignment, pool: Pool
) -> None:
    text, day = words(page), local_day(offered.starts_at, ZoneInfo(pool.zone))
    assert f"<h1>{de('Can you help on %(weekday)s?', weekday=i18n.weekday(day, 'de'))}</h1>" in text
    for fact in (i18n.date_long(day, "de"), "11:00", "Beispielweg 1", "Innenstadt", "Arabisch", "12,50"):
        assert fact in text, fact
    assert de("Meeting point") in text


def test_before_the_yes_nobody_is_named(page: TestResponse) -> None:
    assert "Ada Beispiel" not in words(page)
    assert "Paula Probe" not in words(page)
    assert "4710 1" not in words(page).partition("<footer")[0]


def test_the_link_leaves_no_secret_in_the_address(page: TestResponse, offered: Assignment) -> None:
    assert page.request.path == f"/angebot/{offered.id}"


@pytest.mark.parametrize("state", STATES)
def test_each_state_says_where_it_stands(
    client: FlaskClient,
    bootstrap: Bootstrap,
    clock: Clock,
    offered: Assignment,
    pool: Pool,
    state: AssignmentStatus,
) -> None:
    heading, bring_there = STATES[state]
    with bootstrap.begin(SYSTEM) as uow:
        bring_there(uow, uow.session.get_one(Assignment, offered.id))
    page = client.get(link_to(bootstrap, clock, offered), follow_redirects=True)
    assert status(bootstrap, offered) is state
    day = i18n.weekday(local_day(offered.starts_at, ZoneInfo(pool.zone)), "de")
    assert f"<h1>{de(heading, weekday=day)}</h1>" in words(page)
    may_answer = any(form.action.endswith("/ja") for form in forms_on(page))
    assert may_answer == (state is AssignmentStatus.OFFERED)


def test_an_expired_offer_blames_nobody(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, offered: Assignment, page: TestResponse
) -> None:
    assert offered.answer_by is not None
    clock.now = offered.answer_by
    with bootstrap.begin(SYSTEM) as uow:
        assignments.expire(uow, offered.id)
    text = words(client.get(f"/angebot/{offered.id}"))
    assert de("Thank you. We have asked another person.") in text


def test_nobody_is_asked_to_come_to_what_has_begun(
    client: FlaskClient, clock: Clock, offered: Assignment, page: TestResponse
) -> None:
    clock.now = offered.starts_at
    late = fill(page, client, {}, form=0)
    assert late.status_code == 409
    for text in (words(late), words(client.get(f"/angebot/{offered.id}"))):
        assert de("The time to answer is over. That is no problem.") in text
        assert de("Yes, I will come") not in text


def test_yes_confirms_and_names_the_contact(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse
) -> None:
    assert fill(page, client, {}, form=0).location == f"/angebot/{offered.id}"
    assert status(bootstrap, offered) is AssignmentStatus.CONFIRMED
    text = words(client.get(f"/angebot/{offered.id}"))
    assert "Paula Probe" in text
    assert "tel:" in text


def test_no_asks_for_a_reason_that_nobody_has_to_give(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse
) -> None:
    assert fill(page, client, {}, form=1).status_code == 302
    assert status(bootstrap, offered) is AssignmentStatus.DECLINED
    after = client.get(f"/angebot/{offered.id}")
    (form,) = forms_on(after)
    assert set(form.choices["reason"]) == {reason.value for reason in DeclineReason}
    assert fill(after, client, {}).status_code == 302
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(Assignment, offered.id).decline_reason is None


@pytest.mark.parametrize(("typed", "kept"), [("ill", True), ("nonsense", False), ("", False)])
def test_a_reason_is_kept_if_it_is_one(
    client: FlaskClient,
    bootstrap: Bootstrap,
    offered: Assignment,
    page: TestResponse,
    typed: str,
    kept: bool,
) -> None:
    fill(page, client, {}, form=1)
    reason = next(iter(DeclineReason)).value if kept else typed
    assert fill(client.get(f"/angebot/{offered.id}"), client, {"reason": reason}).status_code == 302
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        found = uow.session.get_one(Assignment, offered.id).decline_reason
    assert found == (reason if kept else None)


def test_a_second_yes_changes_nothing(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse
) -> None:
    for _ in range(2):
        assert fill(page, client, {}, form=0).status_code == 302
    assert status(bootstrap, offered) is AssignmentStatus.CONFIRMED


def test_a_yes_after_the_no_says_that_the_no_stands(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse
) -> None:
    fill(page, client, {}, form=1)
    late = fill(page, client, {}, form=0)
    assert late.status_code == 409
    assert de("Thank you for your answer") in words(late)
    assert status(bootstrap, offered) is AssignmentStatus.DECLINED


@pytest.mark.parametrize("form", [0, 1], ids=["yes", "no"])
def test_an_answer_to_what_was_called_off_meanwhile_says_so(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse, form: int
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        cancel(uow, uow.session.get_one(Assignment, offered.id))
    late = fill(page, client, {}, form=form)
    assert late.status_code == 409
    assert de("You do not need to come") in words(late)
    assert status(bootstrap, offered) is AssignmentStatus.CANCELLED


def test_a_reason_for_what_was_not_declined_is_refused(
    client: FlaskClient, bootstrap: Bootstrap, offered: Assignment, page: TestResponse
) -> None:
    token = forms_on(page)[0].values["csrf_token"]
    reason = next(iter(DeclineReason)).value
    late = client.post(f"/angebot/{offered.id}/grund", data={"csrf_token": token, "reason": reason})
    assert late.status_code == 409
    assert "<h1" in words(late)


def test_the_calendar_file_enters_the_appointment(
    client: FlaskClient, offered: Assignment, page: TestResponse
) -> None:
    assert client.get(f"/angebot/{offered.id}/termin.ics").status_code == 409
    fill(page, client, {}, form=0)
    file = client.get(f"/angebot/{offered.id}/termin.ics")
    assert file.mimetype == "text/calendar"
    assert "attachment" in file.headers["Content-Disposition"]
    calendar = Calendar.from_ical(file.data)
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == offered.starts_at
    assert event["DTEND"].dt == offered.ends_at
    assert str(event["UID"]).startswith(f"assignment-{offered.id}@")


def test_an_unknown_offer_does_not_say_whether_it_exists(client: FlaskClient, page: TestResponse) -> None:
    assert client.get("/angebot/99999").status_code == 403


def test_my_appointments_are_sorted_by_what_to_do(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, offered: Assignment, page: TestResponse
) -> None:
    text = words(client.get("/meine-termine"))
    assert de("Please answer") in text
    assert f'href="/angebot/{offered.id}"' in text
    fill(page, client, {}, form=0)
    text = words(client.get("/meine-termine"))
    assert de("You are coming") in text
    assert de("Please answer") not in text
    clock.now = offered.ends_at + timedelta(hours=1)
    text = words(client.get("/meine-termine"))
    assert de("Past") in text
    assert de("You are coming") not in text


def test_a_guide_without_appointments_is_told_so(
    client: FlaskClient, offered: Assignment, page: TestResponse
) -> None:
    fill(page, client, {}, form=1)
    assert de("You have no appointments yet. We write to you when somebody needs you.") in words(
        client.get("/meine-termine")
    )


def test_a_talk_by_phone_needs_no_address(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, by_phone=True)
        start = clock.now + timedelta(days=15)
        request = factories.open_request(uow, pool.id, start, mode=Mode.PHONE, district_id=None, address="")
        one = factories.offered(uow, request, guide)
    page = client.get(link_to(bootstrap, clock, one), follow_redirects=True)
    assert page.status_code == 200
    assert "Grundschule am Beispielweg" in words(page)
    assert "None" not in words(page)


def test_a_page_in_arabic_runs_from_right_to_left(
    client: FlaskClient, offered: Assignment, page: TestResponse
) -> None:
    text = words(client.get(f"/angebot/{offered.id}?sprache=ar"))
    assert '<html lang="ar" dir="rtl">' in text


def test_who_signed_in_to_the_office_is_no_guide(client: FlaskClient, offered: Assignment) -> None:
    for path in (f"/angebot/{offered.id}", "/meine-termine", f"/angebot/{offered.id}/termin.ics"):
        assert client.get(path).status_code == 403
