"""The tasks of the scheduler: each finds out from the database what is due, and may run twice."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from traceback import extract_tb

from sqlalchemy import delete

from lotsen.bootstrap import Bootstrap
from lotsen.errors import Conflict
from lotsen.jobs import planner
from lotsen.models import Heartbeat
from lotsen.outbox.dispatcher import Dispatcher
from lotsen.services import assignments, deadlines, plans, reminders
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork

_log = logging.getLogger(__name__)

# Rows of processes that were killed; those that stop in good order take theirs away.
_FORGET_HEARTBEAT = timedelta(days=1)


@dataclass(frozen=True)
class Task:
    """What to run, and how often."""

    name: str
    every_seconds: int
    run: Callable[[], None]


def all_tasks(bootstrap: Bootstrap, dispatcher: Dispatcher, stopping: Callable[[], bool]) -> list[Task]:
    """Return the tasks of one scheduler process."""

    def each(
        name: str,
        every_seconds: int,
        due: Callable[[UnitOfWork], list[int]],
        act: Callable[[UnitOfWork, int], object],
    ) -> Task:
        return Task(name, every_seconds, partial(do_each, bootstrap, name, due, act, stopping))

    return [
        Task("heartbeat", 10, partial(beat, bootstrap, dispatcher.owner)),
        Task("dispatch", 2, partial(_dispatch, dispatcher, stopping)),
        Task("plan", 2, partial(planner.run_one, bootstrap, dispatcher.owner, stopping)),
        each("expire-offers", 30, deadlines.due_expiries, assignments.expire),
        each("remind-of-offers", 60, deadlines.due_offer_reminders, deadlines.remind_of_offer),
        each("remind-of-appointments", 60, deadlines.due_reminders, deadlines.remind_of_appointment),
        each("complete", 120, deadlines.due_completions, assignments.complete),
        each("lapse", 300, deadlines.due_lapses, deadlines.lapse),
        each("ask-for-hours", 300, reminders.due_hours, reminders.ask_for_hours),
        each("ask-for-feedback", 300, reminders.due_feedback, reminders.ask_for_feedback),
        each("forget-plans", 3600, plans.due_forgetting, plans.forget),
    ]


def beat(bootstrap: Bootstrap, owner: str) -> None:
    """Give a sign of life, for `/health`."""
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.merge(Heartbeat(name=owner, beat_at=uow.now))
        uow.session.execute(delete(Heartbeat).where(Heartbeat.beat_at < uow.now - _FORGET_HEARTBEAT))


def take_leave(bootstrap: Bootstrap, owner: str) -> None:
    """Take the sign of life away, so that nobody waits for the next one."""
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.execute(delete(Heartbeat).where(Heartbeat.name == owner))


def do_each(
    bootstrap: Bootstrap,
    name: str,
    due: Callable[[UnitOfWork], list[int]],
    act: Callable[[UnitOfWork, int], object],
    stopping: Callable[[], bool],
) -> None:
    """Do something to each row that is due, in one transaction each; one failure does not stop the others."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        ids = due(uow)
    for one in ids:
        if stopping():
            return
        try:
            with bootstrap.begin(SYSTEM) as uow:
                act(uow, one)
        except Conflict:
            _log.info("%s %d: somebody was first", name, one)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one row, the others get their turn)
            _log.error("%s %d failed, the next run tries again: %s", name, one, outline(error))


def outline(error: Exception) -> str:
    """Say what went wrong and where, without the error's own words: they may hold personal data."""
    places = ", ".join(f"{frame.name}:{frame.lineno}" for frame in extract_tb(error.__traceback__))
    return f"{type(error).__name__} in {places}"


def _dispatch(dispatcher: Dispatcher, stopping: Callable[[], bool]) -> None:
    counts = dispatcher.run(stopping)
    if counts:
        _log.info("mails: %s", ", ".join(f"{count} {status}" for status, count in counts.items()))
