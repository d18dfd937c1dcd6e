"""Steps and minutes between districts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.matching.travel import Travel
from tests.matching.factories import TRAVEL

districts = st.sampled_from(["01", "02", "03", "04", "05"])
graphs = st.dictionaries(districts, st.frozensets(districts))


def test_hops_count_borders_in_both_directions():
    assert [TRAVEL.hops("01", there) for there in ("01", "02", "14", "15")] == [0, 1, 2, 3]
    assert TRAVEL.hops("15", "01") == 3
    assert TRAVEL.hops("01", "09") is None
    assert TRAVEL.hops("77", "77") == 0
    assert TRAVEL.hops("77", "01") is None


def test_minutes_come_from_the_pair_then_from_the_steps_then_from_the_default():
    noted = Travel(neighbours={"01": frozenset({"15"})}, pairs={("01", "15"): 50})
    assert noted.minutes("01", "15") == noted.minutes("15", "01") == 50
    assert TRAVEL.minutes("01", "01") == 15
    assert TRAVEL.minutes("01", "14") == 25
    assert TRAVEL.minutes("01", "09") == 40
    assert TRAVEL.minutes(None, "01") == TRAVEL.minutes("01", None) == TRAVEL.minutes(None, None) == 40


def test_a_shorter_way_over_other_districts_counts():
    assert TRAVEL.minutes("01", "15") == TRAVEL.minutes("15", "01") == 45
    bridge = Travel(neighbours={"a": frozenset({"b"}), "c": frozenset()}, pairs={("b", "c"): 10})
    assert bridge.minutes("a", "c") == 30, "shorter than the guess, though no chain of neighbours is known"
    assert Travel(bridge.neighbours, bridge.pairs, default=20).minutes("a", "c") == 20


def test_a_way_that_is_shorter_over_a_third_district_is_named():
    assert TRAVEL.detours() == (("01", "02", "15"), ("01", "14", "15"))
    assert Travel(neighbours=TRAVEL.neighbours).detours() == ()


@settings(deadline=None)
@given(graphs, districts, districts, districts)
def test_hops_obey_the_triangle(graph: dict[str, frozenset[str]], a: str, b: str, c: str):
    travel = Travel(neighbours=graph)
    first, second, direct = travel.hops(a, b), travel.hops(b, c), travel.hops(a, c)
    assert travel.hops(b, a) == first
    if first is not None and second is not None:
        assert direct is not None
        assert direct <= first + second
