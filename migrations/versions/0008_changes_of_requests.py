"""What a request's change and a late cancellation leave behind: a notice, and what is paid all the same."""

import sqlalchemy as sa
from alembic import op

from lotsen.admitted import admit, withdraw

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NOTICES = ("changed",)


def upgrade() -> None:
    admit("outbox_message", "notice", _NOTICES)
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compensated_minutes", sa.Integer(), nullable=True))
        batch_op.create_check_constraint("compensated_minutes", "compensated_minutes BETWEEN 1 AND 1440")


def downgrade() -> None:
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_assignment_compensated_minutes"), type_="check")
        batch_op.drop_column("compensated_minutes")
    withdraw("outbox_message", "notice", _NOTICES)
