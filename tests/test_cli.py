"""The commands, run as people run them: as processes with an environment of their own."""

import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lotsen.cli import main
from lotsen.domain import lifecycle
from tests.support.processes import free_port, tied

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOTSEN_")}
    return inherited | {"LOTSEN_INSTANCE": str(tmp_path / "instance")}


@pytest.fixture
def lotsen(environment: dict[str, str]) -> Command:
    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lotsen", *arguments],
            cwd=ROOT,
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def inside(environment: dict[str, str]) -> Iterator[Command]:
    """Return the same within this process, for tests that need many commands."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = CliRunner(env=environment).invoke(main, arguments)
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)


def test_help_names_the_commands(lotsen: Command) -> None:
    out = lotsen("--help").stdout
    for command in ("run", "serve", "scheduler", "migrate", "demo", "import-guides", "create-coordinator"):
        assert f"\n  {command} " in out


def test_lifecycle_prints_the_diagrams(lotsen: Command) -> None:
    assert lotsen("lifecycle").stdout == lifecycle.mermaid()


def test_a_wrong_variable_is_named(lotsen: Command) -> None:
    done = lotsen("migrate", LOTSEN_BASE_URL="lotsen.example")
    assert done.returncode == 1
    assert "LOTSEN_BASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_with_a_mistake_writes_nothing_and_names_the_row(inside: Command, tmp_path: Path) -> None:
    assert inside("migrate").returncode == 0
    file = tmp_path / "guides.csv"
    file.write_text(
        "Name;E-Mail;Sprachen\n"
        "Gesa Beispiel;gesa@lotsen.example;Arabisch (Muttersprache)\n"
        "Omar Muster;omar@lotsen.example;Klingonisch\n",
        encoding="utf-8",
    )
    done = inside("import-guides", str(file))
    assert done.returncode == 1
    assert "3" in done.stdout
    assert "Klingonisch" in done.stdout
    file.write_text(file.read_text(encoding="utf-8").replace("Klingonisch", "Somali C1"), encoding="utf-8")
    checked = inside("import-guides", "--check", str(file))
    assert checked.returncode == 0
    first, second = inside("import-guides", str(file)), inside("import-guides", str(file))
    assert "2 neu, 0 geändert, 0 unverändert" in first.stdout
    assert "0 neu, 0 geändert, 2 unverändert" in second.stdout


def test_check_says_what_is_missing(inside: Command) -> None:
    inside("migrate")
    done = inside("check")
    assert done.returncode == 1
    assert "LOTSEN_SMTP_URL" in done.stdout
    assert "No scheduler runs" in done.stdout
    assert "provider_address" in done.stdout


def test_settings_are_shown_changed_and_checked(inside: Command, tmp_path: Path) -> None:
    inside("migrate")
    assert "  lead_working_days = 5\n" in inside("settings").stdout
    file = tmp_path / "imprint.txt"
    file.write_text("Stadt Beispiel\n\nMarkt 1", encoding="utf-8")
    given = (
        f"imprint_text=@{file}",
        "lead_working_days=7",
        'accessibility_gaps=["Karten"]',
        "quiet_from=20:30",
    )
    done = inside("settings", *(part for one in given for part in ("--set", one)))
    assert done.stdout == "Changed: accessibility_gaps, imprint_text, lead_working_days, quiet_from\n"
    shown = inside("settings").stdout
    assert "* lead_working_days = 7\n" in shown
    assert '* imprint_text = "Stadt Beispiel\\n\\nMarkt 1"\n' in shown
    for wrong in ("lead_working_days=99", "lead_working_days=many", "no_such=1", "quiet_from=@/nowhere"):
        refused = inside("settings", "--set", "office_name=Büro", "--set", wrong)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
    assert inside("settings", "--reset", "no_such").returncode == 1
    assert "Büro" not in inside("settings").stdout
    assert inside("settings", "--reset", "lead_working_days").stdout == "Changed: lead_working_days\n"
    assert "  lead_working_days = 5\n" in inside("settings").stdout


def test_a_short_password_is_refused(inside: Command) -> None:
    inside("migrate")
    arguments = ("create-coordinator", "--email", "ada@lotsen.example", "--name", "Ada", "--password")
    assert inside(*arguments, "short").returncode == 1
    assert inside(*arguments, "long enough for this").returncode == 0


def test_run_starts_all_stops_on_ctrl_c_and_keeps_the_data(
    environment: dict[str, str], tmp_path: Path
) -> None:
    first = _run_until_ctrl_c(environment | {"LOTSEN_DEMO": "1"})
    assert "koordination@lotsen-demo.example" in first
    assert "/anmelden" in first
    again = _run_until_ctrl_c(environment | {"LOTSEN_DEMO": "1"})
    assert _sign_ins(again) == _sign_ins(first)
    assert list((tmp_path / "instance" / "mail").glob("*.eml"))


def _sign_ins(output: str) -> list[str]:
    return [line for line in output.splitlines() if "@lotsen-demo.example" in line]


def _run_until_ctrl_c(environment: dict[str, str]) -> str:
    port = free_port()
    process = subprocess.Popen(
        tied([sys.executable, "-m", "lotsen", "run", "--port", str(port)]),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        # A job in the background may have Ctrl-C switched off, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 60
    health = ""
    while '"scheduler":"ok"' not in health and time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                health = answer.read().decode()
        except OSError:
            continue
    # As a terminal does: to all processes of the group at once.
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert '"scheduler":"ok"' in health, output
    assert "Traceback" not in output
    assert output.rstrip().endswith("Stopped."), output
    return output
