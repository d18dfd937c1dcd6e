"""What was changed of a request since a guide was first asked for it, out of the history."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.models import Assignment, AuditEntry


@dataclass(frozen=True, slots=True)
class Changed:
    """One field, as it was when the guide was asked, and as it was changed last.

    Both are as the history keeps them: codes, ids and moments as text, None where the words are private.
    """

    field: str
    before: Any
    after: Any


def since_asked(session: Session, assignment: Assignment) -> tuple[Changed, ...]:
    """Return what differs from what the guide was asked; what was changed and changed back is left out.

    Who is asked again for other times was first asked by another assignment of the same request.
    """
    asked_at = session.scalar(
        select(func.min(func.coalesce(Assignment.offered_at, Assignment.created_at))).where(
            Assignment.request_id == assignment.request_id,
            Assignment.guide_id == assignment.guide_id,
        )
    )
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject == Subject.REQUEST,
            AuditEntry.subject_id == assignment.request_id,
            AuditEntry.event == AuditEvent.CHANGED,
            AuditEntry.at > asked_at,
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    found: dict[str, tuple[Any, Any]] = {}
    for entry in entries:
        for field, pair in entry.data.items():
            if isinstance(pair, list) and len(cast("list[Any]", pair)) == 2:
                before, after = cast("list[Any]", pair)
                found[field] = (found[field][0] if field in found else before, after)
    return tuple(
        Changed(field, before, after)
        for field, (before, after) in found.items()
        if before != after or before is None
    )
