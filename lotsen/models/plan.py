"""A run of the batch proposal: what was asked, how far it is, what came out, and what was sent of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from lotsen.database import enum_type
from lotsen.domain.vocabulary import PlanFailure, PlanStage, PlanStatus
from lotsen.models.base import Base

_ACTIVE = "status IN ('waiting', 'running')"


class PlanRun(Base):
    """One proposal for all open requests of a pool; a pool has at most one on its way.

    `problem` is the planner's question with the version that each request and each guide had then, `result`
    its answer, `decisions` whom people chose for a row, or nobody, `outcome` what became of each row that
    somebody wanted to send. None of them holds a name.
    """

    __tablename__ = "plan_run"
    __table_args__ = (
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("status <> 'running' OR leased_until IS NOT NULL", name="lease"),
        Index(
            "uq_plan_run_active",
            "pool_id",
            unique=True,
            sqlite_where=text(_ACTIVE),
            postgresql_where=text(_ACTIVE),
        ),
        Index("ix_plan_run_pool_id_id", "pool_id", "id"),
        Index("ix_plan_run_status_leased_until", "status", "leased_until"),
        Index("ix_plan_run_started_by", "started_by"),
        Index("ix_plan_run_pool_id_created_at", "pool_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    started_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    status: Mapped[PlanStatus] = mapped_column(enum_type(PlanStatus, "status"), default=PlanStatus.WAITING)
    stage: Mapped[PlanStage | None] = mapped_column(enum_type(PlanStage, "stage"))
    failure: Mapped[PlanFailure | None] = mapped_column(enum_type(PlanFailure, "failure"))
    progress: Mapped[int] = mapped_column(default=0)
    problem: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    leased_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
