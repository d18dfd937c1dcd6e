"""What becomes of a request that its institution changes, and of those who were asked or have agreed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    Audience,
    AuditEvent,
    Consequence,
    Gender,
    Mode,
    Notice,
    RequestField,
    RequestStatus,
    UnfilledReason,
    WishKind,
    WishWeight,
)
from lotsen.errors import Invalid, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, AuditEntry, Guide, GuideRequest, OutboxMessage
from lotsen.services import assignments, request_changes, requests, stand_by
from lotsen.services.request_changes import Outlook, Wanted
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import NOW, START
from tests.services.conftest import Town

HOUR = timedelta(hours=1)
LATER = START + timedelta(days=1)
F = RequestField


def window(start: Any, minutes: int = 60) -> tuple[Any, Any, int]:
    return start, start + timedelta(minutes=minutes), minutes


def revise(town: Town, seen: int | None = None, now: Any = NOW, **fields: Any) -> Outlook:
    """Change the request as its institution does; fields by the names of their members."""
    found: list[Outlook] = []
    wanted = Wanted({F[name.upper()]: value for name, value in fields.items()})
    actor = factories.holder(town.request)
    town.act(actor, lambda uow: found.append(request_changes.revise(uow, town.request_id, wanted, seen)), now)
    return found[0]


def rows(town: Town) -> list[tuple[AssignmentStatus, Any, int]]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        found = uow.session.scalars(select(Assignment).order_by(Assignment.id))
        return [(one.status, one.starts_at, one.sequence) for one in found]


def since(town: Town, count: int) -> list[OutboxMessage]:
    """Return the mails after the first `count`."""
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return list(uow.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))[count:]


def entry(town: Town) -> dict[str, Any]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        found = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.event == AuditEvent.CHANGED).order_by(AuditEntry.id.desc())
        )
        return next(iter(found)).data


def sequences(mails: list[OutboxMessage]) -> list[tuple[str, str, str, int]]:
    """Return (audience, method, UID, SEQUENCE) of the calendar files."""
    found: list[tuple[str, str, str, int]] = []
    for mail in mails:
        if mail.calendar_body is not None:
            event = Calendar.from_ical(mail.calendar_body).walk("VEVENT")[0]
            found.append(
                (mail.audience, str(mail.calendar_method), str(event["UID"]), int(event["SEQUENCE"]))
            )
    return found


def district(town: Town, code: str) -> int:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return factories.district(uow, town.pool.id, code)


def test_details_of_a_confirmed_request_are_told_to_both_and_nobody_is_asked_again(town: Town):
    agreed = town.confirmed()
    before = len(town.mails())
    found = revise(
        town, participants=7, on_site_name="Vera Neu", address="Neue Straße 5", billing_note="K 12"
    )
    assert not found.needs_care
    assert rows(town) == [(AssignmentStatus.CONFIRMED, START, 1)]
    assert town.request.status is RequestStatus.CONFIRMED
    mails = since(town, before)
    assert [(one.notice, one.audience) for one in mails] == [
        (Notice.CHANGED, Audience.GUIDE),
        (Notice.CHANGED, Audience.INSTITUTION),
    ]
    uid = f"assignment-{agreed.id}@lotsen.example"
    assert sequences(mails) == [("guide", "REQUEST", uid, 1), ("institution", "REQUEST", uid, 1)]
    guide, institution = mails
    for text in (guide.text_body, institution.text_body):
        assert "Neue Straße 5, Innenstadt" in text
        assert "Beispielweg 1, Innenstadt" in text
        assert "Vera Neu" in text
    assert "K 12" not in guide.text_body + institution.text_body
    assert "Vera" not in guide.subject
    assert entry(town) == {
        "participants": [None, 7],
        "on_site_name": [None, None],
        "address": [None, None],
        "billing_note": [None, None],
    }
    # A second change takes its own number, and what calendars do not show sends them no file.
    revise(town, participants=8)
    assert sequences(since(town, before + 2)) == []
    revise(town, address="Dritte Straße 6")
    assert [one[-1] for one in sequences(since(town, before + 4))] == [2, 2]


def test_what_guides_need_not_know_is_not_told_to_them(town: Town):
    town.offered()
    before = len(town.mails())
    revise(town, billing_note="Kostenstelle 12")
    assert [(one.notice, one.audience) for one in since(town, before)] == [
        (Notice.CHANGED, Audience.INSTITUTION)
    ]


def test_nothing_changed_is_nothing_done(town: Town):
    version, before = town.request.version, len(town.mails())
    found = revise(town, participants=None, address="Beispielweg 1", occasion=town.request.occasion)
    assert found == Outlook({}, ())
    assert (town.request.version, len(town.mails())) == (version, before)


def test_who_still_fits_another_district_is_asked_again(town: Town):
    town.confirmed()
    before = len(town.mails())
    elsewhere = district(town, "27")
    revise(town, district=elsewhere)
    assert rows(town) == [
        (AssignmentStatus.CANCELLED, START, 1),
        (AssignmentStatus.OFFERED, START, 0),
    ]
    assert town.request.status is RequestStatus.OFFERED
    mails = since(town, before)
    assert [(one.notice, one.audience) for one in mails] == [
        (Notice.OFFER, Audience.GUIDE),
        (Notice.CHANGED, Audience.GUIDE),
        (Notice.CHANGED, Audience.INSTITUTION),
    ]
    assert [one[1::2] for one in sequences(mails)] == [("CANCEL", 1), ("CANCEL", 1)]
    assert entry(town) == {"district_id": [district(town, "01"), elsewhere]}
    assert town.history()[-4:] == [
        ("assignment", "release", "cancelled"),
        ("request", "change", "open"),
        ("assignment", "offer", "offered"),
        ("request", "offer", "offered"),
    ]


@pytest.mark.parametrize("answered", [False, True])
def test_who_no_longer_fits_is_let_go_and_the_office_looks_for_somebody(town: Town, answered: bool):
    (town.confirmed if answered else town.offered)()
    before = len(town.mails())
    found = revise(town, language="uk")
    assert found.needs_care
    assert rows(town) == [(AssignmentStatus.CANCELLED, START, int(answered))]
    assert town.request.status is RequestStatus.OPEN
    assert [(one.notice, one.audience) for one in since(town, before)] == [
        (Notice.CHANGED, Audience.GUIDE),
        (Notice.CHANGED, Audience.INSTITUTION),
        (Notice.CHANGED, Audience.OFFICE),
    ]
    assert len(sequences(since(town, before))) == 2 * answered
    assert ("kann dann nicht" in since(town, before)[1].text_body) == answered


def test_who_was_asked_and_still_fits_stays_asked_and_is_told(town: Town):
    town.offered()
    before = len(town.mails())
    revise(town, mode=Mode.PHONE)
    assert rows(town) == [(AssignmentStatus.OFFERED, START, 0)]
    assert town.request.district_id is None
    assert [(one.notice, one.audience) for one in since(town, before)] == [
        (Notice.CHANGED, Audience.GUIDE),
        (Notice.CHANGED, Audience.INSTITUTION),
    ]


def test_a_wish_that_the_guide_does_not_meet_lets_go(town: Town):
    town.confirmed()
    wish = ((WishKind.GENDER, WishWeight.MUST, Gender.FEMALE, None),)
    revise(town, wishes=wish)
    assert rows(town)[0][0] is AssignmentStatus.CANCELLED
    assert entry(town) == {"wishes": [[], [["gender", "must", "female", None]]]}


def test_a_new_time_asks_the_same_person_first(town: Town):
    old = town.confirmed()
    waiting = town.another_guide()
    town.act(
        town.office,
        lambda uow: stand_by.put(uow, town.request_id, waiting.id, Window(START, START + HOUR)),
    )
    before = len(town.mails())
    revise(town, windows=(window(LATER, 90), window(LATER + timedelta(days=1))))
    assert rows(town) == [
        (AssignmentStatus.CANCELLED, START, 1),
        (AssignmentStatus.CANCELLED, START, 0),
        (AssignmentStatus.OFFERED, LATER, 0),
    ]
    mails = since(town, before)
    assert [(one.notice, one.audience) for one in mails] == [
        (Notice.OFFER, Audience.GUIDE),
        (Notice.CHANGED, Audience.GUIDE),
        (Notice.CHANGED, Audience.INSTITUTION),
    ]
    uid = f"assignment-{old.id}@lotsen.example"
    assert sequences(mails) == [("guide", "CANCEL", uid, 1), ("institution", "CANCEL", uid, 1)]
    request = town.request
    assert request.status is RequestStatus.OFFERED
    assert request.ends_at == LATER + timedelta(days=1, hours=1)
    assert entry(town)["windows"][1][0] == [
        LATER.isoformat(),
        (LATER + timedelta(minutes=90)).isoformat(),
        90,
    ]
    # A yes to the question from before is no yes to the new time.
    with pytest.raises(WrongState):
        town.act(factories.asked(old), lambda uow: assignments.accept(uow, old.id))
    new = rows_of(town)[-1]
    town.act(factories.asked(new), lambda uow: assignments.accept(uow, new.id))
    assert town.request.status is RequestStatus.CONFIRMED
    assert sequences(since(town, before + 3))[0][1:] == ("REQUEST", f"assignment-{new.id}@lotsen.example", 0)


def rows_of(town: Town) -> list[Assignment]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return list(uow.session.scalars(select(Assignment).order_by(Assignment.id)))


def test_who_is_not_free_at_the_new_time_is_let_go(town: Town):
    town.confirmed()
    revise(town, windows=(window(START.replace(hour=3)),))
    assert rows(town) == [(AssignmentStatus.CANCELLED, START, 1)]
    assert town.request.status is RequestStatus.OPEN


def test_the_second_of_the_new_times_is_taken_where_the_first_does_not_suit(town: Town):
    town.confirmed()
    revise(town, windows=(window(LATER.replace(hour=3)), window(LATER)))
    assert rows(town)[-1] == (AssignmentStatus.OFFERED, LATER, 0)


def test_further_times_leave_an_agreed_one_alone(town: Town):
    town.confirmed()
    revise(town, windows=(window(LATER), window(START)))
    assert rows(town) == [(AssignmentStatus.CONFIRMED, START, 0)]
    assert starts(town) == [LATER, START]
    revise(town, windows=(window(START),))
    assert starts(town) == [START]


def starts(town: Town) -> list[Any]:
    """Return when the request's windows begin, in their order."""
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return [one.starts_at for one in uow.session.get_one(GuideRequest, town.request_id).windows]


