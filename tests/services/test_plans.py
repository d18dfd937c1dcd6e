"""A batch proposal asks for what is open, says what is true, and sends each row once."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Level,
    Mode,
    PlanChange,
    PlanStatus,
    SkipReason,
    UnservedReason,
    WishKind,
    WishWeight,
)
from lotsen.errors import NotFound, WrongState
from lotsen.jobs import planner
from lotsen.matching.planning.plan import Plan, Stage, plan
from lotsen.matching.planning.problem import Problem
from lotsen.models import Account, Assignment, AuditEntry, GuideRequest, OutboxMessage, PlanRun, RequestWish
from lotsen.queries import plans as query
from lotsen.services import assignments, guides, plan_sending, plans, requests
from lotsen.services.plan_sending import Chosen
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork
from tests import factories
from tests.factories import NOW, START
from tests.services.conftest import Town

HOUR = timedelta(hours=1)


def at_once(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
    """Plan in this very process: what the tests here look at is what stands around it."""
    progress(Stage.SERVING, 1.0)
    assert not cancelled()
    return plan(problem, now=lambda: 0.0)


def coordinator(town: Town) -> Actor:
    with town.shared.begin(SYSTEM) as uow:
        if uow.session.get(Account, 1) is None:
            uow.session.add(
                Account(
                    id=1, email="petra@buero.example", name="Petra", password_hash="-", created_at=uow.now
                )
            )
    return town.office


def proposed(town: Town, now: datetime = NOW) -> PlanRun:
    """Start a run and take it to its end."""
    actor = coordinator(town)
    shared = factories.bootstrap(town.shared.engine, now)
    with shared.begin(actor) as uow:
        run_id = plans.start(uow).id
    planner.run_one(shared, "one", lambda: False, at_once)
    return kept(town, run_id)


def kept(town: Town, run_id: int) -> PlanRun:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return query.find(uow.session, town.pool.id, run_id)


def problem(town: Town, now: datetime = NOW) -> dict[str, Any]:
    with factories.bootstrap(town.shared.engine, now).begin(SYSTEM, read_only=True) as uow:
        return plans.problem_of(uow, town.pool.id)


def open_at(town: Town, start: datetime, **changes: Any) -> GuideRequest:
    with town.shared.begin(SYSTEM) as uow:
        return factories.open_request(uow, town.pool.id, start, **changes)


def send(town: Town, run: PlanRun, rows: Sequence[dict[str, Any]], actor: Actor | None = None) -> None:
    chosen = [Chosen(row["request"], row["window"], row["guide"]) for row in rows]
    plan_sending.apply(lambda: town.shared.begin(actor or town.office), run.id, chosen)


def asked(town: Town) -> set[tuple[int, int]]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.scalars(
            select(Assignment).where(Assignment.status == AssignmentStatus.OFFERED)
        ).all()
        return {(one.request_id, one.guide_id) for one in rows}


def why(run: PlanRun) -> dict[int, UnservedReason]:
    return {one["request"]: UnservedReason(one["why"]) for one in run.result["unserved"]}


def test_the_problem_names_every_open_request_with_what_it_still_lacks(town_for_two: Town) -> None:
    town_for_two.offered()
    other = town_for_two.another_guide()
    asked_for = problem(town_for_two)
    (request,) = asked_for["problem"]["requests"]
    assert (request["id"], request["needs"], request["place"]) == (str(town_for_two.request_id), 1, "01")
    assert request["windows"] == [
        {"start": int(START.timestamp()) // 60, "end": int(START.timestamp()) // 60 + 60}
    ]
    options = [(one["guide"], one["takes"]) for one in asked_for["problem"]["options"]]
    assert options == [(str(other.id), 60)], "whoever has been asked already is no option"
    stamp = asked_for["stamp"]["requests"][str(town_for_two.request_id)]
    assert stamp["version"] == town_for_two.request.version


def test_only_requests_that_are_open_are_part_of_it(town: Town) -> None:
    open_at(town, START + HOUR)
    town.offered()
    assert len(problem(town)["problem"]["requests"]) == 1


def test_held_time_and_what_the_week_and_month_leave_are_part_of_it(town: Town) -> None:
    town.offered()
    open_at(town, START + timedelta(hours=3))
    with town.shared.begin(SYSTEM) as uow:
        guide = uow.session.get_one(type(town.guide), town.guide.id)
        guide.minutes_per_week, guide.minutes_per_month = 150, 300
    (guide,) = problem(town)["problem"]["guides"]
    minute = int(START.timestamp()) // 60
    assert guide["held"] == [{"start": minute, "end": minute + 60, "place": "01"}]
    # Monday, 7 December 2026, at midnight in Neuss, and the first of that month.
    week = int(datetime(2026, 12, 6, 23, tzinfo=UTC).timestamp()) // 60
    month = int(datetime(2026, 11, 30, 23, tzinfo=UTC).timestamp()) // 60
    assert guide["capacity"] == [
        {"from": month, "to": month + 31 * 1440, "minutes": 240},
        {"from": week, "to": week + 7 * 1440, "minutes": 90},
    ]


def test_a_remote_talk_has_no_place(town: Town) -> None:
    open_at(town, START + HOUR, mode=Mode.PHONE, district_id=None, address="")
    asked_for = problem(town)["problem"]
    assert [one["place"] for one in asked_for["requests"]] == ["01", None]
    assert asked_for["travel"]["pairs"] == [], "no way leads to a talk, and none is guessed"


@pytest.mark.parametrize(("urgency", "days", "weight"), [("Now.", 0, 4), ("", 0, 1), ("", 2, 2), ("", 5, 4)])
def test_urgency_and_waiting_raise_the_priority(town: Town, urgency: str, days: int, weight: int) -> None:
    with town.shared.begin(SYSTEM) as uow:
        row = uow.session.get_one(GuideRequest, town.request_id)
        row.urgency_reason = urgency or None
    (request,) = problem(town, NOW + timedelta(days=days))["problem"]["requests"]
    assert request["priority"] == weight


def test_the_proposal_serves_all_it_can_and_names_the_next_best_and_the_stand_by(town: Town) -> None:
    other = town.another_guide()
    run = proposed(town)
    assert (run.status, run.progress, run.result["proven"]) == (PlanStatus.DONE, 100, True)
    (row,) = run.result["rows"]
    pair = {town.guide.id, other.id}
    assert row["request"] == town.request_id
    assert {row["guide"], row["next_best"]["guide"]} == pair
    assert row["stand_by"] == [row["next_best"]["guide"]]
    assert run.result["loads"] == [[str(row["guide"]), 0, 60]]


def test_the_next_best_does_no_harm_to_the_rest(town: Town) -> None:
    town.another_guide()
    open_at(town, START + timedelta(minutes=30))
    run = proposed(town)
    assert [row["next_best"] for row in run.result["rows"]] == [None, None], "both are needed at that time"


def test_nobody_is_proposed_more_often_than_they_may_be_asked(town: Town) -> None:
    later = open_at(town, START + timedelta(days=1))
    with town.shared.begin(SYSTEM) as uow:
        uow.session.get_one(type(town.guide), town.guide.id).asks_per_week = 1
    assert problem(town)["problem"]["guides"][0]["asks"] == 1
    run = proposed(town)
    (row,) = run.result["rows"]
    assert why(run) == {({town.request_id, later.id} - {row["request"]}).pop(): UnservedReason.LOST}
    send(town, run, run.result["rows"])
    assert asked(town) == {(row["request"], row["guide"])}
    # Everybody has been asked by now: nothing is proposed that sending would refuse.
    run = proposed(town)
    assert run.result["rows"] == []


def test_nobody_is_the_next_best_beyond_their_asks(town: Town) -> None:
    other = town.another_guide()
    with town.shared.begin(SYSTEM) as uow:
        for guide_id in (town.guide.id, other.id):
            uow.session.get_one(type(town.guide), guide_id).asks_per_week = 1
    open_at(town, START + timedelta(days=1))
    assert [row["next_best"] for row in proposed(town).result["rows"]] == [None, None]


def test_an_unserved_request_says_to_whom_it_lost(town: Town) -> None:
    other = open_at(town, START + timedelta(minutes=30))
    run = proposed(town)
    (row,) = run.result["rows"]
    (left,) = run.result["unserved"]
    assert {row["request"], left["request"]} == {town.request_id, other.id}
    assert left["why"] == UnservedReason.LOST
    assert left["lost_to"] == [{"request": row["request"], "urgent": False}]


def test_a_pool_without_guides_says_so(town: Town) -> None:
    with town.shared.begin(SYSTEM) as uow:
        uow.session.delete(uow.session.get_one(type(town.guide), town.guide.id))
    assert why(proposed(town)) == {town.request_id: UnservedReason.NO_GUIDES}


def test_a_request_that_nobody_can_serve_says_so(town: Town) -> None:
    rare = open_at(town, START, language="ti")
    assert why(proposed(town)) == {rare.id: UnservedReason.NOBODY}


def test_three_needed_and_two_free_says_so(town: Town) -> None:
    town.another_guide()
    big = open_at(town, START + timedelta(days=1), guides_needed=3)
    run = proposed(town)
    assert why(run) == {big.id: UnservedReason.TOO_FEW}
    assert run.result["unserved"][0]["able"] == 2


def test_windows_in_the_past_say_so(town: Town) -> None:
    assert why(proposed(town, START + timedelta(minutes=5))) == {town.request_id: UnservedReason.PAST}


def test_nothing_open_gives_an_empty_proposal(town: Town) -> None:
    town.offered()
    run = proposed(town)
    assert (run.status, run.result["rows"], run.result["unserved"]) == (PlanStatus.DONE, [], [])
    assert run.result["proven"]


def test_two_starts_are_one_run_and_each_pool_has_its_own(town: Town) -> None:
    actor = coordinator(town)
    with town.shared.begin(actor) as uow:
        first = plans.start(uow).id
    with town.shared.begin(actor) as uow:
        assert plans.start(uow).id == first


def test_a_run_can_be_stopped_until_it_is_through(town: Town) -> None:
    actor = coordinator(town)
    with town.shared.begin(actor) as uow:
        run_id = plans.start(uow).id
    town.act(actor, lambda uow: plans.cancel(uow, run_id))
    assert kept(town, run_id).status is PlanStatus.CANCELLED
    done = proposed(town)
    town.act(actor, lambda uow: plans.cancel(uow, done.id))
    assert kept(town, done.id).status is PlanStatus.DONE


def test_the_run_of_another_pool_does_not_exist(town: Town) -> None:
    run = proposed(town)
    stranger = factories.office(town.pool.id + 1)
    with pytest.raises(NotFound):
        town.act(stranger, lambda uow: plans.cancel(uow, run.id))
    with pytest.raises(NotFound):
        send(town, run, run.result["rows"], stranger)
    assert asked(town) == set()


def test_sending_asks_everyone_once_and_writes_it_down(town: Town) -> None:
    town.another_guide()
    open_at(town, START + timedelta(minutes=30))
    run = proposed(town)
    send(town, run, run.result["rows"])
    assert asked(town) == {(row["request"], row["guide"]) for row in run.result["rows"]}
    send(town, run, run.result["rows"])
    outcome = kept(town, run.id).outcome["rows"]
    assert [one["sent"] for one in outcome] == [True, True, False, False]
    assert {one["why"] for one in outcome[2:]} == {SkipReason.ALREADY_SENT}
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        told = uow.session.scalars(
            select(AuditEntry.trigger).where(AuditEntry.trigger.in_(("start_plan", "apply_plan")))
        ).all()
        mails = uow.session.query(OutboxMessage).filter_by(notice="offer").count()
    assert Counter(told) == {"apply_plan": 4, "start_plan": 1}
    assert mails == 2


def test_the_next_best_may_be_sent_instead(town: Town) -> None:
    town.another_guide()
    run = proposed(town)
    next_best = run.result["rows"][0]["next_best"]
    send(town, run, [next_best])
    assert asked(town) == {(town.request_id, next_best["guide"])}


def test_whoever_was_not_proposed_cannot_be_sent(town: Town) -> None:
    run = proposed(town)
    outsider = town.another_guide()
    row = {**run.result["rows"][0], "guide": outsider.id}
    with pytest.raises(NotFound):
        send(town, run, [row])
    assert asked(town) == set()


def test_what_has_changed_is_skipped_and_the_rest_goes_out(town: Town) -> None:
    others = [open_at(town, START + timedelta(days=day)) for day in range(1, 5)]
    with town.shared.begin(SYSTEM) as uow:
        helper = factories.add_guide(uow, town.pool.id, languages=(("ti", Level.NATIVE),))
        guide = uow.session.get_one(type(town.guide), town.guide.id)
        guide.asks_per_week = 10
        elsewhere = factories.open_request(uow, town.pool.id, START + timedelta(days=2), language="ti")
    run = proposed(town)
    rows = {row["request"]: row for row in run.result["rows"]}
    assert set(rows) == {town.request_id, elsewhere.id, *(one.id for one in others)}

    def change(uow: UnitOfWork) -> None:
        # Called off; asked by somebody else; the guide takes on a clashing appointment; the guide is away.
        requests.cancel(uow, others[0].id)
        row = rows[others[1].id]
        taken = factories.open_request(uow, town.pool.id, START + timedelta(days=2, minutes=30))
        assignments.offer(uow, taken.id, row["guide"], taken.windows[0].id)
        guides.add_absence(
            uow, town.guide.id, (START + timedelta(days=3)).date(), (START + timedelta(days=3)).date()
        )

    town.act(town.office, change)
    send(town, run, list(rows.values()))
    outcome = {one["request"]: one for one in kept(town, run.id).outcome["rows"]}
    assert outcome[others[0].id]["why"] == SkipReason.CHANGED
    assert outcome[others[1].id]["why"] == SkipReason.TAKEN
    assert outcome[others[2].id]["why"] == SkipReason.NO_LONGER_FITS
    assert outcome[others[2].id]["codes"] == ["absent"]
    sent = {one for one, row in outcome.items() if row["sent"]}
    assert sent == {town.request_id, others[3].id, elsewhere.id}
    assert (elsewhere.id, helper.id) in asked(town)


def test_a_request_for_two_is_sent_to_both(town_for_two: Town) -> None:
    town_for_two.another_guide()
    run = proposed(town_for_two)
    assert len(run.result["rows"]) == 2
    send(town_for_two, run, run.result["rows"])
    assert len(asked(town_for_two)) == 2


def test_a_run_that_is_not_through_cannot_be_sent(town: Town) -> None:
    with town.shared.begin(coordinator(town)) as uow:
        run = plans.start(uow)
    with pytest.raises(WrongState):
        send(town, run, [{"request": town.request_id, "window": 1, "guide": town.guide.id}])


def test_the_same_state_gives_the_same_proposal_and_no_news(town: Town) -> None:
    town.another_guide()
    open_at(town, START + timedelta(minutes=30))
    first, second = proposed(town), proposed(town)
    assert second.result["rows"] == first.result["rows"]
    assert second.result["changes"] == []


def test_the_next_proposal_says_what_is_new_and_why(town: Town) -> None:
    other = open_at(town, START + timedelta(minutes=30))
    rare = open_at(town, START + timedelta(days=1), language="ti")
    called_off = open_at(town, START + timedelta(days=2))
    first = proposed(town)
    served = next(
        row["request"] for row in first.result["rows"] if row["request"] in (town.request_id, other.id)
    )
    lost = ({town.request_id, other.id} - {served}).pop()
    town.act(town.office, lambda uow: requests.cancel(uow, called_off.id))
    with town.shared.begin(SYSTEM) as uow:
        factories.add_guide(uow, town.pool.id, languages=(("ti", Level.NATIVE),))
        factories.add_guide(uow, town.pool.id)
        fresh = factories.open_request(uow, town.pool.id, START + timedelta(days=3))
    changes = {one["request"]: one["why"] for one in proposed(town).result["changes"]}
    assert changes.pop(served, PlanChange.BETTER_PLAN) in (
        PlanChange.BETTER_PLAN,
        PlanChange.NEEDED_ELSEWHERE,
    )
    assert changes == {
        lost: PlanChange.BETTER_PLAN,
        rare.id: PlanChange.SOMEBODY_FREE,
        called_off.id: PlanChange.NO_LONGER_OPEN,
        fresh.id: PlanChange.NEW_REQUEST,
    }


def test_a_review_says_what_is_no_longer_true(town: Town) -> None:
    other = open_at(town, START + timedelta(days=1))
    run = proposed(town)
    town.act(town.office, lambda uow: requests.cancel(uow, other.id))
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        review = query.review(uow.session, uow.pool(town.pool.id), uow.settings(town.pool.id), NOW, run)
    by_request = {row.request.id: row for row in review.rows}
    assert by_request[town.request_id].is_true
    assert by_request[town.request_id].person.highlights
    assert by_request[other.id].changed
    assert not by_request[other.id].is_true


def test_a_person_in_more_rows_than_they_may_be_asked_by_now_is_marked(town: Town) -> None:
    for day in range(1, 4):
        open_at(town, START + timedelta(days=day))
    run = proposed(town)
    with town.shared.begin(SYSTEM) as uow:
        uow.session.get_one(type(town.guide), town.guide.id).asks_per_week = 1
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        review = query.review(uow.session, uow.pool(town.pool.id), uow.settings(town.pool.id), NOW, run)
    assert [row.over_asks for row in review.rows] == [False, True, True]


def test_a_second_proposal_keeps_what_can_stay_and_says_with_which_request_it_began(town: Town) -> None:
    town.another_guide()
    for day in range(1, 6):
        open_at(town, START + timedelta(days=day))
    with town.shared.begin(SYSTEM) as uow:
        # Only this one speaks both; whoever is new can have nobody else.
        both = factories.add_guide(
            uow, town.pool.id, languages=(("ar", Level.NATIVE), ("ti", Level.NATIVE)), asks_per_week=20
        )
        tied = factories.open_request(uow, town.pool.id, START + timedelta(days=7), language="ar")
        tied.wishes.append(RequestWish(kind=WishKind.GUIDE, weight=WishWeight.NICE, guide_id=both.id))
    first = proposed(town)
    before = {row["request"]: row["guide"] for row in first.result["rows"]}
    assert before[tied.id] == both.id
    fresh = open_at(town, START + timedelta(days=7), language="ti")
    second = proposed(town)
    after = {row["request"]: row["guide"] for row in second.result["rows"]}
    same = set(before) - {tied.id}
    assert {one: after[one] for one in same} == {one: before[one] for one in same}
    assert after[fresh.id] == both.id
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        review = query.review(uow.session, uow.pool(town.pool.id), uow.settings(town.pool.id), NOW, second)
    assert review.kept == len(same)
    changes = {one.request.id: one for one in review.changes}
    assert set(changes) == {tied.id, fresh.id}
    cause = changes[tied.id].cause
    assert cause is not None
    assert cause.id == fresh.id


def test_whoever_is_no_longer_needed_elsewhere_is_said_to_be_free(town: Town) -> None:
    other = open_at(town, START + timedelta(minutes=30))
    first = proposed(town)
    served = first.result["rows"][0]["request"]
    lost = ({town.request_id, other.id} - {served}).pop()
    town.act(town.office, lambda uow: requests.cancel(uow, served))
    changes = {one["request"]: one for one in proposed(town).result["changes"]}
    assert (changes[lost]["why"], changes[lost]["other"]) == (PlanChange.RELEASED, served)


def test_who_stands_by_is_put_in_line_with_what_is_sent(town: Town) -> None:
    other = town.another_guide()
    run = proposed(town)
    send(town, run, run.result["rows"])
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        line = uow.session.scalars(
            select(Assignment).where(Assignment.status == AssignmentStatus.STANDBY)
        ).one()
    assert {line.guide_id, run.result["rows"][0]["guide"]} == {town.guide.id, other.id}
    assert (line.request_id, line.starts_at, line.standby_rank) == (town.request_id, START, 1)


def test_whoever_is_swapped_in_does_not_stand_by_too(town: Town) -> None:
    town.another_guide()
    run = proposed(town)
    send(town, run, [run.result["rows"][0]["next_best"]])
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        (only,) = uow.session.scalars(select(Assignment)).all()
    assert only.status is AssignmentStatus.OFFERED


def test_choices_are_kept_merged_and_reset(town: Town) -> None:
    town.another_guide()
    open_at(town, START + timedelta(days=1))
    run = proposed(town)
    one, other = run.result["rows"]
    keys = [f"{row['request']}-{row['guide']}" for row in (one, other)]
    swap = f"{one['next_best']['window']}-{one['next_best']['guide']}"
    town.act(town.office, lambda uow: plans.decide(uow, run.id, {keys[0]: swap}))
    town.act(town.office, lambda uow: plans.decide(uow, run.id, {keys[1]: ""}))
    assert kept(town, run.id).decisions == {keys[0]: swap, keys[1]: ""}
    for wrong in ({"1-99": ""}, {keys[0]: "1-99"}):
        with pytest.raises(NotFound):
            town.act(town.office, lambda uow, wrong=wrong: plans.decide(uow, run.id, wrong))
    town.act(town.office, lambda uow: plans.reset(uow, run.id))
    assert kept(town, run.id).decisions == {}
    told = [one[1] for one in town.history()]
    assert (told.count("decide_plan"), told.count("reset_plan")) == (2, 1)


def test_old_runs_are_forgotten_after_the_pools_days(town: Town) -> None:
    old = proposed(town)
    new = proposed(town, NOW + timedelta(days=25))
    moment = NOW + timedelta(days=30)
    due: list[int] = []
    town.act(SYSTEM, lambda uow: due.extend(plans.due_forgetting(uow)), moment - timedelta(seconds=1))
    assert due == []
    town.act(SYSTEM, lambda uow: due.extend(plans.due_forgetting(uow)), moment)
    assert due == [old.id]
    for run_id in (old.id, new.id, 9999):
        town.act(SYSTEM, lambda uow, run_id=run_id: plans.forget(uow, run_id), moment)
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalars(select(PlanRun.id)).all() == [new.id]
