"""A warm index says the same as a new one, whatever was updated, and nothing of another version."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.availability import Availability, ExtraTime, WeeklyTime
from lotsen.domain.vocabulary import Level, Mode, ReasonCode
from lotsen.errors import StaleIndex
from lotsen.matching.index import Index
from lotsen.matching.profiles import Candidate, Need
from lotsen.matching.ranking import Ranking, rank
from tests.matching.factories import FRIDAY, NOW, RULES, WEIGHTS, at, candidate, held, need
from tests.matching.strategies import candidates, pools


def told(found: Ranking) -> tuple[object, ...]:
    return found.proposals, found.excluded, found.having, found.only, found.first


@settings(deadline=None, max_examples=60)
@given(pools(), st.lists(st.integers(1, 8).flatmap(candidates), max_size=4))
def test_updates_lead_to_what_a_new_index_says(pool: tuple[Need, list[Candidate]], changed: list[Candidate]):
    asked, guides = pool
    index = Index(1, guides)
    by_id = {guide.guide_id: guide for guide in guides}
    for version, guide in enumerate(changed, 2):
        # what is kept warm between updates must change with them
        index.rank(asked, RULES, WEIGHTS, NOW, index.version)
        index.update_guide(guide, version)
        by_id[guide.guide_id] = guide
    assert len(index) == len(by_id)
    warm = index.rank(asked, RULES, WEIGHTS, NOW, index.version)
    assert told(warm) == told(rank(asked, by_id.values(), RULES, WEIGHTS, NOW))


@settings(deadline=None, max_examples=60)
@given(pools(), st.data())
def test_some_rows_of_a_table_are_a_table_of_those_guides(pool: tuple[Need, list[Candidate]], data: Any):
    asked, guides = pool
    rows = data.draw(st.lists(st.sampled_from(range(len(guides))), unique=True)) if guides else []
    part = Index(1, guides).table(1).take(_numbers(rows))
    chosen = [guides[row] for row in rows]
    assert told(rank(asked, part, RULES, WEIGHTS, NOW)) == told(rank(asked, chosen, RULES, WEIGHTS, NOW))
    some = part.take(_numbers(list(range(0, len(rows), 2))))
    assert told(rank(asked, some, RULES, WEIGHTS, NOW)) == told(rank(asked, chosen[::2], RULES, WEIGHTS, NOW))


def _numbers(rows: list[int]) -> Any:
    return np.array(rows, np.int64)


def test_what_was_kept_before_very_many_updates_is_measured_anew():
    index = Index(1, [candidate(1), candidate(2)])
    assert index.rank(need(), RULES, WEIGHTS, NOW, 1).eligible == 2
    busy = candidate(2, held=(held(at(10), at(11)),), week_minutes=60, languages=(("ar", Level.A1),))
    index.update_guide(busy, 2)
    for version in range(3, 80):
        index.update_guide(candidate(3, asks_90=version), version)
    found = index.rank(need(), RULES, WEIGHTS, NOW, 79)
    fresh = rank(need(), [candidate(1), busy, candidate(3, asks_90=79)], RULES, WEIGHTS, NOW)
    assert told(found) == told(fresh)


def test_equal_districts_of_two_pools_are_two_districts():
    near = candidate(1, pool_id=1, reach_hops=1)
    elsewhere = candidate(2, pool_id=2, reach_hops=1)
    named = candidate(3, pool_id=2, districts=frozenset({"01"}))
    late = candidate(4, pool_id=1, held=(held(at(8), at(9, 30), pool_id=2),))
    index = Index(1, [near, elsewhere, named, late])
    found = index.rank(need(pool_id=1), RULES, WEIGHTS, NOW, 1)
    assert found.guide_ids == (1,)
    assert dict(found.counts_by_reason) == {ReasonCode.DISTRICT: (2, 3), ReasonCode.TRAVEL: (4,)}
    assert index.rank(need(pool_id=2), RULES, WEIGHTS, NOW, 1).guide_ids == (2, 3, 4)
    by_phone = need(pool_id=1, mode=Mode.PHONE, district=None)
    assert index.rank(by_phone, RULES, WEIGHTS, NOW, 1).eligible == 4


def test_another_version_gets_no_answer():
    index = Index(7, [candidate()])
    with pytest.raises(StaleIndex):
        index.rank(need(), RULES, WEIGHTS, NOW, 8)
    index.update_guide(candidate(), 8)
    assert index.rank(need(), RULES, WEIGHTS, NOW, 8).eligible == 1
    with pytest.raises(StaleIndex):
        index.rank(need(), RULES, WEIGHTS, NOW, 7)


def test_an_older_ranking_gives_no_names_after_an_update():
    index = Index(1, [candidate(1), candidate(2, languages=())])
    before = index.rank(need(), RULES, WEIGHTS, NOW, 1)
    index.update_guide(candidate(1, held=(held(at(10), at(11)),)), 2)
    assert (before.eligible, dict(before.having)) == (1, {"language": 1})
    with pytest.raises(StaleIndex):
        assert before.proposals
    with pytest.raises(StaleIndex):
        assert before.excluded


def test_a_guide_who_was_just_asked_is_no_longer_proposed():
    index = Index(1, [candidate(1), candidate(2)])
    assert index.rank(need(), RULES, WEIGHTS, NOW, 1).guide_ids == (1, 2)
    index.update_guide(candidate(1, held=(held(at(10), at(11)),)), 2)
    assert index.rank(need(), RULES, WEIGHTS, NOW, 2).guide_ids == (2,)


def test_many_times_a_day_and_many_updates_find_room():
    hours = tuple(WeeklyTime(4, at(hour).time(), at(hour, 30).time()) for hour in range(8, 20, 2))
    extra = tuple(ExtraTime(FRIDAY, at(hour).time(), at(hour, 45).time()) for hour in range(8, 20, 2))
    index = Index(1, [candidate(1), candidate(2)])
    for version in range(2, 60):
        day = FRIDAY + timedelta(days=version)
        appointments = tuple(held(at(hour, day=day), at(hour + 1, day=day)) for hour in range(8, 12))
        index.update_guide(candidate(1, availability=Availability(hours, extra), held=appointments), version)
    assert index.rank(need(), RULES, WEIGHTS, NOW, 59).guide_ids == (2,)
    back = replace(candidate(1), languages=(("ar", Level.NATIVE),))
    index.update_guide(back, 60)
    assert index.rank(need(), RULES, WEIGHTS, NOW, 60).guide_ids == (1, 2)
