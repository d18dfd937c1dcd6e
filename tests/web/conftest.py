"""The application in one process on both databases, with the pool of Neuss and a clock that tests set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine

from config import Config
from lotsen.app import create_app
from lotsen.bootstrap import Bootstrap
from lotsen.models import Pool
from lotsen.notifications.links import Links
from lotsen.services.unit_of_work import SYSTEM
from tests.factories import NOW, add_pool

SECRET = "a secret for tests only, 32 letters or more"


@dataclass
class Clock:
    """What the application takes for now, until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time pass: `pass_by(days=3)`."""
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return Config.from_env(
        {
            "LOTSEN_DATABASE_URL": database_url,
            "LOTSEN_INSTANCE": str(tmp_path / "instance"),
            "LOTSEN_SECRET": SECRET,
        }
    )


@pytest.fixture
def bootstrap(config: Config, engine: Engine, clock: Clock, quick_passwords: None) -> Bootstrap:
    """Return what the processes of an installation share; opens units of work for tests, too."""
    return Bootstrap(engine, Links(config.base_url, config.secret), clock)


@pytest.fixture
def pool(bootstrap: Bootstrap) -> Pool:
    """Return the pool of Neuss, set up as a first start does it."""
    with bootstrap.begin(SYSTEM) as uow:
        return add_pool(uow)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Keep compiled templates for all tests: each has an application of its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(
    config: Config, bootstrap: Bootstrap, pool: Pool, compiled_templates: FileSystemBytecodeCache
) -> Flask:
    """Return the application; forms keep their token against forged requests."""
    made = create_app(config, bootstrap)
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
