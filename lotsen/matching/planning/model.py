"""Writes one part of the queue as a program in whole numbers.

Columns: one for each option, then one for each window of a request that needs several guides, then unit
steps of load where fairness counts. A request's "served" is its option's column, or its window's.
"""

from dataclasses import dataclass

import numpy as np

from lotsen.matching.planning.cliques import Rows
from lotsen.matching.planning.highs import INFINITY, Flags, Floats, Program
from lotsen.matching.planning.problem import Column
from lotsen.matching.planning.tables import Tables

_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A program with what its columns mean: weight served, fit and what was proposed before."""

    options: Column
    program: Program
    whole: Flags
    served: Floats
    value: Floats
    kept: Floats
    request: Column
    window_slots: Column

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return len(self.served)


class Sheet:
    """Collects rows for a program."""

    def __init__(self) -> None:
        self.count = 0
        self._row: list[Column] = []
        self._column: list[Column] = []
        self._weight: list[Floats] = []
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []

    def add(self, row: Column, column: Column, weight: Floats | None, lower: Floats, upper: Floats) -> None:
        """Add len(upper) rows at once; `row` counts from 0."""
        self._row.append(row + self.count)
        self._column.append(column)
        self._weight.append(np.ones(len(column)) if weight is None else weight)
        self._lower.append(lower)
        self._upper.append(upper)
        self.count += len(upper)

    def program(self, lower: Floats, upper: Floats) -> Program:
        """Return the program of all rows so far."""
        row, column = np.concatenate(self._row), np.concatenate(self._column)
        order = np.lexsort((column, row))
        return Program(
            lower,
            upper,
            np.searchsorted(row[order], np.arange(self.count + 1)).astype(np.int64),
            column[order],
            np.concatenate(self._weight)[order],
            np.concatenate(self._lower),
            np.concatenate(self._upper),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """What the tiers before reached, by group of requests; a group's number is one of its requests."""

    group: Column
    served: Column
    value: Column


