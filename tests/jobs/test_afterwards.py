"""After an appointment each side is asked once, at its time, and not for what it has already said."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Audience, Notice, OutboxStatus
from lotsen.jobs import tasks
from lotsen.models import Assignment, OutboxMessage, Pool
from lotsen.outbox.channels import FileChannel
from lotsen.outbox.dispatcher import Dispatcher, Sender
from lotsen.services import assignments, feedback, reports
from lotsen.services.reports import Said
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.factories import START, asked, holder
from tests.jobs.conftest import Clock

HOUR = timedelta(hours=1)
END = START + HOUR


@pytest.fixture
def run(shared: Bootstrap, tmp_path: Path) -> Callable[[str], None]:
    """Run the task of a name twice, as two schedulers do."""
    sender = Sender("post@lotsen.example", "lotsen.example", shared.links.secret)
    dispatcher = Dispatcher(shared.engine, FileChannel(tmp_path / "mail"), sender, "one", shared.clock)
    by_name = {task.name: task for task in tasks.all_tasks(shared, dispatcher, lambda: False)}

    def twice(name: str) -> None:
        by_name[name].run()
        by_name[name].run()

    return twice


@pytest.fixture
def one(shared: Bootstrap, clock: Clock) -> Assignment:
    """Return an appointment that took place a moment ago."""
    with shared.begin(SYSTEM) as uow:
        _, guide, request = factories.town(uow)
        one = factories.confirmed(uow, request, guide)
    clock.now = END
    with shared.begin(SYSTEM) as uow:
        assignments.complete(uow, one.id)
    return one


def told(shared: Bootstrap, notice: Notice) -> list[Audience]:
    with shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.scalars(
            select(OutboxMessage.audience).where(OutboxMessage.notice == notice).order_by(OutboxMessage.id)
        )
        return list(rows)


def say(shared: Bootstrap, one: Assignment) -> None:
    with shared.begin(asked(one)) as uow:
        reports.report(uow, one.id, Said(START, END), 0)


def test_the_guide_is_asked_for_the_hours_then_the_institution(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], one: Assignment
) -> None:
    clock.now = END + 24 * HOUR - timedelta(seconds=1)
    run("ask-for-hours")
    assert told(shared, Notice.HOURS) == []
    clock.now = END + 24 * HOUR
    run("ask-for-hours")
    assert told(shared, Notice.HOURS) == [Audience.GUIDE]
    say(shared, one)
    run("ask-for-hours")
    clock.forward(days=5)
    run("ask-for-hours")
    assert told(shared, Notice.HOURS) == [Audience.GUIDE, Audience.INSTITUTION]


def test_who_has_spoken_is_not_asked(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], one: Assignment
) -> None:
    say(shared, one)
    with shared.begin(holder(one.request)) as uow:
        reports.confirm(uow, one.id, START, END, 1)
        feedback.give(uow, one.id, 5, 5, "")
    clock.now = END + 80 * HOUR
    run("ask-for-hours")
    run("ask-for-feedback")
    assert told(shared, Notice.HOURS) + told(shared, Notice.FEEDBACK) == []


@pytest.mark.parametrize(("hours", "asked_for"), [(71, []), (72, [Audience.INSTITUTION])])
def test_the_institution_is_asked_how_it_went(
    shared: Bootstrap,
    clock: Clock,
    run: Callable[[str], None],
    one: Assignment,
    hours: int,
    asked_for: list[Audience],
) -> None:
    clock.now = END + hours * HOUR
    run("ask-for-feedback")
    assert told(shared, Notice.FEEDBACK) == asked_for


@pytest.mark.only_db("sqlite")
def test_the_delays_are_settings_and_nobody_is_asked_for_what_lies_far_back(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], one: Assignment
) -> None:
    clock.now = END + timedelta(days=40)
    run("ask-for-hours")
    run("ask-for-feedback")
    assert told(shared, Notice.HOURS) + told(shared, Notice.FEEDBACK) == []
    with shared.begin(SYSTEM) as uow:
        pool = uow.session.scalars(select(Pool)).one()
        pool.settings = {**pool.settings, "hours_reminder_hours": 1, "feedback_reminder_hours": 2}
    clock.now = END + HOUR
    run("ask-for-hours")
    run("ask-for-feedback")
    assert told(shared, Notice.HOURS) == [Audience.GUIDE]
    assert told(shared, Notice.FEEDBACK) == []
    clock.forward(hours=1)
    run("ask-for-feedback")
    assert told(shared, Notice.FEEDBACK) == [Audience.INSTITUTION]


def test_who_did_not_come_is_asked_for_nothing_even_if_the_mail_waits(
    shared: Bootstrap, clock: Clock, run: Callable[[str], None], one: Assignment
) -> None:
    clock.now = END + 24 * HOUR
    run("ask-for-hours")
    with shared.begin(holder(one.request)) as uow:
        feedback.report_no_show(uow, one.id)
    run("dispatch")
    with shared.begin(SYSTEM, read_only=True) as uow:
        (status,) = uow.session.scalars(
            select(OutboxMessage.status).where(OutboxMessage.notice == Notice.HOURS)
        )
        assert status is OutboxStatus.DROPPED
    clock.forward(days=3)
    run("ask-for-feedback")
    assert told(shared, Notice.FEEDBACK) == []
