"""After a no: what the guide says, what follows from it, and the way back."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import GuideStatus
from lotsen.i18n import date_long, translator
from lotsen.models import Assignment, Guide, GuideConflict, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on
from tests.web.guides.conftest import Link

pytestmark = pytest.mark.only_db("sqlite")
de = translator("de").gettext


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


@pytest.fixture
def declined(bootstrap: Bootstrap, pool: Pool, clock: Clock, link: Link, client: FlaskClient) -> Assignment:
    """Return an offer that the guide has said no to in this browser."""
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        request = factories.open_request(uow, pool.id, clock.now + timedelta(days=15, hours=1))
        offered = factories.offered(uow, request, guide)
    page = client.get(link(offered), follow_redirects=True)
    assert fill(page, client, {}, form=1).status_code == 302
    return offered


def say(client: FlaskClient, declined: Assignment, **typed: str) -> TestResponse:
    return fill(client.get(f"/angebot/{declined.id}"), client, typed)


def guide_of(bootstrap: Bootstrap, declined: Assignment) -> Guide:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.get_one(Guide, declined.guide_id)


@pytest.mark.parametrize(
    ("reason", "named"),
    [("institution", "Grundschule am Beispielweg"), ("occasion", de("Talk with parents"))],
)
def test_what_is_not_wanted_is_named_with_a_way_back(
    client: FlaskClient, bootstrap: Bootstrap, declined: Assignment, reason: str, named: str
) -> None:
    assert say(client, declined, reason=reason).location == f"/angebot/{declined.id}"
    page = client.get(f"/angebot/{declined.id}")
    assert named in words(page)
    assert de("Ask me again after all") in words(page)
    overview = client.get("/nicht-anfragen")
    assert named in words(overview)
    assert fill(overview, client, {}).location == "/nicht-anfragen"
    assert de("Nothing. We ask you for everything that fits you.") in words(client.get("/nicht-anfragen"))
    # The button on the page from before does no harm.
    assert fill(page, client, {}).status_code == 404
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.query(GuideConflict).count() == 0


def test_too_much_offers_a_break_in_the_same_step(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, declined: Assignment
) -> None:
    until = (clock.now + timedelta(days=20)).date()
    say(client, declined, reason="too_much", pause_until=until.isoformat())
    guide = guide_of(bootstrap, declined)
    assert (guide.status, guide.paused_until) == (GuideStatus.PAUSED, until)
    page = client.get(f"/angebot/{declined.id}")
    assert date_long(until, "de") in words(page)
    assert date_long(until, "de") in words(client.get("/nicht-anfragen"))
    assert fill(page, client, {}).status_code == 303
    assert guide_of(bootstrap, declined).status is GuideStatus.ACTIVE


@pytest.mark.parametrize("typed", ["2026-11-01", "2029-01-01", "bald"])
def test_a_wrong_day_is_refused_beside_its_field_and_nothing_is_lost(
    client: FlaskClient, bootstrap: Bootstrap, declined: Assignment, typed: str
) -> None:
    wrong = say(client, declined, reason="too_much", pause_until=typed)
    assert wrong.status_code == 422
    (form,) = forms_on(wrong)
    assert (form.values["reason"], form.values["pause_until"]) == ("too_much", typed)
    assert 'aria-invalid="true"' in words(wrong)
    assert f"<title>{de('Error:')}" in words(wrong)
    assert guide_of(bootstrap, declined).status is GuideStatus.ACTIVE


def test_too_far_leads_to_the_districts(client: FlaskClient, declined: Assignment) -> None:
    say(client, declined, reason="district")
    assert 'href="/profil"' in words(client.get(f"/angebot/{declined.id}"))
