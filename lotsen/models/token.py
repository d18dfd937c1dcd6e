"""Mailed links: what each opens, for whom, until when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import TokenPurpose
from lotsen.models.base import Base


class Token(Base):
    """A link of single purpose.

    The secret part is derived from the installation's secret and `nonce`, so that a mail can be rendered
    again to the byte while only its SHA-256 lies in the database.
    """

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint(
            "request_id IS NOT NULL OR assignment_id IS NOT NULL OR guide_id IS NOT NULL "
            "OR contact_id IS NOT NULL",
            name="subject",
        ),
        Index("ix_token_request_id", "request_id"),
        Index("ix_token_assignment_id", "assignment_id"),
        Index("ix_token_guide_id", "guide_id"),
        Index("ix_token_contact_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[TokenPurpose] = mapped_column(enum_type(TokenPurpose, "purpose"))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("guide_request.id", ondelete="CASCADE"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"))
    guide_id: Mapped[int | None] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
