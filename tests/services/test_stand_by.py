"""Whoever stands by is asked in turn, when somebody says no and still fits; nobody is told before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus
from lotsen.errors import Conflict, GuideTaken, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, AuditEntry, Guide, GuideRequest, Pool
from lotsen.services import assignments, requests, stand_by
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import NOW, START
from tests.services.conftest import Town

HOUR = timedelta(hours=1)
WINDOW = Window(START, START + HOUR)
LATER = START + timedelta(days=1)


def put(town: Town, guide: Guide, request_id: int | None = None) -> int:
    ids: list[int] = []
    wanted = request_id or town.request_id
    town.act(town.office, lambda uow: ids.append(stand_by.put(uow, wanted, guide.id, WINDOW).id))
    return ids[0]


def states(town: Town) -> dict[int, AssignmentStatus]:
    """Return the state of everyone's last assignment for the request, by guide."""
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.scalars(select(Assignment).order_by(Assignment.id)).all()
        return {one.guide_id: one.status for one in rows if one.request_id == town.request_id}


def ask(uow: UnitOfWork, request_id: int, guide_id: int) -> None:
    window = uow.session.get_one(GuideRequest, request_id).windows[0]
    assignments.offer(uow, request_id, guide_id, window.id)


def decline(town: Town, asked: Assignment) -> None:
    town.act(factories.asked(asked), lambda uow: assignments.decline(uow, asked.id))


def expire(town: Town, asked: Assignment) -> None:
    assert asked.answer_by is not None
    town.act(SYSTEM, lambda uow: assignments.expire(uow, asked.id), asked.answer_by)


@pytest.mark.parametrize("end", [decline, expire])
def test_after_a_no_and_after_silence_the_next_in_line_is_asked(
    town: Town, end: Callable[[Town, Assignment], None]
) -> None:
    first, second, third = town.guide, town.another_guide(), town.another_guide()
    asked = town.offered(first)
    put(town, third)
    put(town, second)
    before = town.mails()
    end(town, asked)
    assert states(town) == {
        first.id: AssignmentStatus.DECLINED if end is decline else AssignmentStatus.EXPIRED,
        third.id: AssignmentStatus.OFFERED,
        second.id: AssignmentStatus.STANDBY,
    }
    assert town.request.status is RequestStatus.OFFERED
    assert ("offer", "guide") in town.mails()[len(before) :]
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        asked_again = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.trigger == "offer", AuditEntry.source == "standby")
        ).one()
        assert asked_again.actor_kind.value == "system", "it is not the person who declined that asks"
        now_asked = uow.session.scalars(
            select(Assignment).where(Assignment.status == AssignmentStatus.OFFERED)
        ).one()
        assert now_asked.answer_by is not None
        assert now_asked.offered_at is not None


def test_nobody_on_stand_by_is_told_and_their_time_stays_free(town: Town) -> None:
    other = town.another_guide()
    town.offered()
    before = town.mails()
    put(town, other)
    assert town.mails() == before
    with town.shared.begin(SYSTEM) as uow:
        elsewhere = factories.open_request(uow, town.pool.id, START)
        factories.offered(uow, elsewhere, other)


def test_whoever_no_longer_fits_leaves_the_line_and_the_next_is_asked(town: Town) -> None:
    second, third = town.another_guide(), town.another_guide()
    asked = town.offered()
    put(town, second)
    put(town, third)
    with town.shared.begin(SYSTEM) as uow:
        elsewhere = factories.open_request(uow, town.pool.id, START + HOUR / 2)
        factories.offered(uow, elsewhere, second)
    decline(town, asked)
    assert states(town)[second.id] is AssignmentStatus.CANCELLED
    assert states(town)[third.id] is AssignmentStatus.OFFERED


def test_with_nobody_left_in_line_the_request_is_open_again(town: Town) -> None:
    decline(town, town.offered())
    assert town.request.status is RequestStatus.OPEN


def test_a_pool_may_want_to_ask_by_itself(town: Town) -> None:
    other = town.another_guide()
    asked = town.offered()
    put(town, other)
    with town.shared.begin(SYSTEM) as uow:
        uow.session.get_one(Pool, town.pool.id).settings = {"ask_stand_by_at_once": False}
    decline(town, asked)
    assert states(town)[other.id] is AssignmentStatus.STANDBY
    assert town.request.status is RequestStatus.OPEN
    # The office asks with the button of any proposal: the place in line becomes the question.
    town.act(town.office, lambda uow: ask(uow, town.request_id, other.id))
    assert states(town)[other.id] is AssignmentStatus.OFFERED


