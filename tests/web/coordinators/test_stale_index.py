"""A guide whom the warm index still takes for free, but another process asked a moment ago, is not asked."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lotsen import guards
from lotsen.bootstrap import Bootstrap
from lotsen.domain.lifecycle import HOLDING
from lotsen.models import Assignment, Pool
from lotsen.queries import candidates
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.support.processes import tied
from tests.web.forms import fill, forms_on

pytestmark = pytest.mark.race

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Rivals:
    """This process with its warm index, and another one that is faster."""

    office: FlaskClient
    bootstrap: Bootstrap
    address: str
    url: str
    taking: tuple[int, ...]

    def page(self) -> TestResponse:
        return self.office.get(self.address)

    def press(self, page: TestResponse) -> TestResponse:
        button = next(i for i, form in enumerate(forms_on(page)) if form.action.endswith("/anfragen"))
        return fill(page, self.office, {}, form=button)

    def take(self, manner: str) -> None:
        """Let the other process ask the guide for the same time, and say so or keep quiet about it."""
        command = [sys.executable, "-m", "tests.races.taker", self.url, manner, *map(str, self.taking)]
        subprocess.run(tied(command), cwd=ROOT, check=True, timeout=60)

    def held(self) -> int:
        with self.bootstrap.begin(SYSTEM, read_only=True) as uow:
            counted = select(func.count()).select_from(Assignment).where(Assignment.status.in_(HOLDING))
            return uow.session.scalar(counted) or 0


@pytest.fixture
def rivals(office: FlaskClient, bootstrap: Bootstrap, pool: Pool, database_url: str) -> Rivals:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        wanted, other = (factories.open_request(uow, pool.id) for _ in range(2))
        taking = (pool.id, other.id, other.windows[0].id, guide.id)
        return Rivals(office, bootstrap, f"/buero/anfragen/{wanted.id}", database_url, taking)


def test_a_guide_taken_a_moment_ago_is_refused_and_gone_from_the_next_page(rivals: Rivals) -> None:
    seen = rivals.page()
    assert "Proposals (1)" in seen.text
    rivals.take("telling")
    late = rivals.press(seen)
    assert late.status_code == 409
    assert "This person was asked a moment ago" in late.text
    assert "Proposals (0)" in rivals.page().text
    assert rivals.held() == 1


def test_control_without_a_raised_version_the_page_is_stale_but_nobody_is_asked_twice(rivals: Rivals) -> None:
    rivals.page()
    rivals.take("quiet")
    stale = rivals.page()
    assert "Proposals (1)" in stale.text
    late = rivals.press(stale)
    assert late.status_code == 409
    assert "This person was asked a moment ago" in late.text
    assert rivals.held() == 1


def test_control_without_fresh_rows_and_guard_the_wrong_offer_goes_out(
    rivals: Rivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = rivals.page()
    rivals.take("telling")
    load = candidates.load

    def load_before(*args: Any, **named: Any) -> list[candidates.Candidate]:
        return [replace(one, held=(), asks_this_week=0) for one in load(*args, **named)]

    monkeypatch.setattr(candidates, "load", load_before)
    with rivals.bootstrap.engine.begin() as connection:
        guards.remove(connection)
    assert rivals.press(seen).status_code == 302
    assert rivals.held() == 2
