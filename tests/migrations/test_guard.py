"""The guard against overlaps refuses what overlaps, nothing else, and survives a rebuilt table."""

from datetime import timedelta
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, insert, inspect, text, update
from sqlalchemy.exc import IntegrityError

from lotsen import guards
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.models import Base
from tests.migrations.rows import MOMENT, fill, row

ASSIGNMENT = Base.metadata.tables["assignment"]
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Return a database in which guide 1 is asked from 9 to 10; a second guide and request are there."""
    with engine.begin() as connection:
        fill(connection)
        for name in ("guide_request", "guide"):
            table = Base.metadata.tables[name]
            other = (
                {"id": 2, "reference": "2", "submission_key": "2"}
                if name == "guide_request"
                else {
                    "id": 2,
                    "email": "2",
                }
            )
            connection.execute(insert(table).values(row(table, **other)))
    return engine


def add(engine: Engine, start: timedelta, length: timedelta = HOUR, **changes: Any) -> None:
    values: dict[str, Any] = {"id": 2, "request_id": 2, "status": "offered"}
    times = {"starts_at": MOMENT + start, "ends_at": MOMENT + start + length}
    with engine.begin() as connection:
        connection.execute(insert(ASSIGNMENT).values(row(ASSIGNMENT, **(values | times | changes))))


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (timedelta(0), HOUR),
        (timedelta(minutes=59), HOUR),
        (timedelta(minutes=-59), HOUR),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (-HOUR, 3 * HOUR),
        (timedelta(microseconds=-1) + HOUR, HOUR),
    ],
)
def test_what_overlaps_is_refused(engine: Engine, start: timedelta, length: timedelta) -> None:
    with pytest.raises(IntegrityError, match=rf"{guards.OVERLAP_MESSAGE}|{guards.EXCLUDE_NAME}"):
        add(engine, start, length)


@pytest.mark.parametrize("start", [HOUR, -HOUR, timedelta(days=1)])
def test_what_follows_or_stands_apart_is_admitted(engine: Engine, start: timedelta) -> None:
    add(engine, start)


def test_another_guide_may_be_asked_for_the_same_time(engine: Engine) -> None:
    add(engine, timedelta(0), guide_id=2)


@pytest.mark.parametrize("status", AssignmentStatus)
def test_only_offered_and_confirmed_hold_the_time(engine: Engine, status: AssignmentStatus) -> None:
    if status in (AssignmentStatus.OFFERED, AssignmentStatus.CONFIRMED):
        with pytest.raises(IntegrityError):
            add(engine, timedelta(0), status=status)
    else:
        add(engine, timedelta(0), status=status)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "confirmed"},
        {"starts_at": MOMENT + timedelta(minutes=30)},
        {"guide_id": 1},
    ],
)
def test_a_change_into_an_overlap_is_refused(engine: Engine, changes: dict[str, Any]) -> None:
    apart = {
        "status": {"status": "declined"},
        "starts_at": {"starts_at": MOMENT + HOUR, "ends_at": MOMENT + 2 * HOUR},
        "guide_id": {"guide_id": 2},
    }[next(iter(changes))]
    add(engine, timedelta(0), **apart)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(update(ASSIGNMENT).where(ASSIGNMENT.c.id == 2).values(**changes))


def test_a_yes_to_an_offer_is_no_overlap_with_itself(engine: Engine) -> None:
    with engine.begin() as connection:
        changed = connection.execute(update(ASSIGNMENT).values(status="confirmed"))
    assert changed.rowcount == 1


@pytest.mark.own_database
@pytest.mark.only_db("sqlite")
def test_a_rebuilt_table_loses_the_triggers_and_gets_them_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("assignment", recreate="always") as batch:
            batch.alter_column("sequence", server_default=text("0"))
        assert not guards.present(connection), "nothing would need to be renewed"
        guards.install(connection)
        assert guards.present(connection)
    with pytest.raises(IntegrityError, match=guards.OVERLAP_MESSAGE):
        add(engine, timedelta(0))


@pytest.mark.own_database
@pytest.mark.only_db("sqlite")
def test_a_rebuilt_table_keeps_its_rows_and_checks(engine: Engine) -> None:
    before = {str(one["name"]) for one in inspect(engine).get_check_constraints("assignment")}
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("assignment", recreate="always") as batch:
            batch.alter_column("sequence", server_default=text("0"))
        assert connection.execute(text("SELECT count(*) FROM assignment")).scalar_one() == 1
    assert {str(one["name"]) for one in inspect(engine).get_check_constraints("assignment")} == before


@pytest.mark.own_database
def test_half_a_guard_counts_as_none_and_is_made_whole(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {guards.TRIGGER_NAMES[1]}"))
        else:
            connection.execute(text(f"ALTER TABLE assignment DROP CONSTRAINT {guards.EXCLUDE_NAME}"))
        assert not guards.present(connection)
        guards.install(connection)
        assert guards.present(connection)
