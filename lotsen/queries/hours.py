"""What a guide has done and what it comes to: appointments that are over, by month or year, and sums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from lotsen.domain.localtime import local_datetime
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.errors import NotFound
from lotsen.models import Assignment, GuideRequest, ServiceReport


@dataclass(frozen=True, slots=True)
class Served:
    """An appointment that is over, and what was said of its hours."""

    assignment: Assignment
    report: ServiceReport | None

    @property
    def version(self) -> int:
        """The version of what was said; 0 for nothing."""
        return 0 if self.report is None else self.report.version

    @property
    def counted_minutes(self) -> int | None:
        """The length that counts; None as long as nobody has said anything."""
        return None if self.report is None else self.report.counted_minutes

    @property
    def planned_minutes(self) -> int:
        """The length that was agreed on."""
        return int((self.assignment.ends_at - self.assignment.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Sum:
    """What appointments come to; those of which nobody has said anything do not count."""

    appointments: int
    minutes: int
    allowance_cents: int
    travel_cents: int


@dataclass(frozen=True, slots=True)
class Way:
    """How a guide travelled to an institution the last time."""

    km: int = 0
    cents: int = 0


def between(session: Session, guide_id: int | None, start: datetime, end: datetime) -> list[Served]:
    """Return a guide's appointments that took place in [start, end), the first one first; one query."""
    rows = session.execute(
        select(Assignment, ServiceReport)
        .outerjoin(ServiceReport, ServiceReport.assignment_id == Assignment.id)
        .where(
            Assignment.guide_id == guide_id,
            Assignment.starts_at >= start,
            Assignment.starts_at < end,
            Assignment.status == AssignmentStatus.COMPLETED,
        )
        .order_by(Assignment.starts_at, Assignment.id)
        .options(
            joinedload(Assignment.request).joinedload(GuideRequest.institution),
            joinedload(Assignment.request).joinedload(GuideRequest.district),
        )
    )
    return [Served(assignment, report) for assignment, report in rows]


def one(session: Session, assignment_id: int, guide_id: int | None, now: datetime) -> Served:
    """Return an appointment of this guide that is over; NotFound for any other."""
    row = session.execute(
        select(Assignment, ServiceReport)
        .outerjoin(ServiceReport, ServiceReport.assignment_id == Assignment.id)
        .where(
            Assignment.id == assignment_id,
            Assignment.guide_id == guide_id,
            or_(
                Assignment.status == AssignmentStatus.COMPLETED,
                and_(Assignment.status == AssignmentStatus.CONFIRMED, Assignment.ends_at <= now),
            ),
        )
        .options(joinedload(Assignment.request).joinedload(GuideRequest.institution))
    ).one_or_none()
    if row is None:
        raise NotFound("appointment")
    return Served(*row)


def in_year(session: Session, guide_id: int | None, year: int, zone: ZoneInfo) -> list[Served]:
    """Return a guide's appointments of a local year."""
    return between(session, guide_id, begin(date(year, 1, 1), zone), begin(date(year + 1, 1, 1), zone))


def in_days(session: Session, guide_id: int, first: date, last: date, zone: ZoneInfo) -> list[Served]:
    """Return a guide's appointments from one local day to another, both included."""
    after = date.fromordinal(last.toordinal() + 1)
    return between(session, guide_id, begin(first, zone), begin(after, zone))


def total(rows: Iterable[Served], settings: PoolSettings) -> Sum:
    """Add up minutes, allowances and travel of what has been reported."""
    count = minutes = allowance = travel = 0
    for row in rows:
        counted = row.counted_minutes
        if row.report is None or counted is None:
            continue
        count += 1
        minutes += counted
        allowance += settings.allowance_for(counted) if counted else 0
        travel += row.report.travel_cents
    return Sum(count, minutes, allowance, travel)


def usual_ways(session: Session, guide_id: int | None, rows: Sequence[Served]) -> dict[int, Way]:
    """Return by institution how the guide travelled there the last time; two steps, whatever the number."""
    institutions = {row.assignment.request.institution_id for row in rows}
    last = (
        select(func.max(ServiceReport.id))
        .join(Assignment, Assignment.id == ServiceReport.assignment_id)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(
            Assignment.guide_id == guide_id,
            GuideRequest.institution_id.in_(institutions),
            ServiceReport.reported_at.is_not(None),
        )
        .group_by(GuideRequest.institution_id)
    )
    found = session.execute(
        select(GuideRequest.institution_id, ServiceReport.travel_km, ServiceReport.travel_cents)
        .join(Assignment, Assignment.request_id == GuideRequest.id)
        .join(ServiceReport, ServiceReport.assignment_id == Assignment.id)
        .where(ServiceReport.id.in_(last))
    )
    return {key: Way(km, 0 if km else cents) for key, km, cents in found if key is not None}


def begin(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day begins."""
    return local_datetime(day, time(0), zone).moment
