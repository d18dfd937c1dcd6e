"""Invents planning problems of any size: towns, languages, guides and requests, the same for the same seed.

Demand and supply of languages are skewed, and differently so; most pairs of guide and request are impossible.
Only numpy is needed, so that every peer can read an instance in its own environment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_ROWS, _COLUMNS = 6, 5
DISTRICTS = _ROWS * _COLUMNS
REMOTE = -1
SLOT = 15
DAY = 24 * 60
WEEK = 7 * DAY
_OPENS = 8 * 60
_SLOTS_A_DAY = 40
_WORKDAYS = 5
SAME, STEP = 15, 5
"""Minutes on the way within a district, and what each step to another adds; remote talks take no way."""
ELSEWHERE = 60
"""Minutes to another town; no guide of these instances ever goes there."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an instance is; `options` is the range in which the number of options must lie.

    `half_day` is the chance that a guide has time on a given morning or afternoon.
    """

    name: str
    requests: int
    guides: int
    towns: int
    options: tuple[int, int]
    remote: float = 0.0
    languages: int = 40
    half_day: float = 0.25


TOWN = Size("town", 300, 150, 1, (500, 1_100))
LAND = Size("Land", 3_000, 2_000, 10, (9_000, 13_000))
SCARCE = Size("scarce", 3_000, 1_000, 10, (4_500, 6_000))
COUNTRY = Size("country", 10_000, 20_000, 50, (62_000, 70_000))
METROPOLIS = Size("metropolis", 10_000, 20_000, 4, (760_000, 1_040_000))
REMOTE_COUNTRY = Size("country, 20 % remote", 10_000, 20_000, 50, (1_000_000, 1_300_000), remote=0.2)
SIZES = (TOWN, LAND, SCARCE, COUNTRY, METROPOLIS, REMOTE_COUNTRY)


@dataclass(frozen=True, slots=True)
class Instance:
    """A planning problem in columns.

    Requests: `priority`, `needs`, `place` (town × 30 + district, or REMOTE), `first_window` (where the
    request's windows begin, with one more entry for the end). Windows: `request`, `start`, `end`, in minutes
    from Monday. Guides: `capacity` and `load`, in minutes. Options: `window`, `guide`, `fit`, sorted by
    window and guide.
    """

    priority: Ints
    needs: Ints
    place: Ints
    first_window: Ints
    request: Ints
    start: Ints
    end: Ints
    capacity: Ints
    load: Ints
    window: Ints
    guide: Ints
    fit: Ints
    eligibility_seconds: float

    @property
    def shortest_way(self) -> int:
        """The least minutes between any two appointments."""
        return 0 if (self.place == REMOTE).any() else SAME

    @property
    def option_request(self) -> Ints:
        """The request of each option."""
        return self.request[self.window]

    def save(self, path: Path) -> None:
        """Write the columns to a file that `load` reads."""
        np.savez(path, **{one.name: getattr(self, one.name) for one in fields(self)})


def load(path: Path) -> Instance:
    """Read what `save` has written."""
    with np.load(path) as columns:
        return Instance(
            **{one.name: columns[one.name] for one in fields(Instance) if one.name != "eligibility_seconds"},
            eligibility_seconds=float(columns["eligibility_seconds"]),
        )


def steps_between(one: Ints, other: Ints) -> Ints:
    """Count the borders between districts of one town, which lie in a grid of 6 × 5."""
    return np.abs(one // _COLUMNS - other // _COLUMNS) + np.abs(one % _COLUMNS - other % _COLUMNS)


def travel(one: Ints, other: Ints) -> Ints:
    """Return the minutes between places, entry by entry."""
    inside = SAME + STEP * steps_between(one % DISTRICTS, other % DISTRICTS)
    way = np.where(one // DISTRICTS == other // DISTRICTS, inside, ELSEWHERE)
    return np.where((one == REMOTE) | (other == REMOTE), 0, way)


def make(size: Size, seed: int) -> Instance:
    """Invent an instance; equal size and seed give equal columns."""
    draw = np.random.default_rng([seed, size.requests, size.guides, size.towns])
    demand = _shares(np.arange(size.languages), 1.0)
    # What is asked for most is not what most guides speak: neighbours in rank change places.
    supply = _shares(np.arange(size.languages) ^ 1, 0.9)

    count = size.requests
    town = draw.integers(0, size.towns, count)
    district = draw.integers(0, DISTRICTS, count)
    remote = draw.random(count) < size.remote
    language = draw.choice(size.languages, count, p=demand)
    windows_each = np.where(draw.random(count) < 0.25, draw.integers(2, 4, count), 1)
    request = np.repeat(np.arange(count), windows_each)
    minutes = SLOT * draw.integers(4, 9, count)[request]
    day = draw.integers(0, _WORKDAYS, len(request))
    slot = (draw.random(len(request)) * (_SLOTS_A_DAY - minutes // SLOT + 1)).astype(np.int64)
    start = day * DAY + _OPENS + slot * SLOT

    guides = size.guides
    home_town = draw.integers(0, size.towns, guides)
    home = draw.integers(0, DISTRICTS, guides)
    reach = draw.integers(2, 6, guides)
    speaks = np.zeros((guides, size.languages), bool)
    for chance in (1.0, 0.3, 0.1):
        which = draw.random(guides) < chance
        speaks[np.flatnonzero(which), draw.choice(size.languages, which.sum(), p=supply)] = True
    free = _weekly(draw, guides, size.half_day)

    began = perf_counter()
    found = list(
        _eligible(
            np.where(remote[request], REMOTE, town[request]),
            language[request],
            district[request],
            day,
            ((np.uint64(1) << (minutes // SLOT).astype(np.uint64)) - np.uint64(1)) << slot.astype(np.uint64),
            home_town,
            home,
            reach,
            speaks,
            free,
        )
    )
    window = np.concatenate([one for one, _ in found])
    guide = np.concatenate([other for _, other in found])
    order = np.lexsort((guide, window))
    window, guide = window[order], guide[order]
    took = perf_counter() - began

    steps = steps_between(district[request[window]], home[guide])
    nearness = np.where(remote[request[window]], 20, 4 * (9 - steps) * 5 // 9)
    fit = 30 + nearness + draw.integers(0, 31, guides)[guide] + draw.integers(0, 20, len(window))
    return Instance(
        priority=draw.choice([1, 2, 4], count, p=[0.5, 0.35, 0.15]),
        needs=np.where(draw.random(count) < 0.05, 2, 1),
        place=np.where(remote, REMOTE, town * DISTRICTS + district),
        first_window=np.concatenate([[0], np.cumsum(windows_each)]),
        request=request,
        start=start,
        end=start + minutes,
        capacity=60 * draw.integers(4, 11, guides),
        load=30 * draw.integers(0, 41, guides),
        window=window,
        guide=guide,
        fit=np.minimum(fit, 100),
        eligibility_seconds=took,
    )


def _shares(rank: Ints, skew: float) -> NDArray[np.float64]:
    weight = (rank + 1.0) ** -skew
    return weight / weight.sum()


def _weekly(draw: np.random.Generator, guides: int, half_day: float) -> NDArray[np.uint64]:
    """Give each guide some half days a week, as one bit for each quarter of an hour from 8 to 18."""
    half = np.uint64((1 << (_SLOTS_A_DAY // 2)) - 1)
    mornings = draw.random((guides, _WORKDAYS)) < half_day
    afternoons = draw.random((guides, _WORKDAYS)) < half_day
    return np.where(mornings, half, np.uint64(0)) | np.where(
        afternoons, half << np.uint64(_SLOTS_A_DAY // 2), np.uint64(0)
    )


def _eligible(
    town: Ints,
    language: Ints,
    district: Ints,
    day: Ints,
    asked: NDArray[np.uint64],
    home_town: Ints,
    home: Ints,
    reach: Ints,
    speaks: NDArray[np.bool_],
    free: NDArray[np.uint64],
) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of windows and guides, one language in one town after the other."""
    languages = speaks.shape[1]
    windows_by = _grouped(town * languages + language)
    speakers = [np.flatnonzero(column) for column in speaks.T]
    speakers_by = [_grouped(home_town[one]) for one in speakers]
    for key, windows in windows_by.items():
        here, spoken = divmod(key, languages)
        among = speakers_by[spoken].get(here)
        guides = speakers[spoken] if here == REMOTE else speakers[spoken][among] if among is not None else []
        if not len(guides):
            continue
        wanted = asked[windows][:, None]
        fits = (free[guides][:, day[windows]].T & wanted) == wanted
        if here != REMOTE:
            fits &= steps_between(district[windows][:, None], home[guides][None]) <= reach[guides]
        rows, columns = np.nonzero(fits)
        yield windows[rows], guides[columns]


def _grouped(keys: Ints) -> dict[int, Ints]:
    order = np.argsort(keys, kind="stable")
    values, starts = np.unique(keys[order], return_index=True)
    ends = [*starts[1:], len(order)]
    return {int(value): order[first:last] for value, first, last in zip(values, starts, ends, strict=False)}


def as_problem(instance: Instance, *, fit_band: int, fairness: bool, limit_seconds: int) -> dict[str, object]:
    """Say the instance in the plain format of `python -m lotsen plan`."""
    places = np.unique(instance.place[instance.place != REMOTE])
    names = {place: f"{place // DISTRICTS:02}-{place % DISTRICTS:02}" for place in places.tolist()}
    first, second = np.triu_indices(len(places), 1)
    near = places[first] // DISTRICTS == places[second] // DISTRICTS
    one, other = places[first[near]], places[second[near]]
    first_window = instance.first_window.tolist()
    spans = list(zip(instance.start.tolist(), instance.end.tolist(), strict=True))
    of_option = instance.option_request
    return {
        "guides": [
            {"id": f"g{index}", "capacity": [{"from": 0, "to": WEEK, "minutes": capacity}], "load": load}
            for index, (capacity, load) in enumerate(
                zip(instance.capacity.tolist(), instance.load.tolist(), strict=True)
            )
        ],
        "requests": [
            {
                "id": f"r{index}",
                "needs": needs,
                "priority": priority,
                "place": names.get(place),
                "windows": [
                    {"start": start, "end": end}
                    for start, end in spans[first_window[index] : first_window[index + 1]]
                ],
            }
            for index, (needs, priority, place) in enumerate(
                zip(instance.needs.tolist(), instance.priority.tolist(), instance.place.tolist(), strict=True)
            )
        ],
        "travel": {
            "default": ELSEWHERE,
            "same": SAME,
            "pairs": [
                [names[here], names[there], minutes]
                for here, there, minutes in zip(
                    one.tolist(), other.tolist(), travel(one, other).tolist(), strict=True
                )
            ],
        },
        "options": [
            {"request": f"r{request}", "window": window, "guide": f"g{guide}", "fit": fit}
            for request, window, guide, fit in zip(
                of_option.tolist(),
                (instance.window - instance.first_window[of_option]).tolist(),
                instance.guide.tolist(),
                instance.fit.tolist(),
                strict=True,
            )
        ],
        "fit_band": fit_band,
        "fairness": fairness,
        "limit_seconds": limit_seconds,
    }


def part(instance: Instance, requests: Ints, load: Ints) -> Instance:
    """Return an instance of some requests alone, in ascending order, with guides who have worked `load`."""
    kept = np.isin(instance.request, requests)
    window_at = np.cumsum(kept) - 1
    options = np.flatnonzero(kept[instance.window])
    windows_each = np.diff(instance.first_window)[requests]
    return replace(
        instance,
        priority=instance.priority[requests],
        needs=instance.needs[requests],
        place=instance.place[requests],
        first_window=np.concatenate([[0], np.cumsum(windows_each)]),
        request=np.repeat(np.arange(len(requests)), windows_each),
        start=instance.start[kept],
        end=instance.end[kept],
        load=load,
        window=window_at[instance.window[options]],
        guide=instance.guide[options],
        fit=instance.fit[options],
    )
