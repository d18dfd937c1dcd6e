from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain import tokens
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    Mode,
    Notice,
    RequestStatus,
    Role,
    TokenPurpose,
)
from lotsen.models import OutboxMessage, Token
from lotsen.notifications.notifier import calendar_file
from lotsen.notifications.plans import PLANS
from lotsen.outbox.queue import still_true
from tests.notifications.factories import DRAFT_TO, LINKS, NOW, START, STATES, Scene, add_account, scene

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def only_token(session: Session, row: OutboxMessage) -> Token:
    (token_id,) = tokens.placeholders(row.text_body)
    assert tokens.placeholders(row.html_body) == {token_id}
    return session.get_one(Token, token_id)


@pytest.mark.parametrize(
    ("notice", "audience"), PLANS, ids=[f"{notice}.{audience}" for notice, audience in PLANS]
)
def test_every_notice_makes_one_true_message_however_often_it_is_told(
    session: Session, notice: Notice, audience: Audience
):
    told = scene(session, notice, audience)
    (row,) = told.tell(notice, audience)
    assert (row.notice, row.audience, row.pool_id) == (notice, audience, told.pool.id)
    assert row.request_id == told.request.id
    assert row.assignment_id == (told.assignment.id if told.assignment else None)
    assert row.from_name == "Integrationslotsen Musterstadt"
    assert row.reply_to == "lotsen@musterstadt.example"
    assert len(row.subject) <= 78
    assert still_true(session, row, NOW)
    assert told.tell(notice, audience) == [row]


@pytest.mark.parametrize("notice", [Notice.OFFER, Notice.OFFER_REMINDER])
def test_an_offer_ends_with_its_state_its_start_and_its_deadline(session: Session, notice: Notice):
    told = scene(session, notice, Audience.GUIDE)
    (row,) = told.tell(notice, Audience.GUIDE)
    assignment = told.assignment
    assert assignment is not None
    assert assignment.answer_by is not None
    assert row.useless_after == assignment.answer_by
    assert not still_true(session, row, assignment.answer_by + HOUR)
    assignment.starts_at -= HOUR
    session.flush()
    assert not still_true(session, row, NOW)
    assignment.starts_at += HOUR
    assignment.status = AssignmentStatus.DECLINED
    session.flush()
    assert not still_true(session, row, NOW)


def test_a_confirmation_of_an_appointment_that_is_off_is_not_sent_but_its_cancelling_is(session: Session):
    told = scene(session, Notice.CONFIRMED, Audience.GUIDE)
    assert told.assignment is not None
    told.tell(Notice.CONFIRMED, Audience.GUIDE)
    told.assignment.status = AssignmentStatus.CANCELLED
    told.assignment.sequence = 1
    session.flush()
    confirmed, cancelled = told.tell(Notice.CANCELLED, Audience.GUIDE)
    assert not still_true(session, confirmed, NOW)
    assert still_true(session, cancelled, NOW)


def test_a_reminder_is_of_no_use_after_the_start(session: Session):
    (row,) = scene(session, Notice.REMINDER, Audience.GUIDE).tell(Notice.REMINDER, Audience.GUIDE)
    assert row.useless_after == START


@pytest.mark.parametrize(
    ("notice", "audience", "purpose", "expires_at"),
    [
        (Notice.CONFIRM_ADDRESS, Audience.INSTITUTION, TokenPurpose.CONFIRM_ADDRESS, NOW + 72 * HOUR),
        (Notice.RECEIVED, Audience.INSTITUTION, TokenPurpose.TRACKING, START + 93 * DAY + 1.5 * HOUR),
        (Notice.OFFER, Audience.GUIDE, TokenPurpose.OFFER, START + HOUR + 30 * DAY),
        (Notice.CONFIRMED, Audience.GUIDE, TokenPurpose.OFFER, START + HOUR + 30 * DAY),
        (Notice.DRAFT_LINK, Audience.INSTITUTION, TokenPurpose.DRAFT, NOW + 14 * DAY),
    ],
)
def test_links_have_one_purpose_and_an_end(
    session: Session, notice: Notice, audience: Audience, purpose: TokenPurpose, expires_at: datetime
):
    told = scene(session, notice, audience)
    (row,) = told.tell(notice, audience)
    token = only_token(session, row)
    assert (token.purpose, token.expires_at) == (purpose, expires_at)
    of_guide = purpose is TokenPurpose.OFFER
    assert token.request_id == (None if of_guide else told.request.id)
    assert token.assignment_id == (told.assignment.id if of_guide and told.assignment else None)


