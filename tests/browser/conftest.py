"""The service on a clock that tests move, and a demo town that all tests of looks share."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from config import Config
from lotsen import clock
from lotsen.app import make_bootstrap
from lotsen.bootstrap import Bootstrap
from lotsen.database import migrate
from lotsen.domain import tokens
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, TokenPurpose
from lotsen.models import Assignment, GuideRequest, Token
from lotsen.services import demo as demo_town
from lotsen.services.demo import COORDINATOR_EMAIL
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.support.lotsen import Lotsen, started_lotsen
from tests.support.smtp import MailServer

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
"""When the clock of the service starts; the office works and nobody sleeps."""

_SIGN_INS = 8

EAGER = "eilig@schule.example"
"""Who has left as many requests unconfirmed as one may in the demo town."""


@dataclass(frozen=True)
class ServiceClock:
    """The wall clock as the service's processes see it, moved by libfaketime from outside."""

    file: Path

    def set(self, moment: datetime) -> None:
        """Let the clock show `moment` now and run on from there; processes notice within a second."""
        offset = int((moment - clock.now()).total_seconds())
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset:+d}\n")
        fresh.replace(self.file)

    def environment(self) -> dict[str, str]:
        """Return what makes a process live by this clock."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            # Only the wall clock moves, as it does when somebody sets it.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


@dataclass(frozen=True)
class Town:
    """The running service, its clock, and the mail server that it uses."""

    lotsen: Lotsen
    clock: ServiceClock
    mails: MailServer

    def sleep_until(self, moment: datetime) -> None:
        """Cut the scheduler's power and bring it back at `moment`: what fell due meanwhile is caught up."""
        self.lotsen.kill("scheduler")
        self.clock.set(moment)
        self.lotsen.start("scheduler")

    def address(self, path: str) -> str:
        """Return the address of a page."""
        return self.lotsen.url + path


@pytest.fixture
def town(empty_database_url: str, smtp_server: MailServer, tmp_path: Path) -> Iterator[Town]:
    """Prepare an installation without any data whose clock shows Monday; the test fills and starts it."""
    service_clock = ServiceClock(tmp_path / "clock")
    service_clock.set(MONDAY)
    with started_lotsen(empty_database_url, smtp_server.url, tmp_path / "lotsen", parts=()) as lotsen:
        lotsen.environment |= service_clock.environment()
        yield Town(lotsen, service_clock, smtp_server)


@dataclass(frozen=True)
class Demo:
    """The demo town with a link to everything in every state; `links` by purpose, state and id."""

    lotsen: Lotsen
    password: str
    links: dict[tuple[TokenPurpose, str, int], str]
    ended: str

    def link(self, purpose: TokenPurpose, status: str) -> tuple[int, str]:
        """Return the id of something in a state, and the link to it."""
        return next((key[2], link) for key, link in self.links.items() if key[:2] == (purpose, status))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run the demo town for all tests of this process; on SQLite, mails are kept as files."""
    folder = tmp_path_factory.mktemp("demo")
    service_clock = ServiceClock(folder / "clock")
    service_clock.set(MONDAY)
    url = f"sqlite:///{folder / 'demo.sqlite'}"
    with started_lotsen(url, "", folder / "lotsen", parts=()) as lotsen:
        config = Config.from_env(lotsen.environment)
        shared = replace(make_bootstrap(config), clock=lambda: MONDAY)
        migrate(config.database_url)
        with shared.begin(SYSTEM) as uow:
            sign_ins = demo_town.load(uow)
        lotsen.environment |= service_clock.environment()
        lotsen.start("serve")
        lotsen.start("scheduler")
        links, ended = _links(shared, config)
        shared.engine.dispose()
        lotsen.wait_until_healthy()
        password = next(one.password for one in sign_ins if one.email == COORDINATOR_EMAIL)
        yield Demo(lotsen, password, links, ended)


def _links(shared: Bootstrap, config: Config) -> tuple[dict[tuple[TokenPurpose, str, int], str], str]:
    found: dict[tuple[TokenPurpose, str, int], str] = {}
    with shared.begin(SYSTEM) as uow:
        pool_id = factories.add_pool(uow).id
        for _ in range(5):
            factories.submitted_request(uow, pool_id, MONDAY + timedelta(days=14), email=EAGER)

        def issue(purpose: TokenPurpose, days: int = 30, **about: int) -> str:
            uow.links.issue(
                uow.session, purpose, now=MONDAY, expires_at=MONDAY + timedelta(days=days), **about
            )
            token = uow.session.scalars(select(Token).order_by(Token.id.desc()).limit(1)).one()
            return f"{config.base_url}/l/{tokens.derive(config.secret, token.purpose, token.nonce)}"

        for request in uow.session.scalars(select(GuideRequest)):
            if request.status is RequestStatus.DRAFT:
                continue
            for purpose in (TokenPurpose.TRACKING, TokenPurpose.CONFIRM_ADDRESS):
                found[purpose, request.status, request.id] = issue(purpose, request_id=request.id)
        for assignment in uow.session.scalars(select(Assignment)):
            state = str(assignment.status)
            if assignment.status is AssignmentStatus.DECLINED and assignment.decline_reason is None:
                state = "declined without reason"
            link = issue(TokenPurpose.OFFER, assignment_id=assignment.id)
            found[TokenPurpose.OFFER, state, assignment.id] = link
        # A link signs in once: each test takes one of its own.
        holder = uow.session.scalars(
            select(Assignment).where(Assignment.status == AssignmentStatus.CONFIRMED).order_by(Assignment.id)
        ).first()
        assert holder is not None
        for number in range(_SIGN_INS):
            link = issue(TokenPurpose.SIGN_IN, guide_id=holder.guide_id)
            found[TokenPurpose.SIGN_IN, str(number), holder.guide_id] = link
        contact_id = holder.request.contact_id
        assert contact_id is not None
        link = issue(TokenPurpose.MY_REQUESTS, contact_id=contact_id)
        found[TokenPurpose.MY_REQUESTS, "", contact_id] = link
        ended = issue(TokenPurpose.OFFER, days=-1, assignment_id=assignment.id)
    return found, ended


def _library() -> Path:
    found = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert found, (
        "libfaketime is missing; `make test` installs it where it may, else: apt-get install faketime"
    )
    return found
