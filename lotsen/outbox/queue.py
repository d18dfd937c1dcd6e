"""The queue of messages in the database: in, claimed for a while, and out again as sent, dropped or dead."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import OutboxStatus
from lotsen.models import Assignment, GuideRequest, OutboxMessage
from lotsen.outbox.message import Message

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30))
_HOURLY = timedelta(hours=1)
# The short delays, then each hour; the last attempt comes after five days.
_ATTEMPTS_MAX = len(_DELAYS) + 121


def enqueue(session: Session, message: Message, now: datetime) -> bool:
    """Put a message into the queue within the caller's transaction; False if its key stands there already."""
    values = asdict(message)
    values["next_attempt_at"] = values.pop("due_at")
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(OutboxMessage)
        .values(**values, created_at=now)
        .on_conflict_do_nothing(index_elements=["dedup_key"])
        .returning(OutboxMessage.id)
    )
    session.flush()
    return session.scalar(statement) is not None


def claim(session: Session, owner: str, now: datetime, limit: int, lease: timedelta) -> list[int]:
    """Take due messages for `owner`, oldest first; also those whose owner let the lease run out."""
    due = or_(
        and_(OutboxMessage.status == OutboxStatus.WAITING, OutboxMessage.next_attempt_at <= now),
        and_(OutboxMessage.status == OutboxStatus.SENDING, OutboxMessage.leased_until <= now),
    )
    ids = list(
        session.scalars(
            select(OutboxMessage.id)
            .where(due)
            .order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if ids:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(ids))
            .values(
                status=OutboxStatus.SENDING,
                lease_owner=owner,
                leased_until=now + lease,
                attempts=OutboxMessage.attempts + 1,
            )
            .execution_options(synchronize_session=False)
        )
    return ids


def release(session: Session, message_ids: Collection[int], owner: str) -> None:
    """Give claimed messages back untried."""
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.id.in_(message_ids),
            OutboxMessage.status == OutboxStatus.SENDING,
            OutboxMessage.lease_owner == owner,
        )
        .values(
            status=OutboxStatus.WAITING,
            lease_owner=None,
            leased_until=None,
            attempts=OutboxMessage.attempts - 1,
        )
        .execution_options(synchronize_session=False)
    )


def settle_sent(session: Session, message_id: int, owner: str, now: datetime) -> bool:
    """Record that the message was taken; False if the lease is no longer the owner's."""
    return _settle(session, message_id, owner, OutboxStatus.SENT, sent_at=now, last_error=None)


def settle_failed(session: Session, message_id: int, owner: str, now: datetime, error: str) -> bool:
    """Put the message off to its next attempt; dead if none is left or it would come too late."""
    row = session.get(OutboxMessage, message_id)
    if row is None:
        return False
    again_at = now + retry_after(row.attempts)
    too_late = row.useless_after is not None and again_at > row.useless_after
    if too_late or row.attempts >= _ATTEMPTS_MAX:
        return settle_dead(session, message_id, owner, error)
    return _settle(
        session, message_id, owner, OutboxStatus.WAITING, next_attempt_at=again_at, last_error=error
    )


def settle_dead(session: Session, message_id: int, owner: str, error: str) -> bool:
    """Record that the message cannot be delivered; the office sees it."""
    return _settle(session, message_id, owner, OutboxStatus.DEAD, last_error=error)


def settle_dropped(session: Session, message_id: int, owner: str) -> bool:
    """Record that the message was held back because it is no longer true."""
    return _settle(session, message_id, owner, OutboxStatus.DROPPED)


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1, 5, 15, 30 minutes, then an hour."""
    return _DELAYS[attempts - 1] if attempts <= len(_DELAYS) else _HOURLY


def still_true(session: Session, row: OutboxMessage, now: datetime) -> bool:
    """Say whether what the message tells still holds, and is still of use."""
    if row.useless_after is not None and now > row.useless_after:
        return False
    if row.valid_request is not None:
        status = session.scalar(select(GuideRequest.status).where(GuideRequest.id == row.request_id))
        if status != row.valid_request:
            return False
    if row.valid_assignment is None and row.valid_start_at is None:
        return True
    held = session.execute(
        select(Assignment.status, Assignment.starts_at).where(Assignment.id == row.assignment_id)
    ).one_or_none()
    if held is None:
        return False
    status_holds = row.valid_assignment in (None, held.status)
    return status_holds and row.valid_start_at in (None, held.starts_at)


def _settle(
    session: Session, message_id: int, owner: str, status: OutboxStatus, **values: datetime | str | None
) -> bool:
    statement = (
        update(OutboxMessage)
        .where(
            OutboxMessage.id == message_id,
            OutboxMessage.status == OutboxStatus.SENDING,
            OutboxMessage.lease_owner == owner,
        )
        .values(status=status, lease_owner=None, leased_until=None, **values)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None
