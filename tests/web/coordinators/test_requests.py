from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Level,
    Notice,
    RequestStatus,
    Role,
    UnfilledReason,
)
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, GuideRequest, OutboxMessage, Pool
from lotsen.services import assignments, stand_by
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.coordinators.conftest import SignIn
from tests.web.forms import PageForm, fill, forms_on


def ask_form(page: TestResponse) -> int:
    """Return where on a page the form of the first proposal stands."""
    return next(place for place, form in enumerate(forms_on(page)) if form.action.endswith("/anfragen"))


def form_for(page: TestResponse, end: str) -> PageForm:
    return next(form for form in forms_on(page) if form.action.endswith(end))


@pytest.fixture
def town(bootstrap: Bootstrap, pool: Pool) -> GuideRequest:
    """Return an open request, with one guide who suits and one who speaks another language."""
    with bootstrap.begin(SYSTEM) as uow:
        factories.add_guide(uow, pool.id, name="Amira Saleh")
        factories.add_guide(uow, pool.id, name="Olena Pryklad", languages=(("uk", Level.NATIVE),))
        return factories.open_request(uow, pool.id)


def test_proposals_come_with_reasons_and_the_others_with_theirs(
    office: FlaskClient, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}").text
    assert "Proposals (1)" in page
    assert "1. Amira Saleh" in page
    assert "Speaks Arabic as a native language" in page
    assert "How is this worked out?" in page
    assert ">Ask Amira</button>" in page
    assert "Not possible (1)" in page
    assert "Does not speak the language (1)" in page
    assert "Olena Pryklad</a>: Does not speak Arabic" in page
    assert "only this" in page
    assert "The institution has confirmed its e-mail address." in page
    assert 'href="tel:02214710131"' in page


def test_asking_makes_an_offer_and_a_mail(
    office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}")
    answer = fill(page, office, {}, form=ask_form(page))
    assert answer.status_code == 302
    after = office.get(answer.location).text
    assert "You have asked Amira Saleh. The answer is due by" in after
    assert "Enter a yes" in after
    assert "Proposals" not in after
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        asked = uow.session.scalars(select(Assignment)).one()
        assert asked.status is AssignmentStatus.OFFERED
        mails = uow.session.scalars(
            select(OutboxMessage.to_name).where(OutboxMessage.notice == Notice.OFFER)
        ).all()
        assert mails == ["Amira Saleh"]


