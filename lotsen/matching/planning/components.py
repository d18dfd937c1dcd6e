"""Finds what hangs together, so that each part of the queue is planned by itself."""

import numpy as np

from lotsen.matching.planning.problem import Column


def labels(count: int, here: Column, there: Column) -> Column:
    """Return for each of `count` nodes the smallest node that it is linked with, over any number of edges."""
    label = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(label[here], label[there])
        before = label.copy()
        # Hooking the roots, not only the nodes, keeps the rounds logarithmic.
        np.minimum.at(label, before[here], low)
        np.minimum.at(label, before[there], low)
        while True:
            jumped = label[label]
            if np.array_equal(jumped, label):
                break
            label = jumped
        if np.array_equal(before, label):
            return label
