"""The warm guides of a pool say what fresh ones say, whatever was done to them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, update

from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from lotsen.domain.vocabulary import GuideStatus, Level
from lotsen.matching.ranking import Ranking, rank
from lotsen.matching.table import CandidateTable
from lotsen.models import Assignment, Guide, GuideRequest, Pool
from lotsen.queries import candidates, costs, needs, proposals
from lotsen.queries.indexes import Indexes
from lotsen.services import assignments, guides, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.factories import START, acting

TOLD = ("proposals", "excluded", "having", "only", "first")


@pytest.fixture
def shared(database_url: str) -> Iterator[Bootstrap]:
    engine = make_engine(database_url)
    yield factories.bootstrap(engine)
    engine.dispose()


@pytest.fixture
def town(shared: Bootstrap) -> tuple[int, list[int], list[int]]:
    """Return a pool with three guides and three open requests a day apart."""
    with shared.begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        more = [factories.add_guide(uow, pool.id).id for _ in range(2)]
        days = [factories.open_request(uow, pool.id, START + timedelta(days=day)).id for day in (1, 2)]
        return pool.id, [guide.id, *more], [request.id, *days]


def told(found: Ranking) -> list[object]:
    return [getattr(found, name) for name in TOLD]


def warm_and_fresh(uow: UnitOfWork, request_id: int) -> tuple[list[object], list[object]]:
    """Rank a request's guides with what is kept, and with what is read now."""
    request = uow.session.get_one(GuideRequest, request_id)
    pool, settings = uow.pool(request.pool_id), uow.settings(request.pool_id)
    need = needs.need_of(request, settings)
    loaded = candidates.load(uow.session, pool.id, uow.zone(pool.id), settings, uow.now)
    with uow.indexes.open(uow.session, pool, settings, uow.now) as known:
        rules = needs.rules(pool, settings, need, known.travel)
        kept = told(rank(need, known.table, rules, settings.weights(), uow.now))
    return kept, told(rank(need, CandidateTable(loaded), rules, settings.weights(), uow.now))


def version(shared: Bootstrap, pool_id: int) -> int:
    with shared.begin(SYSTEM, read_only=True) as uow:
        return uow.session.scalars(select(Pool.guide_version).where(Pool.id == pool_id)).one()


