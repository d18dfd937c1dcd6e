"""The database fixtures hand out what they promise."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from tests.support.lotsen import ROOT
from tests.support.postgres import running_server


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_each_test_gets_the_backend_it_is_named_after(empty_database_url: str, database_backend: str) -> None:
    assert make_url(empty_database_url).get_backend_name() == database_backend


@pytest.mark.parametrize("turn", [1, 2])
def test_an_empty_database_has_no_table_left_by_another_test(empty_database_url: str, turn: int) -> None:
    assert tables(empty_database_url) == []
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_over (id INTEGER)"))
    engine.dispose()


def test_a_migrated_database_has_tables_and_says_its_revision(database_url: str) -> None:
    assert "alembic_version" in tables(database_url)


@pytest.mark.only_db("postgresql")
def test_a_marked_test_runs_on_its_database_alone(database_backend: str) -> None:
    assert database_backend == "postgresql"


@pytest.mark.faults
def test_the_wheel_brings_a_server_where_the_system_has_none() -> None:
    with running_server(from_wheel=True) as server:
        server.create("probe")
        with psycopg.connect(host=str(server.directory), user="postgres", dbname="probe") as connection:
            assert connection.execute("SELECT current_setting('server_encoding')").fetchone() == ("UTF8",)


@pytest.mark.faults
def test_a_server_does_not_outlive_a_test_run_that_is_killed() -> None:
    program = (
        "import time; from tests.support.postgres import running_server\n"
        "with running_server() as server:\n"
        "    print(server.process.pid, server.directory, flush=True)\n"
        "    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        number, directory = run.stdout.readline().decode().split()
        server = Path("/proc", number)
        assert server.exists()
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while server.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(directory)
    assert not server.exists()
