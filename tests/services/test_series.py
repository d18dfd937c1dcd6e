"""A request that repeats: one for each date, sent and opened together; flexible times; wishes for people."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from lotsen.domain.vocabulary import AssignmentStatus, Notice, RequestStatus, WishKind
from lotsen.errors import GuideTaken, Invalid, NotFound
from lotsen.models import GuideRequest, OutboxMessage, Pool
from lotsen.queries import duplicates, eligibility, proposals
from lotsen.services import assignments, institutions, plan_problem, series
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, UnitOfWork
from tests import factories
from tests.factories import START

WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)
FURTHER = tuple((START + n * WEEK, START + n * WEEK + HOUR) for n in (1, 2))


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    """Return one transaction in which everything of a test happens."""
    with factories.bootstrap(engine).begin(SYSTEM) as uow:
        yield uow


@pytest.fixture
def pool(uow: UnitOfWork) -> Pool:
    return factories.add_pool(uow)


def send(uow: UnitOfWork, pool: Pool, **changes: object) -> GuideRequest:
    data = replace(factories.request_input(uow, pool.id, urgency_reason=""), **changes)
    with factories.acting(uow, ANONYMOUS) as anybody:
        return series.submit(anybody, factories.draft(uow, pool.id).id, data)


def everything(uow: UnitOfWork) -> list[GuideRequest]:
    return list(
        uow.session.scalars(
            select(GuideRequest).where(GuideRequest.reference.is_not(None)).order_by(GuideRequest.id)
        )
    )


def test_a_series_is_one_request_for_each_date_and_one_mail(uow: UnitOfWork, pool: Pool) -> None:
    first = send(uow, pool, further=FURTHER)
    found = everything(uow)
    assert [one.windows[0].starts_at for one in found] == [START, START + WEEK, START + 2 * WEEK]
    assert {one.series_id for one in found} == {first.series_id}
    assert len({one.reference for one in found}) == 3
    assert {one.status for one in found} == {RequestStatus.SUBMITTED}
    (mail,) = uow.session.scalars(select(OutboxMessage)).all()
    assert mail.notice is Notice.CONFIRM_ADDRESS
    assert "14. Dezember 2026" in mail.text_body
    with factories.acting(uow, ANONYMOUS) as anybody:
        data = replace(factories.request_input(uow, pool.id), further=FURTHER)
        assert series.submit(anybody, first.id, data).id == first.id
    assert len(everything(uow)) == 3


def test_one_click_opens_the_whole_series(uow: UnitOfWork, pool: Pool) -> None:
    first = send(uow, pool, further=FURTHER)
    with factories.acting(uow, factories.holder(first)) as institution:
        series.confirm_address(institution, first.id)
        series.confirm_address(institution, first.id)
    assert {one.status for one in everything(uow)} == {RequestStatus.OPEN}
    assert all(one.due_at is not None for one in everything(uow))
    notices = uow.session.scalars(select(OutboxMessage.notice).order_by(OutboxMessage.id)).all()
    assert notices == [Notice.CONFIRM_ADDRESS, Notice.RECEIVED]
    stranger = everything(uow)[1]
    with factories.acting(uow, factories.holder(stranger)) as institution, pytest.raises(NotFound):
        series.confirm_address(institution, first.id)


def test_a_series_has_its_limit_and_its_rules(uow: UnitOfWork, pool: Pool) -> None:
    long = tuple((START + n * WEEK, START + n * WEEK + HOUR) for n in range(1, 7))
    for wrong in (long, ((START + 60 * WEEK, START + 60 * WEEK + HOUR),)):
        with pytest.raises(Invalid) as refused:
            send(uow, pool, further=wrong)
        assert set(refused.value.fields) == {"repeat"}
    # Five series of one address count as five, however many dates they have.
    for _ in range(5):
        send(uow, pool, further=FURTHER)


def test_a_flexible_window_is_asked_for_at_the_best_time_in_it(uow: UnitOfWork, pool: Pool) -> None:
    busy, free = factories.add_guide(uow, pool.id), factories.add_guide(uow, pool.id)
    other = factories.open_request(uow, pool.id, START, email="bo@schule.example")
    factories.confirmed(uow, other, busy)
    request = factories.open_request(
        uow, pool.id, windows=((START, START + 3 * HOUR),), minutes=60, email="cleo@schule.example"
    )
    assert [place.starts_at - START for place in request.places] == [HOUR * n / 2 for n in range(5)]
    assert request.windows[0].is_flexible
    with factories.acting(uow, SYSTEM) as system:
        settings = system.settings(pool.id)
        found = proposals.of(system.session, system.indexes, request, pool, settings, system.now)
        starts = {one.guide_id: request.places[one.window_index].starts_at for one in found.proposals}
        # Whoever has an appointment until ten can come when the way is done, the other one at once.
        assert starts[free.id] == START
        assert starts[busy.id] > START + HOUR
        field = eligibility.field(system.session, pool, settings, system.now)
        question = plan_problem.describe(field, settings, system.now, None)
        windows = question["stamp"]["requests"][str(request.id)]["windows"]
        assert windows == [place.id for place in request.places]
    place = next(one for one in request.places if one.starts_at == starts[busy.id])
    with factories.acting(uow, factories.office(pool.id)) as office:
        with pytest.raises(GuideTaken):
            assignments.offer(office, request.id, busy.id, request.windows[0].id)
        asked = assignments.offer(office, request.id, busy.id, place.id)
        assert (asked.starts_at, asked.ends_at) == (place.starts_at, place.starts_at + HOUR)
        with pytest.raises(NotFound):
            assignments.offer(office, request.id, free.id, place.id + 1)
    received = uow.session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.notice == Notice.RECEIVED, OutboxMessage.request_id == request.id
        )
    ).one()
    assert "10:00 bis 13:00 Uhr, davon 1 Stunde" in received.text_body.replace("\n", " ")


@pytest.mark.only_db("sqlite")
def test_a_talk_that_does_not_fit_into_its_window_is_refused(uow: UnitOfWork, pool: Pool) -> None:
    with pytest.raises(Invalid) as refused:
        send(uow, pool, windows=((START, START + HOUR),), minutes=90)
    assert refused.value.fields == {"windows-0": "narrow"}


def test_only_people_whom_the_contact_has_had_are_wished_for(uow: UnitOfWork, pool: Pool) -> None:
    guide, stranger = factories.add_guide(uow, pool.id), factories.add_guide(uow, pool.id)
    before = factories.confirmed(uow, factories.open_request(uow, pool.id), guide)
    later = replace(uow, now=before.ends_at + HOUR)
    when = ((START + 2 * WEEK, START + 2 * WEEK + HOUR),)
    for wish in ({"guide_wish": stranger.id}, {"not_guide": stranger.id}):
        with pytest.raises(Invalid) as refused:
            send(later, pool, windows=when, **wish)
        assert set(refused.value.fields) == set(wish)
    with pytest.raises(Invalid):
        send(later, pool, windows=when, guide_wish=guide.id, not_guide=guide.id)
    with pytest.raises(Invalid):
        send(later, pool, windows=when, guide_wish=guide.id, email="bo@schule.example")
    sent = send(later, pool, windows=when, guide_wish=guide.id)
    assert [(one.kind, one.guide_id) for one in sent.wishes] == [(WishKind.GUIDE, guide.id)]
    assert before.status is AssignmentStatus.CONFIRMED


def test_what_may_be_the_same_once_more_is_found(uow: UnitOfWork, pool: Pool) -> None:
    one = factories.open_request(uow, pool.id)
    key = institutions.name_key("GRUNDSCHULE am Beispielweg!")

    def similar(name_key: str, email: str, language: str, hours: float) -> list[int]:
        span = (START + hours * HOUR, START + (hours + 1) * HOUR)
        found = duplicates.similar(uow.session, pool.id, name_key, email, language, [span])
        return [request.id for request in found]

    assert similar(key, "neu@schule.example", "ar", 0.5) == [one.id]
    assert similar("andere", "ADA@schule.example", "ar", -0.5) == [one.id]
    assert not similar("andere", "neu@schule.example", "ar", 0)
    assert not similar(key, "ada@schule.example", "uk", 0)
    assert not similar(key, "ada@schule.example", "ar", 1)
    with factories.acting(uow, factories.holder(one)) as institution:
        factories.requests.cancel(institution, one.id)
    assert not similar(key, "ada@schule.example", "ar", 0)
