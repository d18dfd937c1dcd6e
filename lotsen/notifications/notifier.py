"""Turns a notice into messages in the outbox, one for each recipient."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen import i18n
from lotsen.domain import settings as pool_settings
from lotsen.domain.quiet import awake_at
from lotsen.domain.vocabulary import Audience, Notice
from lotsen.models import Assignment, Guide, GuideRequest, Pool
from lotsen.notifications import calendar, facts, recipients
from lotsen.notifications.changes import Change
from lotsen.notifications.links import Links
from lotsen.notifications.plans import PLANS, Case, Plan
from lotsen.notifications.recipients import Recipient
from lotsen.notifications.rendering import render
from lotsen.notifications.short import short
from lotsen.outbox.message import Message
from lotsen.outbox.queue import enqueue

_USEFUL = timedelta(days=5)


def notify(
    session: Session,
    notice: Notice,
    audience: Audience,
    *,
    request: GuideRequest,
    assignment: Assignment | None = None,
    now: datetime,
    links: Links,
    to: Recipient | None = None,
    guide: Guide | None = None,
    change: Change | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Put the mails of a notice into the outbox; one that stands there already is not put in twice.

    `to` replaces the recipient where the request does not know its contact yet (drafts); `guide` is who is
    told of a request without having been asked; `change` is what the notice of a change tells. `more` is what
    only the cause of the notice knows: sums, or somebody's own words.
    """
    case = replace(
        _case(session, audience, request, assignment, now, links), guide=guide, change=change, more=more or {}
    )
    plan = PLANS[notice, audience](case)
    for recipient in (to,) if to else _recipients(case):
        mail = _message(case, notice, plan, recipient)
        enqueue(session, mail, now)
        if beside := short(mail, recipient, case.settings, plan.values):
            enqueue(session, beside, now)


def calendar_file(
    session: Session,
    audience: Audience,
    *,
    request: GuideRequest,
    assignment: Assignment,
    now: datetime,
    links: Links,
) -> str:
    """Return the file that enters a confirmed appointment, the same entry as in the mail."""
    case = _case(session, audience, request, assignment, now, links)
    recipient = _recipients(case)[0]
    return _calendar(case, recipient, recipient.locale, remove=False)[0]


def _case(
    session: Session,
    audience: Audience,
    request: GuideRequest,
    assignment: Assignment | None,
    now: datetime,
    links: Links,
) -> Case:
    pool = session.get_one(Pool, request.pool_id)
    settings = pool_settings.from_mapping(pool.settings)
    return Case(session, audience, request, assignment, now, links, pool, settings, ZoneInfo(pool.zone))


def _recipients(case: Case) -> tuple[Recipient, ...]:
    if case.guide is not None:
        return (recipients.of_guide(case.guide),)
    return recipients.of(case.session, case.audience, case.request, case.assignment, case.pool, case.settings)


def _message(case: Case, notice: Notice, plan: Plan, recipient: Recipient) -> Message:
    office, locale = case.office, recipient.locale
    values = {**plan.values, "audience": case.audience, "calendar": plan.calendar is not None}
    rendered = render(notice, locale, case.zone, office, values)
    body, method = None, None
    if plan.calendar is not None:
        body, method = _calendar(case, recipient, locale, remove=plan.calendar == "remove")
    about = case.assignment
    version = plan.version
    if version is None:
        version = case.request.version if about is None else about.sequence
    subject = f"r{case.request.id}" if about is None else f"a{about.id}"
    return Message(
        dedup_key=f"{notice}.{case.audience}.{subject}.v{version}.{recipient.key}",
        pool_id=case.pool.id,
        notice=notice,
        audience=case.audience,
        to_name=recipient.name,
        to_address=recipient.address,
        reply_to=office.email,
        from_name=office.name,
        locale=locale,
        subject=rendered.subject,
        text_body=rendered.text,
        html_body=rendered.html,
        calendar_body=body,
        calendar_method=method,
        request_id=case.request.id,
        assignment_id=about.id if about else None,
        valid_request=plan.valid_request,
        valid_assignment=plan.valid_assignment,
        valid_start_at=about.starts_at if about and plan.valid_assignment else None,
        due_at=case.now if plan.before is None else _awake(case, plan.before),
        useless_after=plan.useless_after or case.now + _USEFUL,
    )


def _calendar(case: Case, recipient: Recipient, locale: str, *, remove: bool) -> tuple[str, str]:
    meeting, assignment, office = case.meeting(), case.appointment, case.office
    words, host = i18n.translator(locale), calendar.host(case.links.base_url)
    entry = calendar.Entry(
        uid=calendar.uid(assignment.id, host),
        sequence=assignment.sequence,
        start=meeting.start,
        end=meeting.end,
        summary=facts.summary(meeting, locale),
        location=facts.location(meeting, locale),
        description=words.gettext(
            "Request %(reference)s, %(office)s", reference=meeting.reference, office=office.name
        ),
        organizer_name=office.name,
        organizer_address=office.email or f"lotsen@{host}",
        attendee_name=recipient.name,
        attendee_address=recipient.address,
        alarm=case.audience is Audience.GUIDE,
    )
    return calendar.appointment(entry, case.now, cancel=remove)


def _awake(case: Case, before: datetime) -> datetime:
    """Return now, or the end of the quiet hours if that is early enough."""
    quiet = [(case.settings.quiet_from, case.settings.quiet_until)]
    guide = case.guide or case.appointment.guide
    if guide.quiet_from is not None and guide.quiet_until is not None:
        quiet.append((guide.quiet_from, guide.quiet_until))
    morning = awake_at(case.now, case.zone, quiet)
    return morning if morning < before else case.now
