"""Guides and institutions sign in by mail; languages that wait; quiet hours; the wish to be deleted."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORDS = {
    ("token", "purpose"): ("sign_in", "my_requests"),
    ("outbox_message", "notice"): ("login-link", "languages-waiting", "deletion-asked"),
    ("audit_entry", "event"): (
        "approved",
        "refused",
        "exported",
        "deletion_asked",
        "deletion_taken_back",
    ),
}
_OLD_SUBJECT = "request_id IS NOT NULL OR assignment_id IS NOT NULL"
_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


def _admit(table: str, column: str, words: list[str]) -> None:
    name = op.f(f"ck_{table}_{column}")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"{column} IN ({listed})")


def _admitted(table: str, column: str) -> list[str]:
    """Read the words of an enum from its check, so that the order of revisions does not matter."""
    checks = sa.inspect(op.get_bind()).get_check_constraints(table)
    text = next(str(one["sqltext"]) for one in checks if one["name"] == f"ck_{table}_{column}")
    return re.findall(r"'([^']*)'", text)


def upgrade() -> None:
    for (table, column), words in _WORDS.items():
        _admit(table, column, [*_admitted(table, column), *words])
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("guide_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_token_guide_id"), "guide", ["guide_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_foreign_key(
            op.f("fk_token_contact_id"), "contact", ["contact_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index("ix_token_guide_id", ["guide_id"], unique=False)
        batch_op.create_index("ix_token_contact_id", ["contact_id"], unique=False)
        batch_op.drop_constraint(op.f("ck_token_subject"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_token_subject"),
            f"{_OLD_SUBJECT} OR guide_id IS NOT NULL OR contact_id IS NOT NULL",
        )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device", sa.String(length=60), nullable=False, server_default=""))
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.alter_column("device", server_default=None)
    with op.batch_alter_table("guide_language", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "wanted_level",
                sa.Enum(*_LEVELS, name="wanted_level", native_enum=False, create_constraint=True, length=32),
                nullable=True,
            )
        )
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_from", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("quiet_until", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("deletion_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_guide_quiet"), "(quiet_from IS NULL) = (quiet_until IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_guide_quiet"), type_="check")
        batch_op.drop_column("deletion_asked_at")
        batch_op.drop_column("quiet_until")
        batch_op.drop_column("quiet_from")
    with op.batch_alter_table("guide_language", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_guide_language_wanted_level"), type_="check")
        batch_op.drop_column("wanted_level")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_column("device")
    op.execute(sa.text("DELETE FROM token WHERE request_id IS NULL AND assignment_id IS NULL"))
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_token_subject"), type_="check")
        batch_op.create_check_constraint(op.f("ck_token_subject"), _OLD_SUBJECT)
        batch_op.drop_index("ix_token_contact_id")
        batch_op.drop_index("ix_token_guide_id")
        batch_op.drop_constraint(op.f("fk_token_contact_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_token_guide_id"), type_="foreignkey")
        batch_op.drop_column("contact_id")
        batch_op.drop_column("guide_id")
    for (table, column), words in _WORDS.items():
        rows = sa.table(table, sa.column(column))
        op.execute(sa.delete(rows).where(rows.c[column].in_(words)))
        _admit(table, column, [word for word in _admitted(table, column) if word not in words])
