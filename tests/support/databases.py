"""Fixtures that hand each test an empty database, on SQLite and on PostgreSQL.

Most tests of a process take turns with one database per backend, emptied in between, and with one engine,
which keeps the statements it has compiled. Tests that start processes, crowd or alter the schema get one of
their own.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from lotsen.database import make_engine, migrate
from lotsen.models import Base
from tests.support.postgres import PostgresServer, running_server

BACKENDS = ("sqlite", "postgresql")
_TEMPLATE = "lotsen_migrated"
_OWN = ("own_database", "browser", "faults", "race")
_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=[*BACKENDS, "both"], default="both", help="databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    by_hand = any(
        "database_backend" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize")
    )
    if "database_backend" in metafunc.fixturenames and not by_hand:
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


@pytest.fixture(scope="session")
def shared_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    """Return the engines of the databases that this process's tests take turns with, by backend."""
    engines: dict[str, Engine] = {}
    yield engines
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_backend: str, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database that is migrated and empty."""
    template = request.getfixturevalue(f"{database_backend.removesuffix('ql')}_template")
    if any(request.node.get_closest_marker(mark) for mark in _OWN):
        if database_backend == "sqlite":
            yield f"sqlite:///{shutil.copyfile(template, tmp_path / 'lotsen.sqlite')}"
        else:
            yield from _postgres_database(request, template)
        return
    engines: dict[str, Engine] = request.getfixturevalue("shared_engines")
    if database_backend not in engines:
        if database_backend == "sqlite":
            url = f"sqlite:///{shutil.copyfile(template, template.with_name('shared.sqlite'))}"
        else:
            url = request.getfixturevalue("postgres_server").create("shared", template)
        engines[database_backend] = make_engine(url)
    _empty(engines[database_backend])
    yield engines[database_backend].url.render_as_string(hide_password=False)


@pytest.fixture
def engine(request: pytest.FixtureRequest, database_backend: str, database_url: str) -> Iterator[Engine]:
    """Return an engine on `database_url`."""
    shared: dict[str, Engine] = request.getfixturevalue("shared_engines")
    if database_backend in shared and str(shared[database_backend].url) == database_url:
        yield shared[database_backend]
        return
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    """Delete every row and let the numbers begin at 1 again."""
    unchecked = {
        "sqlite": "PRAGMA defer_foreign_keys = ON",
        "postgresql": "SET LOCAL lock_timeout = '10s'; SET LOCAL session_replication_role = replica",
    }
    with engine.begin() as connection:
        connection.exec_driver_sql(unchecked[engine.dialect.name])
        for table in Base.metadata.sorted_tables:
            connection.exec_driver_sql(f"DELETE FROM {table.name}")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")


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
