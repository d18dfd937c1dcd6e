"""A pool with one guide and one open request that fit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import Engine

from lotsen.bootstrap import Bootstrap
from lotsen.models import Assignment, AuditEntry, Guide, GuideRequest, OutboxMessage, Pool
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork
from tests import factories

Act = Callable[[UnitOfWork], object]


@dataclass
class Town:
    """What the tests act in; ids stay the same, rows are read afresh."""

    shared: Bootstrap
    pool: Pool
    guide: Guide
    request_id: int

    @property
    def office(self) -> Actor:
        return factories.office(self.pool.id)

    @property
    def request(self) -> GuideRequest:
        return self.read(GuideRequest, self.request_id)

    def act(self, actor: Actor, use_case: Act, now: datetime = factories.NOW) -> None:
        """Let somebody do something in a transaction of its own."""
        with factories.bootstrap(self.shared.engine, now).begin(actor) as uow:
            use_case(uow)

    def read(self, model: type, key: int):
        with self.shared.begin(SYSTEM, read_only=True) as uow:
            return uow.session.get_one(model, key)

    def offered(self, guide: Guide | None = None) -> Assignment:
        """Ask a guide for the request."""
        with self.shared.begin(SYSTEM) as uow:
            request = uow.session.get_one(GuideRequest, self.request_id)
            return factories.offered(uow, request, guide or self.guide)

    def confirmed(self, guide: Guide | None = None) -> Assignment:
        """Ask a guide for the request, and take the yes."""
        with self.shared.begin(SYSTEM) as uow:
            request = uow.session.get_one(GuideRequest, self.request_id)
            return factories.confirmed(uow, request, guide or self.guide)

    def another_guide(self) -> Guide:
        with self.shared.begin(SYSTEM) as uow:
            return factories.add_guide(uow, self.pool.id)

    def mails(self) -> list[tuple[str, str]]:
        """Return (notice, audience) of all mails in their order."""
        with self.shared.begin(SYSTEM, read_only=True) as uow:
            rows = uow.session.query(OutboxMessage).order_by(OutboxMessage.id)
            return [(row.notice.value, row.audience.value) for row in rows]

    def history(self) -> list[tuple[str, str | None, str | None]]:
        """Return (subject, trigger, target) of all entries on states in their order."""
        with self.shared.begin(SYSTEM, read_only=True) as uow:
            rows = uow.session.query(AuditEntry).order_by(AuditEntry.id)
            return [(row.subject.value, row.trigger, row.target) for row in rows if row.trigger]


@pytest.fixture
def town(engine: Engine) -> Town:
    shared = factories.bootstrap(engine)
    with shared.begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
    return Town(shared, pool, guide, request.id)


@pytest.fixture
def town_for_two(engine: Engine) -> Town:
    """Return a town whose request needs two guides."""
    shared = factories.bootstrap(engine)
    with shared.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        guide = factories.add_guide(uow, pool.id)
        request = factories.open_request(uow, pool.id, guides_needed=2)
    return Town(shared, pool, guide, request.id)
