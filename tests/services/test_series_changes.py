"""A series as a whole: called off, moved and changed from one of its appointments on."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lotsen.domain.vocabulary import AssignmentStatus, RequestField, RequestStatus, SeriesScope
from lotsen.errors import Invalid, WrongState
from lotsen.models import Assignment, Guide, GuideRequest, Series
from lotsen.services import requests, series_changes
from lotsen.services.request_changes import Wanted
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import NOW
from tests.services.conftest import Town

ONE, FOLLOWING, ALL = SeriesScope.ONE, SeriesScope.FOLLOWING, SeriesScope.ALL
BERLIN = ZoneInfo("Europe/Berlin")
# Four Mondays at ten o'clock in Neuss: the clock is put forward between the last two.
STARTS = [datetime(2027, month, day, 10, tzinfo=BERLIN) for month, day in ((3, 8), (3, 15), (3, 22), (4, 5))]


@pytest.fixture
def series(town: Town) -> list[int]:
    """Make the town's request the first of four; the same guide has agreed to the first three."""
    ids: list[int] = []

    def make(uow: UnitOfWork) -> None:
        row = Series(pool_id=town.pool.id, created_at=NOW)
        uow.session.add(row)
        uow.session.flush()
        uow.session.get_one(Guide, town.guide.id).asks_per_week = 20
        for number, start in enumerate(STARTS):
            request = factories.open_request(uow, town.pool.id, start.astimezone(ZoneInfo("UTC")))
            request.series_id = row.id
            ids.append(request.id)
            if number < 3:
                factories.confirmed(uow, request, town.guide)

    town.act(SYSTEM, make)
    return ids


def states(town: Town, ids: list[int]) -> list[RequestStatus]:
    return [town.read(GuideRequest, one).status for one in ids]


def versions(town: Town, ids: list[int]) -> dict[int, int]:
    return {one: town.read(GuideRequest, one).version for one in ids}


def act(town: Town, request_id: int, use_case: Any, *arguments: Any, seen: dict[int, int]) -> None:
    """Let whoever holds the link of one request act on its series."""
    holder = factories.holder(town.read(GuideRequest, request_id))
    town.act(holder, lambda uow: use_case(uow, request_id, *arguments, seen))


def held(town: Town, request_id: int) -> list[tuple[AssignmentStatus, str]]:
    """Return the assignments of a request with their wall times."""
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        found = uow.session.scalars(
            select(Assignment).where(Assignment.request_id == request_id).order_by(Assignment.id)
        )
        return [(one.status, one.starts_at.astimezone(BERLIN).strftime("%a %H:%M")) for one in found]


@pytest.mark.parametrize(
    ("scope", "cancelled"),
    [(ONE, [1]), (FOLLOWING, [1, 2, 3]), (ALL, [0, 1, 2, 3])],
)
def test_calling_off_reaches_as_far_as_was_said(
    town: Town, series: list[int], scope: SeriesScope, cancelled: list[int]
) -> None:
    act(town, series[1], series_changes.cancel, scope, seen=versions(town, series))
    found = states(town, series)
    assert [n for n, one in enumerate(found) if one is RequestStatus.CANCELLED] == cancelled
    for number in cancelled[:-1]:
        if number < 3:
            assert held(town, series[number])[0][0] is AssignmentStatus.CANCELLED


def test_what_has_ended_is_left_out(town: Town, series: list[int]) -> None:
    town.act(town.office, lambda uow: requests.cancel(uow, series[2]))
    act(town, series[0], series_changes.cancel, ALL, seen=versions(town, series))
    assert set(states(town, series)) == {RequestStatus.CANCELLED}


