import numpy as np
import pytest

from tests.bench.checking import values
from tests.bench.instances import (
    COUNTRY,
    DISTRICTS,
    LAND,
    REMOTE,
    SCARCE,
    TOWN,
    Instance,
    Size,
    as_problem,
    load,
    make,
    part,
    travel,
)


def test_equal_seeds_give_equal_instances_and_others_do_not(tmp_path) -> None:
    make(TOWN, 1).save(tmp_path / "one.npz")
    one, other, third = load(tmp_path / "one.npz"), make(TOWN, 1), make(TOWN, 2)
    for name in ("priority", "needs", "place", "start", "end", "capacity", "load", "window", "guide", "fit"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert not np.array_equal(one.window, third.window)


def test_ways_obey_the_triangle_inequality() -> None:
    place = np.arange(2 * DISTRICTS)
    way = travel(place[:, None], place[None])
    assert (way == way.T).all()
    assert way.min() == 15
    for via in place:
        assert (way <= way[:, [via]] + way[[via]]).all()


def test_even_over_a_remote_talk_no_way_becomes_shorter() -> None:
    place = np.arange(DISTRICTS)
    shortest_talk = 60
    assert travel(place[:, None], place[None]).max() <= shortest_talk
    assert (travel(place, np.full(DISTRICTS, REMOTE)) == 0).all()


@pytest.mark.parametrize("size", [TOWN, LAND, SCARCE, COUNTRY], ids=lambda size: size.name)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shape_is_as_described(size: Size, seed: int) -> None:
    instance = make(size, seed)
    least, most = size.options
    assert least <= len(instance.window) <= most
    assert (len(instance.priority), len(instance.capacity)) == (size.requests, size.guides)
    assert len(np.unique(instance.place // DISTRICTS)) == size.towns
    windows = np.diff(instance.first_window)
    assert set(windows) == {1, 2, 3}
    assert np.isclose((windows > 1).mean(), 0.25, atol=0.08)
    assert set(instance.needs) == {1, 2}
    assert np.isclose((instance.needs == 2).mean(), 0.05, atol=0.03)
    assert set((instance.end - instance.start).tolist()) == {60, 75, 90, 105, 120}
    assert set(instance.start % 15) == {0}
    assert (instance.start % 1440 >= 480).all()
    assert (instance.end % 1440 <= 1080).all()
    assert (instance.capacity.min(), instance.capacity.max()) == (240, 600)
    assert (instance.fit.min() >= 0, instance.fit.max() <= 100) == (True, True)
    pairs = instance.window * size.guides + instance.guide
    assert (np.diff(pairs) > 0).all()


def test_a_share_of_requests_is_remote_and_open_to_guides_of_every_town() -> None:
    instance = make(Size("remote", 500, 400, 8, (0, 10**6), remote=0.2), 1)
    remote = instance.place == REMOTE
    assert np.isclose(remote.mean(), 0.2, atol=0.05)
    options = np.bincount(instance.option_request, minlength=len(remote))
    assert options[remote].mean() > 8 * options[~remote].mean()


def test_the_plain_problem_says_the_same_as_the_columns() -> None:
    instance = make(Size("small", 40, 60, 2, (0, 10**6), remote=0.2), 1)
    problem = as_problem(instance, fit_band=1, fairness=False, limit_seconds=60)
    requests, options = problem["requests"], problem["options"]
    assert len(options) == len(instance.window) > 0
    for option, window, guide in zip(options, instance.window, instance.guide, strict=True):
        request = requests[int(option["request"][1:])]
        span = request["windows"][option["window"]]
        assert (span["start"], span["end"]) == (instance.start[window], instance.end[window])
        assert option["guide"] == f"g{guide}"
    assert {one["place"] is None for one in requests} == {True, False}


# Two guides, three requests: r1 is far from r0, r2 needs both guides, and the second guide has little time.
SMALL = Instance(
    priority=np.array([2, 1, 4]),
    needs=np.array([1, 1, 2]),
    place=np.array([0, 29, 1]),
    first_window=np.array([0, 1, 2, 3]),
    request=np.array([0, 1, 2]),
    start=np.array([480, 560, 700]),
    end=np.array([540, 620, 820]),
    capacity=np.array([600, 150]),
    load=np.array([0, 0]),
    window=np.array([0, 0, 1, 1, 2, 2]),
    guide=np.array([0, 1, 0, 1, 0, 1]),
    fit=np.array([50, 60, 70, 70, 80, 80]),
    eligibility_seconds=0.0,
)


class TestTheChecker:
    def options(self, *chosen: int) -> tuple[int, int]:
        return values(SMALL, chosen)

    def test_adds_up_priority_and_fit(self) -> None:
        assert self.options() == (0, 0)
        assert self.options(0, 4, 5) == (6, 210)

    @pytest.mark.parametrize(
        ("chosen", "complaint"),
        [
            ((0, 0), "taken twice"),
            ((4,), "too few or too many"),
            ((0, 1), "too few or too many"),
            ((0, 2), "too late"),
            ((3, 4, 5), "more than the week"),
        ],
    )
    def test_refuses_what_breaks_a_rule(self, chosen: tuple[int, ...], complaint: str) -> None:
        with pytest.raises(AssertionError, match=complaint):
            self.options(*chosen)


def test_a_part_keeps_what_belongs_to_its_requests() -> None:
    alone = part(SMALL, np.array([0, 2]), np.array([30, 60]))
    assert alone.start.tolist() == [480, 700]
    assert (alone.window.tolist(), alone.guide.tolist()) == ([0, 0, 1, 1], [0, 1, 0, 1])
    assert alone.fit.tolist() == [50, 60, 80, 80]
    assert values(alone, [0, 2, 3]) == (6, 210)
