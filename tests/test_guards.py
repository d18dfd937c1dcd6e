from pathlib import Path

import pytest
from sqlalchemy import Engine

from config import Config
from lotsen import guards
from lotsen.app import create_app
from lotsen.database import make_engine
from lotsen.domain.lifecycle import HOLDING
from lotsen.errors import GuardMissing
from tests import factories


def test_a_migrated_database_has_the_guard(engine: Engine) -> None:
    guards.verify(engine)


@pytest.mark.own_database
def test_removing_and_installing_may_be_repeated(engine: Engine) -> None:
    with engine.begin() as connection:
        for _ in range(2):
            guards.remove(connection)
            assert not guards.present(connection)
        for _ in range(2):
            guards.install(connection)
            assert guards.present(connection)


@pytest.mark.own_database
def test_the_web_refuses_to_start_without_the_guard(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        guards.remove(connection)
    config = Config.from_env({"LOTSEN_INSTANCE": str(tmp_path), "LOTSEN_DATABASE_URL": database_url})
    with pytest.raises(GuardMissing, match="migrate"):
        create_app(config, factories.bootstrap(engine))


def test_a_database_without_tables_has_no_guard(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    with pytest.raises(GuardMissing):
        guards.verify(engine)
    engine.dispose()


def test_the_guard_knows_the_states_that_hold_time(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = "SELECT group_concat(sql) FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{guards.EXCLUDE_NAME}'"
            )
        written = str(connection.exec_driver_sql(query).scalar_one())
    assert all(f"'{status}'" in written for status in HOLDING)
