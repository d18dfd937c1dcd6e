"""The hours of an appointment that is over: what each side says, and what the office decides.

Whoever speaks second finds the other's word on the page; the version that stood there keeps both from
overwriting unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lotsen.domain import tax_free
from lotsen.domain.hours import span_problem, travel_problem
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    Audience,
    AuditEvent,
    HoursProblem,
    Notice,
    Subject,
)
from lotsen.errors import HoursInvalid, NotAllowed, NotFound, WrongState
from lotsen.models import Assignment, GuideRequest, ServiceReport
from lotsen.notifications import notifier
from lotsen.queries import hours
from lotsen.services import audit, requests
from lotsen.services.asking import lock_guide
from lotsen.services.unit_of_work import UnitOfWork

_TRIGGER = "report"
_MINUTES_OF_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Said:
    """The hours as the guide reports them; the way is given in kilometres or as a ticket."""

    starts_at: datetime
    ends_at: datetime
    travel_km: int = 0
    ticket_cents: int = 0


def report(uow: UnitOfWork, assignment_id: int, said: Said, seen_version: int) -> ServiceReport:
    """Take the guide's hours; the same once more changes nothing.

    Raises HoursInvalid for what cannot be true, WrongState once the hours are settled or were changed.
    """
    _allow(uow, ActorKind.GUIDE)
    request, assignment = lock_over(uow, assignment_id)
    _refuse(span_problem(said.starts_at, said.ends_at, uow.now))
    _refuse(travel_problem(said.travel_km, said.ticket_cents))
    found = of(uow, assignment_id)
    cents = said.ticket_cents + said.travel_km * uow.settings(request.pool_id).travel_cents_per_km
    values = (said.starts_at, said.ends_at, said.travel_km, cents)
    if found is not None and values == (found.starts_at, found.ends_at, found.travel_km, found.travel_cents):
        return found
    if found is not None and found.settled:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, _TRIGGER)
    before = _before(uow, request, assignment)
    found = _changed(uow, assignment, found, seen_version)
    found.starts_at, found.ends_at, found.travel_km, found.travel_cents = values
    found.minutes, found.reported_at = _minutes(said.starts_at, said.ends_at), uow.now
    _settle(uow, request, assignment, found, before, AuditEvent.HOURS_REPORTED)
    return found


def confirm(
    uow: UnitOfWork, assignment_id: int, starts_at: datetime, ends_at: datetime, seen_version: int
) -> ServiceReport:
    """Take the institution's word on the hours; the same once more changes nothing.

    Raises HoursInvalid for what cannot be true, WrongState once the office has decided or hours have changed.
    """
    _allow(uow, ActorKind.INSTITUTION)
    request, assignment = lock_over(uow, assignment_id)
    _refuse(span_problem(starts_at, ends_at, uow.now))
    found = of(uow, assignment_id)
    if found is not None and (starts_at, ends_at) == (found.confirmed_starts_at, found.confirmed_ends_at):
        return found
    if found is not None and found.decided_minutes is not None:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, _TRIGGER)
    before = _before(uow, request, assignment)
    found = _changed(uow, assignment, found, seen_version)
    found.confirmed_starts_at, found.confirmed_ends_at = starts_at, ends_at
    found.confirmed_minutes, found.confirmed_at = _minutes(starts_at, ends_at), uow.now
    _settle(uow, request, assignment, found, before, AuditEvent.HOURS_CONFIRMED)
    return found


def decide(uow: UnitOfWork, assignment_id: int, minutes: int, seen_version: int) -> ServiceReport:
    """Let the office say which length counts."""
    _allow(uow, ActorKind.ACCOUNT)
    request, assignment = lock_over(uow, assignment_id)
    if not 0 <= minutes <= _MINUTES_OF_A_DAY:
        raise HoursInvalid(HoursProblem.TOO_LONG)
    found = of(uow, assignment_id)
    if found is not None and found.decided_minutes == minutes:
        return found
    before = _before(uow, request, assignment)
    found = _changed(uow, assignment, found, seen_version)
    found.decided_minutes, found.decided_at = minutes, uow.now
    _settle(uow, request, assignment, found, before, AuditEvent.HOURS_DECIDED)
    return found


def lock_over(uow: UnitOfWork, assignment_id: int) -> tuple[GuideRequest, Assignment]:
    """Lock an appointment that is over; raises WrongState for any other, NotFound for a stranger's."""
    request_id = uow.session.scalar(select(Assignment.request_id).where(Assignment.id == assignment_id))
    if request_id is None:
        raise NotFound("assignment")
    request = requests.lock(uow, request_id)
    assignment = uow.session.get_one(Assignment, assignment_id, populate_existing=True)
    if uow.actor.guide_id not in (None, assignment.guide_id):
        raise NotFound("assignment")
    over = assignment.status is AssignmentStatus.COMPLETED or (
        assignment.status is AssignmentStatus.CONFIRMED and assignment.ends_at <= uow.now
    )
    if not over:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, _TRIGGER)
    return request, assignment


