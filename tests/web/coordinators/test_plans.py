"""The pages of the batch proposal, from the start button to what was sent."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus, Level, PlanFailure, PlanStage, Role
from lotsen.jobs import planner
from lotsen.matching.planning.plan import Plan, plan
from lotsen.matching.planning.problem import Problem
from lotsen.models import Assignment, Guide, GuideRequest, PlanRun, Pool
from lotsen.services import plans, requests
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.coordinators.conftest import SignIn
from tests.web.coordinators.test_inbox import counted
from tests.web.forms import fill, forms_on

ADDRESS = "/buero/sammelvorschlag"


def at_once(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
    return plan(problem, now=lambda: 0.0)


def propose(client: FlaskClient, bootstrap: Bootstrap) -> str:
    """Start a run by its button and let the scheduler take it to its end; return its address."""
    answer = fill(client.get(ADDRESS), client, {}, form=1)
    assert answer.status_code == 302, answer.text
    planner.run_one(bootstrap, "one", lambda: False, at_once)
    return str(answer.location)


def a_guide(bootstrap: Bootstrap, pool: Pool, name: str, **changes: Any) -> Guide:
    with bootstrap.begin(SYSTEM) as uow:
        return factories.add_guide(uow, pool.id, name=name, asks_per_week=20, **changes)


def a_request(bootstrap: Bootstrap, pool: Pool, days: float = 0, **changes: Any) -> GuideRequest:
    with bootstrap.begin(SYSTEM) as uow:
        return factories.open_request(uow, pool.id, factories.START + timedelta(days=days), **changes)


def words(page: TestResponse) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def form_to(page: TestResponse, ending: str) -> int:
    """Return the number of the form that posts to an address."""
    return next(number for number, form in enumerate(forms_on(page)) if form.action.endswith(ending))


def decide(
    client: FlaskClient, address: str, typed: dict[str, str], page: TestResponse | None = None
) -> TestResponse:
    """Post the choices of a review; those of the page given, or of a fresh one."""
    page = page or client.get(address)
    return fill(page, client, typed, form=form_to(page, address))


def check(client: FlaskClient, address: str, typed: dict[str, str] | None = None) -> TestResponse:
    answer = decide(client, address, typed or {})
    assert answer.status_code == 302, answer.text
    return client.get(answer.location)


def send(client: FlaskClient, page: TestResponse) -> TestResponse:
    # A page may carry several rows under one name, which the reader of forms does not keep apart.
    form = forms_on(page)[form_to(page, "/senden")]
    rows = re.findall(r'name="zeile" value="([\d-]+)"', page.text)
    answer = client.post(form.action, data={"csrf_token": form.values["csrf_token"], "zeile": rows})
    assert answer.status_code == 302, answer.text
    return client.get(answer.location)


def offers(bootstrap: Bootstrap) -> dict[int, int]:
    """Return who was asked for which request."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return dict(
            uow.session.execute(
                select(Assignment.request_id, Assignment.guide_id).where(
                    Assignment.status == AssignmentStatus.OFFERED
                )
            ).all()
        )


def test_without_open_requests_there_is_nothing_to_start(office: FlaskClient, bootstrap: Bootstrap) -> None:
    page = office.get(ADDRESS)
    assert "No request is open. There is nothing to propose." in page.text
    assert "Start the proposal" not in page.text
    assert 'href="/buero/sammelvorschlag" aria-current="page"' in page.text
    token = forms_on(page)[0].values["csrf_token"]
    assert office.post(ADDRESS, data={"csrf_token": token}).location == ADDRESS
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalar(select(func.count()).select_from(PlanRun)) == 0


