"""Fixtures that hand each test a database of its own, on SQLite and on PostgreSQL."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url

from lotsen.database import migrate
from tests.support.postgres import PostgresServer, running_server

BACKENDS = ("sqlite", "postgresql")
_TEMPLATE = "lotsen_migrated"
_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=[*BACKENDS, "both"], default="both", help="databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_backend" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_db")
        metafunc.parametrize("database_backend", only.args if only else BACKENDS, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("--db")
    if chosen == "both":
        return
    unwanted = [item for item in items if _backend_of(item) not in (None, chosen)]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]


def _backend_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("database_backend") if callspec else None


@pytest.fixture
def database_backend(request: pytest.FixtureRequest) -> str:
    """Return "sqlite" or "postgresql"; the test runs once for each."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for this test process, started when first asked for."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "lotsen.sqlite"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        # What still stands in the write-ahead log would be missing from a copy.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Return the name of a migrated PostgreSQL database, to be copied."""
    migrate(postgres_server.create(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_backend: str, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a fresh database, migrated and empty."""
    if database_backend == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copyfile(template, tmp_path / 'lotsen.sqlite')}"
    else:
        template = request.getfixturevalue("postgres_template")
        yield from _postgres_database(request, template)


@pytest.fixture
def empty_database_url(
    request: pytest.FixtureRequest, database_backend: str, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of a fresh database without any table."""
    if database_backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        yield from _postgres_database(request, "template0")


def _postgres_database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create(f"test_{next(_numbers)}", template)
    yield url
    server.drop(str(make_url(url).database))
