"""A migrated database with one pool, for all tests of the outbox."""

import pytest
from sqlalchemy import Engine

from lotsen.database import transaction
from tests.outbox.factories import add_pool


@pytest.fixture
def engine(engine: Engine) -> Engine:
    with transaction(engine) as session:
        add_pool(session)
    return engine
