"""The board on a guide's phone."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.i18n import translator
from lotsen.models import Assignment, GuideRequest, Pool
from lotsen.services import board
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import Clock
from tests.web.forms import forms_on
from tests.web.guides.conftest import press

pytestmark = pytest.mark.only_db("sqlite")
de = translator("de").gettext


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


@pytest.fixture
def posted(bootstrap: Bootstrap, pool: Pool, clock: Clock) -> int:
    """Return a request on the board."""
    with bootstrap.begin(SYSTEM) as uow:
        request = factories.open_request(
            uow, pool.id, clock.now + timedelta(days=20, hours=1), institution_name="KiTa am Probenweg"
        )
    with bootstrap.begin(factories.office(pool.id)) as uow:
        board.open_up(uow, request.id, request.version)
    return request.id


def test_a_guide_takes_what_fits_with_one_button(
    phone: FlaskClient, bootstrap: Bootstrap, posted: int
) -> None:
    page = phone.get("/aushang")
    text = words(page)
    for fact in ("KiTa am Probenweg", "Innenstadt", "Arabisch", "11:00", "12,50"):
        assert fact in text, fact
    assert "Beispielweg 1" not in text
    done = press(phone, page)
    assert de("Thank you. You are coming.") in words(phone.get(done.location))
    assert de("There is nothing on the board for you right now. You do not need to do anything.") in words(
        phone.get("/aushang")
    )
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        mine = uow.session.query(Assignment).filter(Assignment.request_id == posted).one()
        assert mine.status is AssignmentStatus.CONFIRMED
    # A double click gets the same appointment.
    assert press(phone, page).location == done.location


def test_whoever_comes_second_is_told_so(
    phone: FlaskClient, bootstrap: Bootstrap, pool: Pool, posted: int
) -> None:
    page = phone.get("/aushang")
    with bootstrap.begin(SYSTEM) as uow:
        other = factories.add_guide(uow, pool.id)
        factories.confirmed(uow, uow.session.get_one(GuideRequest, posted), other)
    late = press(phone, page)
    assert late.status_code == 409
    assert de("Somebody was faster, or it has changed. Thank you all the same.") in words(late)
    token = forms_on(page)[0].values["csrf_token"]
    assert phone.post("/aushang/9999/nehmen", data={"csrf_token": token}).status_code == 404
