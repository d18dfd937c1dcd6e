"""A pool: the office that runs a circle of guides, its rules, and its districts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lotsen.models.base import Base


class Pool(Base):
    """One office; an installation may hold many.

    `guide_version` rises with whatever the matching knows of the guides; `guide_changes` says whom the last
    changes were about, as [version, ids], so that a warm index need not read everybody again.
    """

    __tablename__ = "pool"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(40), default="Europe/Berlin")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    guide_version: Mapped[int] = mapped_column(default=0)
    guide_changes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]

    districts: Mapped[list["District"]] = relationship(back_populates="pool", order_by="District.code")


class ReferenceCounter(Base):
    """The last number given to a request of a pool in a year."""

    __tablename__ = "reference_counter"

    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class District(Base):
    """A district of the pool's area; x and y place it on the schematic map."""

    __tablename__ = "district"
    __table_args__ = (UniqueConstraint("pool_id", "code"), UniqueConstraint("pool_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(80))
    x: Mapped[float] = mapped_column(default=0.0)
    y: Mapped[float] = mapped_column(default=0.0)

    pool: Mapped[Pool] = relationship(back_populates="districts")


class DistrictNeighbour(Base):
    """Two districts that border on each other, kept once with the smaller id first."""

    __tablename__ = "district_neighbour"
    __table_args__ = (
        CheckConstraint("a_id < b_id", name="ordered"),
        CheckConstraint("travel_minutes BETWEEN 0 AND 240", name="travel_minutes"),
        Index("ix_district_neighbour_b_id", "b_id"),
    )

    a_id: Mapped[int] = mapped_column(ForeignKey("district.id", ondelete="CASCADE"), primary_key=True)
    b_id: Mapped[int] = mapped_column(ForeignKey("district.id", ondelete="CASCADE"), primary_key=True)
    travel_minutes: Mapped[int | None]
