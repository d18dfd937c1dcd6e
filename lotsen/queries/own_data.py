"""All that is stored about a guide: the copy to which Art. 15 and 20 GDPR give a right.

New tables with a guide's or an assignment's id come along by themselves; what must not is named here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Executable, Select, Table, or_, select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import ActorKind, Subject
from lotsen.models import (
    Assignment,
    AuditEntry,
    Base,
    District,
    Guide,
    GuideConflict,
    GuideDistrict,
    GuideRequest,
    Institution,
    OutboxMessage,
)

Sections: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]

# Secrets of links; what institutions wish for; told in words of their own below.
_LEFT_OUT: Final = frozenset(
    {"token", "request_wish", "assignment", "guide_district", "guide_conflict", "outbox_message"}
)
# What only holds the database together.
_INNER: Final = frozenset({"id", "guide_id", "pool_id", "home_district_id", "assignment_id", "token_hash"})


def of_guide(session: Session, guide_id: int) -> Sections:
    """Return every section with its rows; the names of sections and values stay the same for programs."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {"guide": _read(session, _guide(guide_id))}
    for table in Base.metadata.sorted_tables:
        statement = None if table.name in _LEFT_OUT else _of_table(table, guide_id)
        if statement is not None:
            found[table.name] = _read(session, statement)
    for name, statement in _told(guide_id).items():
        found[name] = _read(session, statement)
    return found


def _guide(guide_id: int) -> Select[Any]:
    columns = [one for one in Base.metadata.tables["guide"].columns if one.name not in _INNER]
    home = select(District.name).where(District.id == Guide.home_district_id).scalar_subquery()
    return select(*columns, home.label("home_district")).where(Guide.id == guide_id)


def _of_table(table: Table, guide_id: int) -> Select[Any] | None:
    columns = [one for one in table.columns if one.name not in _INNER]
    if "guide_id" in table.columns:
        return select(*columns).where(table.c.guide_id == guide_id).order_by(*table.primary_key)
    if "assignment_id" in table.columns:
        mine = select(Assignment.id).where(Assignment.guide_id == guide_id)
        return select(*columns).where(table.c.assignment_id.in_(mine)).order_by(*table.primary_key)
    return None


def _told(guide_id: int) -> Mapping[str, Executable]:
    address = select(Guide.email).where(Guide.id == guide_id).scalar_subquery()
    return {
        "guide_district": select(District.name)
        .join(GuideDistrict, GuideDistrict.district_id == District.id)
        .where(GuideDistrict.guide_id == guide_id),
        "guide_conflict": select(Institution.name.label("institution"), GuideRequest.reference)
        .select_from(GuideConflict)
        .outerjoin(Institution, Institution.id == GuideConflict.institution_id)
        .outerjoin(GuideRequest, GuideRequest.id == GuideConflict.request_id)
        .where(GuideConflict.guide_id == guide_id),
        "assignment": select(
            Assignment.starts_at,
            Assignment.ends_at,
            Assignment.status,
            Assignment.offered_at,
            Assignment.answered_at,
            Assignment.decline_reason,
            GuideRequest.reference,
            GuideRequest.language,
            GuideRequest.occasion,
            Institution.name.label("institution"),
        )
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .outerjoin(Institution, Institution.id == GuideRequest.institution_id)
        .where(Assignment.guide_id == guide_id)
        .order_by(Assignment.starts_at),
        "outbox_message": select(OutboxMessage.created_at, OutboxMessage.sent_at, OutboxMessage.subject)
        .where(
            OutboxMessage.to_address == address,
            OutboxMessage.pool_id == select(Guide.pool_id).where(Guide.id == guide_id).scalar_subquery(),
        )
        .order_by(OutboxMessage.id),
        "audit_entry": select(AuditEntry.at, AuditEntry.event, AuditEntry.subject, AuditEntry.trigger)
        .where(
            or_(
                (AuditEntry.subject == Subject.GUIDE) & (AuditEntry.subject_id == guide_id),
                (AuditEntry.actor_kind == ActorKind.GUIDE) & (AuditEntry.actor_id == guide_id),
            )
        )
        .order_by(AuditEntry.id),
    }


def _read(session: Session, statement: Executable) -> Sequence[Mapping[str, Any]]:
    return [dict(row) for row in session.execute(statement).mappings()]
