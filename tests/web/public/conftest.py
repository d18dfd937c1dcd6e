"""Browsers of institutions, as far as they have come."""

import pytest
from flask.testing import FlaskClient

from tests.web.public.walk import fill_pages


@pytest.fixture
def visitor(client: FlaskClient) -> FlaskClient:
    """Return a browser that has come to the date page."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    fill_pages(client, until="termin")
    return client
