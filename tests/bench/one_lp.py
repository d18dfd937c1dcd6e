"""Solves one linear relaxation of an instance: `python -m tests.bench.one_lp INSTANCE ANSWER`.

What a plan is held against: nothing exact is had for less than seeing the options once and one LP. Its rows
are the plainest that hold: guides busy at one moment, their week, and the needs of each request.
"""

import sys

import highspy
import numpy as np

from tests.bench.answering import Solution, answer
from tests.bench.instances import Instance, Ints


def relaxation(instance: Instance) -> Solution:
    """Bound tier 1 from above: requests served in parts, weighted by priority."""
    model = highspy.HighsLp()
    options = len(instance.window)
    of_option = instance.option_request
    minutes = (instance.end - instance.start)[instance.window]
    busy_row, busy_option = _busy(instance)
    blocks = [
        (of_option, np.arange(options), np.ones(options), instance.needs),
        (instance.guide, np.arange(options), minutes, instance.capacity),
        (busy_row, busy_option, np.ones(len(busy_row)), np.ones(options)),
    ]
    rows, columns, entries, upper = [], [], [], []
    above = 0
    for row, column, entry, limit in blocks:
        rows.append(row + above)
        columns.append(column)
        entries.append(entry)
        upper.append(limit)
        above += len(limit)
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((row, column))
    model.num_col_, model.num_row_ = options, above
    model.col_cost_ = (instance.priority / instance.needs)[of_option]
    model.col_lower_, model.col_upper_ = np.zeros(options), np.ones(options)
    model.row_lower_ = np.full(above, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate(upper).astype(float)
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.searchsorted(column[order], np.arange(options + 1))
    model.a_matrix_.index_ = row[order]
    model.a_matrix_.value_ = np.concatenate(entries)[order].astype(float)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    solver.run()
    bound = solver.getInfo().objective_function_value
    return Solution([], proven=False, tiers=[{"name": "served", "bound": bound}])


def _busy(instance: Instance) -> tuple[Ints, Ints]:
    """Pair each option's start, as a row, with the options of that guide that are then under way."""
    start = instance.start[instance.window]
    order = np.lexsort((start, instance.guide))
    guide, begins = instance.guide[order], start[order]
    ends = instance.end[instance.window][order] + instance.shortest_way
    rows, members = [np.arange(len(order))], [np.arange(len(order))]
    for back in range(1, len(order)):
        near = np.flatnonzero(guide[back:] == guide[:-back])
        if not len(near):
            break
        under_way = near[ends[near] > begins[near + back]]
        rows.append(under_way + back)
        members.append(under_way)
    return np.concatenate(rows), order[np.concatenate(members)]


if __name__ == "__main__":
    answer(relaxation, *sys.argv[1:])
