"""What the mail of each notice needs: facts and links, whether it still holds, until when it is of use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Notice, RequestStatus, TokenPurpose
from lotsen.models import Assignment, Guide, GuideRequest, Pool
from lotsen.notifications import facts
from lotsen.notifications.changes import Change
from lotsen.notifications.links import Links
from lotsen.notifications.rendering import Office

_GUIDE_LINK_AFTER = timedelta(days=30)
_LINK_AT_LEAST = timedelta(days=7)
_ASK_AGAIN_SECONDS = 60
HOURS_NEXT = "?weiter=stunden"
"""What a guide's link carries that leads to the hours instead of the appointment."""
# It signs in, so it lasts no longer than other links that do.
_BOARD_LINK_LASTS = timedelta(hours=24)
BOARD_NEXT = "?weiter=aushang"
"""What a link carries that leads on to the board."""


@dataclass(frozen=True)
class Case:
    """What has happened, and all that a mail about it may need."""

    session: Session
    audience: Audience
    request: GuideRequest
    assignment: Assignment | None
    now: datetime
    links: Links
    pool: Pool
    settings: PoolSettings
    zone: ZoneInfo
    guide: Guide | None = None
    more: Mapping[str, object] = field(default_factory=dict[str, object])
    change: Change | None = None

    @property
    def appointment(self) -> Assignment:
        """The assignment, where the notice cannot do without one."""
        if self.assignment is None:
            raise ValueError("this notice is about an assignment")
        return self.assignment

    @property
    def office(self) -> Office:
        """Who signs."""
        return Office(
            self.settings.office_name or self.pool.name,
            self.settings.office_phone,
            self.settings.office_email,
            self.settings.office_hours,
        )

    def link(self, purpose: TokenPurpose, expires_at: datetime) -> str:
        """Issue a link for this request, or for its assignment if it is the guide's."""
        of_guide = purpose is TokenPurpose.OFFER
        return self.links.issue(
            self.session,
            purpose,
            now=self.now,
            expires_at=expires_at,
            request_id=None if of_guide else self.request.id,
            assignment_id=self.appointment.id if of_guide else None,
        )

    def tracking(self) -> str:
        """Issue the institution's link to its request."""
        return self.link(TokenPurpose.TRACKING, self.tracking_until())

    def tracking_until(self) -> datetime:
        """Return when a tracking link ends; who asks for one long after the talk still gets some days."""
        last = max(window.ends_at for window in self.request.windows)
        return max(last + timedelta(days=self.settings.tracking_days), self.now + _LINK_AT_LEAST)

    def offer(self) -> str:
        """Issue the guide's link to the offer, later the appointment."""
        return self.link(TokenPurpose.OFFER, self.offer_until())

    def offer_until(self) -> datetime:
        """Return when a guide's link ends."""
        return max(self.appointment.ends_at + _GUIDE_LINK_AFTER, self.now + _LINK_AT_LEAST)

    def own_link(self) -> str:
        """Issue the link that fits the audience."""
        return self.offer() if self.audience is Audience.GUIDE else self.tracking()

    def office_link(self) -> str:
        """Return the address of the request for those who sign in."""
        return f"{self.links.base_url}/buero/anfragen/{self.request.id}"

    @property
    def late(self) -> bool:
        """Whether the appointment was called off too late to cost nothing."""
        return self.assignment is not None and self.assignment.compensated_minutes is not None

    def talk(self) -> facts.Talk:
        """Return the facts of the request."""
        return facts.talk(self.request)

    def meeting(self) -> facts.Appointment:
        """Return the facts of the appointment."""
        return facts.appointment(self.request, self.appointment, self.settings)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the mail of a notice is to be sent; `values` go to its templates.

    `before` is the moment before which it must arrive, so that quiet hours may put it off until then at most.
    """

    values: Mapping[str, object] = field(default_factory=dict[str, object])
    version: int | None = None
    calendar: Literal["enter", "remove"] | None = None
    valid_request: RequestStatus | None = None
    valid_assignment: AssignmentStatus | None = None
    before: datetime | None = None
    useless_after: datetime | None = None


def _confirm_address(case: Case) -> Plan:
    until = case.now + timedelta(hours=case.settings.confirm_address_hours)
    return Plan(
        values={
            "about": case.talk(),
            "link": case.link(TokenPurpose.CONFIRM_ADDRESS, until),
            "until": until,
        },
        valid_request=RequestStatus.SUBMITTED,
        useless_after=until,
    )


def _received(case: Case) -> Plan:
    return Plan(values={"about": case.talk(), "link": case.tracking(), "until": case.request.due_at})


def _offer(case: Case) -> Plan:
    answer_by = case.appointment.answer_by
    if answer_by is None:
        raise ValueError("an offer has a deadline")
    return Plan(
        values={"about": case.meeting(), "link": case.offer(), "until": answer_by},
        valid_assignment=AssignmentStatus.OFFERED,
        before=answer_by,
        useless_after=answer_by,
    )


def _offer_expired(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.office_link()},
        # A stand-by who was asked at once needs nobody's help.
        valid_request=RequestStatus.OPEN,
        valid_assignment=AssignmentStatus.EXPIRED,
    )


def _offer_withdrawn(case: Case) -> Plan:
    return Plan(values={"about": case.meeting()})


def _confirmed(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.own_link()},
        calendar="enter",
        valid_assignment=AssignmentStatus.CONFIRMED,
    )


def _cancelled_for_institution(case: Case) -> Plan:
    if case.assignment is None:
        values = {"about": case.talk(), "link": case.tracking(), "agreed": False}
        return Plan(values=values | {"late": False})
    values = {"about": case.meeting(), "link": case.tracking(), "agreed": True}
    return Plan(values=values | {"late": case.late}, calendar="remove")


def _cancelled_for_guide(case: Case) -> Plan:
    by_guide = case.appointment.status is AssignmentStatus.WITHDRAWN
    values = {"about": case.meeting(), "agreed": True, "by_guide": by_guide}
    return Plan(values=values | {"late": case.late}, calendar="remove")


def _reminder(case: Case) -> Plan:
    start = case.appointment.starts_at
    return Plan(
        values={"about": case.meeting(), "link": case.own_link()},
        valid_assignment=AssignmentStatus.CONFIRMED,
        before=start if case.audience is Audience.GUIDE else None,
        useless_after=start,
    )


def _guide_withdrew_for_office(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.office_link()},
        # A stand-by who was asked at once needs nobody's help.
        valid_request=RequestStatus.OPEN,
    )


def _guide_withdrew_for_institution(case: Case) -> Plan:
    return Plan(values={"about": case.meeting(), "link": case.tracking()}, calendar="remove")


def _nobody_found(case: Case) -> Plan:
    return Plan(
        values={
            "about": case.talk(),
            "link": case.tracking(),
            "other_link": f"{case.links.base_url}/anfrage/neu",
            "reason": case.request.unfilled_reason,
            "closing_text": case.request.closing_text,
        }
    )


def _rejected(case: Case) -> Plan:
    return Plan(
        values={
            "about": case.talk(),
            "link": case.tracking(),
            "closing_text": case.request.closing_text,
        }
    )


def _new_link_for_institution(case: Case) -> Plan:
    if case.request.status is RequestStatus.SUBMITTED:
        until = case.now + timedelta(hours=case.settings.confirm_address_hours)
        link = case.link(TokenPurpose.CONFIRM_ADDRESS, until)
    else:
        until = case.tracking_until()
        link = case.tracking()
    values = {"about": case.talk(), "agreed": False, "link": link, "until": until}
    return Plan(values=values, version=_moment_number(case))


def _new_link_for_guide(case: Case) -> Plan:
    values = {"about": case.meeting(), "agreed": True, "link": case.offer(), "until": case.offer_until()}
    return Plan(values=values, version=_moment_number(case))


def _draft_link(case: Case) -> Plan:
    until = case.now + timedelta(days=case.settings.draft_days)
    return Plan(
        values={"link": case.link(TokenPurpose.DRAFT, until), "until": until},
        version=_moment_number(case),
        valid_request=RequestStatus.DRAFT,
        useless_after=until,
    )


def _hours_for_guide(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.offer() + HOURS_NEXT},
        valid_assignment=AssignmentStatus.COMPLETED,
    )


def _hours_for_institution(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.tracking(), **case.more},
        valid_assignment=AssignmentStatus.COMPLETED,
    )


def _feedback(case: Case) -> Plan:
    return Plan(
        values={"about": case.meeting(), "link": case.tracking()},
        valid_assignment=AssignmentStatus.COMPLETED,
    )


def _hours_for_office(case: Case) -> Plan:
    return Plan(values={**_for_office(case), **case.more}, version=_version(case))


def _no_show(case: Case) -> Plan:
    return Plan(values=_for_office(case), version=case.appointment.version)


def _no_show_undone(case: Case) -> Plan:
    return Plan(values={"about": case.meeting()}, version=case.appointment.version)


def _complaint(case: Case) -> Plan:
    return Plan(
        values={"about": case.talk(), "link": case.office_link(), **case.more}, version=_version(case)
    )


def _allowance_limit(case: Case) -> Plan:
    year, percent = cast(int, case.more["year"]), cast(int, case.more["percent"])
    return Plan(values={**_for_office(case), **case.more}, version=year * 1000 + percent)


def _for_office(case: Case) -> dict[str, object]:
    return {"about": case.meeting(), "link": case.office_link()}


def _version(case: Case) -> int:
    return cast(int, case.more["version"])


def _late(case: Case) -> Plan:
    return Plan(
        values={
            "about": case.meeting(),
            "minutes_late": case.appointment.late_minutes,
            "link": case.tracking(),
        },
        # Who is late by ten minutes, then by twenty, then by ten after all has said three things.
        version=int(case.now.timestamp()),
        valid_assignment=AssignmentStatus.CONFIRMED,
        useless_after=case.appointment.ends_at,
    )


def _nobody_there(case: Case) -> Plan:
    of_office = case.audience is Audience.OFFICE
    return Plan(
        values={"about": case.meeting(), "link": case.office_link() if of_office else case.tracking()}
    )


def _board(case: Case) -> Plan:
    if case.guide is None:
        raise ValueError("this notice goes to a guide who was not asked")
    first = min(window.starts_at for window in case.request.windows)
    link = case.links.issue(
        case.session,
        TokenPurpose.SIGN_IN,
        now=case.now,
        expires_at=case.now + _BOARD_LINK_LASTS,
        guide_id=case.guide.id,
    )
    return Plan(
        values={"about": case.talk(), "link": link + BOARD_NEXT},
        valid_request=RequestStatus.OPEN,
        before=first,
        useless_after=first,
    )


def _changed(case: Case) -> Plan:
    change = case.change
    if change is None:
        raise ValueError("this notice is about a change")
    about = case.assignment
    values = {
        "about": case.talk(),
        "change": change,
        "appointment": None if about is None else (about.starts_at, about.ends_at),
        "until": about.answer_by if about is not None and change.waits_for_answer else None,
        "late": case.late,
    }
    of_guide = case.audience is Audience.GUIDE
    return Plan(
        values=values | {"link": _changed_link(case, change)},
        version=case.request.version,
        calendar=change.calendar,
        valid_assignment=about.status if about is not None and change.stays else None,
        before=about.starts_at if about is not None and of_guide else None,
    )


def _changed_link(case: Case, change: Change) -> str:
    if case.audience is Audience.OFFICE:
        return case.office_link()
    # Whoever need not come, or gets a new question, has nothing to open.
    return case.own_link() if case.audience is Audience.INSTITUTION or change.stays else ""


def _moment_number(case: Case) -> int:
    # Who asks for a link again gets one again, but not with each click.
    return int(case.now.timestamp()) // _ASK_AGAIN_SECONDS


PLANS: dict[tuple[Notice, Audience], Callable[[Case], Plan]] = {
    (Notice.CONFIRM_ADDRESS, Audience.INSTITUTION): _confirm_address,
    (Notice.RECEIVED, Audience.INSTITUTION): _received,
    (Notice.OFFER, Audience.GUIDE): _offer,
    (Notice.OFFER_REMINDER, Audience.GUIDE): _offer,
    (Notice.OFFER_EXPIRED, Audience.OFFICE): _offer_expired,
    (Notice.OFFER_WITHDRAWN, Audience.GUIDE): _offer_withdrawn,
    (Notice.CONFIRMED, Audience.INSTITUTION): _confirmed,
    (Notice.CONFIRMED, Audience.GUIDE): _confirmed,
    (Notice.CANCELLED, Audience.INSTITUTION): _cancelled_for_institution,
    (Notice.CANCELLED, Audience.GUIDE): _cancelled_for_guide,
    (Notice.REMINDER, Audience.INSTITUTION): _reminder,
    (Notice.REMINDER, Audience.GUIDE): _reminder,
    (Notice.GUIDE_WITHDREW, Audience.OFFICE): _guide_withdrew_for_office,
    (Notice.GUIDE_WITHDREW, Audience.INSTITUTION): _guide_withdrew_for_institution,
    (Notice.NOBODY_FOUND, Audience.INSTITUTION): _nobody_found,
    (Notice.REJECTED, Audience.INSTITUTION): _rejected,
    (Notice.NEW_LINK, Audience.INSTITUTION): _new_link_for_institution,
    (Notice.NEW_LINK, Audience.GUIDE): _new_link_for_guide,
    (Notice.DRAFT_LINK, Audience.INSTITUTION): _draft_link,
    (Notice.HOURS, Audience.GUIDE): _hours_for_guide,
    (Notice.HOURS, Audience.INSTITUTION): _hours_for_institution,
    (Notice.HOURS, Audience.OFFICE): _hours_for_office,
    (Notice.FEEDBACK, Audience.INSTITUTION): _feedback,
    (Notice.NO_SHOW, Audience.GUIDE): _no_show,
    (Notice.NO_SHOW, Audience.OFFICE): _no_show,
    (Notice.NO_SHOW_UNDONE, Audience.GUIDE): _no_show_undone,
    (Notice.COMPLAINT, Audience.OFFICE): _complaint,
    (Notice.ALLOWANCE_LIMIT, Audience.GUIDE): _allowance_limit,
    (Notice.ALLOWANCE_LIMIT, Audience.OFFICE): _allowance_limit,
    (Notice.LATE, Audience.INSTITUTION): _late,
    (Notice.NOBODY_THERE, Audience.INSTITUTION): _nobody_there,
    (Notice.NOBODY_THERE, Audience.OFFICE): _nobody_there,
    (Notice.BOARD, Audience.GUIDE): _board,
    (Notice.CHANGED, Audience.INSTITUTION): _changed,
    (Notice.CHANGED, Audience.GUIDE): _changed,
    (Notice.CHANGED, Audience.OFFICE): _changed,
}
"""Every notice with those who receive it."""
