"""Writes down what was changed of a request, and tells guides, institution and office."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from lotsen.domain.vocabulary import Audience, AuditEvent, Consequence, Notice, RequestField, Subject
from lotsen.models import Assignment, GuideRequest
from lotsen.notifications import notifier
from lotsen.notifications.changes import Change
from lotsen.services import audit
from lotsen.services.refitting import Concerned
from lotsen.services.unit_of_work import UnitOfWork

# The history says that these were changed, not what they say: people and places of families may stand there.
_PRIVATE = frozenset(
    {
        RequestField.ADDRESS,
        RequestField.MEETING_POINT,
        RequestField.ON_SITE_NAME,
        RequestField.ON_SITE_PHONE,
        RequestField.BILLING_NOTE,
        RequestField.REMARKS,
    }
)


def record(uow: UnitOfWork, request: GuideRequest, values: Mapping[RequestField, tuple[Any, Any]]) -> None:
    """Write {field: [before, after]} into the history; both are null where the words may be private."""
    data: dict[str, Any] = {
        field.value: [None, None] if field in _PRIVATE else [_plain(one) for one in pair]
        for field, pair in values.items()
    }
    audit.record(uow, AuditEvent.CHANGED, Subject.REQUEST, request.id, pool_id=request.pool_id, **data)


def tell(uow: UnitOfWork, request: GuideRequest, change: Change, concerned: Sequence[Concerned]) -> None:
    """Tell each guide whom it concerns, the institution, and the office if it has to look for somebody."""
    for one in concerned:
        mine = _for(change, one)
        if mine.concerns_guide or not mine.stays:
            _notify(uow, request, Audience.GUIDE, mine, one.assignment)
    agreed = [one for one in concerned if one.agreed]
    in_calendars = [one for one in agreed if _for(change, one).calendar is not None]
    for one in in_calendars:
        _notify(uow, request, Audience.INSTITUTION, _for(change, one), one.assignment)
    if not in_calendars:
        _notify(uow, request, Audience.INSTITUTION, _for(change, agreed[0]) if agreed else change, None)
    if any(one.consequence is Consequence.RELEASED for one in concerned):
        _notify(uow, request, Audience.OFFICE, change, None)


def _for(change: Change, one: Concerned) -> Change:
    return replace(change, consequence=one.consequence, agreed=one.agreed)


def _notify(
    uow: UnitOfWork, request: GuideRequest, audience: Audience, change: Change, about: Assignment | None
) -> None:
    notifier.notify(
        uow.session,
        Notice.CHANGED,
        audience,
        request=request,
        assignment=about,
        now=uow.now,
        links=uow.links,
        change=change,
    )


def _plain(value: object) -> object:
    """Return a value in words that JSON knows."""
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value
