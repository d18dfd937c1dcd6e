"""The queue takes each message once, hands it to one owner at a time, and never forgets it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from lotsen.database import transaction
from lotsen.domain.vocabulary import AssignmentStatus, OutboxStatus, RequestStatus
from lotsen.models import OutboxMessage
from lotsen.outbox import queue
from tests.outbox.factories import NOW, START, add_assignment, add_request, message, put, row, states

LEASE = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)


def claim(engine: Engine, owner: str = "one", now: datetime = NOW, limit: int = 10) -> list[int]:
    with transaction(engine) as session:
        return queue.claim(session, owner, now, limit, LEASE)


def fail(engine: Engine, message_id: int, now: datetime, owner: str = "one") -> bool:
    with transaction(engine) as session:
        return queue.settle_failed(session, message_id, owner, now, "451 later")


def test_the_same_key_is_taken_once(engine: Engine) -> None:
    with transaction(engine) as session:
        assert queue.enqueue(session, message("a.1"), NOW)
        assert not queue.enqueue(session, message("a.1", subject="Anders"), NOW)
    with transaction(engine) as session:
        assert not queue.enqueue(session, message("a.1"), NOW)
    assert states(engine) == [OutboxStatus.WAITING]


def test_a_message_goes_with_the_transaction_that_caused_it(engine: Engine) -> None:
    with suppress(RuntimeError), transaction(engine) as session:
        assert queue.enqueue(session, message(), NOW)
        raise RuntimeError
    assert states(engine) == []


def test_only_due_messages_are_claimed_and_the_oldest_first(engine: Engine) -> None:
    late, early, _ = put(
        engine,
        message("late", due_at=NOW - MINUTE),
        message("early", due_at=NOW - 2 * MINUTE),
        message("future", due_at=NOW + MINUTE),
    )
    assert claim(engine, limit=1) == [early]
    assert claim(engine, owner="two") == [late]
    assert claim(engine) == []
    assert row(engine, late).lease_owner == "two"
    assert row(engine, late).attempts == 1


def test_a_lease_that_has_run_out_goes_to_another(engine: Engine) -> None:
    (one,) = put(engine, message())
    claim(engine)
    assert claim(engine, owner="two", now=NOW + LEASE - MINUTE) == []
    assert claim(engine, owner="two", now=NOW + LEASE) == [one]
    with transaction(engine) as session:
        assert not queue.settle_sent(session, one, "one", NOW)
        assert not queue.settle_dead(session, one, "one", "550 no")
        assert not queue.settle_dropped(session, one, "one")
        queue.release(session, [one], "one")
    assert not fail(engine, one, NOW)
    assert row(engine, one).lease_owner == "two"
    with transaction(engine) as session:
        assert queue.settle_sent(session, one, "two", NOW)
    assert row(engine, one).sent_at == NOW
    assert claim(engine, now=NOW + timedelta(days=30)) == []


def claimed_by_many(engine: Engine, claim_some: Callable[[Engine, str], list[int]]) -> list[int]:
    """Let six owners claim at once until nothing is left; return all that they believe to be theirs."""
    start = threading.Barrier(6)
    claimed: list[int] = []

    def work(owner: str) -> None:
        start.wait()
        while batch := claim_some(engine, owner):
            claimed.extend(batch)

    threads = [threading.Thread(target=work, args=(f"owner-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return claimed


@pytest.mark.race
def test_many_claim_at_once_and_none_gets_anothers_message(engine: Engine) -> None:
    ids = put(engine, *(message(f"many.{number}") for number in range(60)))
    assert sorted(claimed_by_many(engine, lambda engine, owner: claim(engine, owner, limit=4))) == sorted(ids)


@pytest.mark.race
@pytest.mark.only_db("postgresql")
def test_without_the_row_locks_many_would_get_the_same(engine: Engine) -> None:
    """On SQLite there is nothing to leave out: a write transaction is alone from its beginning."""

    def claim_without_lock(engine: Engine, owner: str) -> list[int]:
        with transaction(engine) as session:
            rows = session.scalars(
                select(OutboxMessage).where(OutboxMessage.status == OutboxStatus.WAITING).limit(4)
            ).all()
            for row in rows:
                row.status, row.lease_owner, row.leased_until = OutboxStatus.SENDING, owner, NOW
            return [row.id for row in rows]

    ids = put(engine, *(message(f"many.{number}") for number in range(60)))
    assert len(claimed_by_many(engine, claim_without_lock)) > len(ids)


def test_a_released_message_is_due_at_once_and_counts_as_untried(engine: Engine) -> None:
    one, two = put(engine, message("a"), message("b"))
    claim(engine)
    with transaction(engine) as session:
        queue.release(session, [one, two], "one")
    assert row(engine, one).attempts == 0
    assert claim(engine, owner="two") == [one, two]


def test_failures_are_tried_again_after_1_5_15_30_minutes_then_hourly_for_five_days(engine: Engine) -> None:
    (one,) = put(engine, message())
    now, waits = NOW, list[timedelta]()
    while row(engine, one).status is not OutboxStatus.DEAD:
        assert claim(engine, now=now) == [one]
        assert fail(engine, one, now)
        again_at = row(engine, one).next_attempt_at
        assert claim(engine, now=again_at - timedelta(seconds=1)) == []
        waits.append(again_at - now)
        now = again_at
    assert waits[:6] == [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 60 * MINUTE]
    assert set(waits[4:-1]) == {60 * MINUTE}
    assert timedelta(days=5) <= now - NOW < timedelta(days=5, hours=2)
    assert row(engine, one).last_error == "451 later"


def test_a_message_that_would_come_too_late_is_dead(engine: Engine) -> None:
    (one,) = put(engine, message(useless_after=NOW + 3 * MINUTE))
    claim(engine)
    fail(engine, one, NOW)
    assert row(engine, one).status is OutboxStatus.WAITING
    claim(engine, now=NOW + MINUTE)
    fail(engine, one, NOW + MINUTE)
    assert row(engine, one).status is OutboxStatus.DEAD


@pytest.mark.parametrize(
    ("change", "true"),
    [
        (lambda request, assignment: None, True),
        (lambda request, assignment: setattr(request, "status", RequestStatus.CANCELLED), False),
        (lambda request, assignment: setattr(assignment, "status", AssignmentStatus.WITHDRAWN), False),
        (lambda request, assignment: setattr(assignment, "starts_at", START - MINUTE), False),
    ],
)
def test_a_message_is_true_while_states_and_start_are_as_they_were(
    engine: Engine, change: Callable[[object, object], None], true: bool
) -> None:
    with transaction(engine) as session:
        request = add_request(session)
        assignment = add_assignment(session, request)
    (one,) = put(
        engine,
        message(
            request_id=request.id,
            assignment_id=assignment.id,
            valid_request=RequestStatus.CONFIRMED,
            valid_assignment=AssignmentStatus.CONFIRMED,
            valid_start_at=START,
            useless_after=START,
        ),
    )
    with transaction(engine) as session:
        change(session.merge(request), session.merge(assignment))
    with transaction(engine) as session:
        held = session.get_one(OutboxMessage, one)
        assert queue.still_true(session, held, START) is true
        assert not queue.still_true(session, held, START + timedelta(seconds=1))


def test_a_message_without_conditions_is_always_true(engine: Engine) -> None:
    (one,) = put(engine, message())
    with transaction(engine) as session:
        assert queue.still_true(session, session.get_one(OutboxMessage, one), NOW + timedelta(days=900))