def test_when_somebody_drops_out_who_stands_by_is_asked(town: Town) -> None:
    other = town.another_guide()
    agreed = town.confirmed()
    put(town, other)
    guide = factories.asked(agreed)
    for _ in range(2):
        town.act(guide, lambda uow: assignments.withdraw(uow, agreed.id))
    assert states(town)[town.guide.id] is AssignmentStatus.WITHDRAWN
    assert states(town)[other.id] is AssignmentStatus.OFFERED
    assert town.request.status is RequestStatus.OFFERED
    assert town.mails().count(("guide-withdrew", "institution")) == 1


def test_what_has_begun_only_the_office_takes_back(town: Town) -> None:
    agreed = town.confirmed()
    guide = factories.asked(agreed)
    with pytest.raises(WrongState):
        town.act(guide, lambda uow: assignments.withdraw(uow, agreed.id), agreed.starts_at)
    town.act(town.office, lambda uow: assignments.withdraw(uow, agreed.id), agreed.starts_at)
    assert states(town)[town.guide.id] is AssignmentStatus.WITHDRAWN


def test_nobody_stands_by_for_two_at_once_or_twice_for_one(town: Town) -> None:
    other = town.another_guide()
    town.offered()
    put(town, other)
    with pytest.raises(WrongState):
        put(town, other)
    with pytest.raises(WrongState):
        put(town, town.guide)
    with town.shared.begin(SYSTEM) as uow:
        clash = factories.open_request(uow, town.pool.id, START + HOUR / 2)
    with pytest.raises(GuideTaken):
        put(town, other, clash.id)


def test_for_two_each_no_asks_one(town_for_two: Town) -> None:
    town = town_for_two
    second, third, fourth = (town.another_guide() for _ in range(3))
    asked = [town.offered(), town.offered(second)]
    put(town, third)
    put(town, fourth)
    decline(town, asked[0])
    assert [states(town)[one.id].value for one in (third, fourth)] == ["offered", "standby"]
    decline(town, asked[1])
    assert [states(town)[one.id].value for one in (third, fourth)] == ["offered", "offered"]


def test_stand_by_ends_with_the_request(town: Town) -> None:
    other = town.another_guide()
    agreed = town.confirmed()
    put(town, other)
    town.act(SYSTEM, lambda uow: assignments.complete(uow, agreed.id), LATER)
    assert states(town)[other.id] is AssignmentStatus.CANCELLED
    assert town.request.status is RequestStatus.COMPLETED


def test_a_request_that_is_called_off_lets_everyone_go_in_silence(town: Town) -> None:
    other = town.another_guide()
    town.offered()
    put(town, other)
    before = town.mails()
    town.act(town.office, lambda uow: requests.cancel(uow, town.request_id))
    assert states(town)[other.id] is AssignmentStatus.CANCELLED
    assert town.mails()[len(before) :].count(("offer-withdrawn", "guide")) == 1


def test_the_office_takes_somebody_off_once(town: Town) -> None:
    other = town.another_guide()
    asked = town.offered()
    line = put(town, other)
    town.act(town.office, lambda uow: stand_by.take_off(uow, line))
    town.act(town.office, lambda uow: stand_by.take_off(uow, line))
    assert states(town)[other.id] is AssignmentStatus.CANCELLED
    with pytest.raises(WrongState):
        town.act(town.office, lambda uow: stand_by.take_off(uow, asked.id))


@pytest.mark.race
def test_a_no_and_somebody_elses_question_at_once_ask_the_stand_by_once(town: Town) -> None:
    other = town.another_guide()
    asked = town.offered()
    put(town, other)
    with town.shared.begin(SYSTEM) as uow:
        clash = factories.open_request(uow, town.pool.id, START + HOUR / 2)
    start = Barrier(2)

    def say_no(uow: UnitOfWork) -> None:
        assignments.decline(uow, asked.id)

    def act(number: int) -> None:
        actor, use_case = (
            (factories.asked(asked), say_no),
            (town.office, lambda uow: ask(uow, clash.id, other.id)),
        )[number]
        start.wait()
        try:
            town.act(actor, use_case, NOW)
        except Conflict:
            assert number == 1, "a no always goes through"

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(act, range(2)))
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.scalars(select(Assignment).where(Assignment.guide_id == other.id)).all()
        assert [one.status for one in rows].count(AssignmentStatus.OFFERED) == 1
