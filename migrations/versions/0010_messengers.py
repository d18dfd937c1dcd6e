"""Guides may get short messages besides the mails."""

import sqlalchemy as sa
from alembic import op

from lotsen.admitted import admit, withdraw

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    admit("outbox_message", "notice", ("messenger-set",))
    admit("outbox_message", "channel", ("messenger",))
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("messenger", sa.String(length=40), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_outbox_message_messenger"), "(channel = 'messenger') = (messenger IS NOT NULL)"
        )
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.add_column(sa.Column("messenger", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("messenger_address", sa.String(length=120), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_guide_messenger"), "(messenger IS NULL) = (messenger_address IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_guide_messenger"), type_="check")
        batch_op.drop_column("messenger_address")
        batch_op.drop_column("messenger")
    withdraw("outbox_message", "channel", ("messenger",))
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_messenger"), type_="check")
        batch_op.drop_column("messenger")
    withdraw("outbox_message", "notice", ("messenger-set",))
