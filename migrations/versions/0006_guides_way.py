"""The board, what a guide says on the day, what a guide does not want, and the calendar feeds."""

import sqlalchemy as sa
from alembic import op

from lotsen.admitted import admit, withdraw

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WORDS = {
    ("outbox_message", "notice"): ("late", "nobody-there", "board"),
    ("audit_entry", "event"): ("reason_given", "late", "nobody_there", "board_opened", "board_closed"),
}
_ONE_OF_TWO = "(institution_id IS NULL) <> (request_id IS NULL)"
_ONE_OF_THREE = (
    "(institution_id IS NOT NULL AND request_id IS NULL AND occasion IS NULL) OR "
    "(institution_id IS NULL AND request_id IS NOT NULL AND occasion IS NULL) OR "
    "(institution_id IS NULL AND request_id IS NULL AND occasion IS NOT NULL)"
)
_OCCASION = sa.Enum(
    "parent_talk",
    "development_talk",
    "enrolment_talk",
    "conflict_talk",
    "parent_evening",
    "counselling",
    "home_visit",
    "office_visit",
    "information_event",
    "other",
    name="occasion",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    op.add_column("assignment", sa.Column("late_minutes", sa.Integer(), nullable=True))
    op.add_column("assignment", sa.Column("nobody_there_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("guide_request", sa.Column("board_opened_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_guide_request_pool_id_board_opened_at", "guide_request", ["pool_id", "board_opened_at"]
    )
    with op.batch_alter_table("guide_conflict", schema=None) as batch_op:
        batch_op.add_column(sa.Column("occasion", _OCCASION, nullable=True))
        batch_op.add_column(sa.Column("by_guide", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_constraint(op.f("ck_guide_conflict_one_object"), type_="check")
        batch_op.create_check_constraint(op.f("ck_guide_conflict_one_object"), _ONE_OF_THREE)
        batch_op.create_unique_constraint(
            op.f("uq_guide_conflict_guide_id_occasion"), ["guide_id", "occasion"]
        )
    with op.batch_alter_table("guide_conflict", schema=None) as batch_op:
        batch_op.alter_column("by_guide", server_default=None)
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("with_details", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(guide_id IS NULL) <> (contact_id IS NULL)", name=op.f("ck_calendar_feed_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_calendar_feed_guide_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_calendar_feed_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("guide_id", name=op.f("uq_calendar_feed_guide_id")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_calendar_feed_contact_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    for (table, column), words in _WORDS.items():
        admit(table, column, words)


def downgrade() -> None:
    for (table, column), words in _WORDS.items():
        withdraw(table, column, words)
    op.drop_table("calendar_feed")
    op.execute(sa.text("DELETE FROM guide_conflict WHERE occasion IS NOT NULL"))
    with op.batch_alter_table("guide_conflict", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_guide_conflict_guide_id_occasion"), type_="unique")
        batch_op.drop_constraint(op.f("ck_guide_conflict_one_object"), type_="check")
        batch_op.drop_constraint(op.f("ck_guide_conflict_occasion"), type_="check")
        batch_op.create_check_constraint(op.f("ck_guide_conflict_one_object"), _ONE_OF_TWO)
        batch_op.drop_column("by_guide")
        batch_op.drop_column("occasion")
    op.drop_index("ix_guide_request_pool_id_board_opened_at", table_name="guide_request")
    with op.batch_alter_table("guide_request", schema=None) as batch_op:
        batch_op.drop_column("board_opened_at")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_column("nobody_there_at")
        batch_op.drop_column("late_minutes")