def loads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that notes of each load whom it was about; None is everybody."""
    noted: list[object] = []
    load = candidates.load

    def noting(*args, **named):
        noted.append(args[5] if len(args) > 5 else named.get("guide_ids"))
        return load(*args, **named)

    monkeypatch.setattr(candidates, "load", noting)
    return noted


def test_whatever_is_done_the_warm_guides_say_what_fresh_ones_say(
    shared: Bootstrap, town: tuple[int, list[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id, (first, second, third), (one, two, three) = town
    office = factories.office(pool_id)

    def change(guide_id: int, **changes: object) -> Callable[[UnitOfWork], object]:
        def act(uow: UnitOfWork) -> object:
            guide = uow.session.get_one(Guide, guide_id)
            return guides.update_guide(
                uow, guide_id, replace(guides.as_input(guide), **changes), guide.version
            )

        return act

    def ask(request_id: int, guide_id: int) -> Callable[[UnitOfWork], object]:
        def act(uow: UnitOfWork) -> object:
            request = uow.session.get_one(GuideRequest, request_id)
            return assignments.offer(uow, request_id, guide_id, request.windows[0].id)

        return act

    def answer(
        request_id: int, deed: Callable[[UnitOfWork, int], Assignment]
    ) -> Callable[[UnitOfWork], object]:
        def act(uow: UnitOfWork) -> object:
            last = select(Assignment.id).where(Assignment.request_id == request_id)
            return deed(uow, uow.session.scalars(last.order_by(Assignment.id.desc()).limit(1)).one())

        return act

    day = START.date()
    deeds: list[Callable[[UnitOfWork], object]] = [
        ask(one, first),
        answer(one, assignments.decline),
        ask(one, second),
        answer(one, assignments.accept),
        answer(one, assignments.withdraw),
        ask(two, third),
        lambda uow: requests.cancel(uow, two),
        ask(three, third),
        answer(three, assignments.call_back),
        lambda uow: guides.add_absence(uow, third, day, day),
        change(first, languages=(("uk", Level.NATIVE),)),
        change(first, weekly=(), minutes_per_week=0),
        change(second, credentials=()),
        change(second, status=GuideStatus.PAUSED, paused_until=date(2026, 12, 24)),
        lambda uow: factories.add_guide(uow, pool_id),
        change(third, status=GuideStatus.LEFT),
    ]
    with shared.begin(office, read_only=True) as uow:
        warm_and_fresh(uow, one)
    noted = loads(monkeypatch)
    for number, deed in enumerate(deeds):
        before = version(shared, pool_id)
        with shared.begin(office) as uow:
            deed(uow)
        assert version(shared, pool_id) > before, number
        noted.clear()
        for request_id in (one, three):
            with shared.begin(office, read_only=True) as uow:
                kept, fresh = warm_and_fresh(uow, request_id)
            assert kept == fresh, number
        # The test itself reads everybody twice; besides, only who changed was read, and only once.
        mine = [about for about in noted if about is not None]
        everybody = noted.count(None) - 2
        assert (len(mine), everybody) == ((1, 1) if deed is deeds[-1] else (1, 0)), number


def test_without_a_raised_version_a_change_would_not_be_seen(
    shared: Bootstrap, town: tuple[int, list[int], list[int]]
) -> None:
    """Show that the comparison above notices what is kept for too long."""
    _, (first, *_), (one, *_) = town
    with shared.begin(SYSTEM, read_only=True) as uow:
        warm_and_fresh(uow, one)
    with shared.begin(SYSTEM) as uow:
        uow.session.execute(update(Guide).where(Guide.id == first).values(status=GuideStatus.PAUSED))
    with shared.begin(SYSTEM, read_only=True) as uow:
        kept, fresh = warm_and_fresh(uow, one)
    assert kept != fresh


def test_a_table_ends_with_the_day_and_with_the_rules_it_was_made_for(
    shared: Bootstrap, town: tuple[int, list[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id, _, (one, *_) = town
    noted = loads(monkeypatch)

    def look(uow: UnitOfWork) -> int:
        noted.clear()
        kept, fresh = warm_and_fresh(uow, one)
        assert kept == fresh
        return len(noted) - 1

    with shared.begin(SYSTEM, read_only=True) as uow:
        assert look(uow) == 1
        assert look(uow) == 0
        uow.now += timedelta(hours=13)
        assert look(uow) == 0
        uow.now += timedelta(days=1)
        assert look(uow) == 1
    with shared.begin(SYSTEM) as uow:
        uow.pool(pool_id).settings = {**uow.pool(pool_id).settings, "asks_per_week": 1}
    with shared.begin(SYSTEM, read_only=True) as uow:
        uow.now += timedelta(days=1, hours=13)
        assert look(uow) == 1


def test_who_has_missed_many_changes_reads_everybody_anew(
    shared: Bootstrap, town: tuple[int, list[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool_id, (first, *_), (one, *_) = town
    with shared.begin(SYSTEM, read_only=True) as uow:
        warm_and_fresh(uow, one)
    for _ in range(51):
        with shared.begin(SYSTEM) as uow:
            uow.guides_changed.add(first)
    with shared.begin(SYSTEM, read_only=True) as uow:
        pool = uow.pool(pool_id)
        assert len(pool.guide_changes) == 50
        noted = loads(monkeypatch)
        kept, fresh = warm_and_fresh(uow, one)
    assert kept == fresh
    assert noted == [None, None]


def test_a_transaction_that_sees_less_than_the_table_answers_by_itself(
    shared: Bootstrap, town: tuple[int, list[int], list[int]]
) -> None:
    pool_id, (first, *_), (one, *_) = town
    with shared.begin(SYSTEM) as uow:
        guides.add_absence(uow, first, START.date(), START.date())
    with shared.begin(SYSTEM, read_only=True) as uow:
        warm_and_fresh(uow, one)
        uow.session.execute(update(Pool).where(Pool.id == pool_id).values(guide_version=0))
        kept, fresh = warm_and_fresh(uow, one)
    assert kept == fresh


def test_a_request_costs_the_same_few_queries_however_many_guides(
    shared: Bootstrap, town: tuple[int, list[int], list[int]]
) -> None:
    pool_id, _, (one, *_) = town
    asked: list[str] = []
    event.listen(shared.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def look(indexes: Indexes) -> int:
        with shared.begin(factories.office(pool_id), read_only=True) as uow:
            request = uow.session.get_one(GuideRequest, one)
            asked.clear()
            rules = uow.pool(), uow.settings(), uow.now
            found = proposals.of(uow.session, indexes, request, *rules, 10)
            costs.of(uow.session, indexes, found, *rules)
            return len(asked)

    cold, warm = look(shared.indexes), look(shared.indexes)
    with shared.begin(SYSTEM) as uow:
        for _ in range(5):
            factories.add_guide(uow, pool_id)
        for day in range(4):
            factories.open_request(uow, pool_id, START + timedelta(days=3 + day))
    assert look(shared.indexes) > warm
    assert look(shared.indexes) == warm < cold
    assert look(Indexes()) == cold


def test_whoever_is_the_last_one_for_another_request_costs_it(shared: Bootstrap) -> None:
    """Tell of clashes by time, by way and by capacity, and of nobody else's fault."""
    with shared.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        only = factories.add_guide(uow, pool.id, languages=(("ar", Level.NATIVE), ("uk", Level.NATIVE)))
        other = factories.add_guide(uow, pool.id)
        tired = factories.add_guide(
            uow, pool.id, languages=(("ar", Level.NATIVE), ("ru", Level.NATIVE)), minutes_per_week=60
        )
        request = factories.open_request(uow, pool.id)
        hour = timedelta(hours=1)
        same = factories.open_request(
            uow, pool.id, START + hour / 2, language="uk", substitutes_accepted=False
        )
        near = factories.open_request(
            uow, pool.id, START + hour + timedelta(minutes=5), language="uk", substitutes_accepted=False
        )
        later = factories.open_request(
            uow, pool.id, START + 3 * hour, language="uk", substitutes_accepted=False
        )
        full = factories.open_request(
            uow, pool.id, START + 3 * hour, language="ru", substitutes_accepted=False
        )
        nobody = factories.open_request(uow, pool.id, language="tr")
        two = factories.open_request(uow, pool.id, START - hour / 2, guides_needed=3)
        with acting(uow, factories.office(pool.id)):
            rules = pool, uow.settings(pool.id), uow.now
            found = proposals.of(uow.session, uow.indexes, request, *rules)
            lost = costs.of(uow.session, uow.indexes, found, *rules)
    assert {one.guide_id for one in found.proposals} == {only.id, other.id, tired.id}
    ids = {guide: {one for one, _ in gone} for guide, gone in lost.items()}
    assert ids == {only.id: {same.id, near.id, two.id}, tired.id: {full.id, two.id}, other.id: {two.id}}
    assert not {later.id, nobody.id} & set().union(*ids.values())
    assert dict(lost[other.id]) == {two.id: two.reference}
