"""After an appointment: the hours of both sides, sums, feedback, nobody came, complaints, certificates."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AuditEvent,
    HoursProblem,
    Notice,
    RequestStatus,
)
from lotsen.errors import HoursInvalid, NotAllowed, NotFound, Throttled, WrongState
from lotsen.models import (
    Assignment,
    AuditEntry,
    Feedback,
    Guide,
    GuideRequest,
    OutboxMessage,
    Pool,
    ServiceReport,
)
from lotsen.queries import hours
from lotsen.services import assignments, certificates, feedback, reports
from lotsen.services.reports import Said
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.factories import START, asked, holder
from tests.services.conftest import Town

HOUR = timedelta(hours=1)
AFTER = START + 8 * HOUR


def over(town: Town) -> Assignment:
    """Bring the town's appointment to its end."""
    assignment = town.confirmed()
    town.act(SYSTEM, lambda uow: assignments.complete(uow, assignment.id), START + HOUR)
    return town.read(Assignment, assignment.id)


def institution(town: Town) -> Actor:
    return holder(town.request)


def say(town: Town, one: Assignment, minutes: int = 60, version: int = 0, **travel: int) -> None:
    said = Said(START, START + timedelta(minutes=minutes), **travel)
    town.act(asked(one), lambda uow: reports.report(uow, one.id, said, version), AFTER)


def state(town: Town, one: Assignment, minutes: int = 60, version: int = 1) -> None:
    end = START + timedelta(minutes=minutes)
    town.act(institution(town), lambda uow: reports.confirm(uow, one.id, START, end, version), AFTER)


def decide(town: Town, one: Assignment, minutes: int, version: int) -> None:
    town.act(town.office, lambda uow: reports.decide(uow, one.id, minutes, version), AFTER)


def said_of(town: Town, one: Assignment) -> ServiceReport:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(ServiceReport).where(ServiceReport.assignment_id == one.id)).one()


def events(town: Town) -> list[AuditEvent]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        found = uow.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [entry.event for entry in found if entry.event is not AuditEvent.STATUS]


def told(town: Town) -> list[tuple[str, str]]:
    """Return the mails that only what comes afterwards causes."""
    known = {"hours", "feedback", "no-show", "no-show-undone", "complaint", "allowance-limit"}
    return [mail for mail in town.mails() if mail[0] in known]


def test_both_agree_and_the_hours_are_settled(town: Town) -> None:
    one = over(town)
    say(town, one, travel_km=12)
    say(town, one, travel_km=12)
    found = said_of(town, one)
    assert (found.minutes, found.travel_km, found.travel_cents, found.version) == (60, 12, 360, 1)
    say(town, one, 75, version=1, ticket_cents=310)
    found = said_of(town, one)
    assert (found.minutes, found.travel_km, found.travel_cents, found.version) == (75, 0, 310, 2)
    state(town, one, 75, version=2)
    state(town, one, 75, version=2)
    found = said_of(town, one)
    assert (found.counted_minutes, found.disputed, found.settled) == (75, False, True)
    with pytest.raises(WrongState):
        say(town, one, 90, version=3)
    assert told(town) == []
    assert events(town)[-3:] == [
        AuditEvent.HOURS_REPORTED,
        AuditEvent.HOURS_REPORTED,
        AuditEvent.HOURS_CONFIRMED,
    ]


def test_the_office_is_told_of_different_hours_and_decides(town: Town) -> None:
    one = over(town)
    say(town, one, 90)
    state(town, one, 60)
    found = said_of(town, one)
    assert (found.disputed, found.counted_minutes) == (True, 90)
    assert told(town) == [("hours", "office")]
    with pytest.raises(NotAllowed):
        town.act(institution(town), lambda uow: reports.decide(uow, one.id, 60, 2), AFTER)
    with pytest.raises(HoursInvalid):
        decide(town, one, 1441, 2)
    with pytest.raises(WrongState):
        decide(town, one, 75, 1)
    decide(town, one, 75, 2)
    found = said_of(town, one)
    assert (found.minutes, found.confirmed_minutes, found.decided_minutes) == (90, 60, 75)
    assert (found.counted_minutes, found.disputed) == (75, False)
    with pytest.raises(WrongState):
        state(town, one, 90, version=3)


def test_the_institution_may_speak_first_and_nobody_overwrites_unseen(town: Town) -> None:
    one = over(town)
    state(town, one, 45, version=0)
    with pytest.raises(WrongState):
        say(town, one, 60, version=0)
    say(town, one, 60, version=1)
    assert said_of(town, one).disputed
    state(town, one, 60, version=2)
    assert not said_of(town, one).disputed


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(START, START), HoursProblem.ORDER),
        (Said(START, START + 13 * HOUR), HoursProblem.TOO_LONG),
        (Said(START, AFTER + HOUR), HoursProblem.NOT_OVER),
        (Said(START, START + HOUR, travel_km=5, ticket_cents=5), HoursProblem.TWO_TRAVELS),
        (Said(START, START + HOUR, travel_km=501), HoursProblem.FAR),
        (Said(START, START + HOUR, ticket_cents=20001), HoursProblem.DEAR),
    ],
)
@pytest.mark.only_db("sqlite")
def test_what_cannot_be_true_is_refused(town: Town, said: Said, problem: HoursProblem) -> None:
    one = over(town)
    with pytest.raises(HoursInvalid, match=problem):
        town.act(asked(one), lambda uow: reports.report(uow, one.id, said, 0), AFTER)


