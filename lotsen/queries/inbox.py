"""The office's list of requests: five tabs, each in the order in which it wants attention."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lotsen.domain.lifecycle import LIVE
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    InboxTab,
    Mode,
    Occasion,
    RequestStatus,
    UnfilledReason,
)
from lotsen.errors import NotFound
from lotsen.models import Assignment, District, Guide, GuideRequest, Institution, TimeWindow

_STATUSES = {
    InboxTab.TO_DO: (RequestStatus.OPEN,),
    InboxTab.WAITING: (RequestStatus.SUBMITTED, RequestStatus.OFFERED),
    InboxTab.CONFIRMED: (RequestStatus.CONFIRMED,),
}
_ENDED = (RequestStatus.COMPLETED, RequestStatus.CANCELLED, RequestStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Involved:
    """A guide who was asked or has agreed."""

    name: str
    status: AssignmentStatus
    starts_at: datetime
    ends_at: datetime
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One request of the list; `starts_at` is that of the agreed appointment, else of the first window.

    `flexible` if nothing is agreed and the talk may begin later within that window.
    """

    id: int
    reference: str
    status: RequestStatus
    occasion: Occasion
    institution: str
    language: str
    mode: Mode
    district: str | None
    starts_at: datetime
    ends_at: datetime
    windows: int
    flexible: bool
    guides_needed: int
    urgent: bool
    due_at: datetime | None
    unfilled_reason: UnfilledReason | None
    involved: tuple[Involved, ...]

    @property
    def answer_by(self) -> datetime | None:
        """When the first answer is due of those still awaited."""
        return min((one.answer_by for one in self.involved if one.answer_by is not None), default=None)


def counts(session: Session, pool_id: int) -> Mapping[InboxTab, int]:
    """Count the requests of each tab; one query."""
    reason = GuideRequest.unfilled_reason.is_not(None)
    found: dict[InboxTab, int] = dict.fromkeys(InboxTab, 0)
    for status, has_reason, number in session.execute(
        select(GuideRequest.status, reason, func.count())
        .where(GuideRequest.pool_id == pool_id, GuideRequest.reference.is_not(None))
        .group_by(GuideRequest.status, reason)
    ):
        tab = tab_of(status, has_reason=bool(has_reason))
        if tab is not None:
            found[tab] += number
    return found


def to_do(session: Session, pool_id: int) -> int:
    """Count the requests that wait for the office."""
    return (
        session.scalar(
            select(func.count())
            .select_from(GuideRequest)
            .where(GuideRequest.pool_id == pool_id, _in_tab(InboxTab.TO_DO))
        )
        or 0
    )


def next_deadline(session: Session, pool_id: int) -> datetime | None:
    """Return when the next answer of a guide is due."""
    return session.scalar(
        select(func.min(Assignment.answer_by)).where(
            Assignment.pool_id == pool_id, Assignment.status == AssignmentStatus.OFFERED
        )
    )


def rows(session: Session, pool_id: int, tab: InboxTab, *, offset: int, limit: int) -> tuple[Row, ...]:
    """Return a stretch of a tab; two queries, however many requests."""
    found = session.execute(_ordered(_select(pool_id), tab).offset(offset).limit(limit)).all()
    involved = _involved(session, [row.id for row in found])
    return tuple(_row(row, involved.get(row.id, ())) for row in found)


def one(session: Session, pool_id: int, request_id: int) -> Row:
    """Return one request as the list shows it; raises NotFound for one that is not the pool's."""
    found = session.execute(_select(pool_id).where(GuideRequest.id == request_id)).one_or_none()
    if found is None:
        raise NotFound("request")
    return _row(found, _involved(session, [request_id]).get(request_id, ()))


def tab_of(status: RequestStatus, *, has_reason: bool) -> InboxTab | None:
    """Return where a request is listed; drafts are nowhere."""
    for tab, statuses in _STATUSES.items():
        if status in statuses:
            return tab
    if status is RequestStatus.UNFILLED or (status is RequestStatus.LAPSED and has_reason):
        return InboxTab.NOBODY
    return None if status is RequestStatus.DRAFT else InboxTab.DONE


