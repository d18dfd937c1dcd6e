"""The invented town looks lived in on whatever day it is loaded."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from lotsen.domain.calendar import is_working_day
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AssignmentStatus, CredentialKind, OutboxStatus, RequestStatus, Role
from lotsen.errors import Conflict
from lotsen.models import (
    Absence,
    Assignment,
    AuditEntry,
    Credential,
    Guide,
    GuideLanguage,
    GuideRequest,
    Institution,
    OutboxMessage,
)
from lotsen.services import accounts, deadlines, demo
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import NOW, bootstrap


def count(uow: UnitOfWork, model: type) -> int:
    """Return the number of rows of a table."""
    return uow.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_town_is_whole_and_comes_once(engine: Engine):
    installation = bootstrap(engine)
    began = time.process_time()
    with installation.begin(SYSTEM) as uow:
        sign_ins = demo.load(uow)
    assert time.process_time() - began < 8
    with installation.begin(SYSTEM, read_only=True) as uow:
        assert (count(uow, Guide), count(uow, Institution), count(uow, GuideRequest)) == (30, 12, 40)
        assert len(set(uow.session.scalars(select(GuideLanguage.language)))) >= 20
        assert set(uow.session.scalars(select(GuideRequest.status))) == set(RequestStatus)
        found = set(uow.session.scalars(select(Assignment.status)))
        assert found == set(AssignmentStatus) - {AssignmentStatus.STANDBY, AssignmentStatus.NO_SHOW}
        assert count(uow, Absence) >= 3
        certificates = uow.session.scalars(
            select(Credential.valid_until).where(Credential.kind == CredentialKind.POLICE_CERTIFICATE)
        ).all()
        expired = [day for day in certificates if day is not None and day < NOW.date()]
        assert 2 <= len(expired) <= 6
        addresses = set(uow.session.scalars(select(OutboxMessage.to_address)))
        assert all(address.endswith(".example") for address in addresses)
        references = uow.session.scalars(
            select(GuideRequest.reference)
            .where(GuideRequest.reference.is_not(None))
            .order_by(GuideRequest.submitted_at)
        ).all()
        assert list(references) == sorted(str(one) for one in references)
    roles = {one.role: one for one in sign_ins}
    assert set(roles) == {Role.COORDINATOR, Role.ADMIN}
    for one in sign_ins:
        assert accounts.check_password(installation.begin, one.email, one.password, "192.0.2.1")
    assert len({one.password for one in sign_ins}) == 2
    with installation.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.scalars(select(OutboxMessage)).all()
        states = Counter(one.status for one in rows)
        assert set(states) == {OutboxStatus.SENT, OutboxStatus.WAITING}
        assert states[OutboxStatus.SENT] > 100
        assert 3 <= states[OutboxStatus.WAITING] <= 12
        sent = [one for one in rows if one.status is OutboxStatus.SENT]
        assert all(one.sent_at is not None and one.sent_at <= NOW for one in sent)
    with installation.begin(SYSTEM) as uow, pytest.raises(Conflict):
        demo.load(uow)


@pytest.mark.slow
@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    "moment",
    [
        "2026-10-25T00:30",  # the hour that comes twice is near
        "2026-12-24T22:59",
        "2027-01-01T00:05",
        "2027-03-30T05:00",  # the morning after Easter
        "2027-08-05T12:00",  # in the middle of the summer holidays
        "2028-02-29T10:00",
        "2031-06-07T03:00",  # no school holidays are known so far ahead
    ],
)
def test_the_demo_never_ages(engine: Engine, moment: str):
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    installation = bootstrap(engine, now)
    with installation.begin(SYSTEM) as uow:
        demo.load(uow)
    with installation.begin(SYSTEM, read_only=True) as uow:
        # Nothing has happened yet that has not, and nothing has run out unnoticed.
        assert (uow.session.scalar(select(func.max(AuditEntry.at))) or now) <= now
        assert not deadlines.due_expiries(uow)
        assert not deadlines.due_lapses(uow)
        assert not deadlines.due_completions(uow)
        zone = uow.zone(uow.session.scalars(select(GuideRequest.pool_id)).first())
        for request in uow.session.scalars(select(GuideRequest)):
            for window in request.windows:
                start = window.starts_at.astimezone(zone)
                assert is_working_day(start.date())
                assert 8 <= start.hour < 17
                assert abs(window.starts_at - now) < timedelta(days=75)
            if request.windows and request.status in (RequestStatus.OPEN, RequestStatus.OFFERED):
                assert local_day(request.windows[0].starts_at, zone) > local_day(now, zone)
