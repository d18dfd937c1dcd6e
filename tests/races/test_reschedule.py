"""A move meets a yes at the same moment: exactly one of them happens, and no yes counts for another time."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import ActorKind, AssignmentStatus, RequestField, RequestStatus
from lotsen.errors import WrongState
from lotsen.models import Assignment, GuideRequest
from lotsen.services import request_changes, workflow
from lotsen.services.request_changes import Wanted
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.races.crowd import Action, pair_by_pair
from tests.races.test_answers import FEW_PAIRS, accept, add_offers, succeeded

pytestmark = pytest.mark.race

PAIRS = 60
FAR = timedelta(days=100)


def move(process: Bootstrap, request_id: int, version: int) -> str:
    """Move a request by as much as keeps the guide's times apart, and ask the same guide again."""
    with process.begin(Actor(ActorKind.INSTITUTION, request_id=request_id)) as uow:
        start = uow.session.get_one(GuideRequest, request_id).windows[0].starts_at + FAR
        windows = ((start, start + timedelta(hours=1), 60),)
        request_changes.revise(uow, request_id, Wanted({RequestField.WINDOWS: windows}), version)
        return uow.session.get_one(GuideRequest, request_id).status


def accept_against_move(
    processes: list[Bootstrap], count: int
) -> list[tuple[str | Exception, str | Exception]]:
    guide, offers = add_offers(processes[0], count)
    pairs: list[tuple[Action[str], Action[str]]] = []
    for number, (assignment_id, request_id, version) in enumerate(offers):
        yes = partial(accept, processes[number % 2], guide, assignment_id)
        other = partial(move, processes[2 + number % 2], request_id, version)
        pairs.append((yes, other) if number % 2 else (other, yes))
    outcomes = pair_by_pair(pairs)
    return [(one, other) if number % 2 else (other, one) for number, (one, other) in enumerate(outcomes)]


def test_of_yes_and_a_move_exactly_one_happens(processes: list[Bootstrap]) -> None:
    outcomes = accept_against_move(processes, PAIRS)
    for pair in outcomes:
        assert succeeded(pair) == 1, pair
        assert sum(type(one) is WrongState for one in pair) == 1, pair
    yes = sum(succeeded(pair[:1]) for pair in outcomes)
    assert 0 < yes < PAIRS, "a race that always ends alike is none"
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.execute(
            select(Assignment.status, Assignment.starts_at, GuideRequest.status)
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .order_by(Assignment.id)
        ).all()
    agreed = [row for row in rows if row[0] is AssignmentStatus.CONFIRMED]
    assert len(agreed) == yes
    # Nobody has said yes to a time that they have not seen.
    assert all(
        start < factories.START + FAR and status is RequestStatus.CONFIRMED for _, start, status in agreed
    )
    asked = [row for row in rows if row[0] is AssignmentStatus.OFFERED]
    assert all(
        start > factories.START + FAR and status is RequestStatus.OFFERED for _, start, status in asked
    )
    # Who is not free at the new time, because it lies at night, is let go.
    assert 0 < len(asked) <= PAIRS - yes
    assert sum(row[0] is AssignmentStatus.CANCELLED for row in rows) == PAIRS - yes


def test_without_the_seen_version_both_happen(
    processes: list[Bootstrap], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "check_unchanged", lambda *_: None)
    assert any(succeeded(pair) == 2 for pair in accept_against_move(processes, FEW_PAIRS))
