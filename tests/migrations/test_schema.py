"""The schema that migrations build is the one that the models describe, and it keeps its promises."""

from datetime import date
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, Enum, Insert, Table, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from lotsen import guards
from lotsen.database import alembic_config, migrate
from lotsen.errors import GuardMissing
from lotsen.models import Base
from tests.migrations.rows import MOMENT, fill, row

TABLES = Base.metadata.tables
REVISIONS = [one.revision for one in ScriptDirectory.from_config(alembic_config("")).walk_revisions()][::-1]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with engine.begin() as connection:
        fill(connection)
    return engine


def count_rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES
        }


def test_the_newest_revision_equals_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": Base.metadata}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_check_constraints_equal_the_models(engine: Engine) -> None:
    # Autogenerate does not look at them.
    found = inspect(engine)
    for name, table in TABLES.items():
        wanted = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint) and one.name}
        there = {str(one["name"]) for one in found.get_check_constraints(name)}
        assert there == wanted, name


def test_check_constraints_of_enums_admit_the_words_of_the_vocabulary(engine: Engine) -> None:
    found = inspect(engine)
    for name, table in TABLES.items():
        texts = {str(one["name"]): one["sqltext"] for one in found.get_check_constraints(name)}
        for column in table.columns:
            if isinstance(column.type, Enum):
                sqltext = texts[f"ck_{name}_{column.type.name}"]
                assert all(f"'{member}'" in sqltext for member in column.type.enums), (name, column.name)
                assert sqltext.count("'") == 2 * len(column.type.enums), (name, column.name, sqltext)


def test_every_foreign_key_has_an_index_that_begins_with_it(engine: Engine) -> None:
    """Say which deletes would read a whole table; those that nobody deletes are known."""
    found = inspect(engine)
    bare: set[str] = set()
    for name in TABLES:
        leads = [tuple(one["column_names"]) for one in found.get_indexes(name)]
        leads += [tuple(one["column_names"]) for one in found.get_unique_constraints(name)]
        leads.append(tuple(found.get_pk_constraint(name)["constrained_columns"]))
        for key in found.get_foreign_keys(name):
            columns = tuple(key["constrained_columns"])
            if not any(set(lead[: len(columns)]) == set(columns) or lead[0] == columns[-1] for lead in leads):
                bare.add(f"{name}.{'+'.join(columns)}")
    assert bare == set()


@pytest.mark.own_database
def test_down_and_up_again_with_data_in_every_table(database_url: str, engine: Engine) -> None:
    for revision in REVISIONS:
        fresh_up_to(database_url, revision)
        with engine.connect() as connection:
            assert guards.present(connection), revision
    with engine.begin() as connection:
        fill(connection)
    assert set(count_rows(engine).values()) == {1, 2}
    engine.dispose()
    for revision in reversed(["base", *REVISIONS[:-1]]):
        migrate(database_url, f"-{revision}")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()
    migrate(database_url)
    with engine.connect() as connection:
        assert guards.present(connection)
    assert set(count_rows(engine).values()) == {0}


def fresh_up_to(url: str, revision: str) -> None:
    migrate(url, "-base")
    migrate(url, revision)


@pytest.mark.own_database
def test_migrating_twice_changes_nothing(database_url: str, filled: Engine) -> None:
    before = count_rows(filled)
    migrate(database_url)
    assert count_rows(filled) == before


@pytest.mark.own_database
def test_lotsen_refuses_to_start_without_the_guard(database_url: str, engine: Engine) -> None:
    guards.verify(engine)
    with engine.begin() as connection:
        guards.remove(connection)
    with pytest.raises(GuardMissing):
        guards.verify(engine)
    migrate(database_url)
    guards.verify(engine)


# What else has to change so that only the foreign key can refuse.
BESIDE: dict[str, dict[str, Any]] = {
    "assignment.pool_id": {"status": "declined"},
    "assignment.request_id": {"status": "declined"},
    "calendar_feed.contact_id": {"guide_id": None},
    "district_neighbour.a_id": {"a_id": 0},
    "guide_conflict.request_id": {"institution_id": None},
    "login_session.guide_id": {"account_id": None},
    "plan_run.started_by": {"status": "done"},
    "request_wish.guide_id": {"kind": "guide", "gender": None},
}


def test_foreign_keys_are_enforced(filled: Engine) -> None:
    accepted: set[str] = set()
    for name, table in TABLES.items():
        for key in table.foreign_keys:
            column = key.parent
            changes = {**fresh_key(table), column.name: 999, **BESIDE.get(f"{name}.{column.name}", {})}
            statement = insert(table).values(row(table, **changes))
            if not is_refused(filled, statement):
                accepted.add(f"{name}.{column.name}")
    assert accepted == set()


def is_refused(engine: Engine, statement: Insert) -> bool:
    with engine.connect() as connection:
        try:
            connection.execute(statement)
        except IntegrityError as error:
            return "foreign key constraint" in str(error).lower()
    return False


def test_deleting_a_pool_leaves_nothing_of_it(filled: Engine) -> None:
    """Show that no row of a pool survives it, once what may not be forgotten silently was taken away."""
    with filled.begin() as connection:
        for name in ("assignment", "guide_request", "pool"):
            connection.execute(text(f"DELETE FROM {name}"))
    left = {name for name, count in count_rows(filled).items() if count}
    assert left == {"account", "heartbeat", "login_session", "throttle"}


