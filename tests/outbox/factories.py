"""Rows and messages as the outbox meets them; all people are invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lotsen.database import transaction
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    GuideStatus,
    InstitutionKind,
    Mode,
    Notice,
    Occasion,
    OutboxStatus,
    RequestStatus,
    TokenPurpose,
)
from lotsen.models import (
    Assignment,
    Contact,
    Guide,
    GuideRequest,
    Institution,
    OutboxMessage,
    Pool,
    TimeWindow,
    Token,
)
from lotsen.outbox import queue
from lotsen.outbox.dispatcher import Sender
from lotsen.outbox.message import Message

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "a secret for tests only, 32 letters or more"
SENDER = Sender("post@lotsen.example", "lotsen.example", SECRET)
START = NOW + timedelta(days=10)
LONG_DUE = NOW - timedelta(days=365)
"""Due for processes with a clock of their own."""

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def add_pool(session: Session) -> Pool:
    pool = Pool(id=1, slug="neuss", name="Integrationslotsen Neuss", created_at=NOW)
    session.add(pool)
    return pool


def add_request(
    session: Session, status: RequestStatus = RequestStatus.CONFIRMED, **changes: Any
) -> GuideRequest:
    number = len(session.scalars(select(GuideRequest.id)).all()) + 1
    institution = Institution(
        pool_id=1,
        kind=InstitutionKind.SCHOOL,
        name=f"Schule {number}",
        name_key=f"schule {number}",
        created_at=NOW,
    )
    contact = Contact(
        institution=institution, name="Ada Beispiel", email=f"ada{number}@schule.example", created_at=NOW
    )
    session.add(contact)
    session.flush()
    values: dict[str, Any] = {
        "pool_id": 1,
        "status": status,
        "reference": f"L-2026-{number:04}",
        "institution_id": institution.id,
        "contact_id": contact.id,
        "institution_kind": InstitutionKind.SCHOOL,
        "language": "ar",
        "occasion": Occasion.PARENT_TALK,
        "mode": Mode.PHONE,
        "created_at": NOW,
        "submitted_at": NOW,
        "opened_at": NOW,
        "ends_at": START + timedelta(hours=1),
    }
    request = GuideRequest(**(values | changes))
    ends_at = request.ends_at or START + timedelta(hours=1)
    request.windows = [
        TimeWindow(position=0, starts_at=ends_at - timedelta(hours=1), ends_at=ends_at, minutes=60)
    ]
    session.add(request)
    session.flush()
    return request


def add_guide(session: Session) -> Guide:
    number = len(session.scalars(select(Guide.id)).all()) + 1
    guide = Guide(
        pool_id=1,
        name=f"Gast Beispiel {number}",
        email=f"guide{number}@lotsen.example",
        status=GuideStatus.ACTIVE,
        created_at=NOW,
    )
    session.add(guide)
    session.flush()
    return guide


def add_assignment(
    session: Session,
    request: GuideRequest,
    status: AssignmentStatus = AssignmentStatus.CONFIRMED,
    **changes: Any,
) -> Assignment:
    values: dict[str, Any] = {
        "pool_id": 1,
        "request_id": request.id,
        "guide_id": add_guide(session).id,
        "status": status,
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "offered_at": NOW,
        "answer_by": NOW + timedelta(days=2),
        "created_at": NOW,
    }
    assignment = Assignment(**(values | changes))
    session.add(assignment)
    session.flush()
    return assignment


def add_token(session: Session, request: GuideRequest) -> Token:
    token = Token(
        purpose=TokenPurpose.TRACKING,
        nonce="0123456789abcdef",
        token_hash="not looked at here",
        request_id=request.id,
        created_at=NOW,
        expires_at=NOW + timedelta(days=90),
    )
    session.add(token)
    session.flush()
    return token


def message(key: str = "received.1", **changes: Any) -> Message:
    return replace(
        Message(
            dedup_key=key,
            pool_id=1,
            notice=Notice.RECEIVED,
            audience=Audience.INSTITUTION,
            to_name="Ada Beispiel",
            to_address=f"{key}@schule.example",
            from_name="Integrationslotsen Neuss",
            locale="de",
            subject="Ihre Anfrage L-2026-0001",
            text_body="Guten Tag\n",
            html_body="<p>Guten Tag</p>\n",
            due_at=NOW,
            reply_to="amt@neuss.example",
        ),
        **changes,
    )


def put(engine: Engine, *messages: Message) -> list[int]:
    """Enqueue messages and return the ids of their rows."""
    with transaction(engine) as session:
        for one in messages:
            assert queue.enqueue(session, one, NOW)
        rows = session.scalars(select(OutboxMessage)).all()
    ids = {row.dedup_key: row.id for row in rows}
    return [ids[one.dedup_key] for one in messages]


def row(engine: Engine, message_id: int) -> OutboxMessage:
    with transaction(engine) as session:
        return session.get_one(OutboxMessage, message_id)


def states(engine: Engine) -> list[OutboxStatus]:
    with transaction(engine, read_only=True) as session:
        return list(session.scalars(select(OutboxMessage.status).order_by(OutboxMessage.id)))
