"""What falls due happens once, at its time, also after a missed night, and also if several do it at once."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    Notice,
    OutboxStatus,
    RequestStatus,
    UnfilledReason,
)
from lotsen.jobs import tasks
from lotsen.models import Assignment, GuideRequest, Heartbeat, OutboxMessage, Token
from lotsen.outbox.channels import FileChannel
from lotsen.outbox.dispatcher import Dispatcher, Sender
from lotsen.services import assignments, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import NOW, START
from tests.jobs.conftest import Clock


@pytest.fixture
def run(shared: Bootstrap, tmp_path: Path) -> Callable[[str], None]:
    """Run the task of a name, as the scheduler does."""
    sender = Sender("post@lotsen.example", "lotsen.example", shared.links.secret)
    dispatcher = Dispatcher(shared.engine, FileChannel(tmp_path / "mail"), sender, "one", shared.clock)
    by_name = {task.name: task for task in tasks.all_tasks(shared, dispatcher, lambda: False)}
    return lambda name: by_name[name].run()


def an_offer(shared: Bootstrap, start: datetime = START) -> Assignment:
    with shared.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        guide = factories.add_guide(uow, pool.id)
        return factories.offered(uow, factories.open_request(uow, pool.id, start), guide)


def an_appointment(shared: Bootstrap, start: datetime = START) -> Assignment:
    offer = an_offer(shared, start)
    accept(shared, offer)
    return offer


def accept(shared: Bootstrap, offer: Assignment) -> None:
    with shared.begin(factories.asked(offer)) as uow:
        assignments.accept(uow, offer.id)


def told(shared: Bootstrap, notice: Notice) -> list[Audience]:
    with shared.begin(SYSTEM, read_only=True) as uow:
        return sorted(
            uow.session.scalars(select(OutboxMessage.audience).where(OutboxMessage.notice == notice))
        )


def status_of(shared: Bootstrap, assignment: Assignment) -> tuple[AssignmentStatus, RequestStatus]:
    with shared.begin(SYSTEM, read_only=True) as uow:
        return (
            uow.session.get_one(Assignment, assignment.id).status,
            uow.session.get_one(GuideRequest, assignment.request_id).status,
        )


def at_once(work: Callable[[], None]) -> None:
    """Do the same in four threads that begin together."""
    start = threading.Barrier(4)

    def begin() -> None:
        start.wait()
        work()

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_offer_expires_at_its_deadline_and_the_office_is_told(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    offer = an_offer(shared)
    assert offer.answer_by is not None
    clock.now = offer.answer_by - timedelta(seconds=1)
    run("expire-offers")
    assert status_of(shared, offer) == (AssignmentStatus.OFFERED, RequestStatus.OFFERED)
    clock.now = offer.answer_by
    run("expire-offers")
    run("expire-offers")
    assert status_of(shared, offer) == (AssignmentStatus.EXPIRED, RequestStatus.OPEN)
    assert told(shared, Notice.OFFER_EXPIRED) == [Audience.OFFICE]


@pytest.mark.race
@pytest.mark.parametrize(
    ("name", "notice", "count"),
    [("expire-offers", Notice.OFFER_EXPIRED, 1), ("remind-of-offers", Notice.OFFER_REMINDER, 1)],
)
def test_several_schedulers_at_once_tell_each_thing_once(
    shared: Bootstrap,
    clock: Clock,
    run: Callable[[str], None],
    name: str,
    notice: Notice,
    count: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    offer = an_offer(shared)
    assert offer.answer_by is not None
    clock.now = offer.answer_by - timedelta(hours=0 if name == "expire-offers" else 1)
    at_once(lambda: run(name))
    assert len(told(shared, notice)) == count
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_unanswered_offer_is_reminded_once_at_half_its_time(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    offer = an_offer(shared)
    assert offer.answer_by is not None
    # 24 of the 48 waking hours are over on Tuesday at 21:00, which is night: so on Wednesday at 8:00.
    while not told(shared, Notice.OFFER_REMINDER) and clock.now < offer.answer_by:
        clock.forward(minutes=15)
        run("remind-of-offers")
    assert clock.now == datetime(2026, 11, 25, 7, tzinfo=UTC)
    with shared.begin(SYSTEM, read_only=True) as uow:
        links = len(uow.session.scalars(select(Token.id)).all())
    clock.forward(minutes=1)
    run("remind-of-offers")
    with shared.begin(SYSTEM, read_only=True) as uow:
        assert len(uow.session.scalars(select(Token.id)).all()) == links
    assert told(shared, Notice.OFFER_REMINDER) == [Audience.GUIDE]


def test_who_has_answered_is_not_asked_again(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    offer = an_appointment(shared)
    assert offer.answer_by is not None
    clock.now = offer.answer_by - timedelta(minutes=1)
    run("remind-of-offers")
    assert told(shared, Notice.OFFER_REMINDER) == []


@pytest.mark.parametrize(
    ("start", "reminded_at"),
    [
        (START, datetime(2026, 12, 6, 16, tzinfo=UTC)),
        # The clock is put forward in the night to Sunday 28 March 2027, and back in that to 31 October.
        (datetime(2027, 3, 28, 8, tzinfo=UTC), datetime(2027, 3, 27, 16, tzinfo=UTC)),
        (datetime(2027, 10, 31, 9, tzinfo=UTC), datetime(2027, 10, 30, 15, tzinfo=UTC)),
    ],
)
def test_both_sides_are_reminded_on_the_local_day_before(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], start: datetime, reminded_at: datetime
) -> None:
    an_appointment(shared, start)
    clock.now = reminded_at - timedelta(seconds=1)
    run("remind-of-appointments")
    assert told(shared, Notice.REMINDER) == []
    clock.now = reminded_at
    run("remind-of-appointments")
    clock.forward(minutes=1)
    run("remind-of-appointments")
    assert told(shared, Notice.REMINDER) == [Audience.GUIDE, Audience.INSTITUTION]


@pytest.mark.race
def test_several_schedulers_at_once_remind_once(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    an_appointment(shared)
    clock.now = START - timedelta(hours=14)
    at_once(lambda: run("remind-of-appointments"))
    assert told(shared, Notice.REMINDER) == [Audience.GUIDE, Audience.INSTITUTION]


def test_a_missed_night_is_caught_up_until_the_appointment_begins(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    an_appointment(shared)
    clock.now = START
    run("remind-of-appointments")
    assert told(shared, Notice.REMINDER) == []
    clock.now = START - timedelta(minutes=1)
    run("remind-of-appointments")
    assert told(shared, Notice.REMINDER) == [Audience.GUIDE, Audience.INSTITUTION]


@pytest.mark.parametrize(("hours_before", "reminded"), [(21, True), (19, False), (1, False)])
def test_who_agreed_a_short_while_ago_needs_no_reminder(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], hours_before: int, reminded: bool
) -> None:
    clock.now = NOW - timedelta(hours=NOW.hour - 6)
    start = clock.now + timedelta(days=5)
    offer = an_offer(shared, start)
    clock.now = start - timedelta(hours=hours_before)
    with shared.begin(SYSTEM) as uow:
        # The deadline has no part in this test.
        uow.session.get_one(Assignment, offer.id).answer_by = start
    accept(shared, offer)
    clock.now = start - timedelta(minutes=30)
    run("remind-of-appointments")
    assert bool(told(shared, Notice.REMINDER)) is reminded


def test_a_reminder_does_not_leave_once_the_appointment_is_called_off(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], tmp_path: Path
) -> None:
    appointment = an_appointment(shared)
    clock.now = START - timedelta(hours=14)
    run("remind-of-appointments")
    with shared.begin(factories.asked(appointment)) as uow:
        assignments.withdraw(uow, appointment.id)
    run("dispatch")
    with shared.begin(SYSTEM, read_only=True) as uow:
        reminders = uow.session.scalars(
            select(OutboxMessage.status).where(OutboxMessage.notice == Notice.REMINDER)
        )
        assert set(reminders) == {OutboxStatus.DROPPED}
    assert not list((tmp_path / "mail").glob("reminder.*"))
    assert list((tmp_path / "mail").glob("guide-withdrew.*"))


def test_an_appointment_that_is_over_is_complete_and_its_request_too(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    appointment = an_appointment(shared)
    clock.now = appointment.ends_at - timedelta(seconds=1)
    run("complete")
    assert status_of(shared, appointment) == (AssignmentStatus.CONFIRMED, RequestStatus.CONFIRMED)
    clock.now = appointment.ends_at
    run("complete")
    run("complete")
    assert status_of(shared, appointment) == (AssignmentStatus.COMPLETED, RequestStatus.COMPLETED)


def test_what_nobody_takes_further_lapses_in_its_time(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    with shared.begin(SYSTEM) as uow:
        pool_id = factories.add_pool(uow).id
        draft = factories.draft(uow, pool_id).id
        submitted = factories.submitted_request(uow, pool_id, NOW + timedelta(days=30)).id
        opened = factories.open_request(uow, pool_id, NOW + timedelta(days=20)).id

    def lapsed() -> list[int]:
        run("lapse")
        with shared.begin(SYSTEM, read_only=True) as uow:
            return list(
                uow.session.scalars(
                    select(GuideRequest.id)
                    .where(GuideRequest.status == RequestStatus.LAPSED)
                    .order_by(GuideRequest.closed_at)
                )
            )

    found: list[tuple[timedelta, int]] = []
    while len(found) < 3:
        clock.forward(hours=1)
        found += [(clock.now - NOW, one) for one in lapsed()[len(found) :]]
    assert found == [
        (timedelta(hours=72), submitted),
        (timedelta(days=14), draft),
        (timedelta(days=20, hours=1), opened),
    ]
    with shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(GuideRequest, opened).unfilled_reason is UnfilledReason.TOO_LATE
    assert told(shared, Notice.NOBODY_FOUND) == [Audience.INSTITUTION]


def test_a_request_that_was_confirmed_a_moment_ago_does_not_lapse(shared: Bootstrap, clock: Clock) -> None:
    with shared.begin(SYSTEM) as uow:
        request = factories.submitted_request(uow, factories.add_pool(uow).id)
    clock.forward(hours=80)

    def act(uow: UnitOfWork, request_id: int) -> None:
        with factories.acting(uow, factories.holder(request)) as institution:
            requests.confirm_address(institution, request_id)
        tasks.deadlines.lapse(uow, request_id)

    tasks.do_each(shared, "lapse", tasks.deadlines.due_lapses, act, lambda: False)
    with shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(GuideRequest, request.id).status is RequestStatus.OPEN


def test_one_failure_stops_nobody_and_its_words_are_not_logged(
    shared: Bootstrap, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def act(uow: UnitOfWork, one: int) -> None:
        if one == 2:
            raise RuntimeError("Ada Beispiel, ada@schule.example")
        done.append(one)

    tasks.do_each(shared, "try", lambda uow: [1, 2, 3], act, lambda: False)
    assert done == [1, 3]
    assert "try 2 failed" in caplog.text
    assert "RuntimeError in do_each" in caplog.text
    assert "Ada" not in caplog.text


def test_a_task_ends_early_when_the_process_stops(shared: Bootstrap) -> None:
    done: list[int] = []
    tasks.do_each(
        shared, "try", lambda uow: [1, 2, 3], lambda uow, one: done.append(one), lambda: len(done) == 2
    )
    assert done == [1, 2]


def test_the_heartbeat_moves_and_goes_with_its_process(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None]
) -> None:
    def beats() -> dict[str, datetime]:
        with shared.begin(SYSTEM, read_only=True) as uow:
            return {beat.name: beat.beat_at for beat in uow.session.scalars(select(Heartbeat))}

    tasks.beat(shared, "killed")
    clock.forward(hours=23)
    run("heartbeat")
    assert beats() == {"killed": NOW, "one": NOW + timedelta(hours=23)}
    clock.forward(hours=2)
    run("heartbeat")
    assert beats() == {"one": NOW + timedelta(hours=25)}
    tasks.take_leave(shared, "one")
    assert beats() == {}