def test_an_ask_limit_does_not_keep_from_asking_the_same_person_again(town: Town):
    def limit(uow: UnitOfWork) -> None:
        uow.session.get_one(Guide, town.guide.id).asks_per_week = 1

    town.confirmed()
    town.act(SYSTEM, limit)
    revise(town, windows=(window(LATER),))
    assert rows(town)[-1] == (AssignmentStatus.OFFERED, LATER, 0)


def test_two_who_come_together_are_asked_for_the_same_time(town_for_two: Town):
    town = town_for_two
    town.confirmed()
    town.confirmed(town.another_guide())
    revise(town, windows=(window(LATER), window(LATER + HOUR)))
    assert [one[1] for one in rows(town)[-2:]] == [LATER, LATER]
    assert town.request.status is RequestStatus.OFFERED


def test_a_late_move_owes_one_hour_until_the_guide_says_yes(town: Town):
    town.confirmed()
    town.act(SYSTEM, lambda uow: None)
    late = START - timedelta(hours=10)
    before = len(town.mails())
    revise(town, now=late, windows=(window(LATER),))
    assert rows_of(town)[0].compensated_minutes == 60
    assert "das Geld für eine Stunde" in since(town, before)[1].text_body
    new = rows_of(town)[-1]
    town.act(factories.asked(new), lambda uow: assignments.accept(uow, new.id), late)
    assert rows_of(town)[0].compensated_minutes is None


