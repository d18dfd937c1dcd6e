"""200 coordinators press the button for one guide at the same moment, through the web process itself."""

import http.client
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from lotsen import clock
from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from lotsen.domain.calendar import add_working_days
from lotsen.domain.lifecycle import HOLDING
from lotsen.models import Assignment
from lotsen.services import accounts
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.races.crowd import all_at_once
from tests.support.lotsen import Lotsen, started_lotsen

pytestmark = pytest.mark.race

CROWD = 200
EMAIL, PASSWORD = "koordination@lotsen.example", "blaue-tassen-im-regal"


@pytest.fixture
def web(database_url: str, tmp_path: Path) -> Iterator[Lotsen]:
    """Run the web process alone; nobody needs the mails here."""
    engine = make_engine(database_url)
    with factories.bootstrap(engine).begin(SYSTEM) as uow:
        factories.add_pool(uow)
    engine.dispose()
    with started_lotsen(database_url, "", tmp_path / "lotsen", parts=("serve",)) as lotsen:
        yield lotsen


def send(
    host: str, method: str, path: str, body: str = "", cookie: str = ""
) -> tuple[int, str, http.client.HTTPMessage]:
    with closing(http.client.HTTPConnection(host, timeout=120)) as connection:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.msg


def cookie_of(headers: http.client.HTTPMessage) -> str:
    return str(headers["Set-Cookie"]).partition(";")[0]


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def sign_in(host: str) -> tuple[str, str]:
    """Return the cookie and the token of somebody who has signed in."""
    _, page, headers = send(host, "GET", "/anmelden")
    typed = {"email": EMAIL, "password": PASSWORD, "csrf_token": token_on(page)}
    status, page, headers = send(host, "POST", "/anmelden", urlencode(typed), cookie_of(headers))
    assert status == 302, page
    cookie = cookie_of(headers)
    _, page, headers = send(host, "GET", "/buero/anfragen", cookie=cookie)
    return (cookie_of(headers) if headers["Set-Cookie"] else cookie), token_on(page)


def prepare(shared: Bootstrap) -> tuple[int, list[tuple[int, int, int]]]:
    """Return a guide, and requests whose times all overlap, as (id, window, version)."""
    # The web process lives by the real clock, and guides are free on working days.
    day = add_working_days(shared.clock().date(), 15)
    start = datetime.combine(day, time(10), UTC)
    with shared.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        accounts.create_coordinator(uow, EMAIL, "Maria Muster", PASSWORD, pool.id)
        guide = factories.add_guide(uow, pool.id)
        request = factories.open_request(uow, pool.id, start)
        starts = [start + timedelta(seconds=number * 2700 // CROWD) for number in range(CROWD)]
        wanted = [(one.id, one.windows[0].id, one.version) for one in factories.copies(uow, request, starts)]
        return guide.id, wanted


def test_of_200_approvals_exactly_one_succeeds_and_none_fails(database_url: str, web: Lotsen) -> None:
    engine = make_engine(database_url)
    shared = Bootstrap(engine, factories.LINKS, clock.now)
    guide_id, wanted = prepare(shared)
    host = urlsplit(web.url).netloc
    cookie, token = sign_in(host)

    def press(request_id: int, window_id: int, version: int) -> tuple[int, str]:
        typed = {"guide_id": guide_id, "window_id": window_id, "version": version, "csrf_token": token}
        path = f"/buero/anfragen/{request_id}/anfragen"
        status, page, _ = send(host, "POST", path, urlencode(typed), cookie)
        return status, page

    outcomes = all_at_once([partial(press, *one) for one in wanted])
    errors = [one for one in outcomes if isinstance(one, Exception)]
    assert not errors
    answers = [one for one in outcomes if not isinstance(one, Exception)]
    pages = "\n".join({page[:2000] for status, page in answers if status not in (302, 409)})
    assert Counter(status for status, _ in answers) == {302: 1, 409: CROWD - 1}, pages
    with shared.begin(SYSTEM, read_only=True) as uow:
        held = select(func.count()).select_from(Assignment).where(Assignment.status.in_(HOLDING))
        assert uow.session.scalar(held) == 1
    engine.dispose()
