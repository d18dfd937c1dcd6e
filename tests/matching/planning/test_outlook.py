"""What the queue loses by a choice is exact, and the quick look never claims more."""

from time import monotonic
from typing import Any

from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.outlook import Outlook, opportunity_cost
from lotsen.matching.planning.problem import Choice
from lotsen.matching.planning.reading import read
from tests.matching.planning import brute
from tests.matching.planning.factories import problem

Plain = dict[str, Any]


def clock() -> Clock:
    return Clock(monotonic, None, lambda: False)


def served_with(plain: Plain, choice: Choice) -> int | None:
    """Return the most weight that plans with the choice serve, by trying all; None if there are none."""
    guide = choice.guides[0]
    bonus = 100_000
    forced = plain | {
        "requests": [
            one | {"priority": one["priority"] + bonus} if one["id"] == choice.request else one
            for one in plain["requests"]
        ],
        "options": [
            one
            for one in plain["options"]
            if one["request"] != choice.request or (one["window"], one["guide"]) == (choice.window, guide)
        ],
    }
    served = brute.best(forced)[0]
    return served - bonus if served >= bonus else None


def test_the_loss_is_that_of_all_plans() -> None:
    compared = 0
    for seed in range(25):
        plain = problem(seed, requests=4, guides=4, previous=False)
        for request in plain["requests"]:
            request["needs"] = 1
        best = brute.best(plain)[0]
        outlook = Outlook(read(plain), clock())
        for one in plain["options"][:6]:
            choice = Choice(one["request"], one["window"], (one["guide"],))
            loss = outlook.loss(choice)
            served = served_with(plain, choice)
            assert loss.impossible is (served is None)
            if served is not None:
                assert loss.exact
                assert loss.weight == best - served
                assert outlook.hint(choice).at_least <= loss.weight
                assert bool(loss.requests) or loss.weight == 0
                assert set(outlook.hint(choice).surely) <= set(loss.requests)
                compared += 1
    assert compared > 60


def test_the_sentence_names_who_has_nobody() -> None:
    plain: Plain = {
        "guides": [{"id": "x"}, {"id": "y"}],
        "requests": [{"id": one, "windows": [{"start": 0, "end": 60}]} for one in ("L-0399", "L-0421")],
        "options": [
            {"request": "L-0399", "window": 0, "guide": "x", "fit": 90},
            {"request": "L-0399", "window": 0, "guide": "y", "fit": 50},
            {"request": "L-0421", "window": 0, "guide": "x", "fit": 40},
        ],
    }
    loss = opportunity_cost(read(plain), Choice("L-0399", 0, ("x",)), clock())
    assert (loss.requests, loss.weight, loss.exact) == (("L-0421",), 1, True)
    assert opportunity_cost(read(plain), Choice("L-0399", 0, ("y",)), clock()).requests == ()
    assert Outlook(read(plain), clock()).hint(Choice("L-0399", 0, ("x",))).surely == ("L-0421",)
