"""Plans are right, the best there are, and the same however the problem is written down."""

import random
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest

from lotsen.matching.planning import serving
from lotsen.matching.planning.checker import PlanBroken, check
from lotsen.matching.planning.greedy import greedy
from lotsen.matching.planning.highs import Cancelled
from lotsen.matching.planning.plan import Plan, Why, as_json, plan
from lotsen.matching.planning.problem import Choice
from lotsen.matching.planning.reading import read
from lotsen.matching.planning.serving import reached
from lotsen.matching.planning.tables import build
from tests.matching.planning import brute
from tests.matching.planning.factories import problem, shuffled

Plain = dict[str, Any]


def planned(plain: Plain, **more: Any) -> Plan:
    """Plan; the checker has verified what comes back."""
    return plan(read(plain), now=monotonic, **more)


def tiers(made: Plan, plain: Plain) -> tuple[int, int, int, int]:
    values = {tier.name: tier.value for tier in made.tiers}
    return (
        values["served"],
        values["fit"],
        -values.get("fairness", 0),
        values.get("kept", 0),
    )


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_small_plans_are_as_good_as_the_best_of_all(block: int) -> None:
    for seed in range(block * 10, block * 10 + 10):
        plain = problem(seed, requests=4, guides=4)
        made = planned(plain)
        assert made.proven, seed
        assert tiers(made, plain) == brute.best(plain), seed


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_plans_are_proven_and_never_below_the_simple_plan(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        plain = problem(seed, requests=12, guides=6)
        made = planned(plain)
        tables, _ = build(read(plain))
        served, value = reached(tables, greedy(tables))
        assert made.proven
        assert tiers(made, plain)[:2] >= (served.sum(), value.sum())


def test_order_of_input_changes_nothing() -> None:
    for seed in range(40):
        plain = problem(seed, requests=12, guides=6)
        made, again = as_json(planned(plain)), as_json(planned(shuffled(plain, seed)))
        assert made | {"seconds": 0} == again | {"seconds": 0}, seed


def test_a_change_touches_only_what_it_can_reach() -> None:
    towns = [problem(seed, requests=10, guides=5, previous=False) for seed in range(12)]
    changed = [
        one if at != 3 else problem(99, requests=10, guides=5, previous=False) for at, one in enumerate(towns)
    ]
    before, after = as_json(planned(joined(towns))), as_json(planned(joined(changed)))
    for name in ("assignments", "standby", "unserved"):
        old, new = (
            [one for one in made[name] if not one["request"].startswith("t03")] for made in (before, after)
        )
        assert old == new
    assert before["assignments"] != after["assignments"]


@pytest.mark.parametrize("seed", range(6))
def test_after_five_percent_change_all_else_stays(seed: int) -> None:
    before = joined([problem(8 * seed + at, requests=10, guides=6, previous=False) for at in range(8)])
    seen = as_json(planned(before))
    after, touched = changed(before, random.Random(seed))
    after["previous"] = [
        {name: one[name] for name in ("request", "window", "guides")} for one in seen["assignments"]
    ]
    now = as_json(planned(after))
    affected = reached_from(touched, before["options"] + after["options"])
    assert len(touched) == len(before["requests"]) // 20
    assert 0 < len(affected) <= len(before["requests"]) // 2
    for name in ("assignments", "standby", "unserved"):
        old, new = ([one for one in made[name] if one["request"] not in affected] for made in (seen, now))
        assert old == new


def changed(plain: Plain, draw: random.Random) -> tuple[Plain, set[str]]:
    """Return the problem with every twentieth request gone, at another time, or without one of its guides."""
    touched = set(draw.sample([one["id"] for one in plain["requests"]], len(plain["requests"]) // 20))
    kinds = {name: draw.choice(["gone", "moved", "refused"]) for name in sorted(touched)}
    refused = {one["request"]: one for one in plain["options"] if one["request"] in touched}
    requests = [
        one | {"windows": [later(at) if kinds.get(one["id"]) == "moved" else at for at in one["windows"]]}
        for one in plain["requests"]
        if kinds.get(one["id"]) != "gone"
    ]
    options = [
        one
        for one in plain["options"]
        if kinds.get(one["request"]) != "gone"
        and not (kinds.get(one["request"]) == "refused" and one is refused[one["request"]])
    ]
    return plain | {"requests": requests, "options": options}, touched


def later(window: Plain) -> Plain:
    return {name: minute + 45 for name, minute in window.items()}


def reached_from(touched: set[str], options: list[Plain]) -> set[str]:
    """Return all requests that hang together with these over guides whom two of them could have."""
    reached = set(touched)
    while True:
        guides = {one["guide"] for one in options if one["request"] in reached}
        more = {one["request"] for one in options if one["guide"] in guides}
        if more <= reached:
            return reached
        reached |= more


def joined(towns: list[Plain]) -> Plain:
    """Return one problem of several that have nothing to do with each other."""
    whole: Plain = towns[0] | {"guides": [], "requests": [], "options": [], "fit_band": 10, "fairness": True}
    for at, town in enumerate(towns):
        for kind in ("guides", "requests"):
            whole[kind] = whole[kind] + [one | {"id": f"t{at:02}{one['id']}"} for one in town[kind]]
        whole["options"] = whole["options"] + [
            one | {"request": f"t{at:02}{one['request']}", "guide": f"t{at:02}{one['guide']}"}
            for one in town["options"]
        ]
    return whole


def asked(**requests: Plain) -> list[Plain]:
    return [{"id": name, "windows": [{"start": 0, "end": 60}]} | more for name, more in requests.items()]


def able(*pairs: tuple[str, str, int]) -> list[Plain]:
    return [{"request": request, "window": 0, "guide": guide, "fit": fit} for request, guide, fit in pairs]


def test_no_guides() -> None:
    made = planned({"guides": [], "requests": asked(r={}), "options": []})
    assert made.proven
    assert [(one.request, one.why) for one in made.unserved] == [("r", Why.NOBODY)]


@pytest.mark.parametrize(
    ("guides", "requests", "options"),
    [
        ([{"id": "a"}], asked(r={}), []),
        ([{"id": "a"}, {"id": "b"}], asked(r={"needs": 3}), able(("r", "a", 90), ("r", "b", 90))),
        (
            [{"id": "a", "capacity": [{"from": 0, "to": 100, "minutes": 0}]}],
            asked(r={}),
            able(("r", "a", 90)),
        ),
        ([{"id": "a", "held": [{"start": 30, "end": 90}]}], asked(r={}), able(("r", "a", 90))),
        ([{"id": "a", "asks": 0}], asked(r={}), able(("r", "a", 90))),
    ],
    ids=["nobody can", "three needed, two there", "no capacity", "held", "asked enough"],
)
def test_a_request_that_nobody_can_serve_says_so(
    guides: list[Plain], requests: list[Plain], options: list[Plain]
) -> None:
    made = planned({"guides": guides, "requests": requests, "options": options})
    assert made.proven
    assert made.assignments == ()
    assert [(one.why, one.lost_to) for one in made.unserved] == [(Why.NOBODY, ())]


def test_who_loses_hears_to_whom() -> None:
    made = planned(
        {
            "guides": [{"id": "a"}],
            "requests": asked(r1={"priority": 4}, r2={"priority": 2}),
            "options": able(("r1", "a", 10), ("r2", "a", 100)),
        }
    )
    assert [(one.request, one.lost_to, one.exact) for one in made.unserved] == [("r2", ("r1",), True)]


def test_no_fit_outweighs_a_request_and_no_fairness_outweighs_a_fit() -> None:
    """One request more against 100 fits, one fit more against 300 squares: small weights would fail."""
    busy = [{"id": f"b{at}", "load": 30 * 200} for at in range(6)]
    idle = [{"id": f"i{at}"} for at in range(6)]
    requests = asked(**{f"q{at}": {} for at in range(6)}, last={"priority": 1})
    options = [row for at in range(6) for row in able((f"q{at}", f"b{at}", 51), (f"q{at}", f"i{at}", 50))]
    # The last one can only have b0, who would serve q0 far better.
    options += able(("last", "b0", 0))
    options[0]["fit"], options[1]["fit"] = 100, 0
    made = planned(
        {"guides": busy + idle, "requests": requests, "options": options, "fit_band": 1, "fairness": True}
    )
    taken = {one.request: one.guides for one in made.assignments}
    assert taken["last"] == ("b0",)
    assert taken["q0"] == ("i0",)
    assert all(taken[f"q{at}"] == (f"b{at}",) for at in range(1, 6))


@pytest.mark.parametrize("large", [1, None], ids=["sifted", "whole"])
def test_no_sum_of_a_later_tier_outweighs_one_of_an_earlier(
    large: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain: serving one more costs everybody their best fit, so a weight up to 9,999 would be too small.

    Then one point of fit stands against some 800,000 squares.
    """
    if large is not None:
        monkeypatch.setattr(serving, "LARGE", large)
    count = 100
    guides: list[Plain] = [{"id": f"g{at:03}"} for at in range(count + 1)]
    requests = asked(**{f"q{at:03}": {} for at in range(count)}, last={})
    options = able(
        *[(f"q{at:03}", f"g{at:03}", 100) for at in range(count)],
        *[(f"q{at:03}", f"g{at + 1:03}", 0) for at in range(count)],
        ("last", "g000", 0),
    )
    made = planned({"guides": guides, "requests": requests, "options": options, "fit_band": 1})
    assert [(tier.value, tier.bound) for tier in made.tiers[:2]] == [(count + 1, count + 1), (0, 0)]
    guides = [{"id": "worn", "load": 30 * 200_000}, {"id": "fresh"}]
    options = able(("r", "worn", 51), ("r", "fresh", 50))
    made = planned({"guides": guides, "requests": asked(r={}), "options": options, "fit_band": 1})
    assert made.assignments[0].guides == ("worn",)


def test_the_next_best_is_who_fits_best_and_is_missed_by_nobody() -> None:
    """Compared with trying everybody: the checker takes the plan with the replacement, or refuses it."""
    compared = 0
    for seed in range(60):
        plain = problem(seed, requests=8, guides=6)
        asked_for = read(plain)
        made = planned(plain)
        found = {one.request: one for one in made.next_best}
        for choice in made.assignments:
            others = tuple(one for one in made.assignments if one is not choice)
            able: list[tuple[int, bool, Choice]] = []
            for one in plain["options"]:
                other = Choice(choice.request, one["window"], (one["guide"], *choice.guides[1:]))
                if one["request"] == choice.request and one["guide"] not in choice.guides:
                    with suppress(PlanBroken):
                        check(asked_for, (*others, other), ())
                        able.append((one["fit"], one["window"] == choice.window, other))
            best = max(able, key=lambda one: one[:2], default=None)
            assert (best is None) is (choice.request not in found), seed
            if best is not None:
                named = found[choice.request]
                assert (best[0], best[1]) == next(
                    (fit, same)
                    for fit, same, one in able
                    if (one.window, one.guides[0]) == (named.window, named.guides[0])
                )
                compared += 1
    assert compared > 60
    served = as_json(made)["assignments"]
    assert {one["request"] for one in served if one["next_best"] is not None} == set(found)


def test_stand_by_is_nobody_for_two_at_once() -> None:
    made = planned(
        {
            "guides": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
            "requests": asked(r1={}, r2={}),
            "options": able(*[(request, guide, 50) for request in ("r1", "r2") for guide in "abc"]),
        }
    )
    assert len(made.assignments) == 2
    assert len(made.standby) == 1


def test_what_was_proposed_stays_where_nothing_speaks_against_it() -> None:
    plain: Plain = {
        "guides": [{"id": "a"}, {"id": "b"}],
        "requests": asked(r={}),
        "options": able(("r", "a", 50), ("r", "b", 50)),
    }
    for guide in ("a", "b"):
        made = planned(plain | {"previous": [{"request": "r", "window": 0, "guides": [guide]}]})
        assert made.assignments[0].guides == (guide,)


def test_the_deadline_brings_the_simple_plan_with_its_gap() -> None:
    plain = problem(3, requests=24, guides=8)
    at_once = planned(plain, deadline=monotonic())
    whole = planned(plain)
    assert not at_once.proven
    assert whole.proven
    for early, late in zip(at_once.tiers[:2], whole.tiers[:2], strict=True):
        assert early.value <= early.bound
        assert early.name == late.name
    assert at_once.tiers[0].value <= whole.tiers[0].value <= at_once.tiers[0].bound


def test_a_plan_can_be_called_off() -> None:
    with pytest.raises(Cancelled):
        planned(problem(3), cancelled=lambda: True)
