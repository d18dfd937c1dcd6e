import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import UnfilledReason
from lotsen.models import Pool
from lotsen.services import requests
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.coordinators.conftest import PASSWORD
from tests.web.forms import open_and_fill


@contextmanager
def counted(engine: Engine) -> Generator[list[str]]:
    """Gather the statements that the application sends meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def tab_counts(page: str) -> dict[str, int]:
    return {
        name.strip(): int(number)
        for name, number in re.findall(r">([A-Z][a-z ]+) <span class=\"count\">(\d+)</span></a></li>", page)
    }


def test_the_inbox_is_empty_and_says_so(office: FlaskClient) -> None:
    page = office.get("/buero/anfragen").text
    assert "Nothing to do." in page
    assert office.get("/buero/").location == "/buero/anfragen"


def test_the_empty_inbox_names_the_next_deadline(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        factories.offered(uow, factories.open_request(uow, pool.id), guide)
    page = office.get("/buero/anfragen").text
    assert "Nothing to do. Next deadline: Thursday, 26 November 2026" in page


def test_every_request_is_counted_and_listed_in_its_tab(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Omar Hadid")
        factories.draft(uow, pool.id)
        waiting = factories.submitted_request(uow, pool.id)
        to_do = [factories.open_request(uow, pool.id) for _ in range(2)]
        asked = factories.offered(uow, factories.open_request(uow, pool.id), guide)
        later = factories.START + timedelta(days=1)
        agreed = factories.confirmed(uow, factories.open_request(uow, pool.id, later), guide)
        ended = factories.open_request(uow, pool.id)
        with factories.acting(uow, factories.office(pool.id)) as coordinator:
            requests.mark_unfilled(coordinator, ended.id, UnfilledReason.NO_SPEAKER)
            turned_down = factories.open_request(uow, pool.id)
            requests.reject(coordinator, turned_down.id, "This is a matter for a court.")
    page = office.get("/buero/anfragen").text
    counts = tab_counts(page)
    assert counts["To do"] == 2
    assert counts["Waiting"] == 2
    assert counts["Confirmed"] == 1
    assert counts["Nobody free"] == 1
    assert counts["Done"] == 1
    assert all(f'href="/buero/anfragen/{one.id}"' in page for one in to_do)
    wartet = office.get("/buero/anfragen?stand=wartet").text
    assert f'href="/buero/anfragen/{waiting.id}"' in wartet
    assert f'href="/buero/anfragen/{asked.request_id}"' in wartet
    assert "Omar Hadid: answer by Thu, 26 Nov" in wartet
    assert (
        f'href="/buero/anfragen/{agreed.request_id}"' in office.get("/buero/anfragen?stand=bestaetigt").text
    )
    assert "Nobody speaks the language" in office.get("/buero/anfragen?stand=niemand-frei").text
    assert f'href="/buero/anfragen/{turned_down.id}"' in office.get("/buero/anfragen?stand=erledigt").text


def test_the_nearest_deadline_stands_first(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        first = factories.open_request(uow, pool.id)
    clock.pass_by(days=2)
    with bootstrap.begin(SYSTEM) as uow:
        second = factories.open_request(uow, pool.id)
    clock.pass_by(days=3)
    office = _again(office)
    page = office.get("/buero/anfragen").text
    assert page.index(f"/buero/anfragen/{first.id}") < page.index(f"/buero/anfragen/{second.id}")
    assert "overdue" in page
    assert "urgent" in page


def _again(client: FlaskClient) -> FlaskClient:
    """Sign in once more: a sign-in does not outlast a day."""
    account = "petra-1@buero.example"
    assert open_and_fill(client, "/anmelden", {"email": account, "password": PASSWORD}).status_code == 302
    return client


def test_the_number_of_queries_does_not_grow_with_the_list(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        request = factories.open_request(uow, pool.id)
        factories.copies(uow, request, [factories.START] * 2)
    with counted(bootstrap.engine) as few:
        assert office.get("/buero/anfragen").text.count("<tr>") == 4
    with bootstrap.begin(SYSTEM) as uow:
        fresh = factories.open_request(uow, pool.id)
        factories.copies(uow, fresh, [factories.START] * 56)
    with counted(bootstrap.engine) as many:
        page = office.get("/buero/anfragen").text
    assert page.count("<tr>") == 51
    assert "Page 1 of 2" in page
    assert len(many) == len(few)
    assert office.get("/buero/anfragen?stand=zu-tun&seite=2").text.count("<tr>") == 11


def test_pages_and_tabs_that_do_not_exist_are_not_found(office: FlaskClient) -> None:
    assert office.get("/buero/anfragen?seite=2").status_code == 404
    assert office.get("/buero/anfragen?seite=0").status_code == 404
    assert office.get("/buero/anfragen?stand=alles").status_code == 404
