"""Engine, column types, migration and `transaction()`, the only place that commits."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

_READ_ONLY = "lotsen_read_only"
_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
EnumT = TypeVar("EnumT", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, whatever the database keeps; refuses naive input."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; SQLite keeps it without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"naive datetime: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give what the database kept as aware UTC (SQLAlchemy hands the dialect over, needed or not)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_type(members: type[EnumT], name: str) -> Enum:
    """Return a text column type that admits only the enum's values; `name` names its check constraint."""
    return Enum(
        members,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=_values,
    )


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


def make_engine(url: str, pool_size: int = 10) -> Engine:
    """Create an engine; on SQLite, write transactions begin with BEGIN IMMEDIATE."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions of its own: `_begin_sqlite` decides which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, *, read_only: bool = False) -> Generator[Session]:
    """Open a session and commit at the end; any exception rolls everything back.

    A read-only one never takes SQLite's write lock, and nothing of it stays.
    """
    bind = engine.execution_options(**{_READ_ONLY: True}) if read_only else engine
    with Session(bind, expire_on_commit=False) as session:
        yield session
        # Leaving without a commit rolls back, and keeps what was read usable.
        if not read_only:
            session.commit()


def alembic_config(url: str) -> AlembicConfig:
    """Build Alembic's configuration in code; there is no ini file."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to a revision; a downgrade is asked for by naming an older one after "-"."""
    if revision.startswith("-"):
        command.downgrade(alembic_config(url), revision[1:])
    else:
        command.upgrade(alembic_config(url), revision)
