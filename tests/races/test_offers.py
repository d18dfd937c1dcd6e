"""A guide never holds two overlapping appointments, and a request never has two guides too many."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from lotsen import guards
from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus
from lotsen.errors import GuideTaken, WrongState
from lotsen.matching.profiles import Candidate
from lotsen.models import Assignment, Guide, GuideRequest
from lotsen.queries import candidates
from lotsen.services import assignments
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.races.crowd import all_at_once

pytestmark = pytest.mark.race

CROWD = 200
SMALL_CROWD = 40


def book_one_guide(processes: list[Bootstrap], crowd: int) -> tuple[list[object], int]:
    """Ask one guide for overlapping times of different requests; return outcomes and count."""
    with processes[0].begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        # Every hour overlaps every other one: they begin within 45 minutes.
        starts = [factories.START + timedelta(seconds=number * 2700 // crowd) for number in range(crowd)]
        wanted = [(one.id, one.windows[0].id) for one in factories.copies(uow, request, starts)]
        coordinator, guide_id = factories.office(pool.id), guide.id

    def offer(process: Bootstrap, request_id: int, window_id: int) -> str:
        with process.begin(coordinator) as uow:
            return assignments.offer(uow, request_id, guide_id, window_id).status

    actions = [partial(offer, processes[number % len(processes)], *ids) for number, ids in enumerate(wanted)]
    outcomes = all_at_once(actions)
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        booked = uow.session.scalar(
            select(func.count()).select_from(Assignment).where(Assignment.status.in_(HOLDING))
        )
        asked = uow.session.scalar(
            select(func.count()).select_from(GuideRequest).where(GuideRequest.status == RequestStatus.OFFERED)
        )
    assert booked == asked == outcomes.count(AssignmentStatus.OFFERED)
    return [type(one) if isinstance(one, Exception) else one for one in outcomes], int(booked or 0)


def decide_on_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the fresh check blind for everything that happened since the race began."""
    load: Callable[..., list[Candidate]] = candidates.load

    def load_before(*args: Any, **named: Any) -> list[Candidate]:
        return [replace(one, held=(), asks_this_week=0) for one in load(*args, **named)]

    monkeypatch.setattr(candidates, "load", load_before)


def remove_guard(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        guards.remove(connection)
    engine.dispose()


def leave_guide_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_guide(uow: UnitOfWork, guide_id: int, pool_id: int) -> Guide:
        return uow.session.scalars(select(Guide).where(Guide.id == guide_id, Guide.pool_id == pool_id)).one()

    monkeypatch.setattr(assignments, "lock_guide", find_guide)


def test_of_200_approvals_of_one_guide_exactly_one_succeeds(processes: list[Bootstrap]) -> None:
    outcomes, _ = book_one_guide(processes, CROWD)
    assert Counter(outcomes) == {AssignmentStatus.OFFERED: 1, GuideTaken: CROWD - 1}


def test_without_guard_and_fresh_check_more_than_one_is_booked(
    processes: list[Bootstrap], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_guard(database_url)
    leave_guide_unlocked(monkeypatch)
    decide_on_what_was_before(monkeypatch)
    _, booked = book_one_guide(processes, SMALL_CROWD)
    assert booked > 1


@pytest.mark.only_db("postgresql")
def test_without_guard_and_lock_the_check_alone_lets_more_than_one_through(
    processes: list[Bootstrap], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_guard(database_url)
    leave_guide_unlocked(monkeypatch)
    _, booked = book_one_guide(processes, CROWD)
    assert booked > 1


def test_the_guard_alone_is_enough(processes: list[Bootstrap], monkeypatch: pytest.MonkeyPatch) -> None:
    leave_guide_unlocked(monkeypatch)
    decide_on_what_was_before(monkeypatch)
    outcomes, _ = book_one_guide(processes, SMALL_CROWD)
    assert Counter(outcomes) == {AssignmentStatus.OFFERED: 1, GuideTaken: SMALL_CROWD - 1}


def test_lock_and_check_alone_are_enough(processes: list[Bootstrap], database_url: str) -> None:
    remove_guard(database_url)
    outcomes, _ = book_one_guide(processes, SMALL_CROWD)
    assert Counter(outcomes) == {AssignmentStatus.OFFERED: 1, GuideTaken: SMALL_CROWD - 1}


def test_many_coordinators_ask_a_guide_each_for_one_request(processes: list[Bootstrap]) -> None:
    with processes[0].begin(SYSTEM) as uow:
        pool, _, request = factories.town(uow)
        guide_ids = [factories.add_guide(uow, pool.id).id for _ in range(SMALL_CROWD)]
        request_id, window_id = request.id, request.windows[0].id
        coordinator = factories.office(pool.id)

    def offer(process: Bootstrap, guide_id: int) -> str:
        with process.begin(coordinator) as uow:
            return assignments.offer(uow, request_id, guide_id, window_id).status

    actions = [
        partial(offer, processes[number % len(processes)], guide_id)
        for number, guide_id in enumerate(guide_ids)
    ]
    kinds = [type(one) if isinstance(one, Exception) else one for one in all_at_once(actions)]
    assert Counter(kinds) == {AssignmentStatus.OFFERED: 1, WrongState: SMALL_CROWD - 1}
