"""An assignment: one guide, one request, one [start, end)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lotsen.database import enum_type
from lotsen.domain.vocabulary import AssignmentStatus, DeclineReason
from lotsen.models.base import Base
from lotsen.models.guide import Guide
from lotsen.models.request import GuideRequest

_LIVE = "status IN ('standby', 'offered', 'confirmed')"


class Assignment(Base):
    """Its states `offered` and `confirmed` hold the guide's time; see `lotsen.guards`.

    `sequence` is the SEQUENCE of its calendar file; `reasons` is what spoke for the guide when chosen.
    `late_minutes` and `nobody_there_at` are what the guide said on the day; neither is a state, since who was
    there in vain has come all the same.

    `compensated_minutes` are paid although the appointment was called off, because that was too late.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ordered"),
        CheckConstraint("status <> 'offered' OR answer_by IS NOT NULL", name="answer_by"),
        CheckConstraint("status <> 'standby' OR standby_rank IS NOT NULL", name="standby_rank"),
        CheckConstraint("compensated_minutes BETWEEN 1 AND 1440", name="compensated_minutes"),
        Index(
            "uq_assignment_live",
            "request_id",
            "guide_id",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
        Index("ix_assignment_guide_id_starts_at", "guide_id", "starts_at"),
        Index("ix_assignment_status_answer_by", "status", "answer_by"),
        Index("ix_assignment_status_starts_at", "status", "starts_at"),
        Index("ix_assignment_pool_id_starts_at", "pool_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    request_id: Mapped[int] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id"))
    status: Mapped[AssignmentStatus] = mapped_column(enum_type(AssignmentStatus, "status"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    standby_rank: Mapped[int | None]
    offered_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    decline_reason: Mapped[DeclineReason | None] = mapped_column(enum_type(DeclineReason, "decline_reason"))
    late_minutes: Mapped[int | None]
    nobody_there_at: Mapped[datetime | None]
    compensated_minutes: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]

    request: Mapped[GuideRequest] = relationship()
    guide: Mapped[Guide] = relationship()
