"""A session on a migrated, empty database."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from lotsen.database import make_engine, transaction


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = make_engine(database_url)
    with transaction(engine) as session:
        yield session
    engine.dispose()
