"""What happens to a request from its draft to its end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    Gender,
    Mode,
    Notice,
    Occasion,
    RequestStatus,
    TokenPurpose,
    UnfilledReason,
)
from lotsen.errors import Invalid, NotAllowed, NotFound, Throttled, WrongState
from lotsen.models import Contact, District, GuideRequest, Institution, OutboxMessage, Pool, Token
from lotsen.services import links, requests
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor, UnitOfWork
from tests.factories import (
    NOW,
    START,
    acting,
    add_guide,
    add_pool,
    bootstrap,
    confirmed,
    draft,
    holder,
    offered,
    office,
    open_request,
    request_input,
    submitted_request,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    """Return one transaction in which everything of a test happens."""
    with bootstrap(engine).begin(SYSTEM) as uow:
        yield uow


@pytest.fixture
def pool(uow: UnitOfWork) -> Pool:
    return add_pool(uow)


def told(uow: UnitOfWork) -> list[tuple[Notice, Audience]]:
    rows = uow.session.execute(
        select(OutboxMessage.notice, OutboxMessage.audience).order_by(OutboxMessage.id)
    )
    return [(notice, audience) for notice, audience in rows]


def test_the_same_key_gives_the_same_draft(uow: UnitOfWork, pool: Pool) -> None:
    first = requests.start_draft(uow, pool.id, "k" * 32, {"a": "1"}, "de")
    second = requests.start_draft(uow, pool.id, "k" * 32, {"a": "2"}, "de")
    assert first.id == second.id
    assert second.answers == {"a": "1"}
    assert requests.start_draft(uow, pool.id, "l" * 32, {}, "de").id != first.id


def test_a_draft_keeps_what_was_typed_as_it_was_typed(uow: UnitOfWork, pool: Pool) -> None:
    one = draft(uow, pool.id)
    requests.keep_answers(uow, one.id, {"institution_name": "a\x00\u202eb", "pages": ["termin"]}, "en")
    uow.session.flush()
    uow.session.expire_all()
    kept = uow.session.get_one(GuideRequest, one.id)
    assert kept.answers == {"institution_name": "a\x00\u202eb", "pages": ["termin"]}
    assert kept.locale == "en"


def test_what_was_sent_is_no_draft_any_more(uow: UnitOfWork, pool: Pool) -> None:
    sent = submitted_request(uow, pool.id)
    assert sent.answers is None
    with pytest.raises(WrongState):
        requests.keep_answers(uow, sent.id, {}, "de")


def test_a_submit_fills_the_request_and_asks_for_the_address(uow: UnitOfWork, pool: Pool) -> None:
    sent = submitted_request(uow, pool.id, gender_wish=Gender.FEMALE, participants=4, remarks="Leise Tür")
    assert sent.status is RequestStatus.SUBMITTED
    assert sent.reference == "L-2026-0001"
    assert sent.submitted_at == NOW
    assert sent.ends_at == START + timedelta(hours=1)
    assert [(w.position, w.starts_at, w.minutes) for w in sent.windows] == [(0, START, 60)]
    assert [wish.gender for wish in sent.wishes] == [Gender.FEMALE]
    assert told(uow) == [(Notice.CONFIRM_ADDRESS, Audience.INSTITUTION)]
    assert submitted_request(uow, pool.id).reference == "L-2026-0002"


def test_a_second_submit_changes_nothing(uow: UnitOfWork, pool: Pool) -> None:
    sent = submitted_request(uow, pool.id)
    with acting(uow, ANONYMOUS) as anybody:
        again = requests.submit(anybody, sent.id, request_input(uow, pool.id, remarks="other"))
    assert (again.id, again.remarks, again.version) == (sent.id, "", sent.version)
    with acting(uow, holder(sent)) as institution:
        requests.confirm_address(institution, sent.id)
    with acting(uow, ANONYMOUS) as anybody:
        late = requests.submit(anybody, sent.id, request_input(uow, pool.id))
    assert late.status is RequestStatus.OPEN
    assert told(uow).count((Notice.CONFIRM_ADDRESS, Audience.INSTITUTION)) == 1


def test_the_institution_is_known_again_by_its_name(uow: UnitOfWork, pool: Pool) -> None:
    submitted_request(uow, pool.id, institution_name="KiTa  Regenbogen")
    submitted_request(uow, pool.id, institution_name="Kita Regenbogen!", contact_name="Ada Neu")
    assert uow.session.scalars(select(func.count()).select_from(Institution)).one() == 1
    assert [contact.name for contact in uow.session.scalars(select(Contact))] == ["Ada Neu"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"windows": ()}, {"windows"}),
        ({"windows": tuple((START + n * HOUR, START + (n + 1) * HOUR) for n in range(4))}, {"windows"}),
        ({"windows": ((NOW - HOUR, NOW),)}, {"windows-0"}),
        ({"windows": ((START, START + 9 * HOUR),)}, {"windows-0"}),
        ({"windows": ((START, START + HOUR),) * 2}, {"windows-1"}),
        ({"windows": ((NOW + 24 * HOUR, NOW + 25 * HOUR),), "urgency_reason": " "}, {"urgency_reason"}),
        ({"district_id": None}, {"district_id"}),
        ({"district_id": 999_999}, {"district_id"}),
        ({"guides_needed": 0}, {"guides_needed"}),
        ({"guides_needed": 4}, {"guides_needed"}),
    ],
)
def test_what_breaks_a_rule_is_refused_by_field(
    uow: UnitOfWork, pool: Pool, changes: dict[str, object], fields: set[str]
) -> None:
    one = draft(uow, pool.id)
    data = replace(request_input(uow, pool.id), **changes)  # type: ignore[arg-type] - names of the input
    with acting(uow, ANONYMOUS) as anybody, pytest.raises(Invalid) as refused:
        requests.submit(anybody, one.id, data)
    assert set(refused.value.fields) == fields
    assert one.status is RequestStatus.DRAFT
    assert told(uow) == []


def test_a_district_of_another_pool_is_refused(uow: UnitOfWork, pool: Pool) -> None:
    other = Pool(slug="kaarst", name="Lotsen Kaarst", created_at=NOW)
    uow.session.add(other)
    uow.session.flush()
    foreign = District(pool_id=other.id, code="01", name="Büttgen")
    uow.session.add(foreign)
    uow.session.flush()
    with pytest.raises(Invalid) as refused:
        submitted_request(uow, pool.id, district_id=foreign.id)
    assert set(refused.value.fields) == {"district_id"}


def test_an_occasion_that_the_pool_does_not_take_is_refused(uow: UnitOfWork, pool: Pool) -> None:
    pool.settings = pool.settings | {"occasions": [Occasion.COUNSELLING.value]}
    with pytest.raises(Invalid) as refused:
        submitted_request(uow, pool.id)
    assert set(refused.value.fields) == {"occasion"}


def test_a_talk_by_phone_has_no_district(uow: UnitOfWork, pool: Pool) -> None:
    assert submitted_request(uow, pool.id, mode=Mode.PHONE).district_id is None


def test_an_address_may_leave_five_requests_unconfirmed_within_an_hour(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        pool_id = add_pool(uow).id
        for _ in range(4):
            submitted_request(uow, pool_id)
        open_request(uow, pool_id)
        submitted_request(uow, pool_id, email="andere@schule.example")
        submitted_request(uow, pool_id, email="ADA@schule.example")
        with pytest.raises(Throttled) as refused:
            submitted_request(uow, pool_id)
        assert refused.value.seconds == 3600
    with bootstrap(engine, NOW + timedelta(minutes=61)).begin(SYSTEM) as uow:
        assert submitted_request(uow, pool_id).status is RequestStatus.SUBMITTED


def test_a_confirmed_address_opens_the_request_once(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    assert request.status is RequestStatus.OPEN
    # Three working days from Monday, when the office closes.
    assert request.due_at is not None
    assert request.due_at.isoformat() == "2026-11-26T17:00:00+00:00"
    assert request.contact is not None
    assert request.contact.address_confirmed_at == NOW
    with acting(uow, holder(request)) as institution:
        assert requests.confirm_address(institution, request.id).version == request.version
    assert told(uow).count((Notice.RECEIVED, Audience.INSTITUTION)) == 1


def test_the_answer_is_promised_before_the_talk(uow: UnitOfWork, pool: Pool) -> None:
    soon = NOW + timedelta(days=1)
    assert open_request(uow, pool.id, soon).due_at == soon


def test_only_the_institution_confirms_its_address(uow: UnitOfWork, pool: Pool) -> None:
    sent = submitted_request(uow, pool.id)
    with acting(uow, ANONYMOUS) as anybody, pytest.raises(NotAllowed):
        requests.confirm_address(anybody, sent.id)


def test_the_office_enters_a_request_without_a_mail(uow: UnitOfWork, pool: Pool) -> None:
    one = draft(uow, pool.id)
    with acting(uow, office(pool.id)) as coordinator:
        entered = requests.enter(coordinator, one.id, request_input(uow, pool.id))
    assert entered.status is RequestStatus.OPEN
    assert told(uow) == [(Notice.RECEIVED, Audience.INSTITUTION)]


def test_calling_off_ends_what_was_agreed_and_tells_everybody(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    assignment = confirmed(uow, request, add_guide(uow, pool.id))
    with acting(uow, holder(request)) as institution:
        requests.cancel(institution, request.id, seen_version=request.version)
    assert request.status is RequestStatus.CANCELLED
    assert request.closed_at == NOW
    assert (assignment.status, assignment.sequence) == (AssignmentStatus.CANCELLED, 1)
    assert told(uow)[-2:] == [(Notice.CANCELLED, Audience.GUIDE), (Notice.CANCELLED, Audience.INSTITUTION)]


def test_nothing_is_called_off_that_was_not_seen(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    seen = request.version
    assignment = offered(uow, request, add_guide(uow, pool.id))
    with acting(uow, holder(request)) as institution, pytest.raises(WrongState) as refused:
        requests.cancel(institution, request.id, seen_version=seen)
    assert refused.value.status == RequestStatus.OFFERED
    assert assignment.status is AssignmentStatus.OFFERED


def test_a_guide_cannot_call_a_request_off(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    guide = add_guide(uow, pool.id)
    actor = Actor(holder(request).kind.GUIDE, pool_id=pool.id, guide_id=guide.id)
    with acting(uow, actor) as somebody, pytest.raises(NotAllowed):
        requests.cancel(somebody, request.id)


def test_a_refusal_says_why(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    with acting(uow, office(pool.id)) as coordinator:
        with pytest.raises(Invalid) as refused:
            requests.reject(coordinator, request.id, "  ")
        assert set(refused.value.fields) == {"closing_text"}
        requests.reject(coordinator, request.id, " Das geht nicht. ")
    assert (request.status, request.closing_text) == (RequestStatus.REJECTED, "Das geht nicht.")


def test_a_request_is_given_up_with_a_reason(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    with acting(uow, office(pool.id)) as coordinator:
        requests.mark_unfilled(coordinator, request.id, UnfilledReason.NO_SPEAKER)
    assert request.unfilled_reason is UnfilledReason.NO_SPEAKER
    assert told(uow)[-1] == (Notice.NOBODY_FOUND, Audience.INSTITUTION)


def test_an_open_request_lapses_for_want_of_time_and_a_draft_in_silence(uow: UnitOfWork, pool: Pool) -> None:
    request, left = open_request(uow, pool.id), draft(uow, pool.id)
    before = told(uow)
    assert requests.lapse(uow, left.id).status is RequestStatus.LAPSED
    assert told(uow) == before
    assert requests.lapse(uow, request.id).unfilled_reason is UnfilledReason.TOO_LATE
    assert told(uow)[-1] == (Notice.NOBODY_FOUND, Audience.INSTITUTION)


def test_what_ended_moves_no_more(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    with acting(uow, holder(request)) as institution:
        requests.cancel(institution, request.id)
        with pytest.raises(WrongState):
            requests.cancel(institution, request.id)
    with pytest.raises(WrongState):
        requests.lapse(uow, request.id)


def test_a_request_that_is_not_there_is_not_found(uow: UnitOfWork, pool: Pool) -> None:
    with pytest.raises(NotFound):
        requests.lock(uow, 999_999)


def test_a_browser_gets_a_link_of_its_own(uow: UnitOfWork, pool: Pool) -> None:
    request = open_request(uow, pool.id)
    token = uow.session.get_one(Token, links.open_tracking(uow, request))
    assert (token.purpose, token.request_id) == (TokenPurpose.TRACKING, request.id)
    assert token.expires_at == START + timedelta(hours=1, days=90)


def test_a_link_to_a_draft_goes_to_the_typed_address(uow: UnitOfWork, pool: Pool) -> None:
    one = draft(uow, pool.id)
    links.send_draft_link(uow, one, "ada@schule.example")
    links.send_draft_link(uow, one, "ada@schule.example")
    links.send_draft_link(uow, one, "bea@schule.example")
    addresses = uow.session.scalars(select(OutboxMessage.to_address).order_by(OutboxMessage.id)).all()
    assert addresses == ["ada@schule.example", "bea@schule.example"]


def test_an_address_gets_only_so_many_links_to_drafts(uow: UnitOfWork, pool: Pool) -> None:
    for _ in range(5):
        links.send_draft_link(uow, draft(uow, pool.id), "ada@schule.example")
    with pytest.raises(Throttled):
        links.send_draft_link(uow, draft(uow, pool.id), "ada@schule.example")


def test_a_link_to_a_draft_that_ended_is_not_renewed(uow: UnitOfWork, pool: Pool) -> None:
    links.send_draft_link(uow, draft(uow, pool.id), "ada@schule.example")
    token = uow.session.scalars(select(Token)).one()
    assert links.renew(uow, token.id) is False
