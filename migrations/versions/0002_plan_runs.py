"""Runs of the batch proposal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ACTIVE = "status IN ('waiting', 'running')"


def upgrade() -> None:
    op.create_table(
        "plan_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "cancelled",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "stage",
            sa.Enum(
                "gathering",
                "planning",
                "checking",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_plan_run_progress")),
        sa.CheckConstraint("status <> 'running' OR leased_until IS NOT NULL", name=op.f("ck_plan_run_lease")),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_plan_run_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["account.id"], name=op.f("fk_plan_run_started_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_run")),
    )
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.create_index("ix_plan_run_pool_id_id", ["pool_id", "id"], unique=False)
        batch_op.create_index("ix_plan_run_started_by", ["started_by"], unique=False)
        batch_op.create_index("ix_plan_run_status_leased_until", ["status", "leased_until"], unique=False)
        batch_op.create_index(
            "uq_plan_run_active",
            ["pool_id"],
            unique=True,
            sqlite_where=sa.text(_ACTIVE),
            postgresql_where=sa.text(_ACTIVE),
        )


def downgrade() -> None:
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_plan_run_active", sqlite_where=sa.text(_ACTIVE), postgresql_where=sa.text(_ACTIVE)
        )
        batch_op.drop_index("ix_plan_run_status_leased_until")
        batch_op.drop_index("ix_plan_run_started_by")
        batch_op.drop_index("ix_plan_run_pool_id_id")

    op.drop_table("plan_run")
