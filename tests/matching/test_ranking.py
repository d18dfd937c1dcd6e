"""The ranking against an obvious reference, and what must hold for any pool."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.availability import Absence, Availability, WeeklyTime
from lotsen.domain.vocabulary import (
    CredentialKind,
    Gender,
    GuideStatus,
    Level,
    Mode,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching.profiles import Candidate, Credential, Held, Need, Window, Wish
from lotsen.matching.ranking import Ranking, rank
from lotsen.matching.rules import check
from lotsen.matching.scoring import fit
from tests.matching.factories import ALWAYS, FRIDAY, NOW, RULES, WEIGHTS, at, candidate, held, need, window

SATURDAY = FRIDAY + timedelta(days=1)
POLICE = CredentialKind.POLICE_CERTIFICATE


def ranked(asked: Need, guides: list[Candidate], top: int | None = None) -> Ranking:
    return rank(asked, guides, RULES, WEIGHTS, NOW, top)


windows = st.sampled_from(
    [window(), window(14, 15), window(9, 12), window(10, 11, SATURDAY), window(8, 9, date(2026, 11, 22))]
)
helds = st.builds(
    held,
    st.sampled_from([at(7), at(7, 30)]),
    st.sampled_from([at(8), at(9, 30), at(9, 50), at(10, 30)]),
    district=st.sampled_from(["01", "15", None]),
    mode=st.sampled_from(Mode),
    request_id=st.sampled_from([400, 401, 417]),
)
# What may differ from the ordinary guide; at most two at a time, or hardly anyone would be free.
DIFFERENCES: dict[str, list[object]] = {
    "languages": [(("arz", Level.B2),), (("ar", Level.A1),), (("fr", Level.NATIVE),), ()],
    "german_level": [Level.A2],
    "home_district": ["02", "09", None],
    "reach_hops": [0],
    "districts": [frozenset({"15"})],
    "modes": [frozenset({Mode.PHONE})],
    "availability": [
        Availability(),
        Availability(weekly=(WeeklyTime(4, time(8), time(11)),)),
        Availability(ALWAYS.weekly, absences=(Absence(FRIDAY, FRIDAY),)),
    ],
    "status": [GuideStatus.PAUSED, GuideStatus.LEFT],
    "week_minutes": [0, 100, 600],
    "month_minutes": [0, 100, 600],
    "asks_per_week": [0],
    "notice_hours": [125, 200],
    "credentials": [()],
    "gender": [None, Gender.MALE],
    "load_minutes_90": [300, 600],
    "asks_90": [1, 5],
    "blocked_institutions": [frozenset({7})],
}


@st.composite
def candidates(draw: st.DrawFn, guide_id: int) -> Candidate:
    usual = {"gender": Gender.FEMALE, "credentials": (Credential(POLICE, date(2026, 1, 1)),)}
    names = draw(st.lists(st.sampled_from(sorted(DIFFERENCES)), max_size=2))
    changes = {name: draw(st.sampled_from(DIFFERENCES[name])) for name in names}
    return candidate(guide_id, **(usual | {"held": tuple(draw(st.lists(helds, max_size=1)))} | changes))


@st.composite
def pools(draw: st.DrawFn) -> tuple[Need, list[Candidate]]:
    wish = st.sampled_from(
        [
            Wish(WishKind.GENDER, WishWeight.MUST, gender=Gender.FEMALE),
            Wish(WishKind.GENDER, WishWeight.NICE, gender=Gender.FEMALE),
            Wish(WishKind.GUIDE, WishWeight.MUST, guide_id=1),
            Wish(WishKind.NOT_GUIDE, WishWeight.MUST, guide_id=1),
            Wish(WishKind.GUIDE, WishWeight.NICE, guide_id=2),
        ]
    )
    asked = need(
        windows=tuple(draw(st.lists(windows, max_size=3))),
        wishes=tuple(draw(st.lists(wish, max_size=1))),
        mode=draw(st.sampled_from([Mode.ON_SITE, Mode.ON_SITE, Mode.PHONE])),
        credentials=draw(st.sampled_from([frozenset[CredentialKind](), frozenset({POLICE})])),
    )
    return asked, [draw(candidates(number)) for number in range(1, draw(st.integers(0, 6)) + 1)]


@settings(deadline=None)
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_the_guides_changes_nothing(pool: tuple[Need, list[Candidate]], chance: random.Random):
    asked, guides = pool
    mixed = guides.copy()
    chance.shuffle(mixed)
    assert ranked(asked, mixed) == ranked(asked, guides)


@settings(deadline=None)
@given(pools())
def test_the_ranking_equals_a_look_at_every_row(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    found = ranked(asked, guides)

    rows = [
        (guide, index, [reason.code for reason in check(asked, slot, guide, RULES, NOW)])
        for guide in guides
        for index, slot in enumerate(asked.windows)
    ]
    free = {(guide.guide_id, index) for guide, index, codes in rows if not codes}
    eligible = {guide_id for guide_id, _ in free}

    # excluded exactly if every window has a reason
    assert {one.guide_id for one in found.excluded} == {guide.guide_id for guide in guides} - eligible
    assert found.eligible == len(found.proposals) == len(eligible)
    # every free window appears once
    shown = [
        (one.guide_id, index)
        for one in found.proposals
        for index in (one.window_index, *(other.window_index for other in one.others))
    ]
    assert sorted(shown) == sorted(free)
    # best window of each guide, best guide first
    by_id = {guide.guide_id: guide for guide in guides}
    for one in found.proposals:
        totals = {
            index: fit(asked, asked.windows[index], by_id[one.guide_id], RULES, WEIGHTS)
            for guide_id, index in free
            if guide_id == one.guide_id
        }
        assert one.fit == totals[one.window_index]
        assert one.fit.total == max(total.total for total in totals.values())
    for one, other in zip(found.proposals, found.proposals[1:], strict=False):
        a, b = by_id[one.guide_id], by_id[other.guide_id]
        assert (-one.fit.total, a.asks_90, a.load_minutes_90, a.guide_id) < (
            -other.fit.total,
            b.asks_90,
            b.load_minutes_90,
            b.guide_id,
        )
    # counts by the best window: fewest reasons, earliest among equals
    best: dict[int, list[ReasonCode]] = {}
    for guide, _, codes in rows:
        if guide.guide_id not in eligible and (
            guide.guide_id not in best or len(codes) < len(best[guide.guide_id])
        ):
            best[guide.guide_id] = codes
    for code in ReasonCode:
        having = tuple(sorted(guide_id for guide_id, codes in best.items() if code in codes))
        alone = tuple(sorted(guide_id for guide_id, codes in best.items() if codes == [code]))
        assert found.counts_by_reason.get(code, ()) == having
        assert found.only_reason.get(code, ()) == alone


def relaxed(asked: Need, guide: Candidate, code: ReasonCode) -> tuple[Need, Candidate]:
    """Take away just what stands behind one reason, in the data themselves."""
    spoken = max(
        ((level.rank, name) for name, level in guide.languages if name in asked.accepted), default=(0, "ar")
    )
    clear = tuple(
        one
        for one in guide.held
        if not any(slot.start < one.end and one.start < slot.end for slot in asked.windows)
    )
    changes: dict[ReasonCode, Callable[[], tuple[Need, Candidate]]] = {
        ReasonCode.NOT_ACTIVE: lambda: (asked, replace(guide, status=GuideStatus.ACTIVE, paused_until=None)),
        ReasonCode.LANGUAGE: lambda: (asked, replace(guide, languages=(("ar", Level.NATIVE),))),
        ReasonCode.LANGUAGE_LEVEL: lambda: (asked, replace(guide, languages=((spoken[1], Level.NATIVE),))),
        ReasonCode.GERMAN_LEVEL: lambda: (replace(asked, german_level=Level.A1), guide),
        ReasonCode.MODE: lambda: (asked, replace(guide, modes=frozenset(Mode))),
        ReasonCode.DISTRICT: lambda: (asked, replace(guide, districts=frozenset({"01"}))),
        ReasonCode.NOT_AVAILABLE: lambda: (
            asked,
            replace(guide, availability=replace(guide.availability, weekly=ALWAYS.weekly)),
        ),
        ReasonCode.ABSENT: lambda: (
            asked,
            replace(guide, availability=replace(guide.availability, absences=())),
        ),
        ReasonCode.OVERLAP: lambda: (asked, replace(guide, held=clear)),
        ReasonCode.TRAVEL: lambda: (
            asked,
            replace(guide, held=tuple(replace(one, mode=Mode.PHONE) for one in guide.held)),
        ),
        ReasonCode.CREDENTIAL: lambda: (replace(asked, credentials=frozenset()), guide),
        ReasonCode.WISH_GENDER: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.WISH_GUIDE: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.WISH_NOT_GUIDE: lambda: (replace(asked, wishes=()), guide),
        ReasonCode.CONFLICT: lambda: (
            asked,
            replace(
                guide,
                blocked_institutions=frozenset(),
                held=tuple(replace(one, request_id=1) for one in guide.held),
            ),
        ),
        ReasonCode.CAPACITY_WEEK: lambda: (asked, replace(guide, week_minutes=None)),
        ReasonCode.CAPACITY_MONTH: lambda: (asked, replace(guide, month_minutes=None)),
        ReasonCode.ASKS: lambda: (asked, replace(guide, asks_per_week=None)),
        ReasonCode.NOTICE: lambda: (asked, replace(guide, notice_hours=0)),
    }
    return changes[code]()


@settings(max_examples=300, deadline=None)
@given(pools())
def test_whoever_fails_only_one_thing_can_when_just_that_changes(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    # a window in the past stays in the past, whatever changes
    asked = replace(asked, windows=tuple(one for one in asked.windows if one.start > NOW))
    found = ranked(asked, guides)
    by_id = {guide.guide_id: guide for guide in guides}
    for code, guide_ids in found.only_reason.items():
        for guide_id in guide_ids:
            easier, guide = relaxed(asked, by_id[guide_id], code)
            assert ranked(easier, [guide]).eligible == 1


@settings(deadline=None)
@given(pools(), st.integers(0, 4))
def test_the_cut_shortens_the_proposals_and_nothing_else(pool: tuple[Need, list[Candidate]], top: int):
    asked, guides = pool
    whole, cut = ranked(asked, guides), ranked(asked, guides, top)
    assert cut == replace(whole, proposals=whole.proposals[:top])


@settings(deadline=None)
@given(pools())
def test_another_guide_never_changes_what_is_said_of_the_first(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    whole = {one.guide_id: one for one in (*ranked(asked, guides).proposals, *ranked(asked, guides).excluded)}
    for guide in guides:
        alone = ranked(asked, [guide])
        assert (*alone.proposals, *alone.excluded) == (whole[guide.guide_id],)


def test_nobody_gives_an_empty_ranking():
    assert ranked(need(), []) == Ranking(proposals=(), eligible=0)


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
