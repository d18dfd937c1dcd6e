"""A migrated database and a clock that stands until it is put forward."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from lotsen.bootstrap import Bootstrap
from tests.factories import LINKS, NOW


class Clock:
    """Stands until it is put forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared(engine: Engine, clock: Clock) -> Bootstrap:
    return Bootstrap(engine, LINKS, clock)