def test_only_its_own_people_speak_about_an_appointment_that_is_over(town: Town) -> None:
    one = town.confirmed()
    with pytest.raises(WrongState):
        town.act(asked(one), lambda uow: reports.report(uow, one.id, Said(START, START + HOUR), 0))
    town.act(SYSTEM, lambda uow: assignments.complete(uow, one.id), START + HOUR)
    other = town.another_guide()
    stranger = Actor(asked(one).kind, pool_id=town.pool.id, guide_id=other.id)
    with pytest.raises(NotFound):
        town.act(stranger, lambda uow: reports.report(uow, one.id, Said(START, START + HOUR), 0), AFTER)
    for actor in (institution(town), town.office, SYSTEM):
        with pytest.raises(NotAllowed):
            town.act(actor, lambda uow: reports.report(uow, one.id, Said(START, START + HOUR), 0), AFTER)
    for actor in (asked(one), town.office, SYSTEM):
        with pytest.raises(NotAllowed):
            town.act(actor, lambda uow: reports.confirm(uow, one.id, START, START + HOUR, 0), AFTER)
    wrong = Actor(institution(town).kind, pool_id=town.pool.id, request_id=town.request_id + 1)
    with pytest.raises(NotFound):
        town.act(wrong, lambda uow: reports.confirm(uow, one.id, START, START + HOUR, 0), AFTER)
    with pytest.raises(NotFound):
        town.act(wrong, lambda uow: feedback.give(uow, one.id, 5, 5, ""), AFTER)
    with pytest.raises(NotFound):
        town.act(wrong, lambda uow: feedback.report_no_show(uow, one.id), AFTER)


def test_guide_and_office_are_told_once_when_the_tax_free_sum_is_near(town: Town) -> None:
    one = over(town)
    # 70 euros for the first hour and 50 for each further one; 960 a year are free of tax.
    set_allowance(town, 630_00)
    say(town, one, 60)
    assert told(town) == []
    say(town, one, 121, version=1)
    say(town, one, 60, version=2)
    say(town, one, 122, version=3)
    mails = [("allowance-limit", "guide"), ("allowance-limit", "office")]
    assert told(town) == mails
    decide(town, one, 361, 4)
    assert told(town) == mails * 2
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        zone, settings = uow.zone(town.pool.id), uow.settings(town.pool.id)
        found = hours.total(hours.in_year(uow.session, one.guide_id, 2026, zone), settings)
        assert (found.appointments, found.minutes, found.allowance_cents) == (10, 901, 1000_00)
        assert hours.total(hours.in_year(uow.session, one.guide_id, 2025, zone), settings).appointments == 0


def set_allowance(town: Town, cents: int) -> None:
    with town.shared.begin(SYSTEM) as uow:
        pool = uow.session.get_one(Pool, town.pool.id)
        pool.settings = {**pool.settings, "allowance_cents": 7000, "allowance_further_hour_cents": 5000}
        _earlier(uow, town, cents)


