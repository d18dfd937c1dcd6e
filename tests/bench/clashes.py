"""Finds which options of one guide exclude each other in time, travel included."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.bench.instances import Instance, Ints, travel


def by_guide(instance: Instance) -> Iterator[Ints]:
    """Yield each guide's options, the earlier ones first."""
    order = np.lexsort((instance.start[instance.window], instance.guide))
    borders = np.flatnonzero(np.diff(instance.guide[order])) + 1
    yield from np.split(order, borders)


def clashing(instance: Instance, options: Ints) -> NDArray[np.bool_]:
    """Tell for every two options of one guide, sorted by start, whether at most one can be taken."""
    window = instance.window[options]
    place = instance.place[instance.request[window]]
    way = travel(place[:, None], place[None])
    late = instance.end[window][:, None] + way > instance.start[window][None]
    late = np.triu(late, 1)
    return late | late.T


def cliques(instance: Instance, options: Ints) -> list[Ints]:
    """Cover all clashes of one guide's options by sets of which at most one can be taken."""
    if len(options) < 2:
        return []
    clash = clashing(instance, options)
    bare = np.triu(clash, 1)
    found: list[Ints] = []
    while bare.any():
        one, other = np.unravel_index(bare.argmax(), bare.shape)
        members = [int(one), int(other)]
        shared = clash[one] & clash[other]
        while shared.any():
            # Whoever covers most of what is still bare goes first, then the earliest.
            gain = bare[members].sum(axis=0) + bare[:, members].sum(axis=1)
            following = int(np.where(shared, gain, -1).argmax())
            members.append(following)
            shared &= clash[following]
        members.sort()
        bare[np.ix_(members, members)] = False
        found.append(options[members])
    return found
