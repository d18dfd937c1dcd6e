"""Fifty guides press "I take it" at the same moment: exactly one appointment comes of it."""

from collections import Counter
from functools import partial

import pytest
from sqlalchemy import func, select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import ActorKind, AssignmentStatus, Notice, RequestStatus
from lotsen.errors import WrongState
from lotsen.models import Assignment, GuideRequest, OutboxMessage
from lotsen.services import assignments, board
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.races.crowd import all_at_once

pytestmark = pytest.mark.race

CROWD = 50


def press(processes: list[Bootstrap], needed: int) -> tuple[Counter[object], RequestStatus, int]:
    """Let everybody take one request; return outcomes, its state, and how many were told of a yes."""
    with processes[0].begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        guide_ids = [factories.add_guide(uow, pool.id).id for _ in range(CROWD)]
        request = factories.open_request(uow, pool.id, guides_needed=needed)
        request_id, window_id, version = request.id, request.windows[0].id, request.version
    with processes[0].begin(factories.office(pool.id)) as uow:
        board.open_up(uow, request_id, version)

    def take(process: Bootstrap, guide_id: int) -> str:
        with process.begin(Actor(ActorKind.GUIDE, pool_id=pool.id, guide_id=guide_id)) as uow:
            return board.take(uow, request_id, window_id).status

    outcomes = all_at_once(
        [partial(take, processes[number % len(processes)], one) for number, one in enumerate(guide_ids)]
    )
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        held = uow.session.scalar(select(func.count()).where(Assignment.status == AssignmentStatus.CONFIRMED))
        told = uow.session.scalar(
            select(func.count()).where(
                OutboxMessage.notice == Notice.CONFIRMED, OutboxMessage.audience == "guide"
            )
        )
        status = uow.session.get_one(GuideRequest, request_id).status
    kinds = Counter(type(one) if isinstance(one, Exception) else one for one in outcomes)
    assert kinds[AssignmentStatus.CONFIRMED] == held
    return kinds, status, told or 0


@pytest.mark.parametrize("needed", [1, 3])
def test_of_50_who_take_it_exactly_as_many_get_it_as_are_needed(
    processes: list[Bootstrap], needed: int
) -> None:
    kinds, status, told = press(processes, needed)
    assert kinds == {AssignmentStatus.CONFIRMED: needed, WrongState: CROWD - needed}
    assert (status, told) == (RequestStatus.CONFIRMED, needed)


def test_without_the_look_at_the_state_and_its_guarded_move_more_than_one_gets_it(
    processes: list[Bootstrap], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_is_free", lambda *_: True)
    monkeypatch.setattr(assignments, "settle_request", lambda *_: None)
    kinds, _, _ = press(processes, 1)
    assert kinds[AssignmentStatus.CONFIRMED] > 1
