"""Institutions that ask, and the contacts who ask for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lotsen.database import enum_type
from lotsen.domain.vocabulary import InstitutionKind
from lotsen.models.base import Base


class Institution(Base):
    """A school, a company, an office; `name_key` is the folded name by which a repeat is recognised."""

    __tablename__ = "institution"
    __table_args__ = (
        UniqueConstraint("pool_id", "name_key"),
        ForeignKeyConstraint(["pool_id", "district_id"], ["district.pool_id", "district.id"]),
        Index("ix_institution_district_id", "district_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    kind: Mapped[InstitutionKind] = mapped_column(enum_type(InstitutionKind, "kind"))
    name: Mapped[str] = mapped_column(String(160))
    name_key: Mapped[str] = mapped_column(String(160))
    district_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(240), default="")
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    contacts: Mapped[list["Contact"]] = relationship(back_populates="institution")


class Contact(Base):
    """A person of an institution with whom the office talks; known by the mail address."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("institution_id", "email"),
        Index("ix_contact_email", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(8), default="de")
    address_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    institution: Mapped[Institution] = relationship(back_populates="contacts")
