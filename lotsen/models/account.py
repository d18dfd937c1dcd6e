"""Accounts of the office, the pools they belong to, and their sign-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lotsen.database import enum_type
from lotsen.domain.vocabulary import Role
from lotsen.models.base import Base


class Account(Base):
    """A person of the office who signs in with e-mail and password; the password is kept as argon2id."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(8), default="de")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(
        cascade="all, delete-orphan", order_by="Membership.pool_id"
    )


class Membership(Base):
    """What an account may do in one pool."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_pool_id", "pool_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"))


class LoginSession(Base):
    """A signed-in browser, revocable; only the SHA-256 of its token is kept."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (guide_id IS NULL)", name="one_owner"),
        Index("ix_login_session_account_id", "account_id"),
        Index("ix_login_session_guide_id", "guide_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    guide_id: Mapped[int | None] = mapped_column(ForeignKey("guide.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Throttle(Base):
    """Tries of a key (a hash of what is counted): failed sign-ins, or looks within a span of time."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[datetime]
