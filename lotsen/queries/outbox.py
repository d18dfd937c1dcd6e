"""The office's view of its messages: what went out, to whom, and what did not arrive."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import Audience, Notice, OutboxStatus
from lotsen.errors import NotFound
from lotsen.models import GuideRequest, OutboxMessage


@dataclass(frozen=True, slots=True)
class Row:
    """One message without its text."""

    id: int
    status: OutboxStatus
    notice: Notice
    audience: Audience
    to_name: str
    to_address: str
    reference: str | None
    request_id: int | None
    at: datetime


def counts(session: Session, pool_id: int) -> dict[OutboxStatus, int]:
    """Count the pool's messages by state."""
    return dict(
        session.execute(
            select(OutboxMessage.status, func.count())
            .where(OutboxMessage.pool_id == pool_id)
            .group_by(OutboxMessage.status)
        ).all()
    )


def rows(
    session: Session, pool_id: int, status: OutboxStatus | None, *, offset: int, limit: int
) -> tuple[Row, ...]:
    """Return a stretch of the pool's messages, the newest first."""
    statement = (
        select(
            OutboxMessage.id,
            OutboxMessage.status,
            OutboxMessage.notice,
            OutboxMessage.audience,
            OutboxMessage.to_name,
            OutboxMessage.to_address,
            GuideRequest.reference,
            OutboxMessage.request_id,
            func.coalesce(OutboxMessage.sent_at, OutboxMessage.created_at),
        )
        .outerjoin(GuideRequest, GuideRequest.id == OutboxMessage.request_id)
        .where(OutboxMessage.pool_id == pool_id)
        .order_by(OutboxMessage.id.desc())
        .offset(offset)
        .limit(limit)
    )
    if status is not None:
        statement = statement.where(OutboxMessage.status == status)
    return tuple(Row(*found) for found in session.execute(statement))


def find(session: Session, pool_id: int, message_id: int) -> OutboxMessage:
    """Return a message of the pool; raises NotFound for any other."""
    message = session.scalar(
        select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.pool_id == pool_id)
    )
    if message is None:
        raise NotFound("message")
    return message
