"""What people decide about a batch proposal before they send it, and why a run has failed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decisions", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column(
                "failure",
                sa.Enum(
                    "broken",
                    "killed",
                    "hung",
                    "abandoned",
                    name="failure",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=True,
            )
        )
        batch_op.create_index("ix_plan_run_pool_id_created_at", ["pool_id", "created_at"], unique=False)
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.alter_column(
            "decisions", server_default=None, existing_type=sa.JSON(), existing_nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.drop_index("ix_plan_run_pool_id_created_at")
        batch_op.drop_constraint(op.f("ck_plan_run_failure"), type_="check")
        batch_op.drop_column("failure")
        batch_op.drop_column("decisions")
