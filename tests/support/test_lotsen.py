"""The service starts as real processes, and their faults are noticed."""

import urllib.request

import pytest

from tests.support.lotsen import Lotsen

pytestmark = pytest.mark.faults


def test_web_and_scheduler_start_answer_and_stop(lotsen_processes: Lotsen) -> None:
    lotsen_processes.command("migrate")
    with urllib.request.urlopen(lotsen_processes.url, timeout=10) as page:
        assert page.status == 200
    assert "usage" in lotsen_processes.command("--help").lower()


def test_a_part_that_was_killed_can_be_started_again(lotsen_processes: Lotsen) -> None:
    lotsen_processes.kill("serve")
    lotsen_processes.start("serve")
    lotsen_processes.wait_until_healthy()


def test_a_traceback_in_a_log_fails_the_end(lotsen_processes: Lotsen) -> None:
    log = lotsen_processes.directory / "scheduler.log"
    with log.open("a") as file:
        file.write("Traceback (most recent call last):\n")
    with pytest.raises(AssertionError, match="Traceback"):
        lotsen_processes.end()
    lotsen_processes.processes.clear()
