"""A request of an institution: what is asked, the times that suit, the wishes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

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
from lotsen.domain.request_rules import places
from lotsen.domain.vocabulary import (
    Gender,
    InstitutionKind,
    Level,
    Mode,
    Occasion,
    RequestStatus,
    UnfilledReason,
    WishKind,
    WishWeight,
)
from lotsen.models.base import Base
from lotsen.models.institution import Contact, Institution
from lotsen.models.pool import District

_ABOVE_IDS: Final = 40
_COMPLETE = (
    "reference IS NOT NULL AND institution_id IS NOT NULL AND contact_id IS NOT NULL "
    "AND language IS NOT NULL AND occasion IS NOT NULL AND mode IS NOT NULL"
)


class Series(Base):
    """Requests that belong together because they repeat."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]

    requests: Mapped[list["GuideRequest"]] = relationship(
        viewonly=True, order_by="GuideRequest.ends_at, GuideRequest.id"
    )


class GuideRequest(Base):
    """A request; as a draft it holds only `answers`, what was typed so far, page by page.

    Since `board_opened_at` it stands on the board, where guides take it themselves while it is open.
    """

    __tablename__ = "guide_request"
    __table_args__ = (
        UniqueConstraint("pool_id", "reference"),
        ForeignKeyConstraint(["pool_id", "district_id"], ["district.pool_id", "district.id"]),
        CheckConstraint(f"status IN ('draft', 'lapsed') OR ({_COMPLETE})", name="complete"),
        CheckConstraint("guides_needed BETWEEN 1 AND 3", name="guides_needed"),
        CheckConstraint("mode <> 'on_site' OR district_id IS NOT NULL", name="district_on_site"),
        Index("ix_guide_request_pool_id_status_due_at", "pool_id", "status", "due_at"),
        Index("ix_guide_request_contact_id", "contact_id"),
        Index("ix_guide_request_institution_id", "institution_id"),
        Index("ix_guide_request_status_ends_at", "status", "ends_at"),
        Index("ix_guide_request_series_id", "series_id"),
        Index("ix_guide_request_district_id", "district_id"),
        Index("ix_guide_request_pool_id_board_opened_at", "pool_id", "board_opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    status: Mapped[RequestStatus] = mapped_column(enum_type(RequestStatus, "status"))
    version: Mapped[int] = mapped_column(default=1)
    reference: Mapped[str | None] = mapped_column(String(24))
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    answers: Mapped[dict[str, Any] | None]
    locale: Mapped[str] = mapped_column(String(8), default="de")
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    institution_kind: Mapped[InstitutionKind | None] = mapped_column(
        enum_type(InstitutionKind, "institution_kind")
    )
    on_site_name: Mapped[str] = mapped_column(String(120), default="")
    on_site_phone: Mapped[str] = mapped_column(String(40), default="")
    mode: Mapped[Mode | None] = mapped_column(enum_type(Mode, "mode"))
    district_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(240), default="")
    meeting_point: Mapped[str] = mapped_column(String(240), default="")
    language: Mapped[str | None] = mapped_column(String(12))
    language_level: Mapped[Level] = mapped_column(enum_type(Level, "language_level"), default=Level.B2)
    substitutes_accepted: Mapped[bool] = mapped_column(default=True)
    german_level: Mapped[Level] = mapped_column(enum_type(Level, "german_level"), default=Level.B2)
    occasion: Mapped[Occasion | None] = mapped_column(enum_type(Occasion, "occasion"))
    participants: Mapped[int | None]
    guides_needed: Mapped[int] = mapped_column(default=1)
    urgency_reason: Mapped[str | None] = mapped_column(String(500))
    billing_note: Mapped[str] = mapped_column(String(240), default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_text: Mapped[str | None] = mapped_column(Text)
    unfilled_reason: Mapped[UnfilledReason | None] = mapped_column(
        enum_type(UnfilledReason, "unfilled_reason")
    )
    board_opened_at: Mapped[datetime | None]

    windows: Mapped[list["TimeWindow"]] = relationship(
        cascade="all, delete-orphan", order_by="TimeWindow.position"
    )
    wishes: Mapped[list["RequestWish"]] = relationship(
        cascade="all, delete-orphan", order_by="RequestWish.id"
    )
    series: Mapped[Series | None] = relationship(viewonly=True)
    institution: Mapped[Institution | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    district: Mapped[District | None] = relationship(
        primaryjoin="foreign(GuideRequest.district_id) == District.id", viewonly=True
    )

    @property
    def places(self) -> tuple["Place", ...]:
        """When the talk can be, window by window, the earliest first; the matching sees these."""
        return tuple(place for window in self.windows for place in window.places)

    def place(self, place_id: int) -> "Place | None":
        """Return one of them by its id."""
        return next((one for one in self.places if one.id == place_id), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A time at which a talk can be, [starts_at, ends_at), within a window of its request.

    `id` names it in forms and proposals: the first one in a window has the window's own id, the later ones
    carry above it by how many minutes they begin later. It fits into a whole number of JSON.
    """

    id: int
    starts_at: datetime
    ends_at: datetime
    window: "TimeWindow"


class TimeWindow(Base):
    """One of the times that suit: [starts_at, ends_at); flexible: any span of `minutes` within it."""

    __tablename__ = "time_window"
    __table_args__ = (
        UniqueConstraint("request_id", "position"),
        CheckConstraint("ends_at > starts_at", name="ordered"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        Index("ix_time_window_starts_at", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    position: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    minutes: Mapped[int]

    @property
    def is_flexible(self) -> bool:
        """Whether the talk is shorter than the window."""
        return self.ends_at - self.starts_at > timedelta(minutes=self.minutes)

    @property
    def places(self) -> tuple[Place, ...]:
        """When the talk can be within this window, the earliest first."""
        return tuple(
            Place(self.id | (start - self.starts_at) // timedelta(minutes=1) << _ABOVE_IDS, start, end, self)
            for start, end in places(self.starts_at, self.ends_at, self.minutes)
        )


class RequestWish(Base):
    """A wish about the person, as a must or as nice to have."""

    __tablename__ = "request_wish"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'gender' AND gender IS NOT NULL AND guide_id IS NULL) OR "
            "(kind <> 'gender' AND gender IS NULL AND guide_id IS NOT NULL)",
            name="object",
        ),
        Index("ix_request_wish_request_id", "request_id"),
        Index("ix_request_wish_guide_id", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    kind: Mapped[WishKind] = mapped_column(enum_type(WishKind, "kind"))
    weight: Mapped[WishWeight] = mapped_column(enum_type(WishWeight, "weight"))
    gender: Mapped[Gender | None] = mapped_column(enum_type(Gender, "gender"))
    guide_id: Mapped[int | None] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
