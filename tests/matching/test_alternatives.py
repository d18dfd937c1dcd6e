"""Small changes of a request: what they open, counted again by brute force with the slow reference."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta

from hypothesis import given, settings

from lotsen.domain.availability import Availability, WeeklyTime
from lotsen.domain.localtime import local_datetime, local_day
from lotsen.domain.vocabulary import (
    LEVELS,
    ChanceBand,
    ChangeKind,
    Gender,
    LanguageFit,
    Level,
    Mode,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching.alternatives import (
    Alternative,
    Neighbour,
    Scope,
    alternatives,
    smallest_of_each_kind,
)
from lotsen.matching.chance import Chance, chance
from lotsen.matching.profiles import Candidate, Need, Window, Wish
from lotsen.matching.table import CandidateTable
from tests.matching import reference
from tests.matching.factories import (
    BERLIN,
    NOW,
    RULES,
    at,
    candidate,
    held,
    need,
    window,
)
from tests.matching.strategies import pools

SCOPE = Scope(substitutes={"ar": LanguageFit.EXACT, "arz": LanguageFit.WELL, "fr": LanguageFit.BARELY})


def found(asked: Need, guides: Iterable[Candidate], scope: Scope = SCOPE) -> tuple[Alternative, ...]:
    return alternatives(asked, CandidateTable(guides), RULES, NOW, scope)


def told_chance(asked: Need, guides: Iterable[Candidate]) -> Chance:
    return chance(asked, CandidateTable(guides), RULES, NOW, SCOPE)


def able(asked: Need, guides: list[Candidate], further: int = 0) -> set[int]:
    """Return who can come, one guide, one window, one rule at a time."""
    return {
        guide.guide_id
        for guide in guides
        for slot in asked.windows
        if not [
            one
            for one in reference.check(asked, slot, guide, RULES, NOW)
            if not (one.code is ReasonCode.DISTRICT and one.margin is not None and one.margin <= further)
        ]
    }


def by_hand(asked: Need, scope: Scope) -> dict[tuple[object, ...], tuple[Need, int]]:
    """Return every single change with the need that it leads to."""
    every: dict[tuple[object, ...], tuple[Need, int]] = {}

    def moved(kind: ChangeKind, index: int, slot: Window) -> None:
        every[kind, index, slot] = replace(asked, windows=(slot,)), 0

    for index, slot in enumerate(asked.windows):
        length = slot.end - slot.start
        last = slot.end - timedelta(microseconds=1)
        for quarter in range(-12, 13):
            shift = timedelta(minutes=15 * quarter)
            if quarter and all(
                local_day(one, BERLIN) == local_day(one + shift, BERLIN) for one in (slot.start, last)
            ):
                moved(ChangeKind.SHIFTED, index, Window(slot.start + shift, slot.end + shift))
        if length >= timedelta(minutes=60):
            moved(ChangeKind.SHORTER, index, Window(slot.start, slot.end - timedelta(minutes=30)))
        local = slot.start.astimezone(BERLIN)
        for days in range(-7, 8):
            there = local_datetime(local.date() + timedelta(days=days), local.time(), BERLIN)
            if days and there.exists:
                moved(ChangeKind.OTHER_DAY, index, Window(there.moment, there.moment + length))
    for kind in {wish.kind for wish in asked.wishes if wish.weight is WishWeight.MUST}:
        nice = tuple(replace(w, weight=WishWeight.NICE) if w.kind is kind else w for w in asked.wishes)
        every[ChangeKind.WISH, kind] = replace(asked, wishes=nice), 0
    every[ChangeKind.LOWER_LEVEL,] = replace(asked, level=LEVELS[asked.level.rank - 1]), 0
    every[ChangeKind.LOWER_GERMAN,] = replace(asked, german_level=LEVELS[asked.german_level.rank - 1]), 0
    every[ChangeKind.FURTHER,] = asked, 1
    every[ChangeKind.SUBSTITUTE,] = replace(asked, accepted={**scope.substitutes, **asked.accepted}), 0
    every[ChangeKind.PHONE,] = replace(asked, mode=Mode.PHONE), 0
    every[ChangeKind.VIDEO,] = replace(asked, mode=Mode.VIDEO), 0
    return every


def key(one: Alternative) -> tuple[object, ...]:
    change = one.changes[0]
    if change.window is not None:
        return change.kind, change.window_index, change.window
    return (change.kind, change.wish) if change.wish else (change.kind,)


@settings(deadline=None, max_examples=60)
@given(pools())
def test_every_count_equals_brute_force(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    now = able(asked, guides)
    expected = {
        change: (tuple(sorted(can)), len(can - now))
        for change, (changed, further) in by_hand(asked, SCOPE).items()
        if (can := able(changed, guides, further)) - now
    }
    options = found(asked, guides)
    singles = {key(one): (one.guide_ids, one.opens) for one in options if len(one.changes) == 1}
    assert singles == expected
    assert bool(expected) is bool(singles)
    assert not (expected and any(len(one.changes) == 2 for one in options))
    assert [one.size for one in options] == sorted(one.size for one in options)


def changed_need(asked: Need, one: Alternative) -> tuple[Need, int]:
    """Apply the changes of an alternative to a need."""
    further = 0
    for change in one.changes:
        if change.window is not None:
            asked = replace(asked, windows=(change.window,))
        elif change.kind is ChangeKind.WISH:
            wishes = (
                replace(w, weight=WishWeight.NICE) if w.kind is change.wish else w for w in asked.wishes
            )
            asked = replace(asked, wishes=tuple(wishes))
        elif change.kind is ChangeKind.LOWER_LEVEL:
            asked = replace(asked, level=change.level)
        elif change.kind is ChangeKind.LOWER_GERMAN:
            asked = replace(asked, german_level=change.level)
        elif change.kind is ChangeKind.SUBSTITUTE:
            asked = replace(asked, accepted={**SCOPE.substitutes, **asked.accepted})
        elif change.kind in (ChangeKind.PHONE, ChangeKind.VIDEO):
            asked = replace(asked, mode=Mode(change.kind))
        else:
            further = 1
    return asked, further


@settings(deadline=None, max_examples=60)
@given(pools())
def test_pairs_are_true_too(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    for one in found(asked, guides):
        changed, further = changed_need(asked, one)
        assert set(one.guide_ids) == able(changed, guides, further)
        assert one.count == len(one.guide_ids)
        assert one.opens == len(set(one.guide_ids) - able(asked, guides)) > 0


@settings(deadline=None, max_examples=40)
@given(pools())
def test_the_order_of_the_guides_changes_nothing(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    assert found(asked, guides) == found(asked, guides[::-1])


def test_a_later_start_is_the_smallest_change():
    busy = candidate(held=(held(at(9), at(10), district="01"),))
    best = found(need(), [busy])[0]
    assert (best.changes[0].kind, best.changes[0].window) == (
        ChangeKind.SHIFTED,
        Window(at(10, 15), at(11, 15)),
    )
    assert (best.size, best.count, best.opens) == (1, 1, 1)


def test_of_equally_small_changes_the_one_that_opens_more_comes_first():
    early = Availability(weekly=(WeeklyTime(4, time(9, 45), time(10, 45)),))
    late = Availability(weekly=(WeeklyTime(4, time(10, 15), time(11, 15)),))
    guides = [
        candidate(1, availability=early),
        candidate(2, availability=late),
        candidate(3, availability=late),
    ]
    first, second = found(need(), guides)[:2]
    assert (first.changes[0].window, first.guide_ids) == (Window(at(10, 15), at(11, 15)), (2, 3))
    assert second.guide_ids == (1,)


def test_the_language_itself_is_never_dropped():
    assert found(need(), [candidate(languages=(("uk", Level.NATIVE),))]) == ()


def test_substitutes_open_where_they_were_not_accepted():
    asked = need(accepted={"ar": LanguageFit.EXACT})
    best = found(asked, [candidate(languages=(("fr", Level.NATIVE),))])
    assert [one.changes[0].languages for one in best] == [("arz", "fr")]


def test_a_pair_is_looked_for_only_if_no_single_change_helps():
    asked = need(wishes=(Wish(WishKind.GENDER, WishWeight.MUST, gender=Gender.FEMALE),))
    far = candidate(home_district="02", reach_hops=0, gender=Gender.MALE, modes=frozenset({Mode.ON_SITE}))
    best = found(asked, [far])
    assert [tuple(change.kind for change in one.changes) for one in best] == [
        (ChangeKind.WISH, ChangeKind.FURTHER)
    ]
    near = candidate(2, gender=Gender.MALE)
    assert all(len(one.changes) == 1 for one in found(asked, [far, near]))


def test_a_shorter_talk_may_also_move():
    day = Availability(weekly=(WeeklyTime(4, time(11), time(11, 30)),))
    best = found(need(), [candidate(availability=day)])
    assert [change.kind for change in best[0].changes] == [ChangeKind.SHORTER, ChangeKind.SHIFTED]
    assert best[0].changes[1].window == Window(at(11), at(11, 30))


def test_neighbouring_pools_are_counted_by_their_own_rules():
    other = Neighbour(9, CandidateTable([candidate(5), candidate(6, languages=())]), RULES)
    best = found(need(), [], Scope(neighbours=(other,)))
    assert [(one.changes[0].pool_id, one.guide_ids) for one in best] == [(9, (5,))]


def test_one_of_each_kind_is_kept():
    guides = [candidate(availability=Availability(weekly=(WeeklyTime(4, time(12), time(18)),)))]
    kinds = [one.changes[0].kind for one in smallest_of_each_kind(found(need(), guides))]
    assert kinds == [ChangeKind.SHIFTED]


def test_nobody_nothing_and_the_past_give_no_alternatives():
    assert found(need(), []) == ()
    assert found(need(windows=()), [candidate()]) == ()
    assert found(need(windows=(window(10, 11, date(2026, 11, 2)),)), [candidate()]) == ()
    assert found(need(), [candidate(week_minutes=0, month_minutes=0)]) == ()


def test_three_guides_needed_and_two_free_is_a_low_chance():
    guides = [candidate(number) for number in (1, 2)]
    assert told_chance(need(guides_needed=3), guides).band is ChanceBand.NOBODY
    assert told_chance(need(guides_needed=2), guides).band is ChanceBand.FEW


def test_bands_of_the_chance():
    guides = [candidate(number) for number in range(1, 5)]
    assert told_chance(need(), guides) == Chance(ChanceBand.SEVERAL)
    assert told_chance(need(), guides[:3]).band is ChanceBand.FEW
    assert told_chance(need(), guides[:1]).band is ChanceBand.NOBODY
    assert told_chance(need(), []) == Chance(ChanceBand.NOBODY)
    assert told_chance(need(language="ti", accepted={}), guides).reason is ReasonCode.LANGUAGE


def test_a_low_chance_names_a_reason_and_a_change_of_at_least_two_guides():
    late = Availability(weekly=(WeeklyTime(4, time(10, 30), time(20)),))
    guides = [candidate(number, availability=late) for number in (1, 2)]
    low = told_chance(need(), guides)
    assert (low.band, low.reason) == (ChanceBand.NOBODY, ReasonCode.NOT_AVAILABLE)
    assert low.best is not None
    assert low.best.changes[0].window == Window(at(10, 30), at(11, 30))
    one = told_chance(need(), guides[:1])
    assert (one.band, one.best) == (ChanceBand.NOBODY, None)


def test_what_is_personal_is_told_as_not_free():
    asked = need(credentials=frozenset())
    guides = [candidate(number, held=(held(at(10), at(11)),)) for number in (1, 2)]
    assert told_chance(asked, guides).reason is ReasonCode.NOT_AVAILABLE


@settings(deadline=None, max_examples=60)
@given(pools())
def test_the_chance_never_tells_of_a_single_guide(pool: tuple[Need, list[Candidate]]):
    asked, guides = pool
    told = told_chance(asked, guides)
    if told.best is not None:
        assert told.best.opens >= 2
    if len(able(asked, guides)) < 2:
        assert told.band is ChanceBand.NOBODY
