"""The board: who sees what, who is told, and that the first yes counts by the same rules as any question."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event

from lotsen.domain.vocabulary import AssignmentStatus, AuditEvent, Level, Notice, RequestStatus
from lotsen.errors import GuideTaken, NoLongerFits, NotAllowed, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import Assignment, AuditEntry, Guide, GuideRequest, OutboxMessage, Pool
from lotsen.queries import board as query
from lotsen.services import assignments, board, stand_by
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.services.conftest import Town

HOUR = timedelta(hours=1)


def me(guide: Guide) -> Actor:
    return Actor(factories.ActorKind.GUIDE, pool_id=guide.pool_id, guide_id=guide.id)


def post(town: Town, request_id: int | None = None, *, tell_all: bool = False) -> None:
    wanted = request_id or town.request_id
    version = town.read(GuideRequest, wanted).version
    town.act(town.office, lambda uow: board.open_up(uow, wanted, version, tell_all=tell_all))


def take(town: Town, guide: Guide, request_id: int | None = None, place: int = 0) -> None:
    wanted = request_id or town.request_id
    with town.shared.begin(me(guide)) as uow:
        window_id = uow.session.get_one(GuideRequest, wanted).windows[place].id
        board.take(uow, wanted, window_id)


def seen_by(town: Town, guide: Guide) -> dict[int, int]:
    """Return the requests that a guide sees on the board, and how many times of each."""
    with town.shared.begin(me(guide), read_only=True) as uow:
        found = query.for_guide(uow.session, uow.indexes, guide.id, uow.pool(), uow.settings(), uow.now)
        return {one.request.id: len(one.places) for one in found}


@contextmanager
def counted(town: Town) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(town.shared.engine, "before_cursor_execute", note)
    yield statements
    event.remove(town.shared.engine, "before_cursor_execute", note)


def test_the_board_shows_each_guide_only_what_fits(town: Town) -> None:
    assert seen_by(town, town.guide) == {}
    before = town.mails()
    post(town)
    assert town.mails() == before
    with town.shared.begin(SYSTEM) as uow:
        turkish = factories.add_guide(uow, town.pool.id, languages=(("tr", Level.NATIVE),))
        later = factories.START + timedelta(days=1)
        two = factories.open_request(
            uow,
            town.pool.id,
            later,
            windows=((later, later + HOUR), (later + 2 * HOUR, later + 3 * HOUR)),
        )
        factories.confirmed(uow, factories.open_request(uow, town.pool.id, later + 2 * HOUR), town.guide)
    post(town, two.id)
    assert seen_by(town, town.guide) == {town.request_id: 1, two.id: 1}
    assert seen_by(town, turkish) == {}
    town.act(town.office, lambda uow: board.close(uow, town.request_id))
    assert seen_by(town, town.guide) == {two.id: 1}
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        events = [
            (row.event, row.actor_id)
            for row in uow.session.query(AuditEntry).order_by(AuditEntry.id)
            if row.subject_id == town.request_id and row.event is not AuditEvent.STATUS
        ]
    assert events[-2:] == [(AuditEvent.BOARD_OPENED, 1), (AuditEvent.BOARD_CLOSED, 1)]


def test_the_first_yes_confirms_and_tells_both_sides(town: Town) -> None:
    post(town)
    other, before = town.another_guide(), len(town.mails())
    take(town, town.guide)
    take(town, town.guide)
    assert town.request.status is RequestStatus.CONFIRMED
    assert town.mails()[before:] == [("confirmed", "guide"), ("confirmed", "institution")]
    assert ("assignment", "take", "confirmed") in town.history()
    with pytest.raises(WrongState):
        take(town, other)
    assert seen_by(town, other) == {}
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        (mine,) = uow.session.query(Assignment).all()
        # Nobody was asked, so it is no ask of the budget.
        assert (mine.status, mine.offered_at, mine.guide_id) == (
            AssignmentStatus.CONFIRMED,
            None,
            town.guide.id,
        )
    # Whoever hands it over puts it back for everybody else.
    town.act(me(town.guide), lambda uow: assignments.withdraw(uow, mine.id))
    assert (seen_by(town, town.guide), seen_by(town, other)) == ({}, {town.request_id: 1})


def test_of_a_flexible_time_a_guide_takes_what_suits(town: Town) -> None:
    with town.shared.begin(SYSTEM) as uow:
        later = factories.START + timedelta(days=1)
        span, noon = (later, later + 5 * HOUR), later + 2 * HOUR
        wide = factories.open_request(uow, town.pool.id, later, windows=(span,), minutes=60)
        # In between the guide is elsewhere.
        factories.confirmed(uow, factories.open_request(uow, town.pool.id, noon), town.guide)
    post(town, wide.id)
    with town.shared.begin(me(town.guide), read_only=True) as uow:
        found = query.for_guide(uow.session, uow.indexes, town.guide.id, uow.pool(), uow.settings(), uow.now)
        (one,) = [known for known in found if known.request.id == wide.id]
        assert one.places[0].starts_at == later
        assert all(place.ends_at <= noon or place.starts_at >= noon + HOUR for place in one.places)
        assert len(one.by_window) == 1
        chosen = one.places[-1]
        assert chosen.starts_at > noon
    with town.shared.begin(me(town.guide)) as uow:
        taken = board.take(uow, wide.id, chosen.id)
        assert (taken.starts_at, taken.ends_at) == (chosen.starts_at, chosen.ends_at)


def test_of_two_who_are_needed_each_takes_a_place(town_for_two: Town) -> None:
    town = town_for_two
    post(town)
    other, third = town.another_guide(), town.another_guide()
    take(town, town.guide)
    assert town.request.status is RequestStatus.OPEN
    town.offered(third)
    assert town.request.status is RequestStatus.OFFERED
    with pytest.raises(WrongState):
        take(town, other)


def test_a_place_beside_somebody_asked_waits_for_the_answer(town_for_two: Town) -> None:
    town = town_for_two
    post(town)
    other = town.another_guide()
    town.offered(other)
    take(town, town.guide)
    assert town.request.status is RequestStatus.OFFERED


def test_who_stands_by_may_take_it_too(town: Town) -> None:
    post(town)
    place = Window(factories.START, factories.START + HOUR)
    town.act(town.office, lambda uow: stand_by.put(uow, town.request_id, town.guide.id, place))
    take(town, town.guide)
    assert town.request.status is RequestStatus.CONFIRMED


def test_nobody_takes_what_does_not_fit_or_is_not_there(town: Town) -> None:
    with pytest.raises(NotFound):
        take(town, town.guide)
    post(town)
    with town.shared.begin(SYSTEM) as uow:
        turkish = factories.add_guide(uow, town.pool.id, languages=(("tr", Level.NATIVE),))
        busy = factories.open_request(uow, town.pool.id, factories.START + HOUR / 2)
        factories.confirmed(uow, busy, town.guide)
    with pytest.raises(NoLongerFits):
        take(town, turkish)
    with pytest.raises(GuideTaken):
        take(town, town.guide)
    stranger = Actor(factories.ActorKind.GUIDE, pool_id=town.pool.id + 1, guide_id=town.guide.id)
    for actor in (stranger, town.office):
        with pytest.raises(NotFound):
            town.act(actor, lambda uow: board.take(uow, town.request_id, 1))
    with pytest.raises(NotFound):
        town.act(me(town.another_guide()), lambda uow: board.take(uow, town.request_id, 9999))
    assert town.request.status is RequestStatus.OPEN


def test_all_who_fit_are_told_only_if_the_office_wants_it(town: Town) -> None:
    other = town.another_guide()
    with town.shared.begin(SYSTEM) as uow:
        factories.add_guide(uow, town.pool.id, languages=(("tr", Level.NATIVE),))
    before = len(town.mails())
    post(town, tell_all=True)
    post(town, tell_all=True)
    assert town.mails()[before:] == [("board", "guide")] * 2
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        rows = uow.session.query(OutboxMessage).filter(OutboxMessage.notice == Notice.BOARD).all()
        assert {row.to_address for row in rows} == {town.guide.email, other.email}
        assert {row.valid_request for row in rows} == {RequestStatus.OPEN}


def test_a_pool_may_do_without_a_board(town: Town) -> None:
    post(town)
    with town.shared.begin(SYSTEM) as uow:
        uow.session.get_one(Pool, town.pool.id).settings = {"board_allowed": False}
    assert seen_by(town, town.guide) == {}
    with pytest.raises(NotFound):
        take(town, town.guide)
    town.act(town.office, lambda uow: board.close(uow, town.request_id))
    with pytest.raises(NotAllowed):
        post(town)


def test_only_an_open_request_as_it_was_seen_goes_on_the_board(town: Town) -> None:
    version = town.request.version
    town.offered()
    for seen in (version, town.request.version):
        put_up = partial(board.open_up, request_id=town.request_id, seen_version=seen)
        with pytest.raises(WrongState):
            town.act(town.office, put_up)


def test_the_board_asks_the_database_as_often_for_six_as_for_two(town: Town) -> None:
    counts: list[int] = []
    for number in range(6):
        with town.shared.begin(SYSTEM) as uow:
            start = factories.START + timedelta(days=number, hours=3)
            made = factories.open_request(
                uow, town.pool.id, start, institution_name=f"Schule {number}", email=f"a{number}@s.example"
            )
        post(town, made.id)
        seen_by(town, town.guide)
        with counted(town) as statements:
            assert len(seen_by(town, town.guide)) == number + 1
        counts.append(len(statements))
    assert counts[1] == counts[-1], counts