def test_a_run_on_its_way_says_how_far_it_is(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    a_request(bootstrap, pool)
    address = fill(office.get(ADDRESS), office, {}, form=1).location
    waiting = office.get(address)
    assert "The proposal begins in a moment" in waiting.text
    assert f'href="{address}">See how far it is now' in waiting.text
    with bootstrap.begin(SYSTEM) as uow:
        run_id = plans.claim(uow, "one")
        assert run_id is not None
        plans.beat(uow, run_id, "one", 40, PlanStage.PLANNING)
    running = office.get(address)
    assert "The proposal is being worked out" in running.text
    assert "Done so far: 40 percent" in running.text
    assert "We look for the best plan for all requests." in running.text
    assert 'http-equiv="refresh"' not in running.text
    assert "A proposal is being worked out." in office.get(ADDRESS).text
    stopped = fill(running, office, {}, form=form_to(running, "/abbrechen"))
    assert stopped.location == address
    assert "The proposal was stopped" in office.get(address).text


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (PlanFailure.BROKEN, "Something went wrong on our side."),
        (PlanFailure.KILLED, "The computer has ended the work in the middle."),
        (PlanFailure.HUNG, "It has taken far too long, so we have stopped it."),
        (PlanFailure.ABANDONED, "The service was started anew in the middle."),
    ],
)
def test_a_failed_run_says_why(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, failure: PlanFailure, sentence: str
) -> None:
    a_request(bootstrap, pool)
    address = fill(office.get(ADDRESS), office, {}, form=1).location
    with bootstrap.begin(SYSTEM) as uow:
        run_id = plans.claim(uow, "one")
        assert run_id is not None
        plans.fail(uow, run_id, "one", failure)
    said = words(office.get(address))
    assert "The proposal did not work" in said
    assert f"{sentence} Nobody was asked. Please start a new proposal." in said


