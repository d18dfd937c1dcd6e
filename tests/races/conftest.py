"""Several engines on one database, as several web processes have them."""

from collections.abc import Iterator

import pytest

from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from tests.factories import bootstrap

PROCESSES = 4


@pytest.fixture
def processes(database_url: str) -> Iterator[list[Bootstrap]]:
    """Return what four web processes of one installation would share among their threads."""
    engines = [make_engine(database_url, pool_size=25) for _ in range(PROCESSES)]
    yield [bootstrap(engine) for engine in engines]
    for engine in engines:
        engine.dispose()
