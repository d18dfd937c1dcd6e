"""Says what a change of a request means for those who were asked or have agreed, before and while it is made.

Who still fits is asked again first; who no longer fits is let go; who agreed to nothing else is only told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.request_rules import places
from lotsen.domain.vocabulary import AssignmentStatus, Consequence, ReasonCode, RequestField
from lotsen.matching import rules
from lotsen.matching.profiles import Candidate, Need, Rules, Window, Wish
from lotsen.models import Assignment, District, GuideRequest
from lotsen.queries import candidates, needs
from lotsen.services.unit_of_work import UnitOfWork

# A yes was given to this; whoever said it is asked once more.
_AGREED_TO = frozenset({RequestField.MODE, RequestField.DISTRICT, RequestField.LANGUAGE})
# Whoever is asked about the same talk once more is not asked more often for that.
_NO_HINDRANCE = frozenset({ReasonCode.ASKS})

Fields = Mapping[RequestField, Any]
Times = tuple[tuple[datetime, datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody who was asked or has agreed, and what the change means; `place` is when they are asked for."""

    assignment: Assignment
    agreed: bool
    consequence: Consequence
    place: Window


def concerned(uow: UnitOfWork, request: GuideRequest, changes: Fields) -> tuple[Concerned, ...]:
    """Return what a change means for each, those who have agreed first; nothing is written.

    `changes` maps what differs to how it is to be.
    """
    held = _held(uow, request)
    if not held:
        return ()
    settings, zone = uow.settings(request.pool_id), uow.zone(request.pool_id)
    before = needs.need_of(request, settings)
    after = _need(uow, request, before, changes)
    both = replace(before, windows=before.windows + after.windows)
    pool_rules = needs.rules_of(uow.session, uow.pool(request.pool_id), settings, both)
    found = candidates.load(
        uow.session, request.pool_id, zone, settings, uow.now, tuple({one.guide_id for one in held})
    )
    guides = {one.guide_id: _without(one, request.id) for one in found}
    times = _times(request, changes)
    asked = _Asked(before, after, pool_rules, uow.now)
    told: list[Concerned] = []
    for one in held:
        together = [other.place for other in told if other.consequence is not Consequence.RELEASED]
        told.append(_one(one, guides[one.guide_id], asked, times, changes, together))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class _Asked:
    before: Need
    after: Need
    rules: Rules
    now: datetime

    def hindrances(self, need: Need, guide: Candidate, place: Window) -> frozenset[ReasonCode]:
        reasons = rules.check(need, place, guide, self.rules, self.now)
        return frozenset(reason.code for reason in reasons) - _NO_HINDRANCE


def _one(
    assignment: Assignment,
    guide: Candidate,
    asked: _Asked,
    times: Times,
    changes: Fields,
    together: Sequence[Window],
) -> Concerned:
    agreed = assignment.status is AssignmentStatus.CONFIRMED
    here = Window(assignment.starts_at, assignment.ends_at)
    if RequestField.WINDOWS in changes and not _is_within(here, times):
        # Several guides come at one and the same time.
        possible = together[:1] or _places(times)
        free = next((place for place in possible if not asked.hindrances(asked.after, guide, place)), None)
        if free is None:
            return Concerned(assignment, agreed, Consequence.RELEASED, here)
        return Concerned(assignment, agreed, Consequence.ASKED_AGAIN, free)
    # What was so already when the guide was asked hinders nobody now.
    new = asked.hindrances(asked.after, guide, here) - asked.hindrances(asked.before, guide, here)
    if new:
        return Concerned(assignment, agreed, Consequence.RELEASED, here)
    again = agreed and bool(_AGREED_TO & changes.keys())
    return Concerned(assignment, agreed, Consequence.ASKED_AGAIN if again else Consequence.STAYS, here)


def _held(uow: UnitOfWork, request: GuideRequest) -> list[Assignment]:
    rows = uow.session.scalars(
        select(Assignment)
        .where(Assignment.request_id == request.id, Assignment.status.in_(HOLDING))
        .options(joinedload(Assignment.guide))
        .order_by(Assignment.id)
    )
    return sorted(rows, key=lambda one: one.status is not AssignmentStatus.CONFIRMED)


def _need(uow: UnitOfWork, request: GuideRequest, need: Need, changes: Fields) -> Need:
    """Return the need as it is to be."""

    def of(field: RequestField) -> Any:
        return changes[field] if field in changes else getattr(request, field.value)

    district = uow.session.get(District, of(RequestField.DISTRICT) or 0)
    wishes = need.wishes
    if RequestField.WISHES in changes:
        wishes = tuple(Wish(*wish) for wish in changes[RequestField.WISHES])
    return replace(
        need,
        windows=_places(_times(request, changes)),
        language=of(RequestField.LANGUAGE),
        accepted=needs.accepted(of(RequestField.LANGUAGE), substitutes=of(RequestField.SUBSTITUTES)),
        level=of(RequestField.LANGUAGE_LEVEL),
        mode=of(RequestField.MODE),
        district=district.code if district is not None else None,
        occasion=of(RequestField.OCCASION),
        wishes=wishes,
    )


def _times(request: GuideRequest, changes: Fields) -> Times:
    if RequestField.WINDOWS in changes:
        return changes[RequestField.WINDOWS]
    return tuple((one.starts_at, one.ends_at, one.minutes) for one in request.windows)


def _is_within(here: Window, times: Times) -> bool:
    return any(
        start <= here.start and here.end <= end and here.minutes == minutes for start, end, minutes in times
    )


def _places(times: Times) -> tuple[Window, ...]:
    return tuple(Window(*place) for one in times for place in places(*one))


def _without(guide: Candidate, request_id: int) -> Candidate:
    """Return a guide whose time is not held by the request itself."""
    return replace(guide, held=tuple(one for one in guide.held if one.request_id != request_id))
