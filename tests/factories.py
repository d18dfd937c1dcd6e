"""People, places and requests for tests, made by the services that real ones come from; all are invented."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, func, select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import (
    ActorKind,
    CredentialKind,
    InstitutionKind,
    Level,
    Mode,
    Occasion,
    Role,
)
from lotsen.models import Assignment, District, Guide, GuideRequest, Pool, TimeWindow
from lotsen.notifications.links import Links
from lotsen.reference.presets import preset
from lotsen.services import assignments, guides, pools, requests
from lotsen.services.guides import GuideInput, Proof
from lotsen.services.requests import RequestInput
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor, UnitOfWork

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Neuss."""

START = NOW + timedelta(days=14)
"""When the talk begins that requests ask for unless told otherwise."""

LINKS = Links("https://lotsen.example", "a secret for tests only, 32 letters or more")


def bootstrap(engine: Engine, now: datetime = NOW) -> Bootstrap:
    """Return units of work for which time stands still at `now`."""
    return Bootstrap(engine, LINKS, lambda: now)


@contextmanager
def acting(uow: UnitOfWork, actor: Actor) -> Generator[UnitOfWork]:
    """Let somebody else act within the same transaction."""
    yield replace(uow, actor=actor)


def office(pool_id: int) -> Actor:
    """Return a coordinator of the pool."""
    return Actor(ActorKind.ACCOUNT, pool_id=pool_id, account_id=1, role=Role.COORDINATOR)


def holder(request: GuideRequest) -> Actor:
    """Return who holds the links of a request."""
    return Actor(ActorKind.INSTITUTION, pool_id=request.pool_id, request_id=request.id)


def asked(assignment: Assignment) -> Actor:
    """Return the guide whom an assignment asks."""
    return Actor(ActorKind.GUIDE, pool_id=assignment.pool_id, guide_id=assignment.guide_id)


def add_pool(uow: UnitOfWork) -> Pool:
    """Return the pool of Neuss with its districts, set up if it is not there yet."""
    return pools.create_pool(uow, preset("neuss"))


def district(uow: UnitOfWork, pool_id: int, code: str = "01") -> int:
    """Return the id of a district by its code."""
    return uow.session.scalars(
        select(District.id).where(District.pool_id == pool_id, District.code == code)
    ).one()


def add_guide(uow: UnitOfWork, pool_id: int, **changes: Any) -> Guide:
    """Add a guide who speaks Arabic, may go to schools and can be asked at any time."""
    number = 1 + (uow.session.scalar(select(func.count()).select_from(Guide)) or 0)
    seen = date(2026, 1, 12)
    proofs = (CredentialKind.CONFIDENTIALITY, CredentialKind.POLICE_CERTIFICATE)
    data = GuideInput(
        name=f"Gesa Beispiel {number}",
        email=f"gesa{number}@lotsen.example",
        languages=(("ar", Level.NATIVE),),
        german_level=Level.C1,
        weekly=tuple(WeeklyTime(weekday, time(6), time(22)) for weekday in range(7)),
        credentials=tuple(Proof(kind, seen_on=seen) for kind in proofs),
    )
    return guides.add_guide(uow, pool_id, replace(data, **changes))


def request_input(uow: UnitOfWork, pool_id: int, start: datetime = START, **changes: Any) -> RequestInput:
    """Return what a school asks for: an hour in Arabic with parents, in the centre of the town."""
    data = RequestInput(
        institution_name="Grundschule am Beispielweg",
        institution_kind=InstitutionKind.SCHOOL,
        contact_name="Ada Beispiel",
        email="ada@schule.example",
        phone="0221 4710 131",
        language="ar",
        occasion=Occasion.PARENT_TALK,
        mode=Mode.ON_SITE,
        windows=((start, start + timedelta(hours=1)),),
        district_id=district(uow, pool_id),
        address="Beispielweg 1",
        urgency_reason="The talk cannot wait.",
    )
    return replace(data, **changes)


def draft(uow: UnitOfWork, pool_id: int) -> GuideRequest:
    """Start a request and leave it as a draft."""
    with acting(uow, ANONYMOUS) as anybody:
        return requests.start_draft(anybody, pool_id, uuid4().hex, {"language": "ar"}, "de")


def submitted_request(uow: UnitOfWork, pool_id: int, start: datetime = START, **changes: Any) -> GuideRequest:
    """Send a request whose mail address is not confirmed yet."""
    data = request_input(uow, pool_id, start, **changes)
    with acting(uow, ANONYMOUS) as anybody:
        return requests.submit(anybody, draft(uow, pool_id).id, data)


def open_request(uow: UnitOfWork, pool_id: int, start: datetime = START, **changes: Any) -> GuideRequest:
    """Send a request and confirm its mail address."""
    request = submitted_request(uow, pool_id, start, **changes)
    with acting(uow, holder(request)) as institution:
        return requests.confirm_address(institution, request.id)


def offered(uow: UnitOfWork, request: GuideRequest, guide: Guide) -> Assignment:
    """Ask a guide for the first window of an open request."""
    with acting(uow, office(request.pool_id)) as coordinator:
        return assignments.offer(coordinator, request.id, guide.id, request.windows[0].id)


def confirmed(uow: UnitOfWork, request: GuideRequest, guide: Guide) -> Assignment:
    """Ask a guide for the first window of an open request, and take the yes."""
    assignment = offered(uow, request, guide)
    with acting(uow, asked(assignment)) as actor:
        return assignments.accept(actor, assignment.id)


def town(uow: UnitOfWork) -> tuple[Pool, Guide, GuideRequest]:
    """Return a pool with one guide and one open request that fit."""
    with acting(uow, SYSTEM) as system:
        pool = add_pool(system)
        return pool, add_guide(system, pool.id), open_request(system, pool.id)


def copies(uow: UnitOfWork, request: GuideRequest, starts: list[datetime]) -> list[GuideRequest]:
    """Return rows like an open request, one for each start; for crowds, where services take too long."""
    kept = {
        column.key: getattr(request, column.key)
        for column in GuideRequest.__table__.columns
        if column.key not in ("id", "reference", "submission_key", "ends_at")
    }
    rows = [
        GuideRequest(
            **kept,
            reference=f"{request.reference}-{number}",
            ends_at=start + timedelta(hours=1),
            windows=[TimeWindow(position=0, starts_at=start, ends_at=start + timedelta(hours=1), minutes=60)],
        )
        for number, start in enumerate(starts)
    ]
    uow.session.add_all(rows)
    uow.session.flush()
    return rows
