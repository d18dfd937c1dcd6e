"""Asking, answering and ending: what becomes of guide, request and mails, for one guide and for several."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    DeclineReason,
    GuideStatus,
    ReasonCode,
    RequestStatus,
    UnfilledReason,
)
from lotsen.errors import GuideTaken, NoLongerFits, NotFound, WrongState
from lotsen.models import Assignment, Guide, GuideRequest
from lotsen.queries import candidates
from lotsen.services import assignments, decline, requests
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork
from tests import factories
from tests.services.conftest import Town

LATER = factories.NOW + timedelta(days=20)


def offer(uow: UnitOfWork, request_id: int, guide_id: int, seen_version: int | None = None) -> Assignment:
    """Ask a guide for the first window."""
    window = uow.session.get_one(GuideRequest, request_id).windows[0]
    return assignments.offer(uow, request_id, guide_id, window.id, seen_version)


def add_request(town: Town, hours: float = 0) -> int:
    with town.shared.begin(SYSTEM) as uow:
        return factories.open_request(uow, town.pool.id, factories.START + timedelta(hours=hours)).id


def test_an_offer_asks_the_guide_and_tells_nobody_else(town: Town) -> None:
    before = town.mails()
    assignment = town.offered()
    assert assignment.status is AssignmentStatus.OFFERED
    assert (assignment.starts_at, assignment.ends_at) == (
        factories.START,
        factories.START + timedelta(hours=1),
    )
    assert assignment.answer_by is not None
    assert factories.NOW < assignment.answer_by < factories.START
    assert 0 < assignment.reasons["fit"] <= 100
    assert town.request.status is RequestStatus.OFFERED
    assert town.mails()[len(before) :] == [("offer", "guide")]


def test_the_whole_way(town: Town) -> None:
    assignment = town.confirmed()
    assert town.request.status is RequestStatus.CONFIRMED
    town.act(SYSTEM, lambda uow: assignments.complete(uow, assignment.id), LATER)
    assert town.read(Assignment, assignment.id).status is AssignmentStatus.COMPLETED
    assert town.request.status is RequestStatus.COMPLETED
    assert town.request.closed_at == LATER
    assert town.mails() == [
        ("confirm-address", "institution"),
        ("received", "institution"),
        ("offer", "guide"),
        ("confirmed", "guide"),
        ("confirmed", "institution"),
    ]


def test_a_guide_whose_time_was_given_away_is_taken(town: Town) -> None:
    other = add_request(town, 0.5)
    town.offered()
    with pytest.raises(GuideTaken), town.shared.begin(town.office) as uow:
        offer(uow, other, town.guide.id)
    assert town.read(GuideRequest, other).status is RequestStatus.OPEN


def test_what_the_database_refuses_leaves_the_session_of_use(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = add_request(town, 0.5)
    town.offered()
    load = candidates.load
    monkeypatch.setattr(
        candidates,
        "load",
        lambda *args, **named: [forget_appointments(one) for one in load(*args, **named)],
    )
    with town.shared.begin(town.office) as uow:
        with pytest.raises(GuideTaken):
            offer(uow, other, town.guide.id)
        guide = factories.add_guide(uow, town.pool.id)
        offer(uow, other, guide.id)
    assert town.read(GuideRequest, other).status is RequestStatus.OFFERED
    assert sum(notice == "offer" for notice, _ in town.mails()) == 2


def forget_appointments(candidate):
    return type(candidate)(
        **{name: getattr(candidate, name) for name in candidate.__dataclass_fields__ if name != "held"}
    )


def test_a_guide_who_no_longer_fits_is_refused_with_the_reasons(town: Town) -> None:
    with town.shared.begin(SYSTEM) as uow:
        guide = uow.session.get_one(Guide, town.guide.id)
        guide.status = GuideStatus.LEFT
        guide.on_site = False
    with pytest.raises(NoLongerFits) as caught, town.shared.begin(town.office) as uow:
        offer(uow, town.request_id, town.guide.id)
    assert set(caught.value.codes) == {ReasonCode.NOT_ACTIVE, ReasonCode.MODE}
    assert town.request.status is RequestStatus.OPEN


def test_another_coordinator_was_faster(town: Town) -> None:
    version = town.request.version
    second = town.another_guide()
    town.act(town.office, lambda uow: offer(uow, town.request_id, town.guide.id, version))
    with pytest.raises(WrongState), town.shared.begin(town.office) as uow:
        offer(uow, town.request_id, second.id, version)
    with pytest.raises(WrongState), town.shared.begin(town.office) as uow:
        offer(uow, town.request_id, second.id)


def test_what_belongs_to_others_is_not_found(town: Town) -> None:
    assignment = town.offered()
    window_elsewhere = town.read(GuideRequest, add_request(town, 3)).id
    elsewhere = factories.office(town.pool.id + 1)
    another_guide = Actor(ActorKind.GUIDE, town.pool.id, guide_id=town.guide.id + 1)
    another_institution = Actor(ActorKind.INSTITUTION, town.pool.id, request_id=town.request_id + 1)
    for actor, use_case in [
        (elsewhere, lambda uow: assignments.call_back(uow, assignment.id)),
        (elsewhere, lambda uow: requests.reject(uow, town.request_id, "no")),
        (another_guide, lambda uow: assignments.accept(uow, assignment.id)),
        (another_guide, lambda uow: assignments.decline(uow, assignment.id)),
        (another_institution, lambda uow: requests.cancel(uow, town.request_id)),
        (town.office, lambda uow: assignments.offer(uow, town.request_id, town.guide.id, 10**6)),
        (town.office, lambda uow: assignments.offer(uow, window_elsewhere, 10**6, 1)),
        (town.office, lambda uow: assignments.accept(uow, 10**6)),
    ]:
        with pytest.raises(NotFound):
            town.act(actor, use_case)
    assert town.read(Assignment, assignment.id).status is AssignmentStatus.OFFERED


def test_a_second_answer_of_the_same_kind_changes_nothing(town: Town) -> None:
    assignment = town.confirmed()
    before = town.mails(), town.history()
    town.act(factories.asked(assignment), lambda uow: assignments.accept(uow, assignment.id))
    assert (town.mails(), town.history()) == before


def test_a_no_opens_the_request_again_and_may_say_why(town: Town) -> None:
    assignment = town.offered()
    guide = factories.asked(assignment)
    mails = town.mails()
    town.act(guide, lambda uow: assignments.decline(uow, assignment.id))
    town.act(guide, lambda uow: assignments.decline(uow, assignment.id))
    town.act(guide, lambda uow: decline.give_reason(uow, assignment.id, DeclineReason.TIME))
    assert town.request.status is RequestStatus.OPEN
    declined = town.read(Assignment, assignment.id)
    assert (declined.status, declined.decline_reason) == (AssignmentStatus.DECLINED, DeclineReason.TIME)
    assert town.mails() == mails
    with pytest.raises(WrongState):
        town.act(guide, lambda uow: assignments.accept(uow, assignment.id))


def test_a_reason_without_a_no_is_refused(town: Town) -> None:
    assignment = town.offered()
    with pytest.raises(WrongState), town.shared.begin(factories.asked(assignment)) as uow:
        decline.give_reason(uow, assignment.id, DeclineReason.TIME)


def test_a_guide_who_steps_back_frees_the_request_and_all_are_told(town: Town) -> None:
    assignment = town.confirmed()
    before = town.mails()
    town.act(factories.asked(assignment), lambda uow: assignments.withdraw(uow, assignment.id))
    assert town.request.status is RequestStatus.OPEN
    assert set(town.mails()[len(before) :]) == {
        ("cancelled", "guide"),
        ("guide-withdrew", "office"),
        ("guide-withdrew", "institution"),
    }


def test_an_offer_runs_out_at_its_deadline_and_not_before(town: Town) -> None:
    assignment = town.offered()
    assert assignment.answer_by is not None
    with pytest.raises(WrongState):
        town.act(
            SYSTEM,
            lambda uow: assignments.expire(uow, assignment.id),
            assignment.answer_by - timedelta(seconds=1),
        )
    before = town.mails()
    town.act(SYSTEM, lambda uow: assignments.expire(uow, assignment.id), assignment.answer_by)
    assert town.request.status is RequestStatus.OPEN
    assert town.mails()[len(before) :] == [("offer-expired", "office")]
    with pytest.raises(WrongState):
        town.act(SYSTEM, lambda uow: assignments.expire(uow, assignment.id), LATER)


def test_an_agreed_appointment_does_not_run_out(town: Town) -> None:
    assignment = town.confirmed()
    with pytest.raises(WrongState):
        town.act(SYSTEM, lambda uow: assignments.expire(uow, assignment.id), LATER)


def test_an_appointment_is_not_done_before_its_end(town: Town) -> None:
    assignment = town.confirmed()
    with pytest.raises(WrongState):
        town.act(
            SYSTEM,
            lambda uow: assignments.complete(uow, assignment.id),
            assignment.ends_at - timedelta(seconds=1),
        )
    town.act(SYSTEM, lambda uow: assignments.complete(uow, assignment.id), assignment.ends_at)


def test_the_office_calls_an_offer_back(town: Town) -> None:
    assignment = town.offered()
    before = town.mails()
    town.act(town.office, lambda uow: assignments.call_back(uow, assignment.id))
    assert town.request.status is RequestStatus.OPEN
    assert town.mails()[len(before) :] == [("offer-withdrawn", "guide")]


def test_calling_off_an_agreed_request_frees_the_guide_and_tells_both(town: Town) -> None:
    assignment = town.confirmed()
    before = town.mails()
    town.act(
        factories.holder(town.request),
        lambda uow: requests.cancel(uow, town.request_id, town.request.version),
    )
    assert town.read(Assignment, assignment.id).status is AssignmentStatus.CANCELLED
    assert town.request.status is RequestStatus.CANCELLED
    assert sorted(town.mails()[len(before) :]) == [("cancelled", "guide"), ("cancelled", "institution")]
    other = add_request(town)
    town.act(town.office, lambda uow: offer(uow, other, town.guide.id))


def test_calling_off_what_was_agreed_meanwhile_is_refused(town: Town) -> None:
    assignment = town.offered()
    seen = town.request.version
    town.act(factories.asked(assignment), lambda uow: assignments.accept(uow, assignment.id))
    with pytest.raises(WrongState):
        town.act(factories.holder(town.request), lambda uow: requests.cancel(uow, town.request_id, seen))
    assert town.request.status is RequestStatus.CONFIRMED


def test_a_request_for_two_is_confirmed_by_the_second_yes(town_for_two: Town) -> None:
    town = town_for_two
    first = town.confirmed()
    assert town.request.status is RequestStatus.OPEN
    second = town.offered(town.another_guide())
    assert town.request.status is RequestStatus.OFFERED
    town.act(factories.asked(second), lambda uow: assignments.accept(uow, second.id))
    assert town.request.status is RequestStatus.CONFIRMED
    third = town.another_guide()
    with pytest.raises(WrongState), town.shared.begin(town.office) as uow:
        offer(uow, town.request_id, third.id)
    town.act(SYSTEM, lambda uow: assignments.complete(uow, first.id), LATER)
    assert town.request.status is RequestStatus.CONFIRMED
    town.act(SYSTEM, lambda uow: assignments.complete(uow, second.id), LATER)
    assert town.request.status is RequestStatus.COMPLETED


def test_a_request_for_two_opens_again_when_one_of_them_steps_back(town_for_two: Town) -> None:
    town = town_for_two
    first, second = town.confirmed(), town.confirmed(town.another_guide())
    town.act(factories.asked(first), lambda uow: assignments.withdraw(uow, first.id))
    assert town.request.status is RequestStatus.OPEN
    assert town.read(Assignment, second.id).status is AssignmentStatus.CONFIRMED


def test_a_request_for_two_opens_again_when_one_of_two_asked_says_no(town_for_two: Town) -> None:
    town = town_for_two
    first, second = town.offered(), town.offered(town.another_guide())
    assert town.request.status is RequestStatus.OFFERED
    town.act(factories.asked(first), lambda uow: assignments.decline(uow, first.id))
    assert town.request.status is RequestStatus.OPEN
    assert town.read(Assignment, second.id).status is AssignmentStatus.OFFERED


def test_the_version_rises_with_every_answer_even_where_the_state_stays(town_for_two: Town) -> None:
    town = town_for_two
    versions = [town.request.version]
    first = town.offered()
    versions.append(town.request.version)
    town.act(factories.asked(first), lambda uow: assignments.accept(uow, first.id))
    versions.append(town.request.version)
    town.act(factories.asked(first), lambda uow: assignments.withdraw(uow, first.id))
    versions.append(town.request.version)
    assert town.request.status is RequestStatus.OPEN
    assert versions == sorted(set(versions))


def test_the_same_guide_is_not_asked_twice_for_one_request(town_for_two: Town) -> None:
    town_for_two.offered()
    with pytest.raises(GuideTaken), town_for_two.shared.begin(town_for_two.office) as uow:
        offer(uow, town_for_two.request_id, town_for_two.guide.id)


@pytest.mark.parametrize("how", ["reject", "mark_unfilled", "cancel"])
def test_a_request_that_is_closed_keeps_no_guide_waiting(town_for_two: Town, how: str) -> None:
    town = town_for_two
    agreed = town.confirmed()
    town.act(
        town.office,
        {
            "reject": lambda uow: requests.reject(uow, town.request_id, "out of scope"),
            "mark_unfilled": lambda uow: requests.mark_unfilled(
                uow, town.request_id, UnfilledReason.NOBODY_FREE
            ),
            "cancel": lambda uow: requests.cancel(uow, town.request_id),
        }[how],
    )
    assert town.read(Assignment, agreed.id).status is AssignmentStatus.CANCELLED
    assert ("cancelled", "guide") in town.mails()


def test_a_talk_with_fewer_guides_than_wished_for_is_completed_and_never_lapses(town_for_two: Town) -> None:
    town = town_for_two
    agreed = town.confirmed()
    with pytest.raises(WrongState):
        town.act(SYSTEM, lambda uow: requests.lapse(uow, town.request_id), LATER)
    assert town.request.status is RequestStatus.OPEN
    town.act(SYSTEM, lambda uow: assignments.complete(uow, agreed.id), LATER)
    assert town.read(Assignment, agreed.id).status is AssignmentStatus.COMPLETED
    assert town.request.status is RequestStatus.COMPLETED


def test_an_offer_does_not_outlive_its_request(town_for_two: Town) -> None:
    town = town_for_two
    asked = town.offered()
    town.act(SYSTEM, lambda uow: requests.lapse(uow, town.request_id), LATER)
    assert town.read(Assignment, asked.id).status is AssignmentStatus.EXPIRED


def test_submitting_twice_makes_one_request_and_leaves_an_open_one_alone(town: Town) -> None:
    with town.shared.begin(SYSTEM) as uow:
        again = factories.request_input(uow, town.pool.id, remarks="typed later")
        request = requests.submit(uow, town.request_id, again)
    assert (request.id, request.status, request.remarks) == (town.request_id, RequestStatus.OPEN, "")
    with pytest.raises(WrongState), town.shared.begin(town.office) as uow:
        requests.enter(uow, town.request_id, again)


def test_one_form_makes_one_draft(town: Town) -> None:
    with town.shared.begin(SYSTEM) as uow:
        first = requests.start_draft(uow, town.pool.id, "key", {"a": 1}, "de")
        second = requests.start_draft(uow, town.pool.id, "key", {"a": 2}, "de")
        count = uow.session.scalar(
            select(func.count()).select_from(GuideRequest).where(GuideRequest.submission_key == "key")
        )
    assert first.id == second.id
    assert count == 1
