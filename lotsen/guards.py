"""The database's own guard: no guide ever holds two overlapping appointments."""

from sqlalchemy import Connection, Engine, text

from lotsen.domain.lifecycle import HOLDING
from lotsen.errors import GuardMissing

EXCLUDE_NAME = "ex_assignment_guide_overlap"
TRIGGER_NAMES = ("assignment_overlap_insert", "assignment_overlap_update")
OVERLAP_MESSAGE = "guide holds an overlapping appointment"

_HOLDING = ", ".join(f"'{status.value}'" for status in sorted(HOLDING))

_POSTGRESQL = f"""
ALTER TABLE assignment ADD CONSTRAINT {EXCLUDE_NAME} EXCLUDE USING gist (
    int4range(guide_id, guide_id, '[]') WITH &&,
    tstzrange(starts_at, ends_at, '[)') WITH &&
) WHERE (status IN ({_HOLDING}))
"""

# Only our own words are put in.
_SQLITE_TRIGGER = f"""
CREATE TRIGGER {{name}} BEFORE {{event}} ON assignment
WHEN NEW.status IN ({_HOLDING}) AND EXISTS (
    SELECT 1 FROM assignment AS other
    WHERE other.guide_id = NEW.guide_id AND other.id IS NOT NEW.id
      AND other.status IN ({_HOLDING})
      AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
)
BEGIN SELECT RAISE(ABORT, '{OVERLAP_MESSAGE}'); END
"""  # noqa: S608 - see above


def install(connection: Connection) -> None:
    """Create the guard where it is missing; called after every migration.

    SQLite drops triggers silently whenever a migration rebuilds their table.
    """
    if present(connection):
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRESQL))
        return
    for name, event in zip(TRIGGER_NAMES, ("INSERT", "UPDATE"), strict=True):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(text(_SQLITE_TRIGGER.format(name=name, event=event)))


def remove(connection: Connection) -> None:
    """Drop the guard, for a migration that drops its table."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE assignment DROP CONSTRAINT IF EXISTS {EXCLUDE_NAME}"))
        return
    for name in TRIGGER_NAMES:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def present(connection: Connection) -> bool:
    """Tell whether the whole guard stands."""
    if connection.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_constraint WHERE contype = 'x' AND conname = :name"
        return connection.execute(text(query), {"name": EXCLUDE_NAME}).scalar_one() == 1
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'assignment'"
    return set(TRIGGER_NAMES) <= set(connection.execute(text(query)).scalars())


def verify(engine: Engine) -> None:
    """Refuse to start on a database without the guard."""
    with engine.connect() as connection:
        if not present(connection):
            raise GuardMissing("run: python -m lotsen migrate")
