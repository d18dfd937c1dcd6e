"""What a request's change and a late cancellation leave behind: a notice, and what is paid all the same."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

_CHANGED = "changed"
Words = list[str]


def upgrade() -> None:
    _renew_notices(lambda words: [*words, _CHANGED])
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compensated_minutes", sa.Integer(), nullable=True))
        batch_op.create_check_constraint("compensated_minutes", "compensated_minutes BETWEEN 1 AND 1440")


def downgrade() -> None:
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_assignment_compensated_minutes"), type_="check")
        batch_op.drop_column("compensated_minutes")
    op.execute(sa.text("DELETE FROM outbox_message WHERE notice = :notice").bindparams(notice=_CHANGED))
    _renew_notices(lambda words: [word for word in words if word != _CHANGED])


def _renew_notices(change: Callable[[Words], Words]) -> None:
    """Admit other notices than the database does now; neither it nor batch mode can alter a check."""
    checks = sa.inspect(op.get_bind()).get_check_constraints("outbox_message")
    there = next(one["sqltext"] for one in checks if one["name"] == "ck_outbox_message_notice")
    admitted = ", ".join(f"'{word}'" for word in change(re.findall(r"'([a-z_-]+)'", there)))
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_notice"), type_="check")
        batch_op.create_check_constraint("notice", f"notice IN ({admitted})")
