"""What falls due by itself: which rows, computed from the database, and what then happens to each.

Every `due_…` gives ids, every verb decides once more on fresh rows and may run twice or at several places at
once: whoever comes second finds nothing to do or gets a Conflict.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from lotsen.domain.deadlines import halfway
from lotsen.domain.localtime import local_datetime, local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Notice, RequestStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, GuideRequest, OutboxMessage, Pool
from lotsen.notifications import notifier
from lotsen.services import requests
from lotsen.services.unit_of_work import UnitOfWork

# Whoever said yes this shortly before the start needs no reminder of it.
_FRESH = timedelta(hours=20)
# The day before begins at most two days and the hour of a clock change before an appointment.
_DAY_BEFORE_REACH = timedelta(hours=49)
_DAY = timedelta(days=1)


def due_expiries(uow: UnitOfWork) -> list[int]:
    """Return the offers whose time to answer is over, the oldest first."""
    return list(
        uow.session.scalars(
            select(Assignment.id)
            .where(Assignment.status == AssignmentStatus.OFFERED, Assignment.answer_by <= uow.now)
            .order_by(Assignment.answer_by)
        )
    )


def due_offer_reminders(uow: UnitOfWork) -> list[int]:
    """Return the unanswered offers of which half the time to answer is over."""
    candidates = uow.session.scalars(
        select(Assignment)
        .where(
            Assignment.status == AssignmentStatus.OFFERED,
            Assignment.answer_by > uow.now,
            ~_told(Notice.OFFER_REMINDER),
        )
        .order_by(Assignment.answer_by)
    )
    return [assignment.id for assignment in candidates if _offer_reminder_is_due(uow, assignment)]


def remind_of_offer(uow: UnitOfWork, assignment_id: int) -> None:
    """Ask a guide once more for an answer."""
    assignment = _locked(uow, assignment_id)
    told = _is_told(uow.session, assignment, Notice.OFFER_REMINDER)
    if not told and _offer_reminder_is_due(uow, assignment):
        _notify(uow, assignment, Notice.OFFER_REMINDER, (Audience.GUIDE,))


def due_reminders(uow: UnitOfWork) -> list[int]:
    """Return the appointments whose day before has come to the hour of reminding."""
    candidates = uow.session.scalars(
        select(Assignment)
        .where(
            Assignment.status == AssignmentStatus.CONFIRMED,
            Assignment.starts_at > uow.now,
            Assignment.starts_at <= uow.now + _DAY_BEFORE_REACH,
            ~_told(Notice.REMINDER),
        )
        .order_by(Assignment.starts_at)
    )
    return [assignment.id for assignment in candidates if _reminder_is_due(uow, assignment)]


def remind_of_appointment(uow: UnitOfWork, assignment_id: int) -> None:
    """Remind guide and institution of an appointment."""
    assignment = _locked(uow, assignment_id)
    told = _is_told(uow.session, assignment, Notice.REMINDER)
    if not told and _reminder_is_due(uow, assignment):
        _notify(uow, assignment, Notice.REMINDER, (Audience.GUIDE, Audience.INSTITUTION))


def due_completions(uow: UnitOfWork) -> list[int]:
    """Return the appointments that are over."""
    return list(
        uow.session.scalars(
            select(Assignment.id)
            .where(Assignment.status == AssignmentStatus.CONFIRMED, Assignment.ends_at <= uow.now)
            .order_by(Assignment.ends_at)
        )
    )


def due_lapses(uow: UnitOfWork) -> list[int]:
    """Return drafts left alone, addresses never confirmed, and open requests whose time is over."""
    ids: list[int] = []
    for pool in uow.session.scalars(select(Pool).order_by(Pool.id)):
        lapsed = _lapsed(uow, uow.settings(pool.id))
        ids += uow.session.scalars(
            select(GuideRequest.id).where(GuideRequest.pool_id == pool.id, lapsed).order_by(GuideRequest.id)
        )
    return ids


def lapse(uow: UnitOfWork, request_id: int) -> None:
    """End a request that is still due to lapse."""
    request = requests.lock(uow, request_id)
    lapsed = _lapsed(uow, uow.settings(request.pool_id))
    if uow.session.scalar(select(GuideRequest.id).where(GuideRequest.id == request_id, lapsed)):
        requests.lapse(uow, request_id)


def _lapsed(uow: UnitOfWork, settings: PoolSettings) -> ColumnElement[bool]:
    confirm_since = uow.now - timedelta(hours=settings.confirm_address_hours)
    return or_(
        and_(
            GuideRequest.status == RequestStatus.DRAFT,
            GuideRequest.created_at <= uow.now - timedelta(days=settings.draft_days),
        ),
        and_(
            GuideRequest.status == RequestStatus.SUBMITTED,
            or_(GuideRequest.submitted_at <= confirm_since, GuideRequest.ends_at <= uow.now),
        ),
        and_(GuideRequest.status == RequestStatus.OPEN, GuideRequest.ends_at <= uow.now),
    )


def _offer_reminder_is_due(uow: UnitOfWork, assignment: Assignment) -> bool:
    if assignment.status is not AssignmentStatus.OFFERED:
        return False
    if assignment.offered_at is None or assignment.answer_by is None or assignment.answer_by <= uow.now:
        return False
    settings, zone = uow.settings(assignment.pool_id), uow.zone(assignment.pool_id)
    half = halfway(
        assignment.offered_at, assignment.answer_by, zone, (settings.quiet_from, settings.quiet_until)
    )
    return half <= uow.now


def _reminder_is_due(uow: UnitOfWork, assignment: Assignment) -> bool:
    if assignment.status is not AssignmentStatus.CONFIRMED or assignment.starts_at <= uow.now:
        return False
    settings, zone = uow.settings(assignment.pool_id), uow.zone(assignment.pool_id)
    day_before = local_day(assignment.starts_at, zone) - _DAY
    remind_at = local_datetime(day_before, settings.reminder_at, zone).moment
    confirmed_at = assignment.answered_at or assignment.created_at
    if confirmed_at > min(remind_at, assignment.starts_at - _FRESH):
        return False
    return remind_at <= uow.now


def _told(notice: Notice) -> ColumnElement[bool]:
    """Hold where a message with this notice stands already for the assignment at its present start."""
    return exists().where(
        OutboxMessage.assignment_id == Assignment.id,
        OutboxMessage.notice == notice,
        or_(OutboxMessage.valid_start_at.is_(None), OutboxMessage.valid_start_at == Assignment.starts_at),
    )


def _is_told(session: Session, assignment: Assignment, notice: Notice) -> bool:
    return bool(session.scalar(select(Assignment.id).where(Assignment.id == assignment.id, _told(notice))))


def _locked(uow: UnitOfWork, assignment_id: int) -> Assignment:
    # Only with the request's lock is it certain that nobody reminds or answers at this same moment.
    request_id = uow.session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    requests.lock(uow, request_id)
    return uow.session.get_one(Assignment, assignment_id, populate_existing=True)


def _notify(uow: UnitOfWork, assignment: Assignment, notice: Notice, audiences: Iterable[Audience]) -> None:
    for audience in audiences:
        notifier.notify(
            uow.session,
            notice,
            audience,
            request=assignment.request,
            assignment=assignment,
            now=uow.now,
            links=uow.links,
        )
