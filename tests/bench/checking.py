"""Verifies a plan against its instance, knowing neither the planner nor the peers."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tests.bench.instances import Instance, travel


def values(instance: Instance, options: Sequence[int]) -> tuple[int, int]:
    """Return the first two tiers of the chosen options: priority served, fit; fail if they break a rule."""
    chosen = np.sort(np.array(options, dtype=np.int64))
    assert len(np.unique(chosen)) == len(chosen), "an option is taken twice"
    window, guide = instance.window[chosen], instance.guide[chosen]
    request = instance.request[window]
    served, guides_sent = np.unique(request, return_counts=True)
    assert (guides_sent == instance.needs[served]).all(), "a request has too few or too many guides"
    first_of = np.searchsorted(request, served)
    assert (window == np.repeat(window[first_of], guides_sent)).all(), "a request has two windows"
    used = np.bincount(
        guide, weights=instance.end[window] - instance.start[window], minlength=len(instance.capacity)
    )
    assert (used <= instance.capacity).all(), "a guide works more than the week allows"
    order = np.lexsort((instance.start[window], guide))
    for one, other in pairwise(order):
        if guide[one] == guide[other]:
            way = travel(instance.place[request[one : one + 1]], instance.place[request[other : other + 1]])
            assert instance.end[window[one]] + way[0] <= instance.start[window[other]], "a guide is too late"
    return int(instance.priority[served].sum()), int(instance.fit[chosen].sum())
