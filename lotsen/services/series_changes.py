"""Changes, moves and calls off the appointments of a series together: this one, the following, or all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lotsen.domain.lifecycle import ENDED_REQUEST
from lotsen.domain.localtime import Span, local_datetime
from lotsen.domain.vocabulary import RequestField, RequestStatus, SeriesScope
from lotsen.errors import Invalid, NotFound
from lotsen.i18n import N_
from lotsen.models import GuideRequest
from lotsen.queries import tracking
from lotsen.services import request_changes, requests
from lotsen.services.refitting import Times
from lotsen.services.request_changes import Outlook, Wanted
from lotsen.services.unit_of_work import UnitOfWork

Seen = Mapping[int, int]
"""The version of each request that stood on the page."""


def members(uow: UnitOfWork, request: GuideRequest, scope: SeriesScope) -> tuple[GuideRequest, ...]:
    """Return the requests that are meant and still go on, the earliest first; without a series the one."""
    if scope is SeriesScope.ONE or request.series_id is None:
        return (request,)
    found = uow.session.scalars(
        select(GuideRequest)
        .where(
            GuideRequest.pool_id == request.pool_id,
            GuideRequest.series_id == request.series_id,
            GuideRequest.status.not_in((*ENDED_REQUEST, RequestStatus.DRAFT)),
        )
        .options(selectinload(GuideRequest.windows))
    )
    here = _begins(request)
    meant = (one for one in found if scope is SeriesScope.ALL or _begins(one) >= here)
    return tuple(sorted(meant, key=lambda one: (_begins(one), one.id)))


def seen(requests_on_page: tuple[GuideRequest, ...]) -> dict[int, int]:
    """Return which version of each request a page shows."""
    return {one.id: one.version for one in requests_on_page}


def outlooks(
    uow: UnitOfWork, request: GuideRequest, wanted: Wanted, scope: SeriesScope
) -> tuple[tuple[GuideRequest, Outlook], ...]:
    """Return what a change would do to each request that is meant; nothing is written."""
    return tuple(
        (one, request_changes.outlook(uow, one, mine)) for one, mine in _each(uow, request, wanted, scope)
    )


def revise(
    uow: UnitOfWork, request_id: int, wanted: Wanted, scope: SeriesScope, versions: Seen
) -> tuple[GuideRequest, ...]:
    """Change all that are meant, or none; a new time shifts the others by as much on the clock of the wall.

    Raises WrongState if one of them moved on since the page was shown, Invalid if one cannot be so.
    """
    request = requests.lock(uow, request_id)
    office = _for_series(uow)
    meant = _each(uow, request, wanted, scope)
    _lock(office, tuple(one for one, _ in meant))
    for one, mine in meant:
        request_changes.revise(office, one.id, mine, versions.get(one.id, 0))
    return tuple(one for one, _ in meant)


def cancel(uow: UnitOfWork, request_id: int, scope: SeriesScope, versions: Seen) -> tuple[GuideRequest, ...]:
    """Call off all that are meant, or none; raises WrongState if one moved on since the page was shown."""
    request = requests.lock(uow, request_id)
    office = _for_series(uow)
    meant = members(uow, request, scope)
    _lock(office, meant)
    for one in meant:
        requests.cancel(office, one.id, versions.get(one.id, 0))
    return meant


def _lock(uow: UnitOfWork, meant: tuple[GuideRequest, ...]) -> None:
    # In one order, so that no two who change a series wait in a circle.
    for request_id in sorted(one.id for one in meant):
        requests.lock(uow, request_id)


def _for_series(uow: UnitOfWork) -> UnitOfWork:
    """Return the same transaction for the whole series: who holds one request's link asked for all."""
    return replace(uow, actor=replace(uow.actor, request_id=None))


def _each(
    uow: UnitOfWork, request: GuideRequest, wanted: Wanted, scope: SeriesScope
) -> tuple[tuple[GuideRequest, Wanted], ...]:
    meant = members(uow, request, scope)
    if not meant:
        raise NotFound("series")
    times: Times | None = wanted.fields.get(RequestField.WINDOWS)
    if times is None:
        return tuple((one, wanted) for one in meant)
    agreed = tracking.agreed_times(uow.session, [one.id for one in (request, *meant)])
    move = _move(_stand(request, agreed), times, uow.zone(request.pool_id))
    found: list[tuple[GuideRequest, Wanted]] = []
    for one in meant:
        fields = dict(wanted.fields)
        if one.id != request.id:
            fields.pop(RequestField.WINDOWS)
            if move is not None:
                fields[RequestField.WINDOWS] = move.of(_stand(one, agreed))
        found.append((one, replace(wanted, fields=fields)))
    return tuple(found)


def _stand(request: GuideRequest, agreed: Mapping[int, Span]) -> Times:
    """Return the times that a page shows: the agreed one, else those that were asked for."""
    if request.id in agreed:
        start, end = agreed[request.id]
        return ((start, end, (end - start) // timedelta(minutes=1)),)
    return tuple((one.starts_at, one.ends_at, one.minutes) for one in request.windows)


@dataclass(frozen=True, slots=True)
class _Move:
    """By how much times move on the clock of the wall, how much room they gain, and how long the talk is."""

    shift: timedelta
    room: timedelta
    minutes: int
    zone: ZoneInfo

    def of(self, times: Times) -> Times:
        """Move the times of another request of the series."""
        return tuple(self._one(*one) for one in times)

    def _one(self, start: datetime, end: datetime, minutes: int) -> tuple[datetime, datetime, int]:
        wall = _wall(start, self.zone) + self.shift
        at = local_datetime(wall.date(), wall.time(), self.zone)
        if not at.exists:
            raise Invalid({"windows": N_("One of the times does not exist, because the clocks change.")})
        room = max(timedelta(0), _room(start, end, minutes) + self.room)
        return at.moment, at.moment + timedelta(minutes=self.minutes) + room, self.minutes


def _move(before: Times, after: Times, zone: ZoneInfo) -> _Move | None:
    """Return what a new first time means for the others; None if it is as before."""
    if not after or after[0] == before[0]:
        return None
    shift = _wall(after[0][0], zone) - _wall(before[0][0], zone)
    return _Move(shift, _room(*after[0]) - _room(*before[0]), after[0][2], zone)


def _room(start: datetime, end: datetime, minutes: int) -> timedelta:
    return end - start - timedelta(minutes=minutes)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _begins(request: GuideRequest) -> datetime:
    return min(one.starts_at for one in request.windows)