def test_the_office_signs_in_instead_of_getting_a_link(session: Session):
    told = scene(session, Notice.OFFER_EXPIRED, Audience.OFFICE)
    (row,) = told.tell(Notice.OFFER_EXPIRED, Audience.OFFICE)
    assert f"https://lotsen.example/buero/anfragen/{told.request.id}\n" in row.text_body
    assert not list(session.scalars(select(Token)))


def test_without_an_address_of_the_office_all_who_work_there_are_told(session: Session):
    told = scene(session, Notice.OFFER_EXPIRED, Audience.OFFICE)
    told.pool.settings = {**told.pool.settings, "office_email": ""}
    add_account(told, "Kora", Role.COORDINATOR)
    add_account(told, "Anna", Role.ADMIN)
    add_account(told, "Rita", Role.READ_ONLY)
    add_account(told, "Otto", Role.COORDINATOR, disabled=True)
    rows = told.tell(Notice.OFFER_EXPIRED, Audience.OFFICE)
    assert [row.to_name for row in rows] == ["Kora", "Anna"]
    assert {row.reply_to for row in rows} == {""}


def test_a_new_link_may_be_asked_for_again_after_a_minute(session: Session):
    told = scene(session, Notice.NEW_LINK, Audience.INSTITUTION)
    told.tell(Notice.NEW_LINK, Audience.INSTITUTION)
    assert len(told.tell(Notice.NEW_LINK, Audience.INSTITUTION, NOW + timedelta(seconds=5))) == 1
    rows = told.tell(Notice.NEW_LINK, Audience.INSTITUTION, NOW + timedelta(minutes=2))
    assert len({only_token(session, row).token_hash for row in rows}) == 2


def test_a_new_link_long_after_the_talk_is_good_for_some_days(session: Session):
    told = scene(session, Notice.NEW_LINK, Audience.INSTITUTION)
    later = NOW + 200 * DAY
    (row,) = told.tell(Notice.NEW_LINK, Audience.INSTITUTION, later)
    assert only_token(session, row).expires_at == later + 7 * DAY


def test_whoever_has_not_confirmed_gets_a_new_link_to_confirm(session: Session):
    told = scene(session, Notice.NEW_LINK, Audience.INSTITUTION)
    told.request.status = RequestStatus.SUBMITTED
    (row,) = told.tell(Notice.NEW_LINK, Audience.INSTITUTION)
    assert only_token(session, row).purpose is TokenPurpose.CONFIRM_ADDRESS


def test_a_draft_is_mailed_to_the_address_that_was_typed(session: Session):
    told = scene(session, Notice.DRAFT_LINK, Audience.INSTITUTION)
    (row,) = told.tell(Notice.DRAFT_LINK, Audience.INSTITUTION)
    assert row.to_address == DRAFT_TO.address


