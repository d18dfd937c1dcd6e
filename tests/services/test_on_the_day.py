"""Coming later and finding nobody: who is told, how often, and when it can still be said."""

from datetime import timedelta
from functools import partial

import pytest

from lotsen.domain.vocabulary import AssignmentStatus, AuditEvent, RequestStatus
from lotsen.errors import Invalid, NotFound, WrongState
from lotsen.models import Assignment, AuditEntry, OutboxMessage
from lotsen.queries import candidates
from lotsen.services import assignments, on_the_day
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.services.conftest import Town

SOON = factories.START - timedelta(minutes=40)
BEGUN = factories.START + timedelta(minutes=20)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def agreed(town: Town) -> Assignment:
    return town.confirmed()


def events(town: Town, event: AuditEvent) -> list[tuple[int | None, int | None]]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.query(AuditEntry).filter(AuditEntry.event == event).order_by(AuditEntry.id)
        return [(row.actor_id, row.data.get("minutes")) for row in rows]


def test_the_institution_hears_at_once_and_once_for_each_number(town: Town, agreed: Assignment) -> None:
    guide = factories.asked(agreed)
    before = len(town.mails())
    for number, minutes in enumerate((10, 10, 20, 10)):
        say = partial(on_the_day.late, assignment_id=agreed.id, minutes=minutes)
        town.act(guide, say, SOON + number * MINUTE)
    assert town.mails()[before:] == [("late", "institution")] * 3
    assert events(town, AuditEvent.LATE) == [(town.guide.id, minutes) for minutes in (10, 20, 10)]
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        row = uow.session.query(OutboxMessage).order_by(OutboxMessage.id.desc()).first()
        assert row is not None
        assert row.next_attempt_at == SOON + 3 * MINUTE
        assert row.useless_after == agreed.ends_at
        assert (row.to_address, row.valid_assignment) == ("ada@schule.example", AssignmentStatus.CONFIRMED)


def test_coming_later_can_be_said_shortly_before_and_meanwhile_only(town: Town, agreed: Assignment) -> None:
    guide = factories.asked(agreed)
    for now in (agreed.starts_at - on_the_day.SOON - MINUTE, agreed.ends_at):
        with pytest.raises(WrongState):
            town.act(guide, lambda uow: on_the_day.late(uow, agreed.id, 10), now)
    with pytest.raises(Invalid, match="minutes"):
        town.act(guide, lambda uow: on_the_day.late(uow, agreed.id, 7), SOON)
    stranger = Actor(guide.kind, guide.pool_id, guide_id=town.another_guide().id)
    for deed in (
        lambda uow: on_the_day.late(uow, agreed.id, 10),
        lambda uow: on_the_day.nobody_there(uow, agreed.id),
    ):
        with pytest.raises(NotFound):
            town.act(stranger, deed, BEGUN)
    assert events(town, AuditEvent.LATE) == []


def test_nobody_there_tells_the_office_and_asks_the_institution_once(town: Town, agreed: Assignment) -> None:
    guide = factories.asked(agreed)
    with pytest.raises(WrongState):
        town.act(guide, lambda uow: on_the_day.nobody_there(uow, agreed.id), SOON)
    before = len(town.mails())
    for number in range(2):
        town.act(guide, lambda uow: on_the_day.nobody_there(uow, agreed.id), BEGUN + number * MINUTE)
    assert sorted(town.mails()[before:]) == [("nobody-there", "institution"), ("nobody-there", "office")]
    assert events(town, AuditEvent.NOBODY_THERE) == [(town.guide.id, None)]
    kept = town.read(Assignment, agreed.id)
    assert (kept.status, kept.nobody_there_at) == (AssignmentStatus.CONFIRMED, BEGUN)


def test_who_was_there_in_vain_has_come_but_has_learned_nothing_of_the_place(
    town: Town, agreed: Assignment
) -> None:
    over = agreed.ends_at + MINUTE
    town.act(SYSTEM, lambda uow: assignments.complete(uow, agreed.id), over)
    assert [len(one) for one in experience(town)] == [1, 1]
    town.act(factories.asked(agreed), lambda uow: on_the_day.nobody_there(uow, agreed.id), over)
    assert [len(one) for one in experience(town)] == [0, 0]
    assert town.read(Assignment, agreed.id).status is AssignmentStatus.COMPLETED
    assert town.request.status is RequestStatus.COMPLETED
    with pytest.raises(WrongState):
        town.act(SYSTEM, lambda uow: assignments.complete(uow, agreed.id), over)


def experience(town: Town) -> tuple[object, object]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        now = factories.START + timedelta(days=1)
        (found,) = candidates.load(
            uow.session, town.pool.id, uow.zone(town.pool.id), uow.settings(town.pool.id), now
        )
        return found.histories, found.occasions
