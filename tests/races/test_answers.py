"""Yes, no, calling off and running out of time meet at the same moment: exactly one of them happens."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    Audience,
    AuditEvent,
    Notice,
    RequestStatus,
    Subject,
)
from lotsen.errors import WrongState
from lotsen.models import Assignment, AuditEntry, GuideRequest, OutboxMessage
from lotsen.services import assignments, requests, workflow
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.races.crowd import Action, pair_by_pair

pytestmark = pytest.mark.race

PAIRS = 500
FEW_PAIRS = 60
Ids = tuple[int, int, int]


def add_offers(process: Bootstrap, count: int) -> tuple[Actor, list[Ids]]:
    """Ask one guide for many times that follow each other.

    Returns the guide, and for each offer its id, its request's id, and the version the institution saw.
    """
    with process.begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        starts = [factories.START + timedelta(hours=2 * number) for number in range(1, count + 1)]
        rows = [
            Assignment(
                pool_id=pool.id,
                request_id=one.id,
                guide_id=guide.id,
                status=AssignmentStatus.OFFERED,
                starts_at=start,
                ends_at=start + timedelta(hours=1),
                offered_at=factories.NOW,
                answer_by=factories.NOW,
                created_at=factories.NOW,
            )
            for one, start in zip(factories.copies(uow, request, starts), starts, strict=True)
        ]
        uow.session.add_all(rows)
        uow.session.flush()
        for row in rows:
            row.request.status = RequestStatus.OFFERED
        return factories.asked(rows[0]), [(row.id, row.request_id, row.request.version) for row in rows]


def accept(process: Bootstrap, actor: Actor, assignment_id: int) -> str:
    with process.begin(actor) as uow:
        return assignments.accept(uow, assignment_id).status


def expire(process: Bootstrap, assignment_id: int) -> str:
    with process.begin(SYSTEM) as uow:
        return assignments.expire(uow, assignment_id).status


def cancel(process: Bootstrap, request_id: int, version: int) -> str:
    with process.begin(Actor(ActorKind.INSTITUTION, request_id=request_id)) as uow:
        return requests.cancel(uow, request_id, version).status


def accept_against_cancel(
    processes: list[Bootstrap], count: int
) -> list[tuple[str | Exception, str | Exception]]:
    guide, offers = add_offers(processes[0], count)
    pairs: list[tuple[Action[str], Action[str]]] = []
    for number, (assignment_id, request_id, version) in enumerate(offers):
        yes = partial(accept, processes[number % 2], guide, assignment_id)
        no = partial(cancel, processes[2 + number % 2], request_id, version)
        pairs.append((yes, no) if number % 2 else (no, yes))
    outcomes = pair_by_pair(pairs)
    return [(one, other) if number % 2 else (other, one) for number, (one, other) in enumerate(outcomes)]


def succeeded(outcomes: Sequence[str | Exception]) -> int:
    return sum(not isinstance(one, Exception) for one in outcomes)


def test_of_yes_and_calling_off_exactly_one_happens_500_times(processes: list[Bootstrap]) -> None:
    outcomes = accept_against_cancel(processes, PAIRS)
    for pair in outcomes:
        assert succeeded(pair) == 1, pair
        assert sum(type(one) is WrongState for one in pair) == 1, pair
    yes = sum(succeeded(pair[:1]) for pair in outcomes)
    assert 0 < yes < PAIRS, "a race that always ends alike is none"
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        found = uow.session.execute(
            select(Assignment.status, GuideRequest.status, func.count())
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .group_by(Assignment.status, GuideRequest.status)
        )
        states = {(assignment, request): times for assignment, request, times in found}
        confirmations = uow.session.scalar(
            select(func.count())
            .select_from(OutboxMessage)
            .where(OutboxMessage.notice == Notice.CONFIRMED, OutboxMessage.audience == Audience.INSTITUTION)
        )
    assert states == {
        (AssignmentStatus.CONFIRMED, RequestStatus.CONFIRMED): yes,
        (AssignmentStatus.CANCELLED, RequestStatus.CANCELLED): PAIRS - yes,
    }
    assert confirmations == yes


def test_without_the_seen_version_both_happen(
    processes: list[Bootstrap], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "check_unchanged", lambda *_: None)
    assert any(succeeded(pair) == 2 for pair in accept_against_cancel(processes, FEW_PAIRS))


def test_two_yes_at_once_confirm_once_and_tell_once(processes: list[Bootstrap]) -> None:
    guide, offers = add_offers(processes[0], FEW_PAIRS)
    outcomes = pair_by_pair(
        [
            (partial(accept, processes[0], guide, one), partial(accept, processes[1], guide, one))
            for one, _, _ in offers
        ]
    )
    assert set(outcomes) == {(AssignmentStatus.CONFIRMED, AssignmentStatus.CONFIRMED)}
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        entries = uow.session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(
                AuditEntry.event == AuditEvent.STATUS,
                AuditEntry.subject == Subject.ASSIGNMENT,
                AuditEntry.target == AssignmentStatus.CONFIRMED,
            )
        )
        mails = uow.session.scalar(
            select(func.count()).select_from(OutboxMessage).where(OutboxMessage.notice == Notice.CONFIRMED)
        )
    assert entries == FEW_PAIRS
    assert mails == 2 * FEW_PAIRS


def test_of_yes_and_running_out_of_time_exactly_one_happens(processes: list[Bootstrap]) -> None:
    guide, offers = add_offers(processes[0], FEW_PAIRS)
    outcomes = pair_by_pair(
        [
            (partial(accept, processes[0], guide, one), partial(expire, processes[1], one))
            for one, _, _ in offers
        ]
    )
    for pair in outcomes:
        assert succeeded(pair) == 1, pair
        assert sum(type(one) is WrongState for one in pair) == 1, pair
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        found = uow.session.execute(
            select(Assignment.status, GuideRequest.status)
            .join(GuideRequest, GuideRequest.id == Assignment.request_id)
            .distinct()
        )
        assert {tuple(row) for row in found} <= {
            (AssignmentStatus.CONFIRMED, RequestStatus.CONFIRMED),
            (AssignmentStatus.EXPIRED, RequestStatus.OPEN),
        }