def test_all_or_none_if_one_moved_on(town: Town, series: list[int]) -> None:
    seen = versions(town, series)
    town.act(
        SYSTEM, lambda uow: factories.offered(uow, uow.session.get_one(GuideRequest, series[3]), town.guide)
    )
    before = states(town, series)
    for use_case in (series_changes.cancel, partial(move, minutes=60)):
        with pytest.raises(WrongState):
            act(town, series[0], use_case, ALL, seen=seen)
        assert states(town, series) == before
    # A page that did not show one of them calls none off.
    with pytest.raises(WrongState):
        act(town, series[0], series_changes.cancel, ALL, seen={series[0]: seen[series[0]]})


def move(
    uow: UnitOfWork,
    request_id: int,
    scope: SeriesScope,
    seen: dict[int, int],
    *,
    minutes: int = 60,
    by: timedelta = timedelta(days=1, hours=2),
) -> None:
    request = uow.session.get_one(GuideRequest, request_id)
    start = request.windows[0].starts_at + by
    times = ((start, start + timedelta(minutes=minutes), minutes),)
    series_changes.revise(uow, request_id, Wanted({RequestField.WINDOWS: times}), scope, seen)


def test_a_new_time_shifts_the_others_on_the_clock_of_the_wall(town: Town, series: list[int]) -> None:
    act(town, series[1], partial(move, minutes=90), FOLLOWING, seen=versions(town, series))
    assert windows(town, series) == [
        "Mon 08.03. 10:00 60",
        "Tue 16.03. 12:00 90",
        "Tue 23.03. 12:00 90",
        "Tue 06.04. 12:00 90",
    ]
    assert [one[-1] for one in map(partial(held, town), series[:3])] == [
        (AssignmentStatus.CONFIRMED, "Mon 10:00"),
        (AssignmentStatus.OFFERED, "Tue 12:00"),
        (AssignmentStatus.OFFERED, "Tue 12:00"),
    ]


def windows(town: Town, ids: list[int]) -> list[str]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        firsts = [uow.session.get_one(GuideRequest, one).windows[0] for one in ids]
        return [f"{one.starts_at.astimezone(BERLIN):%a %d.%m. %H:%M} {one.minutes}" for one in firsts]


def test_a_time_that_the_clock_leaves_out_is_refused_for_all(town: Town, series: list[int]) -> None:
    def to_the_night(uow: UnitOfWork) -> None:
        # From Monday 5 April back to Sunday 28 March, half past two.
        row = uow.session.get_one(GuideRequest, series[3]).windows[0]
        row.starts_at = datetime(2027, 3, 29, 10, tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
        row.ends_at = row.starts_at + timedelta(hours=1)

    town.act(SYSTEM, to_the_night)
    before = windows(town, series)
    with pytest.raises(Invalid) as refused:
        act(
            town,
            series[0],
            partial(move, by=timedelta(days=-1, hours=-7.5)),
            ALL,
            seen=versions(town, series),
        )
    assert set(refused.value.fields) == {"windows"}
    assert windows(town, series) == before


def test_details_are_changed_for_all(town: Town, series: list[int]) -> None:
    wanted = Wanted({RequestField.ON_SITE_NAME: "Vera Neu"})
    act(town, series[2], series_changes.revise, wanted, ALL, seen=versions(town, series))
    assert {town.read(GuideRequest, one).on_site_name for one in series} == {"Vera Neu"}
    assert states(town, series)[:3] == [RequestStatus.CONFIRMED] * 3


@pytest.mark.only_db("sqlite")
def test_a_request_without_a_series_is_only_itself(town: Town) -> None:
    request = town.request
    act(town, request.id, series_changes.cancel, ALL, seen={request.id: request.version})
    assert town.request.status is RequestStatus.CANCELLED


@pytest.mark.only_db("sqlite")
def test_the_outlooks_name_each_appointment(town: Town, series: list[int]) -> None:
    wanted = Wanted({RequestField.LANGUAGE: "uk"})
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        request = uow.session.get_one(GuideRequest, series[1])
        found = series_changes.outlooks(uow, request, wanted, FOLLOWING)
        assert [one.id for one, _ in found] == series[1:]
        assert [outlook.needs_care for _, outlook in found] == [True, True, False]
