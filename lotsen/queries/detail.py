"""All about one request for those who decide on it: what is asked, who was asked, and what has happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.lifecycle import HOLDING, LIVE
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    AuditEvent,
    RequestField,
    Subject,
    WishKind,
)
from lotsen.errors import NotFound
from lotsen.models import Account, Assignment, AuditEntry, Guide, GuideRequest


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the history with the names behind its ids; names of those who are gone are None."""

    id: int
    at: datetime
    actor_kind: ActorKind
    account_id: int | None
    actor_name: str | None
    event: AuditEvent
    subject: Subject
    trigger: str | None
    source: str | None
    assignment_id: int | None
    guide_id: int | None
    guide_name: str | None
    changed: tuple[RequestField, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """A request with all its assignments and its history, oldest first."""

    request: GuideRequest
    assignments: tuple[Assignment, ...]
    history: tuple[Happening, ...]
    wished: Mapping[int, str]

    @property
    def current(self) -> tuple[Assignment, ...]:
        """The assignments that may still lead to an appointment."""
        return tuple(one for one in self.assignments if one.status in LIVE)

    @property
    def ended(self) -> tuple[Assignment, ...]:
        """The assignments that are over."""
        return tuple(one for one in self.assignments if one.status not in LIVE)


def find(session: Session, pool_id: int, request_id: int) -> Detail:
    """Return a request of the pool that has been submitted; raises NotFound for any other."""
    request = session.scalar(
        select(GuideRequest)
        .where(
            GuideRequest.id == request_id,
            GuideRequest.pool_id == pool_id,
            GuideRequest.reference.is_not(None),
        )
        .options(
            selectinload(GuideRequest.windows),
            selectinload(GuideRequest.wishes),
            joinedload(GuideRequest.institution),
            joinedload(GuideRequest.contact),
            joinedload(GuideRequest.district),
        )
    )
    if request is None:
        raise NotFound("request")
    assignments = tuple(
        session.scalars(
            select(Assignment)
            .where(Assignment.request_id == request.id)
            .options(joinedload(Assignment.guide))
            .order_by(Assignment.id)
        )
    )
    wished = {one.guide_id for one in request.wishes if one.kind is not WishKind.GENDER and one.guide_id}
    history = _history(session, pool_id, request.id, [one.id for one in assignments])
    return Detail(request, assignments, history, _names(session, wished))


def check(session: Session, pool_id: int, request_id: int, assignment_id: int | None = None) -> None:
    """Raise NotFound unless the request, and the assignment with it, belong to the pool."""
    statement = select(GuideRequest.id).where(
        GuideRequest.id == request_id, GuideRequest.pool_id == pool_id, GuideRequest.reference.is_not(None)
    )
    if assignment_id is not None:
        statement = statement.join(Assignment, Assignment.request_id == GuideRequest.id).where(
            Assignment.id == assignment_id
        )
    if session.scalar(statement) is None:
        raise NotFound("request")


@dataclass(frozen=True, slots=True)
class Taking:
    """By which request of the pool a guide's time was given away, and the entry that tells it."""

    request_id: int
    reference: str
    happening: Happening


def taking(
    session: Session, pool_id: int, guide_id: int, starts_at: datetime, ends_at: datetime
) -> Taking | None:
    """Return what holds a guide's time in [starts_at, ends_at); None if it is another pool's."""
    held = session.execute(
        select(Assignment.id, Assignment.request_id, GuideRequest.reference)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(
            Assignment.pool_id == pool_id,
            Assignment.guide_id == guide_id,
            Assignment.status.in_(HOLDING),
            Assignment.starts_at < ends_at,
            Assignment.ends_at > starts_at,
        )
        .order_by(Assignment.id.desc())
        .limit(1)
    ).one_or_none()
    if held is None:
        return None
    offers = [
        one
        for one in _history(session, pool_id, held.request_id, [held.id])
        if one.assignment_id == held.id and one.trigger == AssignmentTrigger.OFFER
    ]
    return Taking(held.request_id, held.reference, offers[-1]) if offers else None


def asked_by(detail: Detail, guide_id: int) -> int | None:
    """Return the account that asked this guide and waits for the answer."""
    waiting = {
        one.id
        for one in detail.current
        if one.guide_id == guide_id and one.status is AssignmentStatus.OFFERED
    }
    asked = [
        one.account_id
        for one in detail.history
        if one.assignment_id in waiting and one.trigger == AssignmentTrigger.OFFER
    ]
    return asked[-1] if asked else None


def _history(
    session: Session, pool_id: int, request_id: int, assignment_ids: Iterable[int]
) -> tuple[Happening, ...]:
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.pool_id == pool_id,
            or_(
                and_(AuditEntry.subject == Subject.REQUEST, AuditEntry.subject_id == request_id),
                and_(AuditEntry.subject == Subject.ASSIGNMENT, AuditEntry.subject_id.in_(assignment_ids)),
            ),
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    ).all()
    accounts = {one.actor_id for one in entries if one.actor_kind is ActorKind.ACCOUNT and one.actor_id}
    account_names = dict(
        session.execute(select(Account.id, Account.name).where(Account.id.in_(accounts))).all()
    )
    guide_names = _names(session, {guide_id for one in entries if (guide_id := _guide_of(one)) is not None})
    return tuple(_happening(one, account_names, guide_names) for one in entries)


def _happening(entry: AuditEntry, accounts: Mapping[int, str], guides: Mapping[int, str]) -> Happening:
    guide_id = _guide_of(entry)
    account_id = entry.actor_id if entry.actor_kind is ActorKind.ACCOUNT else None
    return Happening(
        id=entry.id,
        at=entry.at,
        actor_kind=entry.actor_kind,
        account_id=account_id,
        actor_name=None if account_id is None else accounts.get(account_id),
        event=entry.event,
        subject=entry.subject,
        trigger=entry.trigger,
        source=entry.source,
        assignment_id=entry.subject_id if entry.subject is Subject.ASSIGNMENT else None,
        guide_id=guide_id,
        guide_name=None if guide_id is None else guides.get(guide_id),
        changed=_changed(entry),
    )


def _changed(entry: AuditEntry) -> tuple[RequestField, ...]:
    """Return what was changed of a request, in the order of the vocabulary."""
    if entry.event is not AuditEvent.CHANGED or entry.subject is not Subject.REQUEST:
        return ()
    return tuple(field for field in RequestField if field.value in entry.data)


def _guide_of(entry: AuditEntry) -> int | None:
    guide_id = entry.data.get("guide_id")
    return guide_id if isinstance(guide_id, int) else None


def _names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    return dict(session.execute(select(Guide.id, Guide.name).where(Guide.id.in_(ids))).all())
