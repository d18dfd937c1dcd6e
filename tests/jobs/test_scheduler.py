"""The clock runs its tasks, survives what they do, notices when it stands still, and stops cleanly."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from lotsen.database import make_engine, transaction
from lotsen.domain.vocabulary import OutboxStatus
from lotsen.jobs.scheduler import Patience, keep_running
from lotsen.jobs.tasks import Task
from lotsen.models import Heartbeat
from tests.outbox.factories import LONG_DUE, add_pool, message, put, states
from tests.support.lotsen import ROOT, started_lotsen
from tests.support.processes import stop, tied
from tests.support.smtp import MailServer

pytestmark = pytest.mark.slow


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.02)


class Running:
    """A scheduler in a thread of this process."""

    def __init__(self, *todo: Task, patience: Patience | None = None) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=keep_running, args=(list(todo), self.stop, patience or Patience())
        )

    def __enter__(self) -> "Running":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        self.thread.join()


def test_all_tasks_run_at_once_and_again_and_a_failure_ends_none(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[str] = []

    def fail() -> None:
        runs.append("fail")
        raise RuntimeError("Ada Beispiel")

    with Running(Task("good", 1, lambda: runs.append("good")), Task("fail", 1, fail)):
        wait_until(lambda: runs.count("good") > 2 and runs.count("fail") > 2)
    assert "fail failed" in caplog.text
    assert "Ada" not in caplog.text


def test_stopping_waits_for_the_task_in_hand() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.5)
        ended.set()

    with Running(Task("work", 60, work)):
        begun.wait()
    assert ended.is_set()


@pytest.mark.parametrize("step", [timedelta(hours=-2), timedelta(hours=2)])
def test_a_clock_that_is_set_does_not_hold_tasks_up(
    step: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    runs: list[float] = []
    today = datetime(2026, 11, 23, 9, tzinfo=UTC)
    with time_machine.travel(today) as traveller:
        patience = Patience(look_every=0.2)
        with Running(Task("work", 1, lambda: runs.append(time.monotonic())), patience=patience):
            wait_until(lambda: len(runs) > 1)
            traveller.shift(step)
            before = len(runs)
            wait_until(lambda: len(runs) > before + 2, 10)
    assert "the clock was set" in caplog.text


def test_without_the_watchdog_a_step_back_would_hold_tasks_up() -> None:
    runs: list[float] = []
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC)) as traveller:
        patience = Patience(look_every=3600)
        with Running(Task("work", 1, lambda: runs.append(time.monotonic())), patience=patience):
            wait_until(lambda: len(runs) > 1)
            traveller.shift(timedelta(hours=-2))
            time.sleep(1.2)
            before = len(runs)
            time.sleep(2.5)
    assert len(runs) == before


@pytest.mark.faults
@pytest.mark.parametrize(
    ("patience", "stopped"),
    [
        ("look_every=0.1, task_limit=0.5", False),
        ("look_every=0.1, wake_after=0.2, abort_after=0.5", False),
        ("look_every=0.1, stop_limit=0.3", True),
    ],
)
def test_a_process_that_hangs_ends_itself_with_a_code(patience: str, stopped: bool) -> None:
    program = (
        "import threading, time\n"
        "from lotsen.jobs.scheduler import Patience, keep_running\n"
        "from lotsen.jobs.tasks import Task\n"
        "stop = threading.Event()\n"
        f"hang = Task('hang', 1, lambda: ({stopped} and stop.set(), time.sleep(3600)))\n"
        f"keep_running([hang], stop, Patience({patience}))"
    )
    ended = subprocess.run(
        tied([sys.executable, "-c", program]), cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 70, ended.stderr
    assert "the scheduler ends itself" in ended.stderr


@pytest.mark.faults
def test_the_process_finishes_the_message_in_hand_and_gives_back_the_others(
    database_url: str, smtp_server: MailServer, tmp_path: Path
) -> None:
    engine = make_engine(database_url)
    with transaction(engine) as session:
        add_pool(session)
    put(engine, *(message(f"many.{number}", due_at=LONG_DUE) for number in range(5)))
    smtp_server.delay(1)
    with started_lotsen(database_url, smtp_server.url, tmp_path, parts=("scheduler",)) as lotsen:
        wait_until(lambda: OutboxStatus.SENDING in states(engine))
        time.sleep(0.3)
        with transaction(engine) as session:
            assert len(session.scalars(select(Heartbeat)).all()) == 1
        assert stop(lotsen.processes.pop("scheduler")) == 0
    assert states(engine) == [OutboxStatus.SENT] + [OutboxStatus.WAITING] * 4
    assert len(smtp_server.received) == 1
    with transaction(engine) as session:
        assert session.scalars(select(Heartbeat)).all() == []
    engine.dispose()
