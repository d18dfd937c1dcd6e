"""A guide with an appointment, an offer and a browser that opened the offer's link."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import TokenPurpose
from lotsen.models import Assignment, Pool, Token
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock

Link = Callable[[Assignment], str]


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
        guide = factories.add_guide(uow, pool.id)
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
def phone(client: FlaskClient, agreed: Assignment, link: Link) -> FlaskClient:
    """Return the browser in which the guide of the appointment has opened its link."""
    assert client.get(link(agreed), follow_redirects=True).status_code == 200
    return client
