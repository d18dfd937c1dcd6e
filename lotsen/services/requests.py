"""Use cases of a request: draft, submit, confirm the mail address, cancel, reject, give up."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lotsen.domain.calendar import add_working_days
from lotsen.domain.lifecycle import LIVE
from lotsen.domain.localtime import Span, local_datetime, local_day
from lotsen.domain.request_rules import Times, is_urgent, problems
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AssignmentTrigger,
    AuditEvent,
    Gender,
    InstitutionKind,
    Level,
    Mode,
    Occasion,
    RequestStatus,
    RequestTrigger,
    Subject,
    UnfilledReason,
    WishKind,
    WishWeight,
)
from lotsen.errors import Invalid, NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Assignment, District, GuideRequest, RequestWish, TimeWindow
from lotsen.queries import known_people
from lotsen.services import audit, institutions, late_rule, limits, references, workflow
from lotsen.services.unit_of_work import Actor, UnitOfWork

_OFFICE_CLOSES = time(18)


@dataclass(frozen=True)
class RequestInput:
    """What an institution asks for, checked field by field; `windows` are [start, end) in aware UTC.

    `minutes` is how long the talk is, None if each window is as long as the talk. `further` are the times at
    which it repeats (`services.series`). `guide_wish` and `not_guide` are people whom the contact has had.
    """

    institution_name: str
    institution_kind: InstitutionKind
    contact_name: str
    email: str
    phone: str
    language: str
    occasion: Occasion
    mode: Mode
    windows: tuple[Span, ...]
    minutes: int | None = None
    further: tuple[Span, ...] = ()
    unit: str = ""
    on_site_name: str = ""
    on_site_phone: str = ""
    district_id: int | None = None
    address: str = ""
    meeting_point: str = ""
    language_level: Level = Level.B2
    german_level: Level = Level.B2
    substitutes_accepted: bool = True
    participants: int | None = None
    guides_needed: int = 1
    gender_wish: Gender | None = None
    gender_weight: WishWeight = WishWeight.NICE
    guide_wish: int | None = None
    guide_weight: WishWeight = WishWeight.NICE
    not_guide: int | None = None
    not_guide_weight: WishWeight = WishWeight.MUST
    urgency_reason: str = ""
    billing_note: str = ""
    remarks: str = ""
    locale: str = "de"


def start_draft(
    uow: UnitOfWork, pool_id: int, key: str, answers: dict[str, Any], locale: str
) -> GuideRequest:
    """Keep the first answers; the same `key` (one per opened form) gives the same draft again."""
    draft = GuideRequest(
        pool_id=pool_id,
        status=RequestStatus.DRAFT,
        submission_key=key,
        answers=answers,
        locale=locale,
        created_at=uow.now,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(draft)
    except IntegrityError:
        return uow.session.scalars(select(GuideRequest).where(GuideRequest.submission_key == key)).one()
    return draft


def keep_answers(uow: UnitOfWork, request_id: int, answers: dict[str, Any], locale: str) -> GuideRequest:
    """Keep what was typed in a draft, as it was typed."""
    draft = lock(uow, request_id)
    _check_is_draft(draft, "keep_answers")
    draft.answers = answers
    draft.locale = locale
    return draft


def lock(uow: UnitOfWork, request_id: int) -> GuideRequest:
    """Return a request and keep everybody else from changing it until the end of the transaction.

    All use cases lock request, then guide, then write assignments, so that they never wait in a circle.
    """
    request = uow.session.scalar(
        select(GuideRequest)
        .where(GuideRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if request is None or not _concerns(uow.actor, request):
        raise NotFound("request")
    return request


def submit(uow: UnitOfWork, draft_id: int, data: RequestInput) -> GuideRequest:
    """Turn a draft into a request that waits for its mail address to be confirmed.

    A second submit of the same draft changes nothing and returns the request. Raises Invalid by field, and
    Throttled if the address has too many requests unconfirmed.
    """
    request = lock(uow, draft_id)
    if request.submitted_at is not None:
        return request
    fill_draft(uow, request, data)
    workflow.fire_request(uow, request, RequestTrigger.SUBMIT, submitted_at=uow.now)
    return request


def fill_draft(uow: UnitOfWork, request: GuideRequest, data: RequestInput) -> None:
    """Write into a draft what is asked for, just before it is sent; raises like `submit`."""
    _check_is_draft(request, RequestTrigger.SUBMIT)
    limits.check_unconfirmed(uow, data.email)
    fill(uow, request, data)


def enter(uow: UnitOfWork, draft_id: int, data: RequestInput) -> GuideRequest:
    """Open a request that the office took by phone, without a mail to confirm."""
    request = lock(uow, draft_id)
    _check_is_draft(request, RequestTrigger.ENTER)
    fill(uow, request, data)
    workflow.fire_request(
        uow,
        request,
        RequestTrigger.ENTER,
        submitted_at=uow.now,
        opened_at=uow.now,
        due_at=promised_by(uow, request),
    )
    return request


def confirm_address(uow: UnitOfWork, request_id: int) -> GuideRequest:
    """Open a request whose sender has shown that the address is theirs; a repeat changes nothing."""
    request = lock(uow, request_id)
    if request.status is not RequestStatus.SUBMITTED and request.opened_at is not None:
        return request
    workflow.fire_request(
        uow, request, RequestTrigger.CONFIRM_ADDRESS, opened_at=uow.now, due_at=promised_by(uow, request)
    )
    if request.contact is not None:
        request.contact.address_confirmed_at = uow.now
    return request


def cancel(uow: UnitOfWork, request_id: int, seen_version: int | None = None) -> GuideRequest:
    """Call a request off, and with it whatever was asked or agreed.

    `seen_version` is the version on the page where the button stood: if somebody said yes since then,
    WrongState tells so instead of calling off an appointment that nobody knew of.
    """
    request = lock(uow, request_id)
    workflow.check_unchanged(request, seen_version, RequestTrigger.CANCEL)
    _call_off(uow, request)
    workflow.fire_request(uow, request, RequestTrigger.CANCEL, closed_at=uow.now)
    return request


def reject(uow: UnitOfWork, request_id: int, text: str, seen_version: int | None = None) -> GuideRequest:
    """Refuse a request that is out of scope; `text` goes to the institution."""
    if not text.strip():
        raise Invalid({"closing_text": N_("Please say why. The institution reads this text.")})
    request = lock(uow, request_id)
    workflow.check_unchanged(request, seen_version, RequestTrigger.REJECT)
    _call_off(uow, request)
    workflow.fire_request(uow, request, RequestTrigger.REJECT, closed_at=uow.now, closing_text=text.strip())
    return request


def mark_unfilled(
    uow: UnitOfWork, request_id: int, reason: UnfilledReason, seen_version: int | None = None
) -> GuideRequest:
    """Give a request up honestly; the institution is told."""
    request = lock(uow, request_id)
    workflow.check_unchanged(request, seen_version, RequestTrigger.MARK_UNFILLED)
    _call_off(uow, request)
    workflow.fire_request(
        uow, request, RequestTrigger.MARK_UNFILLED, closed_at=uow.now, unfilled_reason=reason
    )
    return request


def lapse(uow: UnitOfWork, request_id: int) -> GuideRequest:
    """End a draft that was left, an address never confirmed, or an open request whose time is over."""
    request = lock(uow, request_id)
    for assignment in live_assignments(uow, request):
        # One of several guides may have come: that appointment takes its own way to its end.
        if assignment.status is AssignmentStatus.OFFERED:
            workflow.fire_assignment(uow, assignment, AssignmentTrigger.EXPIRE)
        elif assignment.status is AssignmentStatus.STANDBY:
            workflow.fire_assignment(uow, assignment, AssignmentTrigger.CANCEL)
    if live_assignments(uow, request):
        raise WrongState(Subject.REQUEST, request.status, RequestTrigger.LAPSE)
    changes: dict[str, Any] = {"closed_at": uow.now}
    if request.status is RequestStatus.OPEN:
        changes["unfilled_reason"] = UnfilledReason.TOO_LATE
    workflow.fire_request(uow, request, RequestTrigger.LAPSE, **changes)
    return request


def live_assignments(uow: UnitOfWork, request: GuideRequest) -> list[Assignment]:
    """Return the assignments of a request that may still lead to an appointment, oldest first."""
    return list(
        uow.session.scalars(
            select(Assignment)
            .where(Assignment.request_id == request.id, Assignment.status.in_(LIVE))
            .order_by(Assignment.id)
        )
    )


def _concerns(actor: Actor, request: GuideRequest) -> bool:
    return actor.pool_id in (None, request.pool_id) and actor.request_id in (None, request.id)


def _check_is_draft(request: GuideRequest, trigger: str) -> None:
    if request.status is not RequestStatus.DRAFT:
        raise WrongState(Subject.REQUEST, request.status, trigger)


def _call_off(uow: UnitOfWork, request: GuideRequest) -> None:
    """End whatever was asked or agreed, before the request is closed."""
    for assignment in live_assignments(uow, request):
        owed = late_rule.compensation(uow, assignment)
        workflow.fire_assignment(uow, assignment, AssignmentTrigger.CANCEL, **owed)


def promised_by(uow: UnitOfWork, request: GuideRequest) -> datetime:
    """Return by when the institution gets an answer, asked now: the pool's days, but before the talk."""
    settings, zone = uow.settings(request.pool_id), uow.zone(request.pool_id)
    day = add_working_days(
        local_day(uow.now, zone), settings.handling_working_days, settings.country, settings.subdivision
    )
    promised = local_datetime(day, _OFFICE_CLOSES, zone).moment
    first = min((window.starts_at for window in request.windows), default=promised)
    return max(uow.now, min(promised, first)).astimezone(UTC)


