"""What is said after an appointment by each side, and certificates of service."""

import sqlalchemy as sa
from alembic import op

from lotsen.admitted import admit, withdraw

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NOTICES = ("hours", "feedback", "no-show", "no-show-undone", "complaint", "allowance-limit")
_EVENTS = (
    "hours_reported",
    "hours_confirmed",
    "hours_decided",
    "feedback_given",
    "complained",
    "certificate_issued",
    "certificate_revoked",
)


def upgrade() -> None:
    admit("outbox_message", "notice", _NOTICES)
    admit("audit_entry", "event", _EVENTS)

    with op.batch_alter_table("service_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("travel_km", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("confirmed_starts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirmed_ends_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("decided_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("minutes", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("reported_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        batch_op.create_check_constraint(
            op.f("ck_service_report_decided_minutes"), "decided_minutes BETWEEN 0 AND 1440"
        )
        batch_op.create_check_constraint(op.f("ck_service_report_travel_km"), "travel_km BETWEEN 0 AND 500")
        batch_op.create_check_constraint(op.f("ck_service_report_ordered"), "ends_at > starts_at")
        batch_op.create_check_constraint(
            op.f("ck_service_report_confirmed_ordered"), "confirmed_ends_at > confirmed_starts_at"
        )
    with op.batch_alter_table("service_report", schema=None) as batch_op:
        batch_op.alter_column(
            "version", server_default=None, existing_type=sa.Integer(), existing_nullable=False
        )
        batch_op.alter_column(
            "travel_km", server_default=None, existing_type=sa.Integer(), existing_nullable=False
        )

    # Of several answers of one side the last one stays.
    op.execute(
        "DELETE FROM feedback WHERE EXISTS (SELECT 1 FROM feedback AS later WHERE later.id > feedback.id "
        "AND later.assignment_id = feedback.assignment_id AND later.given_by = feedback.given_by)"
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_feedback_assignment_id"))
        batch_op.create_unique_constraint(
            op.f("uq_feedback_assignment_id_given_by"), ["assignment_id", "given_by"]
        )

    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "issued_by",
            sa.Enum(
                "anonymous",
                "institution",
                "guide",
                "account",
                "system",
                name="issued_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("guide_name", sa.String(length=120), nullable=False),
        sa.Column("office_name", sa.String(length=160), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("appointments", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_certificate_ordered")),
        sa.CheckConstraint("appointments >= 1", name=op.f("ck_certificate_appointments")),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_certificate_guide_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_certificate_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_certificate_code")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index("ix_certificate_guide_id", ["guide_id"], unique=False)
        batch_op.create_index("ix_certificate_pool_id", ["pool_id"], unique=False)


def downgrade() -> None:
    op.drop_table("certificate")

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_feedback_assignment_id_given_by"), type_="unique")
        batch_op.create_index(op.f("ix_feedback_assignment_id"), ["assignment_id"], unique=False)

    op.execute("DELETE FROM service_report WHERE minutes IS NULL OR reported_at IS NULL")
    with op.batch_alter_table("service_report", schema=None) as batch_op:
        for name in ("decided_minutes", "travel_km", "ordered", "confirmed_ordered"):
            batch_op.drop_constraint(op.f(f"ck_service_report_{name}"), type_="check")
        batch_op.alter_column("minutes", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("reported_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for name in (
            "decided_at",
            "decided_minutes",
            "confirmed_ends_at",
            "confirmed_starts_at",
            "travel_km",
            "ends_at",
            "starts_at",
            "version",
        ):
            batch_op.drop_column(name)

    withdraw("audit_entry", "event", _EVENTS)
    withdraw("outbox_message", "notice", _NOTICES)
