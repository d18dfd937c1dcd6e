"""The history: who did what to which object, when."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import ActorKind, AuditEvent, Subject
from lotsen.models.base import Base


class AuditEntry(Base):
    """One entry, never changed; `data` holds codes and ids, no personal data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),
        Index("ix_audit_entry_pool_id_at", "pool_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor_kind: Mapped[ActorKind] = mapped_column(enum_type(ActorKind, "actor_kind"))
    actor_id: Mapped[int | None]
    event: Mapped[AuditEvent] = mapped_column(enum_type(AuditEvent, "event"))
    subject: Mapped[Subject] = mapped_column(enum_type(Subject, "subject"))
    subject_id: Mapped[int | None]
    trigger: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str | None] = mapped_column(String(32))
    target: Mapped[str | None] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
