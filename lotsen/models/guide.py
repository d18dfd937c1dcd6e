"""A guide: languages, districts, times, absences and proofs."""

from datetime import date, datetime, time

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lotsen.database import enum_type
from lotsen.domain.vocabulary import CredentialKind, Gender, GuideStatus, Level, Occasion
from lotsen.models.base import Base


class Guide(Base):
    """A trained volunteer; limits of None mean "no limit" and are the guide's own.

    `quiet_from` to `quiet_until` is when the guide wants no messages, besides the quiet hours of the pool.
    `messenger` names the way by which short messages come besides the mails, to `messenger_address` there.
    """

    __tablename__ = "guide"
    __table_args__ = (
        UniqueConstraint("pool_id", "email"),
        ForeignKeyConstraint(["pool_id", "home_district_id"], ["district.pool_id", "district.id"]),
        CheckConstraint("reach_hops BETWEEN 0 AND 20", name="reach_hops"),
        CheckConstraint("minutes_per_week >= 0", name="minutes_per_week"),
        CheckConstraint("minutes_per_month >= 0", name="minutes_per_month"),
        CheckConstraint("asks_per_week BETWEEN 0 AND 50", name="asks_per_week"),
        CheckConstraint("notice_hours BETWEEN 0 AND 720", name="notice_hours"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        CheckConstraint("(messenger IS NULL) = (messenger_address IS NULL)", name="messenger"),
        Index("ix_guide_pool_id_status", "pool_id", "status"),
        Index("ix_guide_home_district_id", "home_district_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    phone_shared: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(8), default="de")
    gender: Mapped[Gender | None] = mapped_column(enum_type(Gender, "gender"))
    status: Mapped[GuideStatus] = mapped_column(enum_type(GuideStatus, "status"), default=GuideStatus.ACTIVE)
    paused_until: Mapped[date | None]
    german_level: Mapped[Level] = mapped_column(enum_type(Level, "german_level"), default=Level.B2)
    home_district_id: Mapped[int | None]
    reach_hops: Mapped[int | None]
    on_site: Mapped[bool] = mapped_column(default=True)
    by_phone: Mapped[bool] = mapped_column(default=True)
    by_video: Mapped[bool] = mapped_column(default=False)
    minutes_per_week: Mapped[int | None]
    minutes_per_month: Mapped[int | None]
    asks_per_week: Mapped[int | None]
    notice_hours: Mapped[int] = mapped_column(default=0)
    notes: Mapped[str] = mapped_column(Text, default="")
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    messenger: Mapped[str | None] = mapped_column(String(40))
    messenger_address: Mapped[str | None] = mapped_column(String(120))
    deletion_asked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    languages: Mapped[list["GuideLanguage"]] = relationship(
        cascade="all, delete-orphan", order_by="GuideLanguage.id"
    )
    districts: Mapped[list["GuideDistrict"]] = relationship(
        cascade="all, delete-orphan", order_by="GuideDistrict.district_id"
    )
    weekly: Mapped[list["WeeklyAvailability"]] = relationship(
        cascade="all, delete-orphan",
        order_by="(WeeklyAvailability.weekday, WeeklyAvailability.starts_at)",
    )
    extra: Mapped[list["ExtraAvailability"]] = relationship(
        cascade="all, delete-orphan", order_by="ExtraAvailability.on"
    )
    absences: Mapped[list["Absence"]] = relationship(
        cascade="all, delete-orphan", order_by="Absence.first_on"
    )
    credentials: Mapped[list["Credential"]] = relationship(
        cascade="all, delete-orphan", order_by="Credential.id"
    )


class GuideLanguage(Base):
    """A language of the catalogue that a guide speaks, and how well.

    What the guide has added waits until it is `approved`; `wanted_level` is a higher level that waits.
    """

    __tablename__ = "guide_language"
    __table_args__ = (
        UniqueConstraint("guide_id", "language"),
        Index("ix_guide_language_language_guide_id", "language", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(12))
    level: Mapped[Level] = mapped_column(enum_type(Level, "level"))
    approved: Mapped[bool] = mapped_column(default=True)
    wanted_level: Mapped[Level | None] = mapped_column(enum_type(Level, "wanted_level"))


class GuideDistrict(Base):
    """A district that a guide serves besides those in reach."""

    __tablename__ = "guide_district"
    __table_args__ = (Index("ix_guide_district_district_id", "district_id"),)

    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id", ondelete="CASCADE"), primary_key=True)


class WeeklyAvailability(Base):
    """A span of local time on a weekday (0 is Monday); an end of 00:00 means the end of the day."""

    __tablename__ = "weekly_availability"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("ends_at > starts_at OR ends_at IN ('00:00:00', '00:00:00.000000')", name="ordered"),
        Index("ix_weekly_availability_guide_id", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class ExtraAvailability(Base):
    """A single date on which the guide is free besides the weekly pattern."""

    __tablename__ = "extra_availability"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at OR ends_at IN ('00:00:00', '00:00:00.000000')", name="ordered"),
        Index("ix_extra_availability_guide_id", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    on: Mapped[date]
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class Absence(Base):
    """Whole local days on which the guide is away, both ends included; no reason is asked."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="ordered"),
        Index("ix_absence_guide_id", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    first_on: Mapped[date]
    last_on: Mapped[date]


class Credential(Base):
    """That a proof was seen: kind and dates, never the document."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint("valid_until >= seen_on", name="ordered"),
        Index("ix_credential_guide_id", "guide_id"),
        Index("ix_credential_valid_until", "valid_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    kind: Mapped[CredentialKind] = mapped_column(enum_type(CredentialKind, "kind"))
    issued_on: Mapped[date | None]
    seen_on: Mapped[date]
    seen_by: Mapped[str] = mapped_column(String(120), default="")
    valid_until: Mapped[date | None]


class GuideConflict(Base):
    """What a guide is not asked for: an institution, an occasion, or one request whose family they know.

    What stands there `by_guide` is the guide's own wish, and theirs to take back.
    """

    __tablename__ = "guide_conflict"
    __table_args__ = (
        CheckConstraint(
            "(institution_id IS NOT NULL AND request_id IS NULL AND occasion IS NULL) OR "
            "(institution_id IS NULL AND request_id IS NOT NULL AND occasion IS NULL) OR "
            "(institution_id IS NULL AND request_id IS NULL AND occasion IS NOT NULL)",
            name="one_object",
        ),
        UniqueConstraint("guide_id", "institution_id"),
        UniqueConstraint("guide_id", "request_id"),
        UniqueConstraint("guide_id", "occasion"),
        Index("ix_guide_conflict_institution_id", "institution_id"),
        Index("ix_guide_conflict_request_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id", ondelete="CASCADE"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    occasion: Mapped[Occasion | None] = mapped_column(enum_type(Occasion, "occasion"))
    by_guide: Mapped[bool] = mapped_column(default=False)