@pytest.mark.parametrize(
    ("notice", "audience", "now", "due_at"),
    [
        (Notice.OFFER, Audience.GUIDE, NOW, NOW),
        (Notice.OFFER, Audience.GUIDE, NIGHT, MORNING),
        (Notice.OFFER, Audience.GUIDE, MORNING - HOUR, MORNING),
        (Notice.OFFER, Audience.GUIDE, MORNING, MORNING),
        (Notice.OFFER_REMINDER, Audience.GUIDE, NIGHT, MORNING),
        (Notice.REMINDER, Audience.GUIDE, NIGHT, MORNING),
        (Notice.REMINDER, Audience.INSTITUTION, NIGHT, NIGHT),
        (Notice.CONFIRMED, Audience.GUIDE, NIGHT, NIGHT),
        (Notice.CANCELLED, Audience.GUIDE, NIGHT, NIGHT),
    ],
)
def test_guides_are_not_asked_at_night(
    session: Session, notice: Notice, audience: Audience, now: datetime, due_at: datetime
):
    (row,) = scene(session, notice, audience).tell(notice, audience, now)
    assert row.next_attempt_at == due_at


def test_what_would_come_too_late_in_the_morning_goes_out_at_night(session: Session):
    told = scene(session, Notice.REMINDER, Audience.GUIDE)
    assert told.assignment is not None
    told.assignment.starts_at = MORNING - HOUR / 2
    told.assignment.ends_at = MORNING + HOUR
    (row,) = told.tell(Notice.REMINDER, Audience.GUIDE, NIGHT)
    assert row.next_attempt_at == NIGHT


def test_a_telephone_is_named_only_if_its_owner_and_the_pool_agree(session: Session):
    told = scene(session, Notice.CONFIRMED, Audience.INSTITUTION)
    assert told.assignment is not None
    guide = told.assignment.guide
    (row,) = told.tell(Notice.CONFIRMED, Audience.INSTITUTION)
    assert guide.phone in row.text_body
    assert guide.phone not in _again(told, phone_shared_if_agreed=False).text_body
    guide.phone_shared = False
    assert guide.phone not in _again(told).text_body


def _again(told: Scene, **settings: object) -> OutboxMessage:
    told.pool.settings = {**told.pool.settings, **settings}
    assert told.assignment is not None
    told.assignment.sequence += 1
    return told.tell(Notice.CONFIRMED, Audience.INSTITUTION)[-1]


def test_a_talk_by_phone_has_no_place(session: Session):
    told = scene(session, Notice.OFFER, Audience.GUIDE)
    told.request.mode = Mode.PHONE
    (row,) = told.tell(Notice.OFFER, Audience.GUIDE)
    assert "Ort: Am Telefon\n" in row.text_body
    assert "Parkstraße" not in row.text_body


def test_the_calendar_file_of_a_page_is_that_of_the_mail(session: Session):
    told = scene(session, Notice.CONFIRMED, Audience.GUIDE)
    assert told.assignment is not None
    (row,) = told.tell(Notice.CONFIRMED, Audience.GUIDE)
    text = calendar_file(
        session, Audience.GUIDE, request=told.request, assignment=told.assignment, now=NOW, links=LINKS
    )
    assert text == row.calendar_body


def test_markup_in_names_stays_text(session: Session):
    told = scene(session, Notice.CONFIRMED, Audience.GUIDE)
    assert told.request.institution is not None
    told.request.institution.name = "Schule <b>A&B</b>"
    (row,) = told.tell(Notice.CONFIRMED, Audience.GUIDE)
    assert "Schule <b>A&B</b>" in row.text_body
    assert "Schule &lt;b&gt;A&amp;B&lt;/b&gt;" in row.html_body


def test_a_request_that_nobody_had_agreed_to_is_called_off_without_a_calendar(session: Session):
    told = scene(session, Notice.CANCELLED, Audience.INSTITUTION)
    told.assignment = None
    (row,) = told.tell(Notice.CANCELLED, Audience.INSTITUTION)
    assert row.calendar_body is None
    assert row.subject == "Abgesagt: Anfrage L-2026-0012"


def test_nobody_is_told_of_a_wrong_thing(session: Session):
    told = scene(session, Notice.RECEIVED, Audience.INSTITUTION)
    with pytest.raises(ValueError, match="about an assignment"):
        told.tell(Notice.REMINDER, Audience.INSTITUTION)
    assert set(STATES) == set(PLANS)
