"""Sends a request that repeats, and opens it: one request for each date, all in one transaction."""

from dataclasses import replace

from sqlalchemy import select

from lotsen.domain.request_rules import Times, is_urgent
from lotsen.domain.vocabulary import RequestStatus, RequestTrigger
from lotsen.models import GuideRequest, Series
from lotsen.services import requests, workflow
from lotsen.services.requests import RequestInput
from lotsen.services.unit_of_work import UnitOfWork


def submit(uow: UnitOfWork, draft_id: int, data: RequestInput) -> GuideRequest:
    """Send a draft, with a request of its own for each further date; returns the first one.

    Other dates to choose from hold for the first date alone. A second submit changes nothing. Raises like
    `requests.submit`.
    """
    if not data.further:
        return requests.submit(uow, draft_id, data)
    first = requests.lock(uow, draft_id)
    if first.submitted_at is not None:
        return first
    requests.fill_draft(uow, first, data)
    series = Series(pool_id=first.pool_id, created_at=uow.now)
    uow.session.add(series)
    uow.session.flush()
    first.series_id = series.id
    for span in data.further:
        _join(uow, first, replace(data, windows=(span,), further=()))
    # Last, so that its mail names all dates.
    workflow.fire_request(uow, first, RequestTrigger.SUBMIT, submitted_at=uow.now)
    return first


def confirm_address(uow: UnitOfWork, request_id: int) -> GuideRequest:
    """Open a request whose sender has shown that the address is theirs, with the rest of its series."""
    request = requests.confirm_address(uow, request_id)
    for other_id in _waiting(uow, request):
        # The same click of the same sender; only the link names one request.
        itself = replace(uow, actor=replace(uow.actor, request_id=other_id))
        other = requests.lock(itself, other_id)
        if other.status is not RequestStatus.SUBMITTED:
            continue
        workflow.fire_request(
            itself,
            other,
            RequestTrigger.OPEN_SERIES,
            opened_at=uow.now,
            due_at=requests.promised_by(uow, other),
        )
    return request


def _join(uow: UnitOfWork, first: GuideRequest, data: RequestInput) -> None:
    settings, zone = uow.settings(first.pool_id), uow.zone(first.pool_id)
    urgent = is_urgent(Times(data.windows, data.minutes), uow.now, zone, settings)
    later = GuideRequest(
        pool_id=first.pool_id,
        status=RequestStatus.DRAFT,
        series_id=first.series_id,
        locale=data.locale,
        created_at=uow.now,
    )
    uow.session.add(later)
    uow.session.flush()
    requests.fill(uow, later, data if urgent else replace(data, urgency_reason=""))
    workflow.fire_request(uow, later, RequestTrigger.JOIN_SERIES, submitted_at=uow.now)


def _waiting(uow: UnitOfWork, request: GuideRequest) -> list[int]:
    """Return the ids of those of a series that still wait for the address, in the order of all locks."""
    if request.series_id is None:
        return []
    return list(
        uow.session.scalars(
            select(GuideRequest.id)
            .where(
                GuideRequest.series_id == request.series_id,
                GuideRequest.id != request.id,
                GuideRequest.status == RequestStatus.SUBMITTED,
            )
            .order_by(GuideRequest.id)
        )
    )