def test_the_review_says_who_why_and_who_else(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_guide(bootstrap, pool, "Omar Hadid", german_level=Level.B2)
    first = a_request(bootstrap, pool)
    rare = a_request(bootstrap, pool, language="ti")
    page = office.get(propose(office, bootstrap))
    said = words(page)
    assert "1 proposal, 1 request stays open." in said
    assert "There is no better plan. This has been proven." in said
    assert said.index("Stays open (1)") < said.index("Proposals (1)"), "what stays open comes first"
    assert "Nobody can come at these times." in said
    assert f'href="/buero/anfragen/{rare.id}"' in page.text
    assert "Speaks Arabic as a native language" in said
    assert "Next best:" in said
    assert str(first.reference) in said
    assert {"Amira Saleh", "Omar Hadid"} <= set(re.findall(r"Amira Saleh|Omar Hadid", said))
    assert "1 hour" in said


@pytest.mark.parametrize(
    ("tiers", "sentence"),
    [
        ({"served": (91, 100), "fit": (5, 9)}, "At most 9 percent more could be served, weighed by urgency."),
        ({"served": (4, 4), "fit": (999, 1000)}, "The people could fit better by at most 1 percent."),
        ({"served": (4, 4), "fit": (9, 9), "fairness": (8, 7)}, "Perhaps the work can be shared better."),
    ],
)
def test_an_unproven_plan_says_how_much_better_one_could_be(
    office: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    tiers: dict[str, tuple[int, int]],
    sentence: str,
) -> None:
    a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    with bootstrap.begin(SYSTEM) as uow:
        run = uow.session.scalars(select(PlanRun)).one()
        rows = [{"name": name, "value": value, "bound": bound} for name, (value, bound) in tiers.items()]
        run.result = {**run.result, "proven": False, "tiers": rows}
    assert sentence in words(office.get(address))


def test_from_the_review_to_what_was_sent(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    rows = [a_request(bootstrap, pool, days) for days in range(3)]
    address = propose(office, bootstrap)
    checked = check(office, address)
    assert "Send 3 questions?" in checked.text
    assert offers(bootstrap) == {}, "the check page sends nothing"
    result = send(office, checked)
    assert "3 questions have been sent" in result.text
    assert set(offers(bootstrap)) == {one.id for one in rows}
    again = words(office.get(address))
    assert "Some of it has been sent already." in again
    assert "Check before sending" not in again
    assert re.search(r"Ready 3", words(office.get(ADDRESS)))


def test_a_row_can_be_skipped_or_swapped(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    people = {one.id: one.name for one in (a_guide(bootstrap, pool, name) for name in ("Amira S", "Omar H"))}
    swapped, skipped = a_request(bootstrap, pool), a_request(bootstrap, pool, 1)
    address = propose(office, bootstrap)
    page = office.get(address)
    form = forms_on(page)[form_to(page, address)]
    fields = {name: values for name, values in form.choices.items() if name.startswith("zeile-")}
    one = next(name for name in fields if name.startswith(f"zeile-{swapped.id}-"))
    other = next(name for name in fields if name.startswith(f"zeile-{skipped.id}-"))
    assert [form.values[name] for name in (one, other)] == [fields[one][0], fields[other][0]]
    assert fields[one][-1] == ""
    checked = check(office, address, {one: fields[one][1], other: ""})
    assert "Send one question?" in checked.text
    assert "One question has been sent" in send(office, checked).text
    next_best = int(fields[one][1].partition("-")[2])
    assert offers(bootstrap) == {swapped.id: next_best}
    assert next_best in people


def test_nothing_chosen_leads_back(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    form = forms_on(office.get(address))[form_to(office.get(address), address)]
    name = next(one for one in form.choices if one.startswith("zeile-"))
    answer = decide(office, address, {name: ""})
    assert answer.location == address
    assert "Please choose at least one person." in office.get(address).text


def test_what_changed_since_the_run_is_shown_and_left_out(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    stays, gone = a_request(bootstrap, pool), a_request(bootstrap, pool, 1)
    address = propose(office, bootstrap)
    before = office.get(address)
    with bootstrap.begin(SYSTEM) as uow, factories.acting(uow, factories.office(pool.id)) as coordinator:
        requests.cancel(coordinator, gone.id)
    after = office.get(address)
    assert "The request has changed in the meantime." in words(after)
    assert f'name="zeile-{gone.id}-' not in after.text
    late = office.get(decide(office, address, {}, before).location)
    assert "This has changed in the meantime and is left out:" in late.text
    assert "Send one question?" in late.text
    send(office, late)
    assert set(offers(bootstrap)) == {stays.id}


def test_what_changed_between_check_and_send_is_told(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    guide = a_guide(bootstrap, pool, "Amira Saleh")
    stays, taken = a_request(bootstrap, pool), a_request(bootstrap, pool, 1)
    address = propose(office, bootstrap)
    checked = check(office, address)
    clash = a_request(bootstrap, pool, 1 + 0.5 / 24)
    with bootstrap.begin(SYSTEM) as uow:
        factories.offered(
            uow, uow.session.get_one(GuideRequest, clash.id), uow.session.get_one(Guide, guide.id)
        )
    result = send(office, checked)
    said = words(result)
    assert "One question has been sent" in said
    assert "Not sent (1)" in said
    assert "This person was asked a moment ago." in said
    assert str(taken.reference) in said
    assert set(offers(bootstrap)) == {stays.id, clash.id}


@pytest.mark.race
def test_two_coordinators_at_once_ask_everyone_once(
    sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    clients = [sign_in("Petra Beispiel"), sign_in("Quentin Beispiel")]
    a_guide(bootstrap, pool, "Amira Saleh")
    rows = [a_request(bootstrap, pool, days) for days in range(4)]
    address = propose(clients[0], bootstrap)
    checked = [check(client, address) for client in clients]
    start = Barrier(2)

    def press(number: int) -> TestResponse:
        start.wait()
        return send(clients[number], checked[number])

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(press, range(2)))
    assert all(result.status_code == 200 for result in results)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        count = uow.session.scalar(select(func.count()).select_from(Assignment))
    assert count == len(rows)
    assert set(offers(bootstrap)) == {one.id for one in rows}
    assert "4 questions have been sent" in clients[0].get(f"{address}/ergebnis").text


def test_too_few_and_nobody_and_past_each_have_their_sentence(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    for name in ("Amira Saleh", "Omar Hadid"):
        a_guide(bootstrap, pool, name)
    a_request(bootstrap, pool, 1, guides_needed=3)
    a_request(bootstrap, pool, 2, language="ti")
    said = words(office.get(propose(office, bootstrap)))
    assert "3 people are needed, only 2 people can come." in said
    assert "Nobody can come at these times." in said
    assert "0 proposals, 2 requests stay open." in said


def test_what_would_help_and_who_came_first_stand_beside_a_request_that_stays_open(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh", german_level=Level.B1)
    a_guide(bootstrap, pool, "Omar Hadid", languages=(("ti", Level.NATIVE),))
    stuck = a_request(bootstrap, pool, 1, german_level=Level.B2)
    urgent = a_request(bootstrap, pool, language="ti")
    alike = a_request(bootstrap, pool, language="ti", urgency_reason="")
    equal = a_request(bootstrap, pool, 0.5 / 24, language="ti")
    said = words(office.get(propose(office, bootstrap)))
    assert f"{stuck.reference}" in said
    assert "if German at level B1 is enough: 1 more person could come." in said
    served = next(one for one in (urgent, equal) if re.search(rf"Proposals \(1\).*{one.reference}", said))
    assert re.search(rf"{alike.reference} .*?More urgent: {served.reference}", said)
    other = equal if served is urgent else urgent
    assert re.search(rf"{other.reference} .*?Better for all requests together: {served.reference}", said)


def test_choices_are_kept_for_everybody_until_they_are_reset(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    for name in ("Amira Saleh", "Omar Hadid"):
        a_guide(bootstrap, pool, name)
    a_request(bootstrap, pool)
    a_request(bootstrap, pool, 1)
    address = propose(office, bootstrap)
    page = office.get(address)
    form = forms_on(page)[form_to(page, address)]
    one, other = (name for name in form.choices if name.startswith("zeile-"))
    colleague = sign_in("Quentin Beispiel")
    old = colleague.get(address)
    assert "Reset" not in page.text
    kept = decide(office, address, {one: form.choices[one][1], "merken": "1"})
    assert "Your choice is kept. Nobody has been asked yet." in office.get(kept.location).text
    # The colleague's page is older and says of the first row what was proposed: only their own change counts.
    decide(colleague, address, {other: "", "merken": "1"}, old)
    page = office.get(address)
    values = forms_on(page)[form_to(page, address)].values
    assert (values[one], values[other]) == (form.choices[one][1], "")
    assert words(page).count("chosen") == 2
    assert "Send one question?" in office.get(f"{address}/pruefen").text
    assert fill(page, office, {}, form=form_to(page, "/zuruecksetzen")).location == address
    page = office.get(address)
    values = forms_on(page)[form_to(page, address)].values
    assert (values[one], values[other]) == (form.choices[one][0], form.choices[other][0])
    assert offers(bootstrap) == {}


def test_whoever_stands_by_is_kept_at_the_request_and_can_be_asked_or_taken_off(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    for name in ("Amira Saleh", "Omar Hadid", "Zahra Beispiel"):
        a_guide(bootstrap, pool, name)
    wanted = a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    checked = check(office, address)
    assert "Whoever is on stand-by gets no e-mail yet." in words(checked)
    send(office, checked)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        (line,) = uow.session.scalars(
            select(Assignment).where(Assignment.status == AssignmentStatus.STANDBY)
        ).all()
        name = uow.session.get_one(Guide, line.guide_id).name
    page = office.get(f"/buero/anfragen/{wanted.id}")
    said = words(page)
    assert f"{name} On stand-by" in said
    assert "The person knows nothing of it yet." in said
    assert f"You have put {name} on stand-by." in said
    assert "Ask now" not in said, "somebody else is being asked"
    back = form_to(page, "/zurueckziehen")
    fill(page, office, {}, form=back)
    page = office.get(f"/buero/anfragen/{wanted.id}")
    assert "Ask now" in page.text
    again = fill(page, office, {}, form=form_to(page, "/anfragen"))
    assert offers(bootstrap) == {wanted.id: line.guide_id}, again.text
    off = office.post(
        f"/buero/anfragen/{wanted.id}/bereitschaft/{line.id}/streichen",
        data={"csrf_token": forms_on(page)[0].values["csrf_token"]},
    )
    assert off.status_code == 409, "the person has been asked meanwhile"


@pytest.mark.only_db("sqlite")
def test_taken_off_stand_by_the_history_says_so(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    for name in ("Amira Saleh", "Omar Hadid"):
        a_guide(bootstrap, pool, name)
    wanted = a_request(bootstrap, pool)
    send(office, check(office, propose(office, bootstrap)))
    page = office.get(f"/buero/anfragen/{wanted.id}")
    answer = fill(page, office, {}, form=form_to(page, "/streichen"))
    said = words(office.get(answer.location))
    assert "The person is no longer on stand-by." in said
    assert re.search(r"You have taken \w+ \w+ off stand-by\.", said)


@pytest.mark.only_db("sqlite")
def test_a_colleagues_run_is_shown_instead_of_a_second_one(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_request(bootstrap, pool)
    assert "There is nobody in the team who could be asked." in words(office.get(ADDRESS))
    fresh = sign_in("Quentin Beispiel")
    token = forms_on(fresh.get(ADDRESS))[0].values["csrf_token"]
    address = fill(office.get(ADDRESS), office, {}, form=1).location
    assert fresh.post(ADDRESS, data={"csrf_token": token}).location == address
    said = words(fresh.get(address))
    assert "has already started a proposal. You see it here." in said
    assert "Started by " in said
    planner.run_one(bootstrap, "one", lambda: False, at_once)
    assert "There is nobody in the team yet." in words(office.get(address))


def test_what_is_new_since_the_last_proposal_is_listed(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    assert "What is new" not in office.get(propose(office, bootstrap)).text
    fresh = a_request(bootstrap, pool, 1)
    said = words(office.get(propose(office, bootstrap)))
    assert f"{fresh.reference} : Now Amira Saleh. The request is new." in said
    assert "One request keeps its proposal." in said


def test_read_only_sees_and_decides_nothing(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    reader = sign_in("Rosa Beispiel", Role.READ_ONLY)
    page = reader.get(address)
    assert "Amira Saleh" in page.text
    assert "zeile-" not in page.text
    assert "Start the proposal" not in reader.get(ADDRESS).text
    token = forms_on(page)[0].values["csrf_token"]
    for path in ("", "/1", "/1/abbrechen", "/1/zuruecksetzen", "/1/senden"):
        assert reader.post(f"{ADDRESS}{path}", data={"csrf_token": token}).status_code == 403, path


def test_runs_of_another_pool_do_not_exist(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool, other_pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    stranger = sign_in("Sam Muster", pool_id=other_pool.id)
    listed = stranger.get(ADDRESS)
    assert address not in listed.text
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/ergebnis").status_code == 404
    token = forms_on(listed)[0].values["csrf_token"]
    for path in ("", "/abbrechen", "/zuruecksetzen", "/senden"):
        answer = stranger.post(f"{address}{path}", data={"csrf_token": token, "zeile": "1-1-1"})
        assert answer.status_code == 404, path
    assert offers(bootstrap) == {}


def test_rows_that_no_page_has_offered_are_refused(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    address = propose(office, bootstrap)
    token = forms_on(office.get(address))[0].values["csrf_token"]
    for rows, status in (("1-1-99", 404), ("nonsense", 400), ("1-1", 400)):
        answer = office.post(f"{address}/senden", data={"csrf_token": token, "zeile": rows})
        assert answer.status_code == status, rows
    assert offers(bootstrap) == {}


def test_the_number_of_queries_does_not_grow(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    a_guide(bootstrap, pool, "Amira Saleh")
    a_request(bootstrap, pool)
    a_request(bootstrap, pool, language="ti")
    first = propose(office, bootstrap)
    with counted(bootstrap.engine) as few:
        assert office.get(first).status_code == 200
    for number in range(3):
        a_guide(bootstrap, pool, f"Omar Hadid {number}")
    with bootstrap.begin(SYSTEM) as uow:
        request = factories.open_request(uow, pool.id)
        starts = [factories.START + timedelta(hours=3 * number) for number in range(12)]
        factories.copies(uow, request, starts)
    second = propose(office, bootstrap)
    with counted(bootstrap.engine) as many:
        page = office.get(second)
    assert page.text.count('name="zeile-') > 12
    assert len(many) == len(few)
