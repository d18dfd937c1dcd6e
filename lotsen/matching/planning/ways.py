"""Turns the table of ways into minutes between any two places of a problem.

A way over a third place that the table makes shorter counts as that shorter way: a guide may take it, and
without such detours "a, then b fits" carries over chains. Only measured pairs count as legs: `default` is a
guess that shortens nothing measured, and `same` is the pause between two appointments in one place.
"""

import numpy as np

from lotsen.matching.planning.components import labels
from lotsen.matching.planning.problem import Column, Ways

REMOTE = 0
_FAR = 10**9


def minutes_between(ways: Ways, places: list[str]) -> Column:
    """Return a square table: row and column 0 stand for "no place", place i of the list is at i + 1."""
    here, there, minutes = _measured(ways)
    names = sorted({*(one for pair in ways.pairs for one in pair[:2])})
    row_of = {place: row for row, place in enumerate(places, 1)}
    rows = np.array([row_of.get(name, -1) for name in names], dtype=np.int64)
    count = len(places) + 1
    table = np.full((count, count), ways.default, dtype=np.int64)
    asked = (rows[here] > 0) & (rows[there] > 0)
    table[rows[here[asked]], rows[there[asked]]] = table[rows[there[asked]], rows[here[asked]]] = _FAR
    group = labels(len(names), here, there)
    order = np.argsort(group, kind="stable")
    for nodes in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(names) else []:
        inside = np.flatnonzero(group[here] == group[nodes[0]])
        local = {int(node): at for at, node in enumerate(nodes)}
        paths = np.full((len(nodes), len(nodes)), _FAR, dtype=np.int64)
        for edge in inside.tolist():
            a, b = local[int(here[edge])], local[int(there[edge])]
            paths[a, b] = paths[b, a] = min(int(minutes[edge]), int(paths[a, b]))
        for via in range(len(nodes)):
            np.minimum(paths, paths[:, via, None] + paths[None, via, :], out=paths)
        used = rows[nodes] >= 0
        block = np.ix_(rows[nodes][used], rows[nodes][used])
        table[block] = np.minimum(table[block], paths[np.ix_(used, used)])
    np.fill_diagonal(table, ways.same)
    table[REMOTE, :] = 0
    table[:, REMOTE] = 0
    return table


def _measured(ways: Ways) -> tuple[Column, Column, Column]:
    names = sorted({*(one for pair in ways.pairs for one in pair[:2])})
    at = {name: number for number, name in enumerate(names)}
    table = np.array([(at[here], at[there], minutes) for here, there, minutes in ways.pairs], dtype=np.int64)
    table = table.reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
