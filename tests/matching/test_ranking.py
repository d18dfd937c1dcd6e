"""The ranking against an obvious reference, and what must hold for any pool."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.availability import Availability, WeeklyTime
from lotsen.domain.vocabulary import (
    LEVELS,
    GuideStatus,
    Level,
    Mode,
    ReasonCode,
)
from lotsen.matching.profiles import Candidate, Held, Need, Window
from lotsen.matching.ranking import Ranking, rank
from lotsen.matching.reasons import Reason
from tests.matching import reference
from tests.matching.factories import ALWAYS, NOW, RULES, WEIGHTS, at, candidate, held, need, window
from tests.matching.strategies import pools


def told(found: Ranking | reference.Ranking) -> tuple[object, ...]:
    """Return all that a ranking says."""
    return (
        found.proposals,
        found.eligible,
        found.excluded,
        dict(found.counts_by_reason),
        dict(found.only_reason),
    )


def ranked(asked: Need, guides: list[Candidate], top: int | None = None) -> Ranking:
    return rank(asked, guides, RULES, WEIGHTS, NOW, top)


@settings(deadline=None)
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_the_guides_changes_nothing(pool: tuple[Need, list[Candidate]], chance: random.Random):
    asked, guides = pool
    mixed = guides.copy()
    chance.shuffle(mixed)
    assert told(ranked(asked, mixed)) == told(ranked(asked, guides))


@settings(deadline=None, max_examples=120)
@given(pools())
def test_the_ranking_equals_the_reference(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    found = ranked(asked, guides)
    slow = reference.rank(asked, guides, RULES, WEIGHTS, NOW)
    assert told(found) == told(slow)
    assert found.guide_ids == tuple(one.guide_id for one in slow.proposals)


@settings(deadline=None)
@given(pools())
def test_excluded_are_exactly_those_with_a_reason_and_the_counts_add_up(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    found = ranked(asked, guides)
    assert {one.guide_id for one in found.excluded} | set(found.guide_ids) == {
        guide.guide_id for guide in guides
    }
    assert found.eligible + len(found.excluded) == len(guides)
    if asked.windows:
        assert all(all(window for window in one.reasons) for one in found.excluded)
        assert sum(found.first.values()) == len(found.excluded)
    assert found.having == {code: len(ids) for code, ids in found.counts_by_reason.items()}
    assert found.only == {code: len(ids) for code, ids in found.only_reason.items()}


def relaxed(asked: Need, guide: Candidate, reason: Reason) -> tuple[Need, Candidate]:
    """Take away just what stands behind one reason: by its margin, where it has one."""
    margin = reason.margin or 0
    free = guide.availability
    near = [slot for slot in asked.windows if slot.start > NOW]
    clear = tuple(one for one in guide.held if not any(s.start < one.end and one.start < s.end for s in near))
    proofs = tuple(
        replace(
            one,
            valid_from=one.valid_from - timedelta(days=margin),
            valid_until=one.valid_until and one.valid_until + timedelta(days=margin),
        )
        for one in guide.credentials
    )
    changes: dict[ReasonCode, Callable[[], tuple[Need, Candidate]]] = {
        ReasonCode.NOT_ACTIVE: lambda: (
            asked,
            replace(guide, paused_until=guide.paused_until - timedelta(days=margin))
            if margin and guide.paused_until
            else replace(guide, status=GuideStatus.ACTIVE, paused_until=None),
        ),
        ReasonCode.LANGUAGE: lambda: (asked, replace(guide, languages=(("ar", Level.NATIVE),))),
        ReasonCode.LANGUAGE_LEVEL: lambda: (
            replace(asked, level=LEVELS[asked.level.rank - margin]),
            guide,
        ),
        ReasonCode.GERMAN_LEVEL: lambda: (
            replace(asked, german_level=LEVELS[asked.german_level.rank - margin]),
            guide,
        ),
        ReasonCode.MODE: lambda: (asked, replace(guide, modes=guide.modes | {asked.mode})),
        ReasonCode.DISTRICT: lambda: (asked, replace(guide, districts=guide.districts | {asked.district})),
        ReasonCode.NOT_AVAILABLE: lambda: (
            asked,
            replace(guide, availability=replace(free, weekly=ALWAYS.weekly)),
        ),
        ReasonCode.ABSENT: lambda: (asked, replace(guide, availability=replace(free, absences=()))),
        ReasonCode.OVERLAP: lambda: (asked, replace(guide, held=clear)),
        ReasonCode.TRAVEL: lambda: (
            asked,
            replace(guide, held=tuple(replace(one, mode=Mode.PHONE) for one in guide.held)),
        ),
        ReasonCode.CREDENTIAL: lambda: (
            (asked, replace(guide, credentials=proofs))
            if margin
            else (replace(asked, credentials=frozenset()), guide)
        ),
        ReasonCode.WISH_GENDER: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.WISH_GUIDE: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.WISH_NOT_GUIDE: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.CONFLICT: lambda: (
            asked,
            replace(
                guide,
                blocked_institutions=frozenset(),
                unwanted_occasions=frozenset(),
                declined_requests=frozenset(),
                conflict_requests=frozenset(),
                held=tuple(replace(one, request_id=1) for one in guide.held),
            ),
        ),
        ReasonCode.CAPACITY_WEEK: lambda: (
            asked,
            replace(guide, week_minutes=(guide.week_minutes or 0) + margin),
        ),
        ReasonCode.CAPACITY_MONTH: lambda: (
            asked,
            replace(guide, month_minutes=(guide.month_minutes or 0) + margin),
        ),
        ReasonCode.ASKS: lambda: (asked, replace(guide, asks_per_week=(guide.asks_per_week or 0) + margin)),
        ReasonCode.NOTICE: lambda: (
            asked,
            replace(guide, notice_hours=guide.notice_hours + -(-margin // 60) * -1),
        ),
    }
    return changes[reason.code]()


@settings(max_examples=100, deadline=None)
@given(pools())
def test_whoever_fails_only_one_thing_can_when_just_that_gives_by_its_margin(
    pool: tuple[Need, list[Candidate]],
):
    asked, guides = pool
    # a window in the past stays in the past, whatever changes
    asked = replace(asked, windows=tuple(one for one in asked.windows if one.start > NOW))
    found = ranked(asked, guides)
    by_id = {guide.guide_id: guide for guide in guides}
    alone = {guide_id for guide_ids in found.only_reason.values() for guide_id in guide_ids}
    for one in found.excluded:
        assert (len(one.best_reasons) == 1) is (one.guide_id in alone)
        if one.guide_id in alone:
            easier, guide = relaxed(asked, by_id[one.guide_id], one.best_reasons[0])
            assert ranked(easier, [guide]).eligible == 1


@settings(deadline=None)
@given(pools(), st.integers(0, 4))
def test_the_cut_shortens_the_proposals_and_nothing_else(pool: tuple[Need, list[Candidate]], top: int):
    asked, guides = pool
    whole, cut = ranked(asked, guides), ranked(asked, guides, top)
    assert told(cut) == (whole.proposals[:top], *told(whole)[1:])


@settings(deadline=None)
@given(pools())
def test_another_guide_never_changes_what_is_said_of_the_first(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    whole = {one.guide_id: one for one in (*ranked(asked, guides).proposals, *ranked(asked, guides).excluded)}
    for guide in guides:
        alone = ranked(asked, [guide])
        assert (*alone.proposals, *alone.excluded) == (whole[guide.guide_id],)


def test_nobody_gives_an_empty_ranking():
    assert told(ranked(need(), [])) == ((), 0, (), {}, {})


def test_without_windows_nobody_can_and_nothing_is_counted():
    found = ranked(need(windows=()), [candidate()])
    assert (found.eligible, found.counts_by_reason, found.only_reason) == (0, {}, {})
    assert (found.excluded[0].best_window, found.excluded[0].best_reasons) == (None, ())


def test_in_the_past_everyone_fails_only_notice():
    found = ranked(need(windows=(window(10, 11, date(2026, 11, 20)),)), [candidate(2), candidate(1)])
    assert found.only_reason == {ReasonCode.NOTICE: (1, 2)}


@pytest.mark.parametrize("first", [0, 1])
def test_the_earlier_window_wins_a_tie_wherever_it_stands(first: int):
    slots: list[Window] = [window(10, 11), window(14, 15)]
    asked = need(windows=(slots[first], slots[1 - first]))
    best = ranked(asked, [candidate()]).proposals[0]
    assert asked.windows[best.window_index].start == at(10)
    assert [one.window_index for one in best.others] == [1 - best.window_index]


def test_equal_fits_go_to_who_was_asked_less():
    weights = {one: 1 for one in WEIGHTS if one != "asks"}
    guides = [candidate(1, asks_90=4), candidate(2, asks_90=1), candidate(3, asks_90=4)]
    found = rank(need(), guides, RULES, weights, NOW)
    assert [one.guide_id for one in found.proposals] == [2, 1, 3]


def test_the_reasons_of_the_best_window_count():
    morning = Availability(weekly=(WeeklyTime(4, time(8), time(12)),))
    guide = candidate(availability=morning, notice_hours=24 * 365)
    found = ranked(need(windows=(window(14, 15), window(10, 11))), [guide])
    assert found.excluded[0].best_window == 1
    assert found.only_reason == {ReasonCode.NOTICE: (1,)}


def test_an_appointment_elsewhere_closes_one_window_only():
    busy: Held = held(datetime.fromisoformat("2026-11-27T09:00+00:00"), at(12), request_id=5)
    found = ranked(need(windows=(window(10, 11), window(14, 15))), [candidate(held=(busy,))])
    assert [(one.guide_id, one.window_index, one.others) for one in found.proposals] == [(1, 1, ())]
