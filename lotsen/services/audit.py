"""Writes the history."""

from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import ActorKind, AuditEvent, Subject
from lotsen.models import AuditEntry
from lotsen.services.unit_of_work import UnitOfWork


def record(
    uow: UnitOfWork,
    event: AuditEvent,
    subject: Subject,
    subject_id: int | None,
    *,
    pool_id: int | None,
    trigger: str | None = None,
    source: str | None = None,
    target: str | None = None,
    **data: object,
) -> None:
    """Add one entry; `data` takes codes and ids, never personal data."""
    session: Session = uow.session
    session.add(
        AuditEntry(
            pool_id=pool_id,
            at=uow.now,
            actor_kind=uow.actor.kind,
            actor_id=uow.actor.id if uow.actor.kind in (ActorKind.ACCOUNT, ActorKind.GUIDE) else None,
            event=event,
            subject=subject,
            subject_id=subject_id,
            trigger=trigger,
            source=source,
            target=target,
            data=data,
        )
    )