@pytest.mark.parametrize(("hours", "owed"), [(25, None), (24, 60), (3, 60)])
def test_calling_off_late_owes_one_hour_and_says_so_to_both(town: Town, hours: int, owed: int | None):
    town.confirmed()
    before = len(town.mails())
    town.act(
        factories.holder(town.request),
        lambda uow: requests.cancel(uow, town.request_id),
        START - timedelta(hours=hours),
    )
    assert rows_of(town)[0].compensated_minutes == owed
    mails = since(town, before)
    assert {one.audience for one in mails} == {Audience.GUIDE, Audience.INSTITUTION}
    assert all(("Geld für eine Stunde" in one.text_body) == bool(owed) for one in mails)


@pytest.mark.only_db("sqlite")
def test_who_had_not_agreed_is_owed_nothing(town: Town):
    town.offered()
    late = START - HOUR
    town.act(town.office, lambda uow: requests.cancel(uow, town.request_id), late)
    assert rows_of(town)[0].compensated_minutes is None


def test_a_request_that_found_nobody_is_open_again_with_another_time(town: Town):
    town.act(
        town.office, lambda uow: requests.mark_unfilled(uow, town.request_id, UnfilledReason.NOBODY_FREE)
    )
    revise(town, windows=(window(LATER),))
    request = town.request
    assert request.status is RequestStatus.OPEN
    assert (request.closed_at, request.unfilled_reason) == (None, None)
    assert request.due_at is not None


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"windows": (window(NOW - HOUR),)}, {"windows-0": "past"}),
        ({"windows": ()}, {"windows": "Please give a date and a time."}),
        ({"windows": (window(LATER, 1000),)}, {"windows-0": "too_long"}),
        ({"district": 9999}, {"district_id": "Please choose a district from the list."}),
        ({"district": None}, {"district_id": "Please choose a district from the list."}),
    ],
)
def test_what_breaks_a_rule_is_refused_by_field(town: Town, fields: dict[str, Any], wrong: dict[str, str]):
    with pytest.raises(Invalid) as refused:
        revise(town, **fields)
    assert refused.value.fields == wrong


