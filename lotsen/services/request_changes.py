"""Changes a request after it was sent: its details, its times, and who is told, asked again, or let go."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from lotsen.domain.request_rules import Times as Moments
from lotsen.domain.request_rules import is_urgent, problems
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AssignmentTrigger,
    Consequence,
    Mode,
    RequestField,
    RequestStatus,
    RequestTrigger,
    Subject,
    WishKind,
)
from lotsen.errors import GuideTaken, Invalid, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment, GuideRequest, RequestWish, TimeWindow
from lotsen.notifications import changes as told
from lotsen.services import assignments, change_notices, late_rule, refitting, requests, workflow
from lotsen.services.asking import answer_by, lock_guides
from lotsen.services.refitting import Concerned, Fields
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork

_GOING_ON = (RequestStatus.OPEN, RequestStatus.OFFERED, RequestStatus.CONFIRMED)
# A search that has ended without anybody may begin anew.
_FOUND_NOBODY = (RequestStatus.UNFILLED, RequestStatus.LAPSED)


@dataclass(frozen=True)
class Wanted:
    """How a request is to be; what is not named stays.

    `fields` maps WINDOWS to (start, end, minutes), the preferred time first, and WISHES to (kind, weight,
    gender, guide id); everything else to what its column holds.
    """

    fields: Fields
    urgency_reason: str = ""


@dataclass(frozen=True)
class Outlook:
    """What a change would do: what differs, and what it means for those who were asked or have agreed."""

    changes: Fields
    concerned: tuple[Concerned, ...]

    @property
    def needs_care(self) -> bool:
        """Whether somebody does not simply stay."""
        return any(one.consequence is not Consequence.STAYS for one in self.concerned)


def outlook(uow: UnitOfWork, request: GuideRequest, wanted: Wanted) -> Outlook:
    """Return what a change would do; raises Invalid by field, WrongState if it is too late."""
    _check_may_change(request)
    changes = _differing(request, wanted.fields)
    if not changes and request.status not in _FOUND_NOBODY:
        return Outlook(changes, ())
    _check(uow, request, changes, wanted.urgency_reason)
    concerned = refitting.concerned(uow, request, changes)
    if any(one.assignment.starts_at <= uow.now for one in concerned):
        raise WrongState(Subject.REQUEST, request.status, RequestTrigger.CHANGE)
    return Outlook(changes, concerned)


def revise(uow: UnitOfWork, request_id: int, wanted: Wanted, seen_version: int | None = None) -> Outlook:
    """Change a request, tell everybody concerned, and ask the same people first; return what was done.

    `seen_version` is the version on the page where the button stood: WrongState if it moved on since.
    """
    request = requests.lock(uow, request_id)
    workflow.check_unchanged(request, seen_version, RequestTrigger.CHANGE)
    # Guides before assignments, as everywhere; what the change means is decided behind the locks.
    lock_guides(uow, (one.guide_id for one in requests.live_assignments(uow, request)))
    found = outlook(uow, request, wanted)
    again = request.status in _FOUND_NOBODY
    if not found.changes and not again:
        return found
    before, was = told.version(request), {field: current(request, field) for field in found.changes}
    _let_go(uow, request, found)
    _write(uow, request, found.changes, wanted.urgency_reason)
    if again or found.needs_care:
        _open(uow, request)
        for one in found.concerned:
            if one.consequence is Consequence.ASKED_AGAIN:
                _ask_again(uow, request, one)
        assignments.settle_request(replace(uow, actor=SYSTEM), request)
    else:
        request.version += 1
    change_notices.record(uow, request, {field: (was[field], found.changes[field]) for field in was})
    change_notices.tell(
        uow, request, told.Change(before, told.version(request), frozenset(was)), found.concerned
    )
    return found


def current(request: GuideRequest, field: RequestField) -> Any:
    """Return how a field of a request stands, in the form in which `Wanted` names it."""
    if field is RequestField.WINDOWS:
        return tuple((one.starts_at, one.ends_at, one.minutes) for one in request.windows)
    if field is RequestField.WISHES:
        known = sorted(request.wishes, key=lambda one: tuple(WishKind).index(one.kind))
        return tuple((one.kind, one.weight, one.gender, one.guide_id) for one in known)
    return getattr(request, field.value)


def may_change(request: GuideRequest) -> bool:
    """Tell whether a request is in a state in which its institution may change it."""
    sent = request.status in _GOING_ON
    return sent or (request.status in _FOUND_NOBODY and request.opened_at is not None)


def _check_may_change(request: GuideRequest) -> None:
    if not may_change(request):
        raise WrongState(Subject.REQUEST, request.status, RequestTrigger.CHANGE)


def _differing(request: GuideRequest, fields: Fields) -> Fields:
    """Return what is to be other than it is; a talk by phone or video has no district."""
    wanted = dict(fields)
    if wanted.get(RequestField.MODE, request.mode) is not Mode.ON_SITE:
        wanted[RequestField.DISTRICT] = None
    return {field: value for field, value in wanted.items() if value != current(request, field)}


def _check(uow: UnitOfWork, request: GuideRequest, changes: Fields, urgency_reason: str) -> None:
    settings, wrong = uow.settings(request.pool_id), dict[str, str]()
    if RequestField.WINDOWS in changes or request.status in _FOUND_NOBODY:
        windows = changes.get(RequestField.WINDOWS, current(request, RequestField.WINDOWS))
        wrong |= _wrong_times(uow, request, windows, urgency_reason)
    if RequestField.WISHES in changes:
        wrong |= _wrong_people(uow, request, changes[RequestField.WISHES])
    mode = changes.get(RequestField.MODE, request.mode)
    district = changes.get(RequestField.DISTRICT, request.district_id)
    if mode is Mode.ON_SITE and not requests.is_district(uow, request.pool_id, district):
        wrong["district_id"] = N_("Please choose a district from the list.")
    if changes.get(RequestField.OCCASION, request.occasion) not in (*settings.occasions, request.occasion):
        wrong["occasion"] = N_("Please choose an occasion from the list.")
    if wrong:
        raise Invalid(wrong)


def _wrong_people(uow: UnitOfWork, request: GuideRequest, wishes: Any) -> dict[str, str]:
    """Refuse as the form does; whom a wish names already may stay named."""
    named = {kind: guide_id for kind, _, _, guide_id in wishes}
    known = {kind: guide_id for kind, _, _, guide_id in current(request, RequestField.WISHES)}
    if named.get(WishKind.GUIDE) == named.get(WishKind.NOT_GUIDE):
        known = {}
    guide, other = (
        named.get(kind) if named.get(kind) != known.get(kind) else None
        for kind in (WishKind.GUIDE, WishKind.NOT_GUIDE)
    )
    email = request.contact.email if request.contact is not None else ""
    return requests.wrong_people(uow, request.pool_id, email, guide, other)


def _wrong_times(
    uow: UnitOfWork, request: GuideRequest, windows: refitting.Times, urgency_reason: str
) -> dict[str, str]:
    settings, zone = uow.settings(request.pool_id), uow.zone(request.pool_id)
    if not 1 <= len(windows) <= settings.windows_max:
        return {"windows": N_("Please give a date and a time.")}
    lengths = {minutes for _, _, minutes in windows}
    # Times of several lengths are each as long as the talk; the form asks for one length.
    times = Moments(
        tuple((start, end) for start, end, _ in windows), lengths.pop() if len(lengths) == 1 else None
    )
    found = problems(times, uow.now, settings)
    if found:
        return {f"windows-{position}": problem.value for position, problem in found.items()}
    reason = urgency_reason or request.urgency_reason or ""
    if is_urgent(times, uow.now, zone, settings) and not reason.strip():
        return {"urgency_reason": N_("Please say why it is urgent.")}
    return {}


def _let_go(uow: UnitOfWork, request: GuideRequest, found: Outlook) -> None:
    for one in found.concerned:
        if one.consequence is not Consequence.STAYS:
            owed = late_rule.compensation(uow, one.assignment)
            workflow.fire_assignment(uow, one.assignment, AssignmentTrigger.RELEASE, **owed)
        elif one.agreed and found.changes.keys() & told.IN_CALENDARS:
            one.assignment.sequence += 1
    if RequestField.WINDOWS in found.changes:
        # Whoever stands by does so for a time that nobody asks for any more.
        for one in requests.live_assignments(uow, request):
            if one.status is AssignmentStatus.STANDBY:
                workflow.fire_assignment(uow, one, AssignmentTrigger.RELEASE)


def _write(uow: UnitOfWork, request: GuideRequest, changes: Fields, urgency_reason: str) -> None:
    for field, value in changes.items():
        if field is RequestField.WINDOWS:
            _write_windows(request, value)
            request.urgency_reason = urgency_reason or request.urgency_reason
            request.due_at = requests.promised_by(uow, request)
        elif field is RequestField.WISHES:
            request.wishes = [
                RequestWish(kind=kind, weight=weight, gender=gender, guide_id=guide_id)
                for kind, weight, gender, guide_id in value
            ]
        else:
            setattr(request, field.value, value)
    uow.session.flush()
    uow.session.expire(request, ["district"])


def _write_windows(request: GuideRequest, times: refitting.Times) -> None:
    # In place: a new row with the position of one that goes would meet it in the database.
    known = list(request.windows)
    for position, (start, end, minutes) in enumerate(times):
        if position < len(known):
            row = known[position]
            row.starts_at, row.ends_at, row.minutes = start, end, minutes
        else:
            free = 1 + max((one.position for one in request.windows), default=-1)
            request.windows.append(TimeWindow(position=free, starts_at=start, ends_at=end, minutes=minutes))
    del request.windows[len(times) :]
    request.ends_at = max(end for _, end, _ in times)


def _open(uow: UnitOfWork, request: GuideRequest) -> None:
    workflow.fire_request(
        uow,
        request,
        RequestTrigger.CHANGE,
        closed_at=None,
        closing_text=None,
        unfilled_reason=None,
        due_at=requests.promised_by(uow, request),
    )


def _ask_again(uow: UnitOfWork, request: GuideRequest, one: Concerned) -> None:
    # It is the pool's rule that asks, not the institution.
    itself = replace(uow, actor=SYSTEM)
    assignment = Assignment(
        pool_id=request.pool_id,
        request_id=request.id,
        guide_id=one.assignment.guide_id,
        starts_at=one.place.start,
        ends_at=one.place.end,
        offered_at=uow.now,
        answer_by=answer_by(uow, request, one.place.start),
        reasons=one.assignment.reasons,
        created_at=uow.now,
    )
    try:
        workflow.start_assignment(itself, assignment, AssignmentTrigger.OFFER)
    except IntegrityError as error:
        raise GuideTaken("the database holds an overlapping appointment") from error