def _select(pool_id: int) -> Select[*tuple[Any, ...]]:
    windows = (
        select(func.count()).where(TimeWindow.request_id == GuideRequest.id).correlate(GuideRequest)
    ).scalar_subquery()
    return (
        select(
            GuideRequest.id,
            GuideRequest.reference,
            GuideRequest.status,
            GuideRequest.occasion,
            Institution.name.label("institution"),
            GuideRequest.language,
            GuideRequest.mode,
            District.name.label("district"),
            TimeWindow.starts_at,
            TimeWindow.ends_at,
            TimeWindow.minutes,
            windows.label("windows"),
            GuideRequest.guides_needed,
            GuideRequest.urgency_reason,
            GuideRequest.due_at,
            GuideRequest.unfilled_reason,
        )
        .join(Institution, Institution.id == GuideRequest.institution_id)
        .join(TimeWindow, and_(TimeWindow.request_id == GuideRequest.id, TimeWindow.position == 0))
        .outerjoin(District, District.id == GuideRequest.district_id)
        .where(GuideRequest.pool_id == pool_id, GuideRequest.reference.is_not(None))
    )


def _ordered(statement: Select[*tuple[Any, ...]], tab: InboxTab) -> Select[Any]:
    statement = statement.where(_in_tab(tab))
    if tab is InboxTab.TO_DO:
        return statement.order_by(GuideRequest.due_at, TimeWindow.starts_at, GuideRequest.id)
    if tab is InboxTab.WAITING:
        answer = _of_live(func.min(Assignment.answer_by), AssignmentStatus.OFFERED)
        return statement.order_by(func.coalesce(answer, GuideRequest.ends_at), GuideRequest.id)
    if tab is InboxTab.CONFIRMED:
        start = _of_live(func.min(Assignment.starts_at), AssignmentStatus.CONFIRMED)
        return statement.order_by(func.coalesce(start, TimeWindow.starts_at), GuideRequest.id)
    return statement.order_by(GuideRequest.closed_at.desc(), GuideRequest.id.desc())


def _of_live(value: ColumnElement[Any], status: AssignmentStatus) -> ColumnElement[Any]:
    return (
        select(value)
        .where(Assignment.request_id == GuideRequest.id, Assignment.status == status)
        .correlate(GuideRequest)
        .scalar_subquery()
    )


def _in_tab(tab: InboxTab) -> ColumnElement[bool]:
    if tab in _STATUSES:
        return GuideRequest.status.in_(_STATUSES[tab])
    lapsed = GuideRequest.status == RequestStatus.LAPSED
    if tab is InboxTab.NOBODY:
        return or_(
            GuideRequest.status == RequestStatus.UNFILLED,
            and_(lapsed, GuideRequest.unfilled_reason.is_not(None)),
        )
    return or_(GuideRequest.status.in_(_ENDED), and_(lapsed, GuideRequest.unfilled_reason.is_(None)))


def _involved(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[Involved, ...]]:
    grouped: dict[int, list[Involved]] = defaultdict(list)
    shown = (*sorted(LIVE), AssignmentStatus.COMPLETED)
    for request_id, name, status, starts_at, ends_at, answer_by in session.execute(
        select(
            Assignment.request_id,
            Guide.name,
            Assignment.status,
            Assignment.starts_at,
            Assignment.ends_at,
            Assignment.answer_by,
        )
        .join(Guide, Guide.id == Assignment.guide_id)
        .where(Assignment.request_id.in_(ids), Assignment.status.in_(shown))
        .order_by(Assignment.id)
    ):
        awaited = answer_by if status is AssignmentStatus.OFFERED else None
        grouped[request_id].append(Involved(name, status, starts_at, ends_at, awaited))
    return {request_id: tuple(found) for request_id, found in grouped.items()}


def _row(row: Any, involved: tuple[Involved, ...]) -> Row:
    agreed = next((one for one in involved if one.status is not AssignmentStatus.STANDBY), None)
    return Row(
        id=row.id,
        reference=row.reference,
        status=row.status,
        occasion=row.occasion,
        institution=row.institution,
        language=row.language,
        mode=row.mode,
        district=row.district,
        starts_at=row.starts_at if agreed is None else agreed.starts_at,
        ends_at=row.ends_at if agreed is None else agreed.ends_at,
        windows=row.windows if agreed is None else 1,
        flexible=agreed is None and row.ends_at - row.starts_at > timedelta(minutes=row.minutes),
        guides_needed=row.guides_needed,
        urgent=bool(row.urgency_reason),
        due_at=row.due_at,
        unfilled_reason=row.unfilled_reason,
        involved=involved,
    )
