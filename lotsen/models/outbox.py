"""Messages on their way out, written in the transaction that causes them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Channel, Notice, OutboxStatus, RequestStatus
from lotsen.models.base import Base


class OutboxMessage(Base):
    """One message to one address.

    It is sent only while it is still true: its request or assignment must be in the `valid_…` state, and the
    assignment must still start when it did. Links stand as placeholders until it is sent. `messenger` names
    the way of a short message.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("status <> 'sending' OR leased_until IS NOT NULL", name="lease"),
        CheckConstraint("(channel = 'messenger') = (messenger IS NOT NULL)", name="messenger"),
        Index("ix_outbox_message_status_next_attempt_at", "status", "next_attempt_at"),
        Index("ix_outbox_message_pool_id_status_id", "pool_id", "status", "id"),
        Index("ix_outbox_message_request_id", "request_id"),
        Index("ix_outbox_message_assignment_id", "assignment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(160), unique=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    notice: Mapped[Notice] = mapped_column(enum_type(Notice, "notice"))
    audience: Mapped[Audience] = mapped_column(enum_type(Audience, "audience"))
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"), default=Channel.MAIL)
    messenger: Mapped[str | None] = mapped_column(String(40))
    to_name: Mapped[str] = mapped_column(String(120))
    to_address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    from_name: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(200))
    text_body: Mapped[str] = mapped_column(Text)
    html_body: Mapped[str] = mapped_column(Text)
    calendar_body: Mapped[str | None] = mapped_column(Text)
    calendar_method: Mapped[str | None] = mapped_column(String(12))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"))
    valid_request: Mapped[RequestStatus | None] = mapped_column(enum_type(RequestStatus, "valid_request"))
    valid_assignment: Mapped[AssignmentStatus | None] = mapped_column(
        enum_type(AssignmentStatus, "valid_assignment")
    )
    valid_start_at: Mapped[datetime | None]
    status: Mapped[OutboxStatus] = mapped_column(
        enum_type(OutboxStatus, "status"), default=OutboxStatus.WAITING
    )
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    useless_after: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Heartbeat(Base):
    """When each scheduler process last gave a sign of life."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[datetime]