def fill(uow: UnitOfWork, request: GuideRequest, data: RequestInput) -> None:
    """Write what is asked for into a request that holds nothing yet; raises Invalid by field."""
    _check(uow, request.pool_id, data)
    # The counter's row lock lets one submission of a pool pass at a time: no institution is added twice.
    request.reference = references.next_reference(uow, request.pool_id)
    contact = institutions.contact_for(
        uow,
        request.pool_id,
        institution_name=data.institution_name,
        kind=data.institution_kind,
        unit=data.unit,
        name=data.contact_name,
        email=data.email,
        phone=data.phone,
        locale=data.locale,
    )
    request.institution_id, request.contact_id = contact.institution_id, contact.id
    request.institution_kind = data.institution_kind
    for name in (
        "language",
        "language_level",
        "german_level",
        "substitutes_accepted",
        "occasion",
        "mode",
        "address",
        "meeting_point",
        "on_site_name",
        "on_site_phone",
        "participants",
        "guides_needed",
        "billing_note",
        "remarks",
        "locale",
    ):
        setattr(request, name, getattr(data, name))
    request.district_id = data.district_id if data.mode is Mode.ON_SITE else None
    request.urgency_reason = data.urgency_reason or None
    request.windows = [
        TimeWindow(
            position=position,
            starts_at=start,
            ends_at=end,
            minutes=data.minutes or int((end - start) / timedelta(minutes=1)),
        )
        for position, (start, end) in enumerate(data.windows)
    ]
    request.ends_at = Times(data.windows).last_end
    request.wishes = _wishes(data)
    request.answers = None
    uow.session.flush()
    audit.record(
        uow, AuditEvent.CREATED, Subject.REQUEST, request.id, pool_id=request.pool_id, language=data.language
    )


