"""The scheduler process: a clock that runs the tasks, and a watchdog that does not trust the clock.

APScheduler keeps time by the wall clock and nothing else; what is due stands in the database.
"""

import logging
import os
import secrets
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from lotsen import clock
from lotsen.bootstrap import Bootstrap
from lotsen.jobs import tasks
from lotsen.jobs.tasks import Task
from lotsen.outbox.channels import SEND_SECONDS, Channel
from lotsen.outbox.dispatcher import Dispatcher, Pace, Sender
from lotsen.outbox.messengers import Messengers

_log = logging.getLogger(__name__)

_PACE = Pace()
_LISTEN_SECONDS = 0.5


@dataclass(frozen=True)
class Patience:
    """Seconds of monotonic time after which the watchdog acts; `step` is a jump of the wall clock."""

    look_every: float = 5
    step: float = 5
    wake_after: float = 60
    abort_after: float = 300
    task_limit: float = SEND_SECONDS + 300
    stop_limit: float = 60


def run(
    bootstrap: Bootstrap,
    channel: Channel,
    *,
    mail_from: str,
    mail_domain: str,
    messengers: Messengers | None = None,
    pace: Pace = _PACE,
) -> None:
    """Run all tasks until SIGTERM or SIGINT, and then finish the message in hand.

    The process ends itself with a code other than 0 when nothing moves any more: its parent starts it anew.
    """
    owner = f"{socket.gethostname()[:40]}.{os.getpid()}.{secrets.token_hex(4)}"
    stop = threading.Event()
    sender = Sender(mail_from, mail_domain, bootstrap.links.secret)
    ways = messengers or Messengers({})
    dispatcher = Dispatcher(bootstrap.engine, channel, sender, owner, bootstrap.clock, pace, ways)
    # It warns each time that a task is not through yet when its next turn comes; that is meant to be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    _stop_on_signals(stop)
    keep_running(tasks.all_tasks(bootstrap, dispatcher, stop.is_set), stop, Patience())
    with suppress(SQLAlchemyError):
        tasks.take_leave(bootstrap, owner)


def keep_running(todo: list[Task], stop: threading.Event, patience: Patience) -> None:
    """Run tasks at their intervals until `stop`, under the eyes of a watchdog."""
    watched = _Watched()
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(todo))},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    for task in todo:
        scheduler.add_job(
            watched.wrap(task),
            IntervalTrigger(seconds=task.every_seconds, timezone=UTC),
            id=task.name,
            next_run_time=clock.now(),
        )
    scheduler.start()
    stopped = threading.Event()
    watchdog = threading.Thread(
        target=_watch, args=(scheduler, watched, stop, stopped, patience), name="watchdog", daemon=True
    )
    watchdog.start()
    _log.info("scheduler runs")
    # Not `stop.wait()`: a signal that another thread takes would not wake it, and one that comes while it
    # holds the event's lock would wait for itself. Not `time.sleep`: it waits for a point of the clock, and
    # fails when the clock is set meanwhile.
    while not stop.is_set():
        select.select((), (), (), _LISTEN_SECONDS)
    scheduler.shutdown(wait=True)
    stopped.set()
    watchdog.join()
    _log.info("scheduler stopped")


@dataclass
class _Watched:
    """Which tasks run since when, and when the last one began or ended; all in monotonic time."""

    running: dict[str, float] = field(default_factory=dict[str, float])
    moved_at: float = field(default_factory=time.monotonic)

    def wrap(self, task: Task) -> Callable[[], None]:
        def run() -> None:
            self.running[task.name] = self.moved_at = time.monotonic()
            try:
                task.run()
            except Exception as error:  # noqa: BLE001 (no failure may end the task for good)
                _log.error("%s failed, the next run tries again: %s", task.name, tasks.outline(error))
            finally:
                self.running.pop(task.name, None)
                self.moved_at = time.monotonic()

        return run

    def hung(self, limit: float) -> list[str]:
        """Name the tasks that run for longer than `limit` seconds."""
        now = time.monotonic()
        return [name for name, since in dict(self.running).items() if now - since > limit]


def _watch(
    scheduler: BackgroundScheduler,
    watched: _Watched,
    stop: threading.Event,
    stopped: threading.Event,
    patience: Patience,
) -> None:
    offset = _offset()
    while not stop.wait(patience.look_every):
        idle = time.monotonic() - watched.moved_at
        hung = watched.hung(patience.task_limit)
        if hung or idle > patience.abort_after:
            _abort(f"{', '.join(hung) or 'everything'} hangs")
        stepped = abs((_offset() - offset).total_seconds()) > patience.step
        if stepped or idle > patience.wake_after:
            _log.warning("the clock was set" if stepped else "no task has run for a while")
            offset = _offset()
            # In a thread of its own: if the scheduler's locks are what hangs, the watchdog must not hang too.
            threading.Thread(target=_run_all_now, args=(scheduler,), daemon=True).start()
    if not stopped.wait(patience.stop_limit):
        _abort("a task does not end")


def _offset() -> timedelta:
    return clock.now() - datetime.fromtimestamp(time.monotonic(), UTC)


def _run_all_now(scheduler: BackgroundScheduler) -> None:
    # Waking alone would not do: after a step backwards the next runs lie far in the future.
    for job in scheduler.get_jobs():
        job.modify(next_run_time=clock.now())
    scheduler.wakeup()


def _abort(reason: str) -> None:
    _log.critical("%s: the scheduler ends itself", reason)
    logging.shutdown()
    # Not sys.exit: it would wait for the very thread that hangs.
    os._exit(os.EX_SOFTWARE)


def _stop_on_signals(stop: threading.Event) -> None:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
