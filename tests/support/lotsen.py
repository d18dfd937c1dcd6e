"""The service as real processes, the way it runs in production."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.support.processes import free_port, stop, tied
from tests.support.smtp import MailServer

ROOT = Path(__file__).resolve().parents[2]
Part = Literal["serve", "scheduler"]


@dataclass
class Lotsen:
    """One web process and one scheduler on a database; parts can be killed and started again."""

    url: str
    directory: Path
    environment: dict[str, str]
    processes: dict[Part, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, part: Part) -> subprocess.Popen[bytes]:
        """Start one part; its output goes to `<part>.log` in `directory`."""
        command = [sys.executable, "-m", "lotsen", part]
        if part == "serve":
            command += ["--port", self.url.rpartition(":")[2]]
        with self._log(part).open("ab") as log:
            self.processes[part] = subprocess.Popen(
                tied(command), cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        return self.processes[part]

    def kill(self, part: Part) -> None:
        """End one part with SIGKILL, as a power cut would."""
        process = self.processes.pop(part)
        process.kill()
        process.wait()

    def command(self, *arguments: str, text: str = "") -> str:
        """Run `python -m lotsen …` beside the service, `text` as its input; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "lotsen", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def log(self, part: Part) -> str:
        """Return what one part has written so far."""
        return self._log(part).read_text(errors="replace") if self._log(part).exists() else ""

    def wait_until_healthy(self, *, timeout: float = 60) -> None:
        """Return as soon as GET /health answers 200; AssertionError with the logs after `timeout` s."""
        deadline = time.monotonic() + timeout
        answer = "none"
        while time.monotonic() < deadline and not self._ended():
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                answer = f"{error.code} {error.read().decode(errors='replace')}"
                error.close()
            except OSError as error:
                answer = str(error)
            time.sleep(0.1)
        logs = "\n".join(f"--- {part}\n{self.log(part)}" for part in self.processes)
        raise AssertionError(f"lotsen is not healthy; ended: {self._ended()}; last answer: {answer}\n{logs}")

    def end(self) -> None:
        """Stop all parts; AssertionError if one had crashed, would not stop, or wrote a traceback."""
        crashed = self._ended()
        codes: dict[Part, int] = {part: stop(process) for part, process in self.processes.items()}
        assert not crashed, f"ended by themselves: {crashed}\n{[self.log(part) for part in crashed]}"
        for part, code in codes.items():
            assert code != -9, f"{part} did not stop when asked"
            assert "Traceback (most recent call last)" not in self.log(part), self.log(part)

    def _ended(self) -> list[Part]:
        return [part for part, process in self.processes.items() if process.poll() is not None]

    def _log(self, part: Part) -> Path:
        return self.directory / f"{part}.log"


@contextmanager
def started_lotsen(
    database_url: str, smtp_url: str, directory: Path, parts: tuple[Part, ...] = ("serve", "scheduler")
) -> Generator[Lotsen]:
    """Run the service on `database_url`, with its instance folder and logs below `directory`."""
    url = f"http://127.0.0.1:{free_port()}"
    instance = directory / "instance"
    instance.mkdir(parents=True)
    settings = {
        "LOTSEN_BASE_URL": url,
        "LOTSEN_DATABASE_URL": database_url,
        "LOTSEN_INSTANCE": str(instance),
        "LOTSEN_SECRET": "a secret for tests only, 32 letters or more",
        "LOTSEN_SMTP_URL": smtp_url,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOTSEN_")}
    lotsen = Lotsen(url, directory, inherited | settings)
    try:
        for part in parts:
            lotsen.start(part)
        if "serve" in parts:
            lotsen.wait_until_healthy()
        yield lotsen
    except BaseException:
        for process in lotsen.processes.values():
            stop(process)
        raise
    lotsen.end()


@pytest.fixture
def lotsen_processes(database_url: str, smtp_server: MailServer, tmp_path: Path) -> Iterator[Lotsen]:
    """Run web and scheduler for this test and return their handle."""
    with started_lotsen(database_url, smtp_server.url, tmp_path / "lotsen") as lotsen:
        yield lotsen


@pytest.fixture
def running_lotsen(lotsen_processes: Lotsen) -> str:
    """Run web and scheduler for this test and return the base URL."""
    return lotsen_processes.url
