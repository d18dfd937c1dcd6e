"""Lets migrations change the words that a column of an enum admits, whatever other revisions have added."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op


def admit(table: str, column: str, words: Iterable[str]) -> None:
    """Let a column take these words besides those it takes by now."""
    _renew(table, column, [*_admitted(table, column), *words])


def withdraw(table: str, column: str, words: Iterable[str]) -> None:
    """Delete the rows that hold these words, and let the column take them no more."""
    gone = set(words)
    rows = sa.table(table, sa.column(column))
    op.execute(sa.delete(rows).where(rows.c[column].in_(gone)))
    _renew(table, column, [word for word in _admitted(table, column) if word not in gone])


def _admitted(table: str, column: str) -> list[str]:
    checks = sa.inspect(op.get_bind()).get_check_constraints(table)
    text = next(str(one["sqltext"]) for one in checks if one["name"] == f"ck_{table}_{column}")
    return re.findall(r"'([^']*)'", text)


def _renew(table: str, column: str, words: list[str]) -> None:
    # Neither the databases nor batch mode can alter a check.
    name = op.f(f"ck_{table}_{column}")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"{column} IN ({listed})")
