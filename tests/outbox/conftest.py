"""A migrated database with one pool, for all tests of the outbox."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from lotsen.database import make_engine, transaction
from tests.outbox.factories import add_pool


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    with transaction(engine) as session:
        add_pool(session)
    yield engine
    engine.dispose()
