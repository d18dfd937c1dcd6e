"""One more guide in the demo town, with an appointment in each situation that a day may bring."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from config import Config
from lotsen.app import make_bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import TokenPurpose
from lotsen.models import GuideRequest, Token
from lotsen.services import assignments, board
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.browser.conftest import MONDAY, Demo

HOUR = timedelta(hours=1)
NOW = MONDAY.astimezone(UTC)
OFFER, LATER, SOON, BEGUN = range(4)


@dataclass(frozen=True)
class Prepared:
    """The links of a guide: to an offer, an appointment next week, one soon, and one that has begun."""

    sign_in: str
    assignments: tuple[int, ...]


def prepare(demo: Demo, name: str) -> Prepared:
    """Give the demo town one more guide, for whom nobody else is in the way."""
    config = Config.from_env(demo.lotsen.environment)
    shared = make_bootstrap(config)
    day_before = replace(shared, clock=lambda: NOW - timedelta(days=1))
    with day_before.begin(SYSTEM) as uow:
        pool_id = factories.add_pool(uow).id
        guide = factories.add_guide(
            uow, pool_id, name=f"{name} Beispiel", email=f"{name.lower()}@lotsen.example", asks_per_week=20
        )
        places = (
            NOW + timedelta(days=16),
            NOW + timedelta(days=17),
            NOW + 2 * HOUR,
            NOW - HOUR / 4,
        )
        made = [_request(uow, pool_id, start, name, number) for number, start in enumerate(places)]
        asked = [factories.offered(uow, request, guide) for request in made]
        for one in asked[LATER:]:
            with factories.acting(uow, factories.asked(one)) as actor:
                assignments.accept(actor, one.id)
        posted = _request(uow, pool_id, NOW + timedelta(days=18), name, 4)
        with factories.acting(uow, factories.office(pool_id)) as office:
            board.open_up(office, posted.id, posted.version)
        link = uow.links.issue(
            uow.session,
            TokenPurpose.SIGN_IN,
            now=NOW,
            expires_at=NOW + timedelta(days=30),
            guide_id=guide.id,
        )
        (token_id,) = tokens.placeholders(link)
        token = uow.session.get_one(Token, token_id)
        raw = tokens.derive(config.secret, token.purpose, token.nonce)
        found = Prepared(f"{config.base_url}/l/{raw}", tuple(one.id for one in asked))
    shared.engine.dispose()
    return found


def _request(uow: UnitOfWork, pool_id: int, start: datetime, name: str, number: int) -> GuideRequest:
    return factories.open_request(
        uow,
        pool_id,
        start,
        institution_name=f"Schule {name} {number}",
        email=f"{name.lower()}{number}@schule.example",
        on_site_name="Paula Probe",
        on_site_phone="0221 4710 140",
        meeting_point="Sekretariat",
    )