def part(
    tables: Tables, options: Column, rows: Rows, *, steps: "Steps | None" = None, ties: Ties | None = None
) -> Part:
    """Write the program of these options, ascending; `rows` speak of positions among them."""
    count = len(options)
    request, slot = tables.request[options], tables.slot[options]
    requests, request_at = np.unique(request, return_inverse=True)
    need = tables.needs[request]
    alone = need == 1
    window_slots, window_at = np.unique(slot[~alone], return_inverse=True)
    windows = len(window_slots)
    window_request = np.searchsorted(requests, tables.slot_request[window_slots])
    width = count + windows + (steps.width if steps else 0)
    window_columns = count + np.arange(windows)
    sheet = Sheet()
    sheet.add(
        np.concatenate((request_at[alone], window_request)),
        np.concatenate((np.flatnonzero(alone), window_columns)),
        None,
        np.full(len(requests), -INFINITY),
        np.ones(len(requests)),
    )
    if windows:
        sheet.add(
            np.concatenate((window_at, np.arange(windows))),
            np.concatenate((np.flatnonzero(~alone), window_columns)),
            np.concatenate(
                (np.ones(int((~alone).sum())), -tables.needs[requests[window_request]].astype(np.float64))
            ),
            np.zeros(windows),
            np.zeros(windows),
        )
    if windows:
        # Half a team serves nobody: without these rows a relaxation counts it as half a request.
        team = np.flatnonzero(~alone)
        pairs = np.arange(len(team))
        sheet.add(
            np.concatenate((pairs, pairs)),
            np.concatenate((team, count + window_at)),
            np.concatenate((np.ones(len(team)), np.full(len(team), -1.0))),
            np.full(len(team), -INFINITY),
            np.zeros(len(team)),
        )
    sheet.add(
        np.repeat(np.arange(len(rows.limit)), rows.lengths),
        rows.option,
        rows.weight.astype(np.float64),
        np.full(len(rows.limit), -INFINITY),
        rows.limit.astype(np.float64),
    )
    whole = np.ones(width, dtype=np.bool_)
    if steps:
        steps.add_to(sheet, count + windows)
        whole[count + windows :] = False
    served, value, kept = np.zeros(width), np.zeros(width), np.zeros(width)
    served[:count] = np.where(alone, tables.priority[request], 0)
    served[count : count + windows] = tables.priority[requests[window_request]]
    value[:count] = tables.value[options]
    kept[:count] = tables.kept[options]
    of_column = np.full(width, -1, dtype=np.int64)
    of_column[:count] = np.where(alone, request, -1)
    of_column[count : count + windows] = requests[window_request]
    if ties:
        of_any = np.concatenate((request, requests[window_request]))
        groups, group_at = np.unique(ties.group[of_any], return_inverse=True)
        for weight, needed in ((served, ties.served), (value, ties.value)):
            column = np.flatnonzero(weight)
            sheet.add(
                group_at[column],
                column,
                weight[column],
                needed[groups].astype(np.float64),
                np.full(len(groups), INFINITY),
            )
    return Part(
        options,
        sheet.program(np.zeros(width), np.ones(width)),
        whole,
        served,
        value,
        kept,
        of_column,
        window_slots,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Unit steps of rising cost for each guide: guide i has the steps first[i] to first[i + 1].

    A guide with h half hours who takes one more adds (h + 1)² - h² = 2h + 1 to the sum of squares; as the
    cost rises, the cheap steps fill first, and the columns need not be whole.
    """

    first: Column
    cost: Floats
    guide_at: Column
    half_hours: Column

    @property
    def width(self) -> int:
        """Return the number of steps."""
        return len(self.cost)

    def add_to(self, sheet: Sheet, offset: int) -> None:
        """Tie the steps of each guide to what the guide takes."""
        guides = len(self.first) - 1
        sheet.add(
            np.concatenate((self.guide_at, np.repeat(np.arange(guides), np.diff(self.first)))),
            np.concatenate((np.arange(len(self.guide_at)), offset + np.arange(self.width))),
            np.concatenate((self.half_hours, np.full(self.width, -1))).astype(np.float64),
            np.zeros(guides),
            np.zeros(guides),
        )


def start_of(one: Part, tables: Tables, chosen: Column, steps: Steps | None = None) -> Floats:
    """Return the columns' values for chosen options, all of which belong to the part."""
    values = np.zeros(one.width)
    at = np.searchsorted(one.options, chosen)
    values[at] = 1.0
    slots = tables.slot[chosen][tables.needs[tables.request[chosen]] > 1]
    count = len(one.options)
    values[count + np.searchsorted(one.window_slots, np.unique(slots))] = 1.0
    if steps:
        offset = count + len(one.window_slots)
        load = np.bincount(steps.guide_at[at], steps.half_hours[at], len(steps.first) - 1)
        within = np.arange(steps.width) - np.repeat(steps.first[:-1], np.diff(steps.first))
        values[offset:] = within < np.repeat(load, np.diff(steps.first))
    return values


def chosen_of(one: Part, values: Floats) -> Column:
    """Return the options that the columns' values choose."""
    return one.options[values[: len(one.options)] > 0.5]


def holds(program: Program, values: Floats) -> bool:
    """Check whole values against every row, in numbers that floats hold exactly."""
    total = np.concatenate(([0.0], np.cumsum(program.weight * values[program.column])))
    row = total[program.first[1:]] - total[program.first[:-1]]
    return bool(np.all(row <= program.row_upper) and np.all(row >= program.row_lower))


def floor(bound: float) -> int | None:
    """Return the whole number that a proven bound on a whole number comes down to; None if there is none."""
    if abs(bound) >= INFINITY:
        return None
    return int(np.floor(bound + _SLACK + 1e-9 * abs(bound)))
