"""One pool with a request and its assignment, in the state in which a notice goes out; all invented."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    Consequence,
    InstitutionKind,
    Mode,
    Notice,
    Occasion,
    RequestField,
    RequestStatus,
    Role,
    UnfilledReason,
)
from lotsen.models import (
    Account,
    Assignment,
    Contact,
    District,
    Guide,
    GuideRequest,
    Institution,
    Membership,
    OutboxMessage,
    Pool,
    TimeWindow,
)
from lotsen.notifications import barrier, changes, personal
from lotsen.notifications.changes import Change
from lotsen.notifications.links import Links
from lotsen.notifications.notifier import notify
from lotsen.notifications.recipients import Recipient

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINKS = Links("https://lotsen.example", "a secret for tests only, 32 letters or more")
DRAFT_TO = Recipient("draft", "Eva Muster", "eva.muster@schule.example", "de")

SETTINGS: dict[str, Any] = {
    "office_name": "Integrationslotsen Musterstadt",
    "office_phone": "02131 000000",
    "office_email": "lotsen@musterstadt.example",
    "office_hours": "Montag bis Donnerstag, 9 bis 12 Uhr",
    "allowance_cents": 2000,
}

# In which state a request and its assignment are when the notice goes out.
_R, _A = RequestStatus, AssignmentStatus
STATES: dict[tuple[Notice, Audience], tuple[RequestStatus, AssignmentStatus | None, int]] = {
    (Notice.CONFIRM_ADDRESS, Audience.INSTITUTION): (_R.SUBMITTED, None, 0),
    (Notice.RECEIVED, Audience.INSTITUTION): (_R.OPEN, None, 0),
    (Notice.OFFER, Audience.GUIDE): (_R.OFFERED, _A.OFFERED, 0),
    (Notice.OFFER_REMINDER, Audience.GUIDE): (_R.OFFERED, _A.OFFERED, 0),
    (Notice.OFFER_EXPIRED, Audience.OFFICE): (_R.OPEN, _A.EXPIRED, 0),
    (Notice.OFFER_WITHDRAWN, Audience.GUIDE): (_R.CANCELLED, _A.CANCELLED, 0),
    (Notice.CONFIRMED, Audience.INSTITUTION): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.CONFIRMED, Audience.GUIDE): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.CANCELLED, Audience.INSTITUTION): (_R.CANCELLED, _A.CANCELLED, 1),
    (Notice.CANCELLED, Audience.GUIDE): (_R.CANCELLED, _A.CANCELLED, 1),
    (Notice.REMINDER, Audience.INSTITUTION): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.REMINDER, Audience.GUIDE): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.GUIDE_WITHDREW, Audience.OFFICE): (_R.OPEN, _A.WITHDRAWN, 1),
    (Notice.GUIDE_WITHDREW, Audience.INSTITUTION): (_R.OPEN, _A.WITHDRAWN, 1),
    (Notice.NOBODY_FOUND, Audience.INSTITUTION): (_R.UNFILLED, None, 0),
    (Notice.REJECTED, Audience.INSTITUTION): (_R.REJECTED, None, 0),
    (Notice.NEW_LINK, Audience.INSTITUTION): (_R.OPEN, None, 0),
    (Notice.NEW_LINK, Audience.GUIDE): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.DRAFT_LINK, Audience.INSTITUTION): (_R.DRAFT, None, 0),
    (Notice.HOURS, Audience.GUIDE): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.HOURS, Audience.INSTITUTION): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.HOURS, Audience.OFFICE): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.FEEDBACK, Audience.INSTITUTION): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.NO_SHOW, Audience.GUIDE): (_R.COMPLETED, _A.NO_SHOW, 0),
    (Notice.NO_SHOW, Audience.OFFICE): (_R.COMPLETED, _A.NO_SHOW, 0),
    (Notice.NO_SHOW_UNDONE, Audience.GUIDE): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.COMPLAINT, Audience.OFFICE): (_R.COMPLETED, None, 0),
    (Notice.ALLOWANCE_LIMIT, Audience.GUIDE): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.ALLOWANCE_LIMIT, Audience.OFFICE): (_R.COMPLETED, _A.COMPLETED, 0),
    (Notice.LATE, Audience.INSTITUTION): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.NOBODY_THERE, Audience.INSTITUTION): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.NOBODY_THERE, Audience.OFFICE): (_R.CONFIRMED, _A.CONFIRMED, 0),
    (Notice.BOARD, Audience.GUIDE): (_R.OPEN, None, 0),
    (Notice.CHANGED, Audience.INSTITUTION): (_R.CONFIRMED, _A.CONFIRMED, 1),
    (Notice.CHANGED, Audience.GUIDE): (_R.CONFIRMED, _A.CONFIRMED, 1),
    (Notice.CHANGED, Audience.OFFICE): (_R.OPEN, None, 0),
}

# What only the cause of a notice knows.
MORE: dict[tuple[Notice, Audience], dict[str, object]] = {
    (Notice.HOURS, Audience.INSTITUTION): {"start": START, "end": START + 1.25 * HOUR},
    (Notice.HOURS, Audience.OFFICE): {"guides": 75, "theirs": 60, "version": 2},
    (Notice.COMPLAINT, Audience.OFFICE): {"words": "Niemand ging ans Telefon. <b>Schade!</b>", "version": 7},
    (Notice.ALLOWANCE_LIMIT, Audience.GUIDE): {
        "year": 2026,
        "percent": 80,
        "cents": 770_00,
        "limit": 960_00,
    },
    (Notice.ALLOWANCE_LIMIT, Audience.OFFICE): {
        "year": 2026,
        "percent": 100,
        "cents": 970_00,
        "limit": 960_00,
    },
}


@dataclass
class Scene:
    """A pool, a request, and an assignment if the notice is about one."""

    session: Session
    pool: Pool
    request: GuideRequest
    assignment: Assignment | None
    accounts: list[Account] = field(default_factory=list[Account])
    reader: Guide | None = None
    change: Change | None = None

    def tell(
        self, notice: Notice, audience: Audience, now: datetime = NOW, to: Recipient | None = None
    ) -> list[OutboxMessage]:
        """Send a notice and return everything that stands in the outbox, in order."""
        if notice is Notice.DRAFT_LINK:
            to = DRAFT_TO
        change = self.change or (
            a_change(self.request, agreed=self.assignment is not None) if notice is Notice.CHANGED else None
        )
        notify(
            self.session,
            notice,
            audience,
            request=self.request,
            assignment=self.assignment,
            now=now,
            links=LINKS,
            to=to,
            more=MORE.get((notice, audience)),
            guide=self.reader if notice is Notice.BOARD else None,
            change=change,
        )
        return list(self.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def scene(session: Session, notice: Notice, audience: Audience, locale: str = "de") -> Scene:
    """Build what a notice is about, in the state in which it goes out."""
    status, assignment_status, sequence = STATES[notice, audience]
    pool = Pool(slug="musterstadt", name="Lotsenpool", settings=dict(SETTINGS), created_at=NOW)
    session.add(pool)
    session.flush()
    request = _request(session, pool, status, locale)
    assignment = None
    if assignment_status is not None:
        assignment = _assignment(session, request, assignment_status, sequence, locale)
    reader = _guide(session, request, locale) if notice is Notice.BOARD else None
    return Scene(session, pool, request, assignment, reader=reader)


def personal_mail(session: Session, notice: Notice, audience: Audience, locale: str = "de") -> OutboxMessage:
    """Send a notice about a person and return its mail."""
    one = scene(session, Notice.CONFIRMED, Audience.GUIDE, locale)
    assert one.assignment is not None
    assert one.request.contact is not None
    one.assignment.guide.messenger, one.assignment.guide.messenger_address = "SMS", "+491701234567"
    about = one.request.contact if audience is Audience.INSTITUTION else one.assignment.guide
    personal.tell(session, notice, audience, about, one.pool.id, now=NOW, links=LINKS)
    return session.scalars(select(OutboxMessage)).one()


def a_change(
    request: GuideRequest, consequence: Consequence = Consequence.STAYS, *, agreed: bool = True
) -> Change:
    """Return what is told when the talk got another room, another contact, and notes."""
    now = changes.version(request)
    before = replace(now, place="Parkstraße 1, Nordstadt", meeting_point="", on_site_name="Emil Muster")
    fields = (
        RequestField.ADDRESS,
        RequestField.MEETING_POINT,
        RequestField.ON_SITE_NAME,
        RequestField.REMARKS,
        RequestField.BILLING_NOTE,
    )
    return Change(before, now, frozenset(fields), consequence, agreed)


def barrier_mail(session: Session) -> OutboxMessage:
    """Report a barrier and return its mail."""
    pool = Pool(slug="musterstadt", name="Lotsenpool", settings=dict(SETTINGS), created_at=NOW)
    session.add(pool)
    session.flush()
    told = barrier.Report("Die Schrift ist zu klein.", "/anfrage/neu/termin", "ada@probe.example")
    assert barrier.tell_office(session, told, pool, key="0" * 32, now=NOW, links=LINKS)
    return session.scalars(select(OutboxMessage)).one()


def add_account(scene: Scene, name: str, role: Role, disabled: bool = False) -> Account:
    account = Account(
        email=f"{name.lower()}@musterstadt.example",
        name=name,
        password_hash="none",
        created_at=NOW,
        disabled_at=NOW if disabled else None,
        memberships=[Membership(pool_id=scene.pool.id, role=role)],
    )
    scene.session.add(account)
    scene.session.flush()
    return account


def _request(session: Session, pool: Pool, status: RequestStatus, locale: str) -> GuideRequest:
    if status is RequestStatus.DRAFT:
        draft = GuideRequest(pool_id=pool.id, status=status, answers={}, created_at=NOW)
        session.add(draft)
        session.flush()
        return draft
    district = District(pool_id=pool.id, code="01", name="Nordstadt")
    institution = Institution(
        pool_id=pool.id,
        kind=InstitutionKind.SCHOOL,
        name="Grundschule am Park",
        name_key="grundschule am park",
        address="Parkstraße 3",
        created_at=NOW,
    )
    session.add_all([district, institution])
    session.flush()
    contact = Contact(
        institution_id=institution.id,
        name="Eva Muster",
        email="eva.muster@schule.example",
        phone="02131 111111",
        locale=locale,
        created_at=NOW,
    )
    request = GuideRequest(
        pool_id=pool.id,
        status=status,
        reference="L-2026-0012",
        institution=institution,
        contact=contact,
        institution_kind=InstitutionKind.SCHOOL,
        on_site_name="Paul Probe",
        on_site_phone="02131 222222",
        mode=Mode.ON_SITE,
        district_id=district.id,
        meeting_point="Sekretariat, 1. Stock",
        language="ar",
        occasion=Occasion.PARENT_TALK,
        remarks="Die Mutter spricht wenig Deutsch.",
        created_at=NOW,
        due_at=NOW + timedelta(days=3),
        windows=[
            TimeWindow(position=1, starts_at=START, ends_at=START + HOUR, minutes=60),
            TimeWindow(
                position=2,
                starts_at=START + timedelta(days=3),
                ends_at=START + timedelta(days=3) + 1.5 * HOUR,
                minutes=90,
            ),
        ],
    )
    if status is RequestStatus.UNFILLED:
        request.unfilled_reason = UnfilledReason.NOBODY_FREE
    if status is RequestStatus.REJECTED:
        request.closing_text = "Gespräche bei Gericht begleiten wir nicht."
    session.add_all([contact, request])
    session.flush()
    return request


def _assignment(
    session: Session, request: GuideRequest, status: AssignmentStatus, sequence: int, locale: str
) -> Assignment:
    guide = _guide(session, request, locale)
    assignment = Assignment(
        pool_id=request.pool_id,
        request_id=request.id,
        guide_id=guide.id,
        status=status,
        starts_at=START,
        ends_at=START + HOUR,
        offered_at=NOW,
        answer_by=NOW + timedelta(days=2, hours=2),
        sequence=sequence,
        late_minutes=15,
        created_at=NOW,
    )
    session.add(assignment)
    session.flush()
    return assignment


def _guide(session: Session, request: GuideRequest, locale: str) -> Guide:
    guide = Guide(
        pool_id=request.pool_id,
        name="Amal Beispiel",
        email="amal@lotsen.example",
        phone="0170 3333333",
        phone_shared=True,
        locale=locale,
        created_at=NOW,
    )
    session.add(guide)
    session.flush()
    return guide
