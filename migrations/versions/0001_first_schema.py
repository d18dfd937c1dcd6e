"""First schema; the guard against overlaps is added by env.py, since Alembic cannot see it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("slug", name=op.f("uq_pool_slug")),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "anonymous",
                "institution",
                "guide",
                "account",
                "system",
                name="actor_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column(
            "event",
            sa.Enum(
                "status",
                "created",
                "changed",
                "imported",
                "signed_in",
                "sign_in_failed",
                "signed_out",
                "link_sent",
                name="event",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "subject",
            sa.Enum(
                "request",
                "assignment",
                "guide",
                "account",
                "pool",
                "institution",
                name="subject",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("trigger", sa.String(length=32), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=True),
        sa.Column("target", sa.String(length=32), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_audit_entry_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_pool_id_at", ["pool_id", "at"], unique=False)
        batch_op.create_index("ix_audit_entry_subject_subject_id", ["subject", "subject_id"], unique=False)

    op.create_table(
        "district",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_district_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("pool_id", "code", name=op.f("uq_district_pool_id_code")),
        sa.UniqueConstraint("pool_id", "id", name=op.f("uq_district_pool_id_id")),
    )
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "coordinator",
                "admin",
                "read_only",
                "statistics",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_membership_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "pool_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index("ix_membership_pool_id", ["pool_id"], unique=False)

    op.create_table(
        "reference_counter",
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_reference_counter_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_series_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "district_neighbour",
        sa.Column("a_id", sa.Integer(), nullable=False),
        sa.Column("b_id", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("a_id < b_id", name=op.f("ck_district_neighbour_ordered")),
        sa.CheckConstraint(
            "travel_minutes BETWEEN 0 AND 240", name=op.f("ck_district_neighbour_travel_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["a_id"], ["district.id"], name=op.f("fk_district_neighbour_a_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["b_id"], ["district.id"], name=op.f("fk_district_neighbour_b_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("a_id", "b_id", name=op.f("pk_district_neighbour")),
    )
    with op.batch_alter_table("district_neighbour", schema=None) as batch_op:
        batch_op.create_index("ix_district_neighbour_b_id", ["b_id"], unique=False)

    op.create_table(
        "guide",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("phone_shared", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column(
            "gender",
            sa.Enum(
                "female",
                "male",
                "diverse",
                name="gender",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "paused",
                "left",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column(
            "german_level",
            sa.Enum(
                "A1",
                "A2",
                "B1",
                "B2",
                "C1",
                "C2",
                "native",
                name="german_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("home_district_id", sa.Integer(), nullable=True),
        sa.Column("reach_hops", sa.Integer(), nullable=True),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("by_phone", sa.Boolean(), nullable=False),
        sa.Column("by_video", sa.Boolean(), nullable=False),
        sa.Column("minutes_per_week", sa.Integer(), nullable=True),
        sa.Column("minutes_per_month", sa.Integer(), nullable=True),
        sa.Column("asks_per_week", sa.Integer(), nullable=True),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("asks_per_week BETWEEN 0 AND 50", name=op.f("ck_guide_asks_per_week")),
        sa.CheckConstraint("minutes_per_month >= 0", name=op.f("ck_guide_minutes_per_month")),
        sa.CheckConstraint("minutes_per_week >= 0", name=op.f("ck_guide_minutes_per_week")),
        sa.CheckConstraint("notice_hours BETWEEN 0 AND 720", name=op.f("ck_guide_notice_hours")),
        sa.CheckConstraint("reach_hops BETWEEN 0 AND 20", name=op.f("ck_guide_reach_hops")),
        sa.ForeignKeyConstraint(
            ["pool_id", "home_district_id"],
            ["district.pool_id", "district.id"],
            name=op.f("fk_guide_pool_id_home_district_id"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_guide_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide")),
        sa.UniqueConstraint("pool_id", "email", name=op.f("uq_guide_pool_id_email")),
    )
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.create_index("ix_guide_home_district_id", ["home_district_id"], unique=False)
        batch_op.create_index("ix_guide_pool_id_status", ["pool_id", "status"], unique=False)

    op.create_table(
        "institution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "school",
                "daycare",
                "family_centre",
                "youth_office",
                "job_centre",
                "advice_centre",
                "health_service",
                "club",
                "company",
                "other_office",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("name_key", sa.String(length=160), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=240), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "district_id"],
            ["district.pool_id", "district.id"],
            name=op.f("fk_institution_pool_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_institution_pool_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("pool_id", "name_key", name=op.f("uq_institution_pool_id_name_key")),
    )
    with op.batch_alter_table("institution", schema=None) as batch_op:
        batch_op.create_index("ix_institution_district_id", ["district_id"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_absence_ordered")),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_absence_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_guide_id", ["guide_id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("address_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_contact_institution_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("institution_id", "email", name=op.f("uq_contact_institution_id_email")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_email", ["email"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "police_certificate",
                "measles_proof",
                "confidentiality",
                "qualification",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("seen_by", sa.String(length=120), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_until >= seen_on", name=op.f("ck_credential_ordered")),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_credential_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index("ix_credential_guide_id", ["guide_id"], unique=False)
        batch_op.create_index("ix_credential_valid_until", ["valid_until"], unique=False)

    op.create_table(
        "extra_availability",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.CheckConstraint(
            "ends_at > starts_at OR ends_at IN ('00:00:00', '00:00:00.000000')",
            name=op.f("ck_extra_availability_ordered"),
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_extra_availability_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_availability")),
    )
    with op.batch_alter_table("extra_availability", schema=None) as batch_op:
        batch_op.create_index("ix_extra_availability_guide_id", ["guide_id"], unique=False)

    op.create_table(
        "guide_district",
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_guide_district_district_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_guide_district_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("guide_id", "district_id", name=op.f("pk_guide_district")),
    )
    with op.batch_alter_table("guide_district", schema=None) as batch_op:
        batch_op.create_index("ix_guide_district_district_id", ["district_id"], unique=False)

    op.create_table(
        "guide_language",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "A1",
                "A2",
                "B1",
                "B2",
                "C1",
                "C2",
                "native",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_guide_language_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_language")),
        sa.UniqueConstraint("guide_id", "language", name=op.f("uq_guide_language_guide_id_language")),
    )
    with op.batch_alter_table("guide_language", schema=None) as batch_op:
        batch_op.create_index("ix_guide_language_language_guide_id", ["language", "guide_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("guide_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (guide_id IS NULL)", name=op.f("ck_login_session_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_login_session_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index("ix_login_session_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_login_session_guide_id", ["guide_id"], unique=False)

    op.create_table(
        "weekly_availability",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.CheckConstraint(
            "ends_at > starts_at OR ends_at IN ('00:00:00', '00:00:00.000000')",
            name=op.f("ck_weekly_availability_ordered"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_availability_weekday")),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_weekly_availability_guide_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_availability")),
    )
    with op.batch_alter_table("weekly_availability", schema=None) as batch_op:
        batch_op.create_index("ix_weekly_availability_guide_id", ["guide_id"], unique=False)

    op.create_table(
        "guide_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "open",
                "offered",
                "confirmed",
                "completed",
                "rejected",
                "cancelled",
                "unfilled",
                "lapsed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=24), nullable=True),
        sa.Column("submission_key", sa.String(length=64), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column(
            "institution_kind",
            sa.Enum(
                "school",
                "daycare",
                "family_centre",
                "youth_office",
                "job_centre",
                "advice_centre",
                "health_service",
                "club",
                "company",
                "other_office",
                name="institution_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("on_site_name", sa.String(length=120), nullable=False),
        sa.Column("on_site_phone", sa.String(length=40), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "on_site", "phone", "video", name="mode", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=240), nullable=False),
        sa.Column("meeting_point", sa.String(length=240), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=True),
        sa.Column(
            "language_level",
            sa.Enum(
                "A1",
                "A2",
                "B1",
                "B2",
                "C1",
                "C2",
                "native",
                name="language_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("substitutes_accepted", sa.Boolean(), nullable=False),
        sa.Column(
            "german_level",
            sa.Enum(
                "A1",
                "A2",
                "B1",
                "B2",
                "C1",
                "C2",
                "native",
                name="german_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "occasion",
            sa.Enum(
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
            ),
            nullable=True,
        ),
        sa.Column("participants", sa.Integer(), nullable=True),
        sa.Column("guides_needed", sa.Integer(), nullable=False),
        sa.Column("urgency_reason", sa.String(length=500), nullable=True),
        sa.Column("billing_note", sa.String(length=240), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_text", sa.Text(), nullable=True),
        sa.Column(
            "unfilled_reason",
            sa.Enum(
                "no_speaker",
                "nobody_free",
                "all_declined",
                "too_late",
                name="unfilled_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "mode <> 'on_site' OR district_id IS NOT NULL", name=op.f("ck_guide_request_district_on_site")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'lapsed') OR (reference IS NOT NULL AND institution_id IS NOT NULL AND contact_id IS NOT NULL AND language IS NOT NULL AND occasion IS NOT NULL AND mode IS NOT NULL)",
            name=op.f("ck_guide_request_complete"),
        ),
        sa.CheckConstraint("guides_needed BETWEEN 1 AND 3", name=op.f("ck_guide_request_guides_needed")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_guide_request_contact_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_guide_request_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["pool_id", "district_id"],
            ["district.pool_id", "district.id"],
            name=op.f("fk_guide_request_pool_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_guide_request_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_guide_request_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_request")),
        sa.UniqueConstraint("pool_id", "reference", name=op.f("uq_guide_request_pool_id_reference")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_guide_request_submission_key")),
    )
    with op.batch_alter_table("guide_request", schema=None) as batch_op:
        batch_op.create_index("ix_guide_request_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_guide_request_district_id", ["district_id"], unique=False)
        batch_op.create_index("ix_guide_request_institution_id", ["institution_id"], unique=False)
        batch_op.create_index(
            "ix_guide_request_pool_id_status_due_at", ["pool_id", "status", "due_at"], unique=False
        )
        batch_op.create_index("ix_guide_request_series_id", ["series_id"], unique=False)
        batch_op.create_index("ix_guide_request_status_ends_at", ["status", "ends_at"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "standby",
                "offered",
                "confirmed",
                "completed",
                "declined",
                "expired",
                "withdrawn",
                "cancelled",
                "no_show",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standby_rank", sa.Integer(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decline_reason",
            sa.Enum(
                "time",
                "district",
                "occasion",
                "institution",
                "too_much",
                "other",
                name="decline_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status <> 'offered' OR answer_by IS NOT NULL", name=op.f("ck_assignment_answer_by")
        ),
        sa.CheckConstraint(
            "status <> 'standby' OR standby_rank IS NOT NULL", name=op.f("ck_assignment_standby_rank")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_assignment_ordered")),
        sa.ForeignKeyConstraint(["guide_id"], ["guide.id"], name=op.f("fk_assignment_guide_id")),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_assignment_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["guide_request.id"], name=op.f("fk_assignment_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index("ix_assignment_guide_id_starts_at", ["guide_id", "starts_at"], unique=False)
        batch_op.create_index("ix_assignment_pool_id_starts_at", ["pool_id", "starts_at"], unique=False)
        batch_op.create_index("ix_assignment_status_answer_by", ["status", "answer_by"], unique=False)
        batch_op.create_index("ix_assignment_status_starts_at", ["status", "starts_at"], unique=False)
        batch_op.create_index(
            "uq_assignment_live",
            ["request_id", "guide_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('standby', 'offered', 'confirmed')"),
            postgresql_where=sa.text("status IN ('standby', 'offered', 'confirmed')"),
        )

    op.create_table(
        "guide_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(institution_id IS NULL) <> (request_id IS NULL)", name=op.f("ck_guide_conflict_one_object")
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_guide_conflict_guide_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.id"],
            name=op.f("fk_guide_conflict_institution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["guide_request.id"],
            name=op.f("fk_guide_conflict_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_conflict")),
        sa.UniqueConstraint(
            "guide_id", "institution_id", name=op.f("uq_guide_conflict_guide_id_institution_id")
        ),
        sa.UniqueConstraint("guide_id", "request_id", name=op.f("uq_guide_conflict_guide_id_request_id")),
    )
    with op.batch_alter_table("guide_conflict", schema=None) as batch_op:
        batch_op.create_index("ix_guide_conflict_institution_id", ["institution_id"], unique=False)
        batch_op.create_index("ix_guide_conflict_request_id", ["request_id"], unique=False)

    op.create_table(
        "request_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "gender",
                "guide",
                "not_guide",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "weight",
            sa.Enum("must", "nice", name="weight", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "gender",
            sa.Enum(
                "female",
                "male",
                "diverse",
                name="gender",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("guide_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'gender' AND gender IS NOT NULL AND guide_id IS NULL) OR (kind <> 'gender' AND gender IS NULL AND guide_id IS NOT NULL)",
            name=op.f("ck_request_wish_object"),
        ),
        sa.ForeignKeyConstraint(
            ["guide_id"], ["guide.id"], name=op.f("fk_request_wish_guide_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["guide_request.id"], name=op.f("fk_request_wish_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_wish")),
    )
    with op.batch_alter_table("request_wish", schema=None) as batch_op:
        batch_op.create_index("ix_request_wish_guide_id", ["guide_id"], unique=False)
        batch_op.create_index("ix_request_wish_request_id", ["request_id"], unique=False)

    op.create_table(
        "time_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_window_ordered")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_time_window_minutes")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["guide_request.id"], name=op.f("fk_time_window_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_window")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_time_window_request_id_position")),
    )
    with op.batch_alter_table("time_window", schema=None) as batch_op:
        batch_op.create_index("ix_time_window_starts_at", ["starts_at"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column(
            "given_by",
            sa.Enum(
                "anonymous",
                "institution",
                "guide",
                "account",
                "system",
                name="given_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("went_well", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("on_time BETWEEN 1 AND 5", name=op.f("ck_feedback_on_time")),
        sa.CheckConstraint("went_well BETWEEN 1 AND 5", name=op.f("ck_feedback_went_well")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_feedback_assignment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_assignment_id"), ["assignment_id"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedup_key", sa.String(length=160), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "notice",
            sa.Enum(
                "confirm-address",
                "received",
                "offer",
                "offer-reminder",
                "offer-expired",
                "offer-withdrawn",
                "confirmed",
                "cancelled",
                "reminder",
                "guide-withdrew",
                "nobody-found",
                "rejected",
                "new-link",
                "draft-link",
                name="notice",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum(
                "institution",
                "guide",
                "office",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("mail", name="channel", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("from_name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=False),
        sa.Column("calendar_body", sa.Text(), nullable=True),
        sa.Column("calendar_method", sa.String(length=12), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column(
            "valid_request",
            sa.Enum(
                "draft",
                "submitted",
                "open",
                "offered",
                "confirmed",
                "completed",
                "rejected",
                "cancelled",
                "unfilled",
                "lapsed",
                name="valid_request",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "valid_assignment",
            sa.Enum(
                "standby",
                "offered",
                "confirmed",
                "completed",
                "declined",
                "expired",
                "withdrawn",
                "cancelled",
                "no_show",
                name="valid_assignment",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("valid_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "dropped",
                "dead",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useless_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'sending' OR leased_until IS NOT NULL", name=op.f("ck_outbox_message_lease")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_outbox_message_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_outbox_message_pool_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["guide_request.id"],
            name=op.f("fk_outbox_message_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_outbox_message_dedup_key")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_assignment_id", ["assignment_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_message_pool_id_status_id", ["pool_id", "status", "id"], unique=False
        )
        batch_op.create_index("ix_outbox_message_request_id", ["request_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_message_status_next_attempt_at", ["status", "next_attempt_at"], unique=False
        )

    op.create_table(
        "service_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("travel_cents", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_minutes", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_minutes BETWEEN 0 AND 1440", name=op.f("ck_service_report_confirmed_minutes")
        ),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_service_report_minutes")),
        sa.CheckConstraint("travel_cents >= 0", name=op.f("ck_service_report_travel_cents")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_service_report_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_report")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_service_report_assignment_id")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "confirm_address",
                "tracking",
                "offer",
                "draft",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "request_id IS NOT NULL OR assignment_id IS NOT NULL", name=op.f("ck_token_subject")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_token_assignment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["guide_request.id"], name=op.f("fk_token_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index("ix_token_assignment_id", ["assignment_id"], unique=False)
        batch_op.create_index("ix_token_request_id", ["request_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index("ix_token_request_id")
        batch_op.drop_index("ix_token_assignment_id")

    op.drop_table("token")
    op.drop_table("service_report")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_message_status_next_attempt_at")
        batch_op.drop_index("ix_outbox_message_request_id")
        batch_op.drop_index("ix_outbox_message_pool_id_status_id")
        batch_op.drop_index("ix_outbox_message_assignment_id")

    op.drop_table("outbox_message")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_assignment_id"))

    op.drop_table("feedback")
    with op.batch_alter_table("time_window", schema=None) as batch_op:
        batch_op.drop_index("ix_time_window_starts_at")

    op.drop_table("time_window")
    with op.batch_alter_table("request_wish", schema=None) as batch_op:
        batch_op.drop_index("ix_request_wish_request_id")
        batch_op.drop_index("ix_request_wish_guide_id")

    op.drop_table("request_wish")
    with op.batch_alter_table("guide_conflict", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_conflict_request_id")
        batch_op.drop_index("ix_guide_conflict_institution_id")

    op.drop_table("guide_conflict")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignment_live",
            sqlite_where=sa.text("status IN ('standby', 'offered', 'confirmed')"),
            postgresql_where=sa.text("status IN ('standby', 'offered', 'confirmed')"),
        )
        batch_op.drop_index("ix_assignment_status_starts_at")
        batch_op.drop_index("ix_assignment_status_answer_by")
        batch_op.drop_index("ix_assignment_pool_id_starts_at")
        batch_op.drop_index("ix_assignment_guide_id_starts_at")

    op.drop_table("assignment")
    with op.batch_alter_table("guide_request", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_request_status_ends_at")
        batch_op.drop_index("ix_guide_request_series_id")
        batch_op.drop_index("ix_guide_request_pool_id_status_due_at")
        batch_op.drop_index("ix_guide_request_institution_id")
        batch_op.drop_index("ix_guide_request_district_id")
        batch_op.drop_index("ix_guide_request_contact_id")

    op.drop_table("guide_request")
    with op.batch_alter_table("weekly_availability", schema=None) as batch_op:
        batch_op.drop_index("ix_weekly_availability_guide_id")

    op.drop_table("weekly_availability")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index("ix_login_session_guide_id")
        batch_op.drop_index("ix_login_session_account_id")

    op.drop_table("login_session")
    with op.batch_alter_table("guide_language", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_language_language_guide_id")

    op.drop_table("guide_language")
    with op.batch_alter_table("guide_district", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_district_district_id")

    op.drop_table("guide_district")
    with op.batch_alter_table("extra_availability", schema=None) as batch_op:
        batch_op.drop_index("ix_extra_availability_guide_id")

    op.drop_table("extra_availability")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index("ix_credential_valid_until")
        batch_op.drop_index("ix_credential_guide_id")

    op.drop_table("credential")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_email")

    op.drop_table("contact")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index("ix_absence_guide_id")

    op.drop_table("absence")
    with op.batch_alter_table("institution", schema=None) as batch_op:
        batch_op.drop_index("ix_institution_district_id")

    op.drop_table("institution")
    with op.batch_alter_table("guide", schema=None) as batch_op:
        batch_op.drop_index("ix_guide_pool_id_status")
        batch_op.drop_index("ix_guide_home_district_id")

    op.drop_table("guide")
    with op.batch_alter_table("district_neighbour", schema=None) as batch_op:
        batch_op.drop_index("ix_district_neighbour_b_id")

    op.drop_table("district_neighbour")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_pool_id"))

    op.drop_table("series")
    op.drop_table("reference_counter")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index("ix_membership_pool_id")

    op.drop_table("membership")
    op.drop_table("district")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_subject_subject_id")
        batch_op.drop_index("ix_audit_entry_pool_id_at")

    op.drop_table("audit_entry")
    op.drop_table("throttle")
    op.drop_table("pool")
    op.drop_table("heartbeat")
    op.drop_table("account")
