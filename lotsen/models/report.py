"""What is said after an appointment: the hours, and how it went."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import ActorKind
from lotsen.models.base import Base


class ServiceReport(Base):
    """The guide's report of an appointment and the institution's word on it; both values stay.

    Either side may speak first. Where they disagree the office decides. `travel_cents` is the whole sum,
    whether it comes from kilometres or from a ticket.
    """

    __tablename__ = "service_report"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        CheckConstraint("confirmed_minutes BETWEEN 0 AND 1440", name="confirmed_minutes"),
        CheckConstraint("decided_minutes BETWEEN 0 AND 1440", name="decided_minutes"),
        CheckConstraint("travel_cents >= 0", name="travel_cents"),
        CheckConstraint("travel_km BETWEEN 0 AND 500", name="travel_km"),
        CheckConstraint("ends_at > starts_at", name="ordered"),
        CheckConstraint("confirmed_ends_at > confirmed_starts_at", name="confirmed_ordered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    minutes: Mapped[int | None]
    travel_km: Mapped[int] = mapped_column(default=0)
    travel_cents: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime | None]
    confirmed_starts_at: Mapped[datetime | None]
    confirmed_ends_at: Mapped[datetime | None]
    confirmed_minutes: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    decided_minutes: Mapped[int | None]
    decided_at: Mapped[datetime | None]

    @property
    def counted_minutes(self) -> int | None:
        """What counts now: the office's decision, else the guide's word, else the institution's."""
        for minutes in (self.decided_minutes, self.minutes, self.confirmed_minutes):
            if minutes is not None:
                return minutes
        return None

    @property
    def disputed(self) -> bool:
        """Whether both sides say something else and nobody has decided yet."""
        both = self.minutes is not None and self.confirmed_minutes is not None
        return both and self.decided_minutes is None and self.minutes != self.confirmed_minutes

    @property
    def settled(self) -> bool:
        """Whether the guide's word can no longer be changed by the guide."""
        return self.decided_minutes is not None or (
            self.minutes is not None and self.confirmed_minutes is not None
        )


class Feedback(Base):
    """One side's word on how the appointment went, once for each side; ratings from 1 to 5."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("assignment_id", "given_by"),
        CheckConstraint("went_well BETWEEN 1 AND 5", name="went_well"),
        CheckConstraint("on_time BETWEEN 1 AND 5", name="on_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"))
    given_by: Mapped[ActorKind] = mapped_column(enum_type(ActorKind, "given_by"))
    went_well: Mapped[int]
    on_time: Mapped[int]
    remarks: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime]
