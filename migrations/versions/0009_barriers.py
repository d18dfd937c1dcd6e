"""Somebody reports a barrier on our pages: a notice and an event of the history."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORDS = {("outbox_message", "notice"): "barrier", ("audit_entry", "event"): "barrier_reported"}


def _admitted(table: str, column: str) -> list[str]:
    """Read the words of an enum from its check, so that the order of revisions does not matter."""
    checks = sa.inspect(op.get_bind()).get_check_constraints(table)
    text = next(str(one["sqltext"]) for one in checks if one["name"] == f"ck_{table}_{column}")
    return re.findall(r"'([^']*)'", text)


def _admit(table: str, column: str, words: list[str]) -> None:
    name = op.f(f"ck_{table}_{column}")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"{column} IN ({listed})")


def upgrade() -> None:
    for (table, column), word in _WORDS.items():
        _admit(table, column, [*_admitted(table, column), word])


def downgrade() -> None:
    for (table, column), word in _WORDS.items():
        rows = sa.table(table, sa.column(column))
        op.execute(sa.delete(rows).where(rows.c[column] == word))
        _admit(table, column, [one for one in _admitted(table, column) if one != word])
