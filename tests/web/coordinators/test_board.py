"""The board's part of a request's page: put up, tell all or nobody, take down, and who may."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Notice, Role
from lotsen.models import GuideRequest, OutboxMessage, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.coordinators.conftest import SignIn
from tests.web.forms import forms_on

pytestmark = pytest.mark.only_db("sqlite")


@pytest.fixture
def wanted(bootstrap: Bootstrap, pool: Pool) -> int:
    """Return an open request that two guides could take."""
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(2):
            factories.add_guide(uow, pool.id)
        return factories.open_request(uow, pool.id, factories.NOW + timedelta(days=15)).id


def press(client: FlaskClient, page: TestResponse, end: str, **typed: str) -> TestResponse:
    form = next(one for one in forms_on(page) if one.action.endswith(end))
    return client.post(form.action, data={**form.values, **typed})


def told(bootstrap: Bootstrap) -> int:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        return uow.session.query(OutboxMessage).filter(OutboxMessage.notice == Notice.BOARD).count()


def text(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def test_the_office_puts_up_and_takes_down(office: FlaskClient, bootstrap: Bootstrap, wanted: int) -> None:
    path = f"/buero/anfragen/{wanted}"
    page = office.get(path)
    assert press(office, page, "/aushang").location == path
    assert told(bootstrap) == 0
    up = office.get(path)
    assert "The request is on the board now." in text(up)
    assert "The request was put on the board." in text(up)
    # The same button twice does no harm.
    assert press(office, page, "/aushang").location == path
    assert press(office, up, "/schliessen").location == path
    assert "The request was taken off the board." in text(office.get(path))
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(GuideRequest, wanted).board_opened_at is None


def test_everybody_who_fits_is_told_if_that_is_ticked(
    office: FlaskClient, bootstrap: Bootstrap, wanted: int
) -> None:
    path = f"/buero/anfragen/{wanted}"
    press(office, office.get(path), "/aushang", tell_all="1")
    assert told(bootstrap) == 2
    assert "2 people are told by e-mail." in text(office.get(path))


def test_a_page_from_before_meets_the_new_state(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, wanted: int
) -> None:
    page = office.get(f"/buero/anfragen/{wanted}")
    with bootstrap.begin(SYSTEM) as uow:
        request = uow.session.get_one(GuideRequest, wanted)
        factories.offered(uow, request, factories.add_guide(uow, pool.id))
    assert press(office, page, "/aushang").status_code == 409


def test_who_only_reads_and_a_pool_without_a_board_have_no_button(
    sign_in: SignIn, office: FlaskClient, bootstrap: Bootstrap, pool: Pool, other_pool: Pool, wanted: int
) -> None:
    path = f"/buero/anfragen/{wanted}"
    token = forms_on(office.get(path))[0].values["csrf_token"]
    reader = sign_in("Rita Muster", Role.READ_ONLY)
    assert "/aushang" not in text(reader.get(path))
    own = forms_on(reader.get(path))[0].values["csrf_token"]
    for end in ("/aushang", "/aushang/schliessen"):
        assert reader.post(path + end, data={"csrf_token": own, "version": "1"}).status_code == 403
    elsewhere = sign_in("Olga Muster", pool_id=other_pool.id)
    theirs = forms_on(elsewhere.get("/buero/anfragen"))[0].values["csrf_token"]
    for end in ("/aushang", "/aushang/schliessen"):
        assert elsewhere.post(path + end, data={"csrf_token": theirs, "version": "1"}).status_code == 404
    assert office.post(f"{path}/aushang", data={"csrf_token": token}).status_code == 400
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.get_one(Pool, pool.id).settings = {"board_allowed": False}
    page = office.get(path)
    assert "/aushang" not in text(page)
    refused = office.post(f"{path}/aushang", data={"csrf_token": token, "version": "1"})
    assert refused.status_code == 403
