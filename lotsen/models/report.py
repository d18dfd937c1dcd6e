"""What is said after an appointment: the hours, and how it went."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import ActorKind
from lotsen.models.base import Base


class ServiceReport(Base):
    """The guide's report of an appointment and the institution's word on it; both values stay."""

    __tablename__ = "service_report"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        CheckConstraint("confirmed_minutes BETWEEN 0 AND 1440", name="confirmed_minutes"),
        CheckConstraint("travel_cents >= 0", name="travel_cents"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), unique=True)
    minutes: Mapped[int]
    travel_cents: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime]
    confirmed_minutes: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]


class Feedback(Base):
    """One side's word on how the appointment went; ratings from 1 to 5."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("went_well BETWEEN 1 AND 5", name="went_well"),
        CheckConstraint("on_time BETWEEN 1 AND 5", name="on_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), index=True)
    given_by: Mapped[ActorKind] = mapped_column(enum_type(ActorKind, "given_by"))
    went_well: Mapped[int]
    on_time: Mapped[int]
    remarks: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime]