def fresh_key(table: Table) -> dict[str, Any]:
    """Return other values for what must be unique, so that only the tested constraint can refuse."""
    fresh: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id":
            fresh[column.name] = 77
        elif not column.foreign_keys and column.type.python_type is str and not isinstance(column.type, Enum):
            fresh[column.name] = "another"
        elif column.name in ("position", "year"):
            fresh[column.name] = 7
    return fresh


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("absence", {"last_on": MOMENT.date().replace(day=1)}),
    ("assignment", {"guide_id": 1, "ends_at": MOMENT, "status": "declined"}),
    (
        "assignment",
        {
            "answer_by": None,
            "status": "offered",
            "starts_at": MOMENT.replace(year=2030),
            "ends_at": MOMENT.replace(year=2031),
        },
    ),
    ("assignment", {"standby_rank": None, "status": "standby"}),
    ("assignment", {"status": "unheard_of"}),
    ("calendar_feed", {"guide_id": 1, "contact_id": 1}),
    ("calendar_feed", {"guide_id": None, "contact_id": None}),
    ("credential", {"valid_until": MOMENT.date().replace(year=2020)}),
    ("district_neighbour", {"a_id": 2, "b_id": 1}),
    ("district_neighbour", {"a_id": 1, "b_id": 1}),
    ("feedback", {"went_well": 0}),
    ("feedback", {"went_well": 6}),
    ("feedback", {"on_time": 0}),
    ("feedback", {"given_by": "unheard_of"}),
    ("certificate", {"last_on": date(2020, 1, 1)}),
    ("certificate", {"appointments": 0}),
    ("guide", {"messenger_address": None}),
    ("guide", {"reach_hops": -1}),
    ("guide", {"reach_hops": 21}),
    ("guide", {"minutes_per_week": -1}),
    ("guide", {"minutes_per_month": -1}),
    ("guide", {"asks_per_week": 51}),
    ("guide", {"notice_hours": 721}),
    ("guide", {"status": "unheard_of"}),
    ("guide", {"german_level": "b2"}),
    ("outbox_message", {"messenger": None}),
    ("guide_conflict", {"institution_id": 1, "request_id": 1}),
    ("guide_conflict", {"institution_id": None, "request_id": None}),
    ("guide_conflict", {"institution_id": 1, "occasion": "other"}),
    ("guide_conflict", {"institution_id": None, "occasion": "unheard_of"}),
    ("guide_language", {"level": "fluent"}),
    ("guide_request", {"status": "open", "reference": None}),
    ("guide_request", {"status": "submitted", "contact_id": None}),
    ("guide_request", {"status": "cancelled", "language": None}),
    ("guide_request", {"guides_needed": 0}),
    ("guide_request", {"guides_needed": 4}),
    ("guide_request", {"mode": "on_site", "district_id": None}),
    ("guide_request", {"status": "unheard_of"}),
    ("login_session", {"guide_id": 1, "account_id": 1}),
    ("login_session", {"guide_id": None, "account_id": None}),
    ("membership", {"role": "owner"}),
    ("outbox_message", {"status": "sending", "leased_until": None}),
    ("outbox_message", {"notice": "unheard-of"}),
    ("plan_run", {"status": "running", "leased_until": None}),
    ("plan_run", {"status": "done", "progress": 101}),
    ("plan_run", {"status": "unheard_of"}),
    ("plan_run", {"status": "done", "stage": "unheard_of"}),
    ("request_wish", {"kind": "gender", "gender": None}),
    ("request_wish", {"kind": "gender", "guide_id": 1}),
    ("request_wish", {"kind": "guide", "gender": None, "guide_id": None}),
    ("service_report", {"minutes": 1441}),
    ("service_report", {"confirmed_minutes": -1}),
    ("service_report", {"travel_cents": -1}),
    ("service_report", {"travel_km": 501}),
    ("service_report", {"decided_minutes": 1441}),
    ("service_report", {"ends_at": MOMENT}),
    ("service_report", {"confirmed_ends_at": MOMENT}),
    ("time_window", {"ends_at": MOMENT}),
    ("time_window", {"minutes": 0}),
    ("guide", {"quiet_until": None}),
    ("guide_language", {"wanted_level": "fluent"}),
    ("token", {"request_id": None, "assignment_id": None, "guide_id": None, "contact_id": None}),
    ("weekly_availability", {"weekday": 7}),
    ("weekly_availability", {"weekday": -1}),
    ("weekly_availability", {"starts_at": row(TABLES["weekly_availability"])["ends_at"]}),
    ("extra_availability", {"starts_at": row(TABLES["extra_availability"])["ends_at"]}),
]


def test_check_constraints_refuse_what_breaks_them(filled: Engine) -> None:
    accepted: list[tuple[str, dict[str, Any]]] = []
    for name, changes in BROKEN:
        table = TABLES[name]
        statement = text(literal_insert(table, row(table, **(fresh_key(table) | changes))))
        with filled.connect() as connection:
            try:
                connection.execute(statement)
                accepted.append((name, changes))
            except IntegrityError as error:
                if "check constraint" not in str(error).lower():
                    accepted.append((name, {**changes, "instead": str(error.orig)}))
            connection.rollback()
    assert accepted == []


@pytest.mark.parametrize("name", ["weekly_availability", "extra_availability"])
def test_a_span_may_end_at_midnight(name: str, filled: Engine) -> None:
    table = TABLES[name]
    values = row(table, id=2, ends_at=row(table)["starts_at"].replace(hour=0))
    with filled.begin() as connection:
        connection.execute(insert(table).values(values))
        kept = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
    assert kept == 2


def literal_insert(table: Table, values: dict[str, Any]) -> str:
    """Write the values into the statement: types in Python would refuse some before the database does."""
    names = ", ".join(f'"{name}"' for name in values)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(map(_literal, values.values()))})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        return "'{}'"
    return f"'{value}'"