@pytest.mark.only_db("sqlite")
def test_a_near_time_needs_a_reason_that_may_be_known_already(town: Town):
    near = NOW + timedelta(days=2)

    def forget(uow: UnitOfWork) -> None:
        uow.session.get_one(GuideRequest, town.request_id).urgency_reason = None

    town.act(SYSTEM, forget)
    with pytest.raises(Invalid) as refused:
        revise(town, windows=(window(near),))
    assert set(refused.value.fields) == {"urgency_reason"}
    wanted = Wanted({F.WINDOWS: (window(near),)}, urgency_reason="Ein Kind wird vorgestellt.")
    town.act(factories.holder(town.request), lambda uow: request_changes.revise(uow, town.request_id, wanted))
    assert town.request.urgency_reason == "Ein Kind wird vorgestellt."
    revise(town, windows=(window(near + HOUR),))


def test_what_moved_on_is_not_changed_unseen(town: Town):
    seen = town.request.version
    town.confirmed()
    with pytest.raises(WrongState):
        revise(town, seen, participants=3)
    revise(town, town.request.version, participants=3)


@pytest.mark.only_db("sqlite")
def test_what_has_begun_or_ended_is_not_changed(town: Town):
    town.confirmed()
    with pytest.raises(WrongState):
        revise(town, now=START + timedelta(minutes=5), participants=3)
    town.act(town.office, lambda uow: requests.cancel(uow, town.request_id))
    with pytest.raises(WrongState):
        revise(town, participants=3)


@pytest.mark.only_db("sqlite")
def test_another_institution_changes_nothing(town: Town):
    stranger = replace(factories.holder(town.request), request_id=town.request_id + 1)
    with pytest.raises(NotFound):
        town.act(stranger, lambda uow: request_changes.revise(uow, town.request_id, Wanted({})))


def test_the_outlook_says_the_same_and_writes_nothing(town: Town):
    town.confirmed()
    wanted = Wanted({F.WINDOWS: (window(LATER),)})
    with town.shared.begin(factories.holder(town.request), read_only=True) as uow:
        request = uow.session.get_one(GuideRequest, town.request_id)
        found = request_changes.outlook(uow, request, wanted)
        assert found.needs_care
        assert not uow.session.dirty
    done = revise(town, windows=(window(LATER),))
    assert [one.consequence for one in done.concerned] == [one.consequence for one in found.concerned]


def test_a_flexible_time_keeps_who_fits_in_and_asks_at_the_first_start_that_suits(town: Town):
    agreed = town.confirmed()
    day = START + timedelta(days=2)
    # Until noon the guide is away, so that only the last start is left.
    with town.shared.begin(SYSTEM) as uow:
        factories.confirmed(
            uow, factories.open_request(uow, town.pool.id, day, address="Beispielweg 9"), town.guide
        )
    with pytest.raises(Invalid) as refused:
        revise(town, windows=((day, day + HOUR, 90),))
    assert refused.value.fields == {"windows-0": "narrow"}
    revise(town, windows=((START - HOUR, START + HOUR, 60),))
    assert rows(town)[0][0] is AssignmentStatus.CONFIRMED
    found = revise(town, windows=((day, day + 3 * HOUR, 60),))
    assert [(one.assignment.id, one.consequence) for one in found.concerned] == [
        (agreed.id, Consequence.ASKED_AGAIN)
    ]
    places = [start for _, start, _ in rows(town)]
    assert day + HOUR <= places[-1] <= day + 2 * HOUR
    assert (places[-1] - day) % timedelta(minutes=30) == timedelta(0)


def test_a_wish_names_only_whom_the_contact_has_had(town: Town):
    with town.shared.begin(SYSTEM) as uow:
        stranger = factories.add_guide(uow, town.pool.id).id
    wish = (WishKind.GUIDE, WishWeight.NICE, None, stranger)
    with pytest.raises(Invalid) as refused:
        revise(town, wishes=(wish,))
    assert set(refused.value.fields) == {"guide_wish"}
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(GuideRequest, town.request_id).wishes == []
