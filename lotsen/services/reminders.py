"""Who is asked after an appointment, for the hours and how it went: each once, found in the database."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import ActorKind, AssignmentStatus, Audience, Notice
from lotsen.errors import NotFound
from lotsen.models import Assignment, Feedback, OutboxMessage, Pool, ServiceReport
from lotsen.notifications import notifier
from lotsen.services import requests
from lotsen.services.unit_of_work import UnitOfWork

# What lies longer back is not asked for any more: the office sees that nothing was said.
_REACH = timedelta(days=30)
_LONGEST = timedelta(days=2)
_REPORTED = exists().where(ServiceReport.assignment_id == Assignment.id, ServiceReport.minutes.is_not(None))
_CONFIRMED = exists().where(
    ServiceReport.assignment_id == Assignment.id,
    or_(ServiceReport.confirmed_minutes.is_not(None), ServiceReport.decided_minutes.is_not(None)),
)
_FEEDBACK_GIVEN = exists().where(
    Feedback.assignment_id == Assignment.id, Feedback.given_by == ActorKind.INSTITUTION
)


def due_hours(uow: UnitOfWork) -> list[int]:
    """Return the appointments of which a side still has to be asked for the hours, the oldest first."""
    return _due(uow, _hours_delay, lambda: or_(_guide_is_due(), _institution_is_due()))


def ask_for_hours(uow: UnitOfWork, assignment_id: int) -> None:
    """Ask the guide for the hours, or the institution for its word on them."""
    assignment = _locked(uow, assignment_id)
    if _holds(uow, assignment_id, _hours_delay, _guide_is_due()):
        _tell(uow, assignment, Notice.HOURS, Audience.GUIDE, {})
    if _holds(uow, assignment_id, _hours_delay, _institution_is_due()):
        said = uow.session.scalars(
            select(ServiceReport).where(ServiceReport.assignment_id == assignment_id)
        ).one()
        _tell(
            uow,
            assignment,
            Notice.HOURS,
            Audience.INSTITUTION,
            {"start": said.starts_at, "end": said.ends_at},
        )


def due_feedback(uow: UnitOfWork) -> list[int]:
    """Return the appointments of which the institution has not said how they went, the oldest first."""
    return _due(uow, _feedback_delay, _feedback_is_due)


def ask_for_feedback(uow: UnitOfWork, assignment_id: int) -> None:
    """Ask the institution how it went."""
    assignment = _locked(uow, assignment_id)
    if _holds(uow, assignment_id, _feedback_delay, _feedback_is_due()):
        _tell(uow, assignment, Notice.FEEDBACK, Audience.INSTITUTION, {})


def _hours_delay(settings: PoolSettings) -> timedelta:
    return timedelta(hours=settings.hours_reminder_hours)


def _feedback_delay(settings: PoolSettings) -> timedelta:
    return timedelta(hours=settings.feedback_reminder_hours)


def _guide_is_due() -> ColumnElement[bool]:
    return ~_REPORTED & ~_told(Notice.HOURS, Audience.GUIDE)


def _institution_is_due() -> ColumnElement[bool]:
    return _REPORTED & ~_CONFIRMED & ~_told(Notice.HOURS, Audience.INSTITUTION)


def _feedback_is_due() -> ColumnElement[bool]:
    return ~_FEEDBACK_GIVEN & ~_told(Notice.FEEDBACK, Audience.INSTITUTION)


def _due(
    uow: UnitOfWork, delay: Callable[[PoolSettings], timedelta], condition: Callable[[], ColumnElement[bool]]
) -> list[int]:
    ids: list[int] = []
    for pool in uow.session.scalars(select(Pool).order_by(Pool.id)):
        over = _over(uow.now, delay(uow.settings(pool.id)))
        ids += uow.session.scalars(
            select(Assignment.id)
            .where(Assignment.pool_id == pool.id, *over, condition())
            .order_by(Assignment.ends_at)
        )
    return ids


def _holds(
    uow: UnitOfWork,
    assignment_id: int,
    delay: Callable[[PoolSettings], timedelta],
    condition: ColumnElement[bool],
) -> bool:
    pool_id = uow.session.get_one(Assignment, assignment_id).pool_id
    over = _over(uow.now, delay(uow.settings(pool_id)))
    statement = select(Assignment.id).where(Assignment.id == assignment_id, *over, condition)
    return uow.session.scalar(statement) is not None


def _over(now: datetime, delay: timedelta) -> tuple[ColumnElement[bool], ...]:
    # The start bounds what an index has to read; the end decides.
    return (
        Assignment.status == AssignmentStatus.COMPLETED,
        Assignment.starts_at > now - delay - _REACH - _LONGEST,
        Assignment.ends_at > now - delay - _REACH,
        Assignment.ends_at <= now - delay,
    )


def _told(notice: Notice, audience: Audience) -> ColumnElement[bool]:
    return exists().where(
        OutboxMessage.assignment_id == Assignment.id,
        OutboxMessage.notice == notice,
        OutboxMessage.audience == audience,
    )


def _locked(uow: UnitOfWork, assignment_id: int) -> Assignment:
    session: Session = uow.session
    request_id = session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    requests.lock(uow, request_id)
    return session.get_one(Assignment, assignment_id, populate_existing=True)


def _tell(
    uow: UnitOfWork, assignment: Assignment, notice: Notice, audience: Audience, more: dict[str, object]
) -> None:
    notifier.notify(
        uow.session,
        notice,
        audience,
        request=assignment.request,
        assignment=assignment,
        now=uow.now,
        links=uow.links,
        more=more,
    )
