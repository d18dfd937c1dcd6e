"""Solves small problems with CP-SAT: `python -m tests.matching.planning.cp_sat < problems.json > tiers.json`.

A process of its own, since OR-Tools and highspy cannot share one. Clashes are written pair by pair.
"""

import json
import sys
from itertools import combinations
from typing import Any

from ortools.sat.python import cp_model

from tests.matching.planning.brute import Ways

Plain = dict[str, Any]


def solve(plain: Plain) -> list[int]:
    """Return the proven tiers, as `brute.best` does."""
    model = cp_model.CpModel()
    guides = {guide["id"]: guide for guide in plain["guides"]}
    requests = {request["id"]: request for request in plain["requests"]}
    ways = Ways(plain["travel"])
    rows = []
    for one in plain["options"]:
        request = requests[one["request"]]
        times = request["windows"][one["window"]]
        rows.append((one, times["start"], times["end"], request["place"], model.new_bool_var("")))
    served = []
    for request in plain["requests"]:
        taken = [model.new_bool_var("") for _ in request["windows"]]
        model.add_at_most_one(taken)
        for window, var in enumerate(taken):
            model.add(
                sum(x for one, *_, x in rows if one["request"] == request["id"] and one["window"] == window)
                == request["needs"] * var
            )
        served.append(request["priority"] * sum(taken))
    squares = []
    for name, guide in guides.items():
        mine = [row for row in rows if row[0]["guide"] == name]
        for one, other in combinations(mine, 2):
            way = 0 if one[3] is None or other[3] is None else ways.minutes(one[3], other[3])
            if one[2] + way > other[1] and other[2] + way > one[1]:
                model.add_at_most_one((one[4], other[4]))
        for held in guide.get("held", []):
            for one in mine:
                way = 0 if one[3] is None or held["place"] is None else ways.minutes(one[3], held["place"])
                if one[2] + way > held["start"] and held["end"] + way > one[1]:
                    model.add(one[4] == 0)
        for span in guide.get("capacity", []):
            inside = [row for row in mine if span["from"] <= row[1] < span["to"]]
            model.add(sum(_takes(row) * row[4] for row in inside) <= span["minutes"])
        model.add(sum(row[4] for row in mine) <= guide.get("asks", 1000))
        load = model.new_int_var(0, 10_000, "")
        model.add(load == guide.get("load", 0) // 30 + sum(-(-_takes(row) // 30) * row[4] for row in mine))
        square = model.new_int_var(0, 100_000_000, "")
        model.add_multiplication_equality(square, (load, load))
        squares.append(square)
    before = {
        (one["request"], one["window"], guide) for one in plain.get("previous", []) for guide in one["guides"]
    }
    kept = [x for one, *_, x in rows if (one["request"], one["window"], one["guide"]) in before]
    fit = sum(one["fit"] // plain["fit_band"] * x for one, *_, x in rows)
    found = []
    for tier in (sum(served), fit, -sum(squares) if plain["fairness"] else 0, sum(kept)):
        model.maximize(tier)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        found.append(round(solver.objective_value))
        model.add(tier == found[-1])
    return found


def _takes(row: tuple[Plain, int, int, Any, Any]) -> int:
    return row[0].get("takes", row[2] - row[1])


if __name__ == "__main__":
    json.dump([solve(one) for one in json.load(sys.stdin)], sys.stdout)
