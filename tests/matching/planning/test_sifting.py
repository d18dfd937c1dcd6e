"""Sifting reaches what the whole program reaches, on parts small enough to solve both ways."""

from time import monotonic

import pytest

from lotsen.matching.planning import serving
from lotsen.matching.planning.highs import Clock
from lotsen.matching.planning.reading import read
from lotsen.matching.planning.tables import build
from tests.matching.planning.factories import problem


def served(seed: int) -> serving.Served:
    plain = problem(seed, requests=18, guides=9, previous=False)
    tables, _ = build(read(plain))
    return serving.serve(tables, Clock(monotonic, None, lambda: False), lambda _: None)


@pytest.mark.parametrize("seed", range(8))
def test_sifting_reaches_the_optimum_and_its_bounds_hold(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = served(seed)
    monkeypatch.setattr(serving, "LARGE", 0)
    sifted = served(seed)
    assert whole.served.value == whole.served.bound
    assert sifted.served.value == whole.served.value
    assert sifted.served.bound >= whole.served.value
    assert sifted.value.value <= whole.value.value <= sifted.value.bound
    if sifted.value.value == sifted.value.bound:
        assert sifted.alive[whole.chosen].all()
