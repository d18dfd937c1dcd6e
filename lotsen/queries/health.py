"""How the installation is: database, schedulers, outbox."""

from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import OutboxStatus
from lotsen.models import Heartbeat, OutboxMessage

SCHEDULER_SILENT_AFTER = timedelta(seconds=60)


class State(TypedDict):
    """What GET /health answers; ages in whole seconds, None where there is nothing to measure."""

    status: str
    database: str
    scheduler_age: int | None
    scheduler: str
    outbox_waiting: int
    outbox_oldest: int | None
    outbox_dead: int


def state(session: Session, now: datetime) -> State:
    """Look once at everything that runs without anybody watching."""
    beat = session.scalar(select(func.max(Heartbeat.beat_at)))
    due = (
        OutboxMessage.status.in_((OutboxStatus.WAITING, OutboxStatus.SENDING)),
        OutboxMessage.next_attempt_at <= now,
    )
    waiting = session.scalar(select(func.count()).select_from(OutboxMessage).where(*due)) or 0
    oldest = session.scalar(select(func.min(OutboxMessage.next_attempt_at)).where(*due))
    dead = session.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.status == OutboxStatus.DEAD)
    )
    alive = beat is not None and now - beat <= SCHEDULER_SILENT_AFTER
    return State(
        status="ok" if alive and not dead else "attention",
        database="ok",
        scheduler_age=None if beat is None else _seconds(now - beat),
        scheduler="ok" if alive else "silent",
        outbox_waiting=waiting,
        outbox_oldest=None if oldest is None else _seconds(now - oldest),
        outbox_dead=dead or 0,
    )


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))
