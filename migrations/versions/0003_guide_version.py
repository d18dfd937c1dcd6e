"""The version of what the matching knows of a pool's guides."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("guide_version", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("guide_changes", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.alter_column("guide_version", server_default=None)
        batch_op.alter_column("guide_changes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("pool", schema=None) as batch_op:
        batch_op.drop_column("guide_changes")
        batch_op.drop_column("guide_version")
