"""A guide with an appointment, an offer and a browser that opened the offer's link."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import Audience, Notice, TokenPurpose
from lotsen.models import Assignment, Pool, Token
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web import mails
from tests.web.conftest import Clock
from tests.web.forms import Values, fill, forms_on, open_and_fill

Link = Callable[[Assignment], str]


def press(
    client: FlaskClient, page: TestResponse, typed: Values | None = None, *, nth: int = 0
) -> TestResponse:
    """Post a form of a page, not counting the button to sign out."""
    own = [number for number, form in enumerate(forms_on(page)) if not form.action.endswith("/abmelden")]
    return fill(page, client, typed or {}, form=own[nth])


@pytest.fixture
def link(bootstrap: Bootstrap, clock: Clock) -> Link:
    """Return a function that mails the link of an assignment and gives its path."""

    def issue(assignment: Assignment) -> str:
        with bootstrap.begin(SYSTEM) as uow:
            address = uow.links.issue(
                uow.session,
                TokenPurpose.OFFER,
                now=clock.now,
                expires_at=clock.now + timedelta(days=60),
                assignment_id=assignment.id,
            )
            (token_id,) = tokens.placeholders(address)
            token = uow.session.get_one(Token, token_id)
            return f"/l/{tokens.derive(uow.links.secret, token.purpose, token.nonce)}"

    return issue


@pytest.fixture
def agreed(bootstrap: Bootstrap, pool: Pool, clock: Clock) -> Assignment:
    """Return an appointment in fifteen days."""
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, asks_per_week=20)
        request = factories.open_request(
            uow,
            pool.id,
            clock.now + timedelta(days=15, hours=1),
            on_site_name="Paula Probe",
            on_site_phone="0221 4710 140",
            meeting_point="Sekretariat",
        )
        return factories.confirmed(uow, request, guide)


@pytest.fixture
def phone(client: FlaskClient, bootstrap: Bootstrap, agreed: Assignment) -> FlaskClient:
    """Return the browser in which the guide of the appointment has signed in."""
    open_and_fill(client, "/anmelden-per-mail", {"email": agreed.guide.email})
    mail = mails.find(mails.read_all(bootstrap), Notice.LOGIN_LINK, Audience.GUIDE)
    fill(client.get(mail.links[0], follow_redirects=True), client, {})
    return client