def test_a_double_click_asks_once_and_shows_no_collision(
    office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}")
    answers = [fill(page, office, {}, form=ask_form(page)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert len(uow.session.scalars(select(Assignment)).all()) == 1


def test_whoever_comes_second_learns_who_was_faster(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool, town: GuideRequest
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        factories.add_guide(uow, pool.id, name="Omar Hadid")
    colleague = sign_in("Yasemin Muster")
    seen = office.get(f"/buero/anfragen/{town.id}")
    first = colleague.get(f"/buero/anfragen/{town.id}")
    omar = next(
        place
        for place, form in enumerate(forms_on(first))
        if form.action.endswith("/anfragen") and form.values["guide_id"] != str(_first_guide(first))
    )
    assert fill(first, colleague, {}, form=omar).status_code == 302
    late = fill(seen, office, {}, form=ask_form(seen))
    assert late.status_code == 409
    assert "Yasemin Muster has asked Omar Hadid." in late.text
    assert "Person asked" in late.text
    assert f'href="/buero/anfragen/{town.id}"' in late.text


def _first_guide(page: TestResponse) -> int:
    return int(forms_on(page)[ask_form(page)].values["guide_id"])


def test_a_guide_given_away_for_another_request_is_explained(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}")
    with bootstrap.begin(SYSTEM) as uow:
        amira = factories.add_guide(uow, pool.id, name="Zweite Person")
        other = factories.open_request(uow, pool.id)
        first = uow.session.scalars(select(Assignment.guide_id)).all()
        assert not first
        guide_id = int(forms_on(page)[ask_form(page)].values["guide_id"])
        assert guide_id != amira.id
        with factories.acting(uow, factories.office(pool.id)) as coordinator:
            assignments.offer(coordinator, other.id, guide_id, other.windows[0].id)
    late = fill(page, office, {}, form=ask_form(page))
    assert late.status_code == 409
    assert "This person was asked a moment ago" in late.text
    assert "You have asked Amira Saleh." in late.text
    assert str(other.reference) in late.text


def test_a_guide_who_no_longer_fits_is_not_asked(
    office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}")
    guide_id = int(forms_on(page)[ask_form(page)].values["guide_id"])
    with bootstrap.begin(SYSTEM) as uow:
        day = factories.START.date()
        factories.guides.add_absence(uow, guide_id, day, day)
    late = fill(page, office, {}, form=ask_form(page))
    assert late.status_code == 409
    assert "This person can no longer come" in late.text
    assert "<li>Away</li>" in late.text


def test_one_of_several_times_is_chosen(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    start = factories.START
    second = start + timedelta(days=1)
    with bootstrap.begin(SYSTEM) as uow:
        factories.add_guide(uow, pool.id)
        request = factories.open_request(
            uow,
            pool.id,
            windows=((start, start + timedelta(hours=1)), (second, second + timedelta(hours=1))),
        )
        wanted = request.windows[1].id
    page = office.get(f"/buero/anfragen/{request.id}")
    form = forms_on(page)[ask_form(page)]
    assert sorted(form.choices["window_id"]) == sorted(str(one.id) for one in request.windows)
    fill(page, office, {"window_id": str(wanted)}, form=ask_form(page))
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalars(select(Assignment)).one().starts_at == second


@pytest.mark.parametrize(
    ("deed", "assignment", "request_"),
    [
        ("zusage", AssignmentStatus.CONFIRMED, RequestStatus.CONFIRMED),
        ("absage", AssignmentStatus.DECLINED, RequestStatus.OPEN),
        ("zurueckziehen", AssignmentStatus.CANCELLED, RequestStatus.OPEN),
    ],
)
def test_answers_by_phone_are_entered(
    office: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
    deed: str,
    assignment: AssignmentStatus,
    request_: RequestStatus,
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Amira Saleh")
        asked = factories.offered(uow, factories.open_request(uow, pool.id), guide)
    address = f"/buero/anfragen/{asked.request_id}"
    form = form_for(office.get(address), deed)
    assert office.post(form.action, data=form.values).location == address
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(Assignment, asked.id).status is assignment
        assert uow.session.get_one(GuideRequest, asked.request_id).status is request_
    if deed != "zusage":
        again = office.post(f"{address}/termine/{asked.id}/zusage", data=form.values)
        assert again.status_code == 409
        assert "The request has changed in the meantime" in again.text


def test_an_appointment_falls_through_and_is_open_again(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Amira Saleh")
        agreed = factories.confirmed(uow, factories.open_request(uow, pool.id), guide)
    address = f"/buero/anfragen/{agreed.request_id}"
    form = form_for(office.get(address), "ausfall")
    office.post(form.action, data=form.values)
    page = office.get(address).text
    assert "Amira Saleh has called off. You have entered it." in page
    assert "The request is open again." in page


def test_turning_down_wants_a_text(office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest) -> None:
    address = f"/buero/anfragen/{town.id}/ablehnen"
    refused = fill(office.get(address), office, {"closing_text": "  "}, form=-1)
    assert refused.status_code == 422
    assert "Please say why." in refused.text
    done = fill(office.get(address), office, {"closing_text": "A court needs sworn interpreters."}, form=-1)
    assert done.location == f"/buero/anfragen/{town.id}"
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        request = uow.session.get_one(GuideRequest, town.id)
        assert request.status is RequestStatus.REJECTED
        assert request.closing_text == "A court needs sworn interpreters."
    assert "A court needs sworn interpreters." in office.get(done.location).text
    # What has ended cannot be ended again.
    assert office.get(address).status_code == 302


def test_a_text_typed_too_late_is_not_lost(
    office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    page = office.get(f"/buero/anfragen/{town.id}/ablehnen")
    with bootstrap.begin(SYSTEM) as uow:
        factories.offered(uow, factories.requests.lock(uow, town.id), _some_guide(bootstrap, uow))
    late = fill(page, office, {"closing_text": "A court needs sworn interpreters."}, form=-1)
    assert late.status_code == 409
    assert "A court needs sworn interpreters." in late.text


def _some_guide(bootstrap: Bootstrap, uow: factories.UnitOfWork) -> factories.Guide:
    return uow.session.scalars(select(factories.Guide).order_by(factories.Guide.id).limit(1)).one()


def test_giving_up_names_the_reason(office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest) -> None:
    address = f"/buero/anfragen/{town.id}/niemand-frei"
    refused = fill(office.get(address), office, {}, form=-1)
    assert refused.status_code == 422
    assert "Please choose a reason." in refused.text
    assert fill(office.get(address), office, {"reason": "magic"}, form=-1).status_code == 422
    fill(office.get(address), office, {"reason": "nobody_free"}, form=-1)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        request = uow.session.get_one(GuideRequest, town.id)
        assert request.status is RequestStatus.UNFILLED
        assert request.unfilled_reason is UnfilledReason.NOBODY_FREE


def test_after_a_no_by_phone_the_page_says_who_stood_by_and_is_asked(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        first, second = (
            factories.add_guide(uow, pool.id, name=name) for name in ("Amira Saleh", "Omar Hadid")
        )
        request = factories.open_request(uow, pool.id)
        asked = factories.offered(uow, request, first)
        stand_by.put(uow, request.id, second.id, Window(asked.starts_at, asked.ends_at))
    address = f"/buero/anfragen/{asked.request_id}"
    form = form_for(office.get(address), "absage")
    office.post(form.action, data=form.values)
    page = office.get(address).text
    assert "This person stood by and has been asked: Omar Hadid." in page
    assert "You have entered the no. The request is open again." not in page
    form = form_for(office.get(address), "absage")
    office.post(form.action, data=form.values)
    assert "You have entered the no. The request is open again." in office.get(address).text


def test_the_office_calls_off_for_the_institution(
    office: FlaskClient, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    fill(office.get(f"/buero/anfragen/{town.id}/absagen"), office, {}, form=-1)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(GuideRequest, town.id).status is RequestStatus.CANCELLED
    assert "You have called the request off." in office.get(f"/buero/anfragen/{town.id}").text


def test_requests_of_another_pool_do_not_exist(
    sign_in: SignIn, bootstrap: Bootstrap, other_pool: Pool, town: GuideRequest
) -> None:
    stranger = sign_in("Sam Muster", pool_id=other_pool.id)
    with bootstrap.begin(SYSTEM) as uow:
        asked = factories.offered(uow, factories.requests.lock(uow, town.id), _some_guide(bootstrap, uow))
        own = factories.open_request(uow, other_pool.id, district_id=factories.district(uow, other_pool.id))
    token = forms_on(stranger.get("/buero/anfragen"))[0].values
    assert stranger.get(f"/buero/anfragen/{town.id}").status_code == 404
    assert stranger.get(f"/buero/anfragen/{town.id}/ablehnen").status_code == 404
    ask = token | {"guide_id": str(asked.guide_id), "window_id": "1", "version": "1"}
    assert stranger.post(f"/buero/anfragen/{town.id}/anfragen", data=ask).status_code == 404
    # Their own request with our guide: there is no such guide in their pool.
    ask |= {"window_id": str(own.windows[0].id), "version": str(own.version)}
    assert stranger.post(f"/buero/anfragen/{own.id}/anfragen", data=ask).status_code == 404
    for request_id in (town.id, own.id):
        for deed in ("zusage", "absage", "zurueckziehen", "ausfall"):
            address = f"/buero/anfragen/{request_id}/termine/{asked.id}/{deed}"
            assert stranger.post(address, data=token).status_code == 404
    for ending in ("ablehnen", "niemand-frei", "absagen"):
        data = token | {"version": "1", "closing_text": "No.", "reason": "nobody_free"}
        assert stranger.post(f"/buero/anfragen/{town.id}/{ending}", data=data).status_code == 404
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(Assignment, asked.id).status is AssignmentStatus.OFFERED


def test_a_draft_is_nobodys_business(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        draft = factories.draft(uow, pool.id)
    assert office.get(f"/buero/anfragen/{draft.id}").status_code == 404


def test_who_may_only_read_sees_no_buttons_and_decides_nothing(
    sign_in: SignIn, bootstrap: Bootstrap, town: GuideRequest
) -> None:
    reader = sign_in("Rita Muster", Role.READ_ONLY)
    page = reader.get(f"/buero/anfragen/{town.id}")
    assert page.status_code == 200
    assert "Ask Amira" not in page.text
    assert "Turn down" not in page.text
    token = forms_on(page)[0].values
    ask = token | {"guide_id": "1", "window_id": str(town.windows[0].id), "version": str(town.version)}
    assert reader.post(f"/buero/anfragen/{town.id}/anfragen", data=ask).status_code == 403
    assert reader.get(f"/buero/anfragen/{town.id}/ablehnen").status_code == 403
    counting = sign_in("Carl Muster", Role.STATISTICS)
    assert counting.get("/buero/anfragen").status_code == 403
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.scalars(select(Assignment)).all() == []


def test_only_ten_proposals_are_shown_at_first(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        for _ in range(13):
            factories.add_guide(uow, pool.id)
        request = factories.open_request(uow, pool.id)
    address = f"/buero/anfragen/{request.id}"
    page = office.get(address).text
    assert "Proposals (13)" in page
    assert page.count(">Ask ") == 10
    assert "Show 3 more" in page
    assert office.get(f"{address}?alle=1").text.count(">Ask ") == 13


def test_missing_numbers_are_a_bad_request(office: FlaskClient, town: GuideRequest) -> None:
    token = forms_on(office.get("/buero/anfragen"))[0].values
    assert office.post(f"/buero/anfragen/{town.id}/anfragen", data=token).status_code == 400
    assert office.post(f"/buero/anfragen/{town.id}/anfragen").status_code == 400


def test_markup_in_what_people_typed_stays_text(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        data = replace(
            factories.request_input(uow, pool.id), remarks="<script>alert(1)</script>", unit="<b>R</b>"
        )
        with factories.acting(uow, factories.ANONYMOUS) as anybody:
            request = factories.requests.submit(anybody, factories.draft(uow, pool.id).id, data)
    page = office.get(f"/buero/anfragen/{request.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
