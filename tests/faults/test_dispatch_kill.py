"""A scheduler that is killed again and again loses no mail, and repeats at most one per kill, to the byte."""

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lotsen.database import make_engine, transaction
from lotsen.domain.vocabulary import OutboxStatus
from tests.outbox.factories import LONG_DUE, add_pool, message, put, states
from tests.support.lotsen import ROOT
from tests.support.processes import stop, tied
from tests.support.smtp import MailServer

pytestmark = pytest.mark.faults

MAILS = 500
KILLS = 10


@dataclass(frozen=True)
class Outcome:
    """What arrived, by Message-ID: how often, and in how many different wordings."""

    times: Counter[str]
    wordings: dict[str, set[bytes]]
    states: Counter[OutboxStatus]

    @property
    def repeats(self) -> int:
        return self.times.total() - len(self.times)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    with transaction(engine) as session:
        add_pool(session)
    put(engine, *(message(f"many.{number}", due_at=LONG_DUE) for number in range(MAILS)))
    yield engine
    engine.dispose()


@contextmanager
def scheduler(
    variant: str, engine: Engine, server: MailServer, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    url = engine.url.render_as_string(hide_password=False)
    with log.open("ab") as output:
        process = subprocess.Popen(
            tied([sys.executable, "-m", "tests.faults.scheduler_process", variant, url, server.url]),
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(true: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.001)


def killed(variant: str, engine: Engine, server: MailServer, folder: Path, kills: int) -> Outcome:
    """Kill the process `kills` times in the middle of its work, then let it finish."""
    chance, log = random.Random(kills), folder / "scheduler.log"
    # Slow enough that the process spends its time with mails on their way.
    server.delay(0.004)
    for kill in range(kills):
        # Each time it has sent some more, and then at any point between two mails.
        enough = len(server.received) + chance.randrange(5, MAILS // KILLS - 10)
        with scheduler(variant, engine, server, log) as process:
            wait_until(lambda enough=enough: len(server.received) >= enough, process, log)
            time.sleep(chance.random() * 0.02)
            assert process.poll() is None, log.read_text()
        assert OutboxStatus.SENT not in states(engine)[-20:], f"done before kill {kill}"
    with scheduler(variant, engine, server, log) as process:
        wait_until(lambda: set(states(engine)) == {OutboxStatus.SENT}, process, log)
        assert stop(process) == 0
    wordings: dict[str, set[bytes]] = defaultdict(set)
    times: Counter[str] = Counter()
    for mail in server.received:
        message_id = str(mail.message["Message-ID"])
        times[message_id] += 1
        wordings[message_id].add(mail.raw)
    return Outcome(times, wordings, Counter(states(engine)))


def test_ten_kills_lose_nothing_and_repeat_at_most_one_each(
    engine: Engine, smtp_server: MailServer, tmp_path: Path
) -> None:
    outcome = killed("Dispatcher", engine, smtp_server, tmp_path, KILLS)
    assert len(outcome.times) == MAILS
    assert outcome.states == Counter({OutboxStatus.SENT: MAILS})
    assert outcome.repeats <= KILLS
    assert {len(wordings) for wordings in outcome.wordings.values()} == {1}


@pytest.mark.only_db("sqlite")
def test_recording_before_sending_would_lose_mails(
    engine: Engine, smtp_server: MailServer, tmp_path: Path
) -> None:
    outcome = killed("SettlesFirst", engine, smtp_server, tmp_path, 3)
    assert outcome.states == Counter({OutboxStatus.SENT: MAILS})
    assert len(outcome.times) < MAILS


@pytest.mark.only_db("postgresql")
def test_sending_inside_the_transaction_would_repeat_many(
    engine: Engine, smtp_server: MailServer, tmp_path: Path
) -> None:
    outcome = killed("SendsInside", engine, smtp_server, tmp_path, 3)
    assert len(outcome.times) == MAILS
    assert outcome.repeats > 3
