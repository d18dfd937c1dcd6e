"""A certificate of service: what a guide's paper says, kept so that anybody who holds it can check it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import ActorKind
from lotsen.models.base import Base


class Certificate(Base):
    """Never changed but for its end; names are kept as they were, so that page and paper stay the same."""

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="ordered"),
        CheckConstraint("appointments >= 1", name="appointments"),
        Index("ix_certificate_guide_id", "guide_id"),
        Index("ix_certificate_pool_id", "pool_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(32), unique=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[ActorKind] = mapped_column(enum_type(ActorKind, "issued_by"))
    guide_name: Mapped[str] = mapped_column(String(120))
    office_name: Mapped[str] = mapped_column(String(160))
    first_on: Mapped[date]
    last_on: Mapped[date]
    appointments: Mapped[int]
    minutes: Mapped[int]
    languages: Mapped[list[str]]
    revoked_at: Mapped[datetime | None]
