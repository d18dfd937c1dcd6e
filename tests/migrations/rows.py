"""Fills every table with one row that keeps all constraints, for whatever columns the models have."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import JSON, Column, Connection, Date, DateTime, Enum, Table, Time, insert

from lotsen.database import UtcDateTime
from lotsen.models import Base

MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

# Where a plain value would break a check constraint.
VALUES: dict[str, dict[str, Any]] = {
    "absence": {"last_on": date(2026, 12, 24)},
    "assignment": {"ends_at": MOMENT.replace(hour=10), "status": "offered"},
    "calendar_feed": {"contact_id": None},
    "district_neighbour": {"a_id": 1, "b_id": 2},
    "extra_availability": {"ends_at": time(12)},
    "guide_conflict": {"request_id": None, "occasion": None},
    "guide_request": {"status": "open", "mode": "on_site"},
    "login_session": {"guide_id": None},
    "service_report": {
        "ends_at": MOMENT.replace(hour=10),
        "confirmed_ends_at": MOMENT.replace(hour=10),
    },
    "outbox_message": {"channel": "messenger"},
    "request_wish": {"kind": "gender", "guide_id": None},
    "time_window": {"ends_at": MOMENT.replace(hour=10)},
    "weekly_availability": {"ends_at": time(12)},
}


def fill(connection: Connection) -> None:
    """Insert a row with the id 1 into every table, and a second district for the neighbours."""
    for table in Base.metadata.sorted_tables:
        connection.execute(insert(table).values(row(table)))
        if table.name == "district":
            connection.execute(insert(table).values(row(table) | {"id": 2, "code": "2"}))


def row(table: Table, **changes: Any) -> dict[str, Any]:
    """Return values for all columns of a table that keep its constraints, changed as told."""
    plain = {column.name: _value(column) for column in table.columns}
    return plain | VALUES.get(table.name, {}) | changes


def _value(column: Column[Any]) -> Any:
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if isinstance(column.type, DateTime | UtcDateTime):
        return MOMENT
    if isinstance(column.type, Date):
        return date(2026, 11, 23)
    if isinstance(column.type, Time):
        return time(9)
    if isinstance(column.type, JSON):
        return {"x": 1}
    return column.type.python_type(1)