def _earlier(uow, town: Town, cents: int) -> None:
    """Let the guide have got allowances earlier in the year, by as many talks of an hour as that takes."""
    request = uow.session.get_one(GuideRequest, town.request_id)
    for number in range(cents // 7000):
        start = factories.NOW - timedelta(days=number + 1)
        made = Assignment(
            pool_id=town.pool.id,
            request_id=request.id,
            guide_id=town.guide.id,
            status=AssignmentStatus.COMPLETED,
            starts_at=start,
            ends_at=start + HOUR,
            created_at=start,
        )
        uow.session.add(made)
        uow.session.flush()
        uow.session.add(
            ServiceReport(
                assignment_id=made.id,
                starts_at=start,
                ends_at=start + HOUR,
                minutes=60,
                reported_at=start + HOUR,
            )
        )


def test_feedback_counts_once_and_can_be_changed_for_some_days(town: Town) -> None:
    one = over(town)
    for answers in ((4, 5, ""), (4, 5, ""), (5, 3, "Sehr gut.")):
        town.act(institution(town), lambda uow, answers=answers: feedback.give(uow, one.id, *answers), AFTER)
    late = AFTER + timedelta(days=14, seconds=1)
    with pytest.raises(WrongState):
        town.act(institution(town), lambda uow: feedback.give(uow, one.id, 1, 1, ""), late)
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        (found,) = uow.session.scalars(select(Feedback))
        assert (found.went_well, found.on_time, found.remarks) == (5, 3, "Sehr gut.")
        data = uow.session.scalars(
            select(AuditEntry.data).where(AuditEntry.event == AuditEvent.FEEDBACK_GIVEN)
        ).all()
        assert len(data) == 2
        assert all("Sehr gut" not in str(one) for one in data)


def test_nobody_came_is_told_closes_the_request_and_can_be_undone(town: Town) -> None:
    one = town.confirmed()
    with pytest.raises(WrongState):
        town.act(institution(town), lambda uow: feedback.report_no_show(uow, one.id), START - HOUR)
    during = START + timedelta(minutes=20)
    for _ in range(2):
        town.act(institution(town), lambda uow: feedback.report_no_show(uow, one.id), during)
    assert town.read(Assignment, one.id).status is AssignmentStatus.NO_SHOW
    assert town.request.status is RequestStatus.COMPLETED
    assert told(town) == [("no-show", "guide"), ("no-show", "office")]
    with pytest.raises(WrongState):
        say(town, one)
    with pytest.raises(NotAllowed):
        town.act(institution(town), lambda uow: feedback.undo_no_show(uow, one.id), AFTER)
    for _ in range(2):
        town.act(town.office, lambda uow: feedback.undo_no_show(uow, one.id), AFTER)
    assert town.read(Assignment, one.id).status is AssignmentStatus.COMPLETED
    say(town, one)
    # After the end, and once more: both are told anew.
    town.act(institution(town), lambda uow: feedback.report_no_show(uow, one.id), AFTER)
    assert told(town)[2:] == [
        ("no-show-undone", "guide"),
        ("no-show", "guide"),
        ("no-show", "office"),
    ]


def test_with_a_second_guide_the_request_goes_on_until_both_are_over(town_for_two: Town) -> None:
    town = town_for_two
    first, second = town.confirmed(), town.confirmed(town.another_guide())
    town.act(institution(town), lambda uow: feedback.report_no_show(uow, first.id), START + HOUR / 2)
    assert town.request.status is RequestStatus.CONFIRMED
    town.act(SYSTEM, lambda uow: assignments.complete(uow, second.id), START + HOUR)
    assert town.request.status is RequestStatus.COMPLETED


def test_a_complaint_is_mailed_and_stands_nowhere_else(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    over(town)
    words = "Die Person war unhöflich <script>"
    for _ in range(2):
        town.act(institution(town), lambda uow: feedback.complain(uow, town.request_id, words), AFTER)
    assert told(town) == [("complaint", "office")]
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        mail = uow.session.scalars(
            select(OutboxMessage).where(OutboxMessage.notice == Notice.COMPLAINT)
        ).one()
        assert words in mail.text_body
        assert "<script>" not in mail.html_body
        assert "unhöflich" not in mail.subject
        entries = uow.session.scalars(select(AuditEntry)).all()
        assert AuditEvent.COMPLAINED in {entry.event for entry in entries}
        assert all("unhöflich" not in str(entry.data) for entry in entries)
    assert "unhöflich" not in caplog.text
    with pytest.raises(NotAllowed):
        town.act(town.office, lambda uow: feedback.complain(uow, town.request_id, words), AFTER)
    for number in range(4):
        text = f"Noch etwas: {number}"
        town.act(
            institution(town), lambda uow, text=text: feedback.complain(uow, town.request_id, text), AFTER
        )
    with pytest.raises(Throttled):
        town.act(institution(town), lambda uow: feedback.complain(uow, town.request_id, "Zu viel"), AFTER)


def test_a_certificate_says_what_was_done_and_is_kept(town: Town) -> None:
    one = over(town)
    first, last = START.date() - timedelta(days=30), START.date()
    guide = asked(one)

    def issue(actor: Actor, until=last):
        with factories.bootstrap(town.shared.engine, AFTER).begin(actor) as uow:
            return certificates.issue(uow, town.guide.id, first, until)

    made = issue(guide)
    assert (made.appointments, made.minutes, made.languages) == (1, 60, ["ar"])
    assert made.guide_name == town.guide.name
    assert issue(town.office).id == made.id, "the same once more is the same paper"
    say(town, one, 90)
    newer = issue(guide, last + timedelta(days=400))
    assert (newer.minutes, newer.last_on) == (90, AFTER.date())
    assert newer.code != made.code
    with pytest.raises(WrongState):
        issue(guide, last - timedelta(days=1))
    stranger = Actor(guide.kind, pool_id=town.pool.id, guide_id=town.another_guide().id)
    with pytest.raises(NotFound):
        issue(stranger)
    with pytest.raises(NotFound):
        town.act(stranger, lambda uow: certificates.revoke(uow, stranger.guide_id or 0, made.id), AFTER)
    for _ in range(2):
        town.act(guide, lambda uow: certificates.revoke(uow, town.guide.id, made.id), AFTER)
    certified = [event for event in events(town) if event.startswith("certificate")]
    assert certified == ["certificate_issued", "certificate_issued", "certificate_revoked"]
    with town.shared.begin(SYSTEM) as uow:
        uow.session.get_one(Guide, town.guide.id).name = "Anders Beispiel"
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(type(newer), newer.id).guide_name == newer.guide_name != "Anders Beispiel"
