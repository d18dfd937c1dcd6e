"""An office with accounts that sign in as people do; its pages in English, where texts equal the msgids."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Role
from lotsen.models import Pool
from lotsen.reference.presets import preset
from lotsen.services import accounts, pools
from lotsen.services.unit_of_work import SYSTEM
from tests.web.forms import open_and_fill

PASSWORD = "correct horse battery"
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def sign_in(app: Flask, bootstrap: Bootstrap, pool: Pool) -> SignIn:
    """Return a function that adds an account and gives a browser in which it is signed in."""

    def enter(
        name: str = "Petra Beispiel", role: Role = Role.COORDINATOR, pool_id: int = pool.id
    ) -> FlaskClient:
        email = f"{name.split()[0].lower()}-{pool_id}@buero.example"
        with bootstrap.begin(SYSTEM) as uow:
            accounts.create_coordinator(uow, email, name, PASSWORD, pool_id, role)
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        answer = open_and_fill(client, "/anmelden", {"email": email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return enter


@pytest.fixture
def office(sign_in: SignIn) -> FlaskClient:
    """Return the browser of a coordinator, the account with the first id."""
    return sign_in()


@pytest.fixture
def other_pool(bootstrap: Bootstrap, pool: Pool) -> Pool:
    """Return a second pool of the same installation."""
    with bootstrap.begin(SYSTEM) as uow:
        return pools.create_pool(uow, replace(preset("neuss"), slug="musterstadt", name="Musterstadt"))
