"""The private calendar feeds: whose each is, and how much it shows."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.models.base import Base


class CalendarFeed(Base):
    """A feed of one guide or one contact.

    As with mailed links, the secret part of the address is derived from the installation's secret and
    `nonce`; only its SHA-256 lies in the database. A new nonce ends the old address.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (CheckConstraint("(guide_id IS NULL) <> (contact_id IS NULL)", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    guide_id: Mapped[int | None] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), unique=True)
    nonce: Mapped[str] = mapped_column(String(32))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    with_details: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
