"""The planner takes the same minutes between two places as the rules do."""

from itertools import combinations_with_replacement

from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.matching.planning.problem import Ways
from lotsen.matching.planning.ways import minutes_between
from lotsen.matching.travel import Travel

DISTRICTS = ["01", "02", "03", "04", "05"]
districts = st.sampled_from(DISTRICTS)
measured = st.tuples(districts, districts).filter(lambda pair: pair[0] < pair[1])


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(districts, st.frozensets(districts)),
    st.dictionaries(measured, st.integers(5, 90)),
    st.sampled_from([10, 40]),
    st.sets(districts, min_size=2),
)
def test_detours_are_the_same_for_rules_and_plans(
    neighbours: dict[str, frozenset[str]],
    pairs: dict[tuple[str, str], int],
    default: int,
    used: set[str],
) -> None:
    travel = Travel(neighbours, pairs, default=default)
    places = sorted(used)
    known = [
        (here, there, way)
        for here in places
        for there in places
        if here < there and (way := travel.way(here, there)) is not None
    ]
    table = minutes_between(Ways(travel.default, travel.same, tuple(known)), places)
    for here, there in combinations_with_replacement(range(len(places)), 2):
        assert table[here + 1, there + 1] == travel.minutes(places[here], places[there])