def of(uow: UnitOfWork, assignment_id: int) -> ServiceReport | None:
    """Return what has been said of an appointment's hours."""
    return uow.session.scalar(
        select(ServiceReport)
        .where(ServiceReport.assignment_id == assignment_id)
        .execution_options(populate_existing=True)
    )


def _allow(uow: UnitOfWork, kind: ActorKind) -> None:
    # Each side speaks for itself: nobody's word is entered by another.
    if uow.actor.kind is not kind:
        raise NotAllowed(_TRIGGER)


def _refuse(problem: HoursProblem | None) -> None:
    if problem is not None:
        raise HoursInvalid(problem)


def _minutes(starts_at: datetime, ends_at: datetime) -> int:
    return int((ends_at - starts_at).total_seconds() // 60)


def _changed(
    uow: UnitOfWork, assignment: Assignment, found: ServiceReport | None, seen_version: int
) -> ServiceReport:
    if seen_version != (0 if found is None else found.version):
        raise WrongState(Subject.ASSIGNMENT, assignment.status, _TRIGGER)
    if found is None:
        found = ServiceReport(assignment_id=assignment.id, version=1, travel_km=0, travel_cents=0)
        uow.session.add(found)
    else:
        found.version += 1
    return found


def _before(uow: UnitOfWork, request: GuideRequest, assignment: Assignment) -> hours.Sum:
    # Sums of one guide change one after the other, or none of two would see that the limit is reached.
    lock_guide(uow, assignment.guide_id, request.pool_id)
    return _year(uow, request, assignment)


def _year(uow: UnitOfWork, request: GuideRequest, assignment: Assignment) -> hours.Sum:
    zone = uow.zone(request.pool_id)
    year = local_day(assignment.starts_at, zone).year
    settings = uow.settings(request.pool_id)
    return hours.total(hours.in_year(uow.session, assignment.guide_id, year, zone), settings)


def _settle(
    uow: UnitOfWork,
    request: GuideRequest,
    assignment: Assignment,
    found: ServiceReport,
    before: hours.Sum,
    event: AuditEvent,
) -> None:
    uow.session.flush()
    audit.record(
        uow,
        event,
        Subject.ASSIGNMENT,
        assignment.id,
        pool_id=request.pool_id,
        request_id=request.id,
        guide_id=assignment.guide_id,
        minutes=found.counted_minutes,
    )
    if found.disputed:
        more = {"guides": found.minutes, "theirs": found.confirmed_minutes, "version": found.version}
        _tell(uow, Notice.HOURS, Audience.OFFICE, request, assignment, more)
    _warn(uow, request, assignment, before)


def _warn(uow: UnitOfWork, request: GuideRequest, assignment: Assignment, before: hours.Sum) -> None:
    year = local_day(assignment.starts_at, uow.zone(request.pool_id)).year
    limit = tax_free.limit_cents(uow.settings(request.pool_id).tax_free_rule, year)
    after = _year(uow, request, assignment)
    percent = tax_free.newly_reached(before.allowance_cents, after.allowance_cents, limit)
    if percent is not None:
        more = {"year": year, "percent": percent, "cents": after.allowance_cents, "limit": limit}
        for audience in (Audience.GUIDE, Audience.OFFICE):
            _tell(uow, Notice.ALLOWANCE_LIMIT, audience, request, assignment, more)


def _tell(
    uow: UnitOfWork,
    notice: Notice,
    audience: Audience,
    request: GuideRequest,
    assignment: Assignment,
    more: Mapping[str, object],
) -> None:
    notifier.notify(
        uow.session,
        notice,
        audience,
        request=request,
        assignment=assignment,
        now=uow.now,
        links=uow.links,
        more=more,
    )