def _wishes(data: RequestInput) -> list[RequestWish]:
    wishes: list[RequestWish] = []
    if data.gender_wish is not None:
        wishes.append(RequestWish(kind=WishKind.GENDER, weight=data.gender_weight, gender=data.gender_wish))
    for kind, weight, guide_id in (
        (WishKind.GUIDE, data.guide_weight, data.guide_wish),
        (WishKind.NOT_GUIDE, data.not_guide_weight, data.not_guide),
    ):
        if guide_id is not None:
            wishes.append(RequestWish(kind=kind, weight=weight, guide_id=guide_id))
    return wishes


def _check(uow: UnitOfWork, pool_id: int, data: RequestInput) -> None:
    settings, zone = uow.settings(pool_id), uow.zone(pool_id)
    wrong: dict[str, str] = {}
    if not 1 <= len(data.windows) <= settings.windows_max:
        raise Invalid({"windows": N_("Please give a date and a time.")})
    times = Times(data.windows, data.minutes)
    for position, problem in problems(times, uow.now, settings).items():
        wrong[f"windows-{position}"] = problem.value
    if not wrong and is_urgent(times, uow.now, zone, settings) and not data.urgency_reason.strip():
        wrong["urgency_reason"] = N_("Please say why it is urgent.")
    if len(data.further) >= max(1, settings.series_max):
        wrong["repeat"] = N_("These are too many dates. Please send another request for the rest.")
    elif problems(Times(data.further, data.minutes), uow.now, settings):
        wrong["repeat"] = N_("Not all of these dates can be asked for. Please check the days.")
    wrong |= wrong_people(uow, pool_id, data.email, data.guide_wish, data.not_guide)
    if data.mode is Mode.ON_SITE and not is_district(uow, pool_id, data.district_id):
        wrong["district_id"] = N_("Please choose a district from the list.")
    if data.occasion not in settings.occasions:
        wrong["occasion"] = N_("Please choose an occasion from the list.")
    if not 1 <= data.guides_needed <= settings.guides_max:
        wrong["guides_needed"] = N_("Please choose a number from the list.")
    if wrong:
        raise Invalid(wrong)


def wrong_people(
    uow: UnitOfWork, pool_id: int, email: str, guide_wish: int | None, not_guide: int | None
) -> dict[str, str]:
    """Refuse wishes about people whom this contact has never had, and two that contradict each other."""
    named = {"guide_wish": guide_wish, "not_guide": not_guide}
    if not any(named.values()):
        return {}
    if guide_wish == not_guide:
        return {"not_guide": N_("You have wished for this person above. Please choose one of the two.")}
    had = {guide_id for guide_id, _ in known_people.had_by(uow.session, pool_id, email, uow.now)}
    return {
        name: N_("Please choose a person from the list.")
        for name, guide_id in named.items()
        if guide_id is not None and guide_id not in had
    }


def is_district(uow: UnitOfWork, pool_id: int, district_id: int | None) -> bool:
    """Tell whether a district is one of the pool's."""
    if district_id is None:
        return False
    district = uow.session.get(District, district_id)
    return district is not None and district.pool_id == pool_id
