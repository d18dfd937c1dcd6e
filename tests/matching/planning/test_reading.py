"""A malformed problem names the path of the field, and the command ends with 2."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lotsen.matching.planning.problem import ProblemInvalid
from lotsen.matching.planning.reading import read, read_text
from tests.support.lotsen import ROOT

EXAMPLE: dict[str, Any] = {
    "guides": [
        {
            "id": "g1",
            "capacity": [{"from": 0, "to": 10080, "minutes": 360}],
            "load": 240,
            "asks": 2,
            "held": [{"start": 540, "end": 600, "place": "09"}],
        }
    ],
    "requests": [
        {
            "id": "r1",
            "needs": 1,
            "priority": 2,
            "place": "07",
            "windows": [{"start": 600, "end": 690}, {"start": 780, "end": 870}],
        }
    ],
    "travel": {"default": 30, "same": 15, "pairs": [["07", "09", 20]]},
    "options": [{"request": "r1", "window": 0, "guide": "g1", "fit": 86, "takes": 90}],
    "fit_band": 10,
    "fairness": True,
    "limit_seconds": 60,
    "previous": [{"request": "r0", "window": 0, "guides": ["g7"]}],
}
GONE = object()

# where, what stands there instead, the path that is named, whether the schema sees it as well
MISTAKES: list[tuple[list[str | int], object, str, bool]] = [
    (["guides"], GONE, "guides", True),
    (["guides"], {}, "guides", True),
    (["guides", 0], "g1", "guides[0]", True),
    (["guides", 0, "id"], GONE, "guides[0].id", True),
    (["guides", 0, "id"], "", "guides[0].id", True),
    (["guides", 0, "id"], 7, "guides[0].id", True),
    (["guides", 0, "load"], -1, "guides[0].load", True),
    (["guides", 0, "load"], 1.5, "guides[0].load", True),
    (["guides", 0, "load"], True, "guides[0].load", True),
    (["guides", 0, "asks"], -1, "guides[0].asks", True),
    (["guides", 0, "asks"], None, "guides[0].asks", True),
    (["guides", 0, "capcity"], [], "guides[0].capcity", True),
    (["guides", 0, "capacity", 0, "to"], 0, "guides[0].capacity[0].to", False),
    (["guides", 0, "capacity", 0, "minutes"], None, "guides[0].capacity[0].minutes", True),
    (["guides", 0, "held", 0, "end"], 500, "guides[0].held[0].end", False),
    (["guides", 0, "held", 0, "place"], 9, "guides[0].held[0].place", True),
    (["guides", 1], {"id": "g1"}, "guides[1].id", False),
    (["requests", 0, "needs"], 0, "requests[0].needs", True),
    (["requests", 0, "priority"], "high", "requests[0].priority", True),
    (["requests", 0, "windows"], GONE, "requests[0].windows", True),
    (["requests", 0, "windows", 1, "end"], 780, "requests[0].windows[1].end", False),
    (["requests", 0, "windows", 0, "start"], 10**30, "requests[0].windows[0].start", True),
    (["travel", "default"], -5, "travel.default", True),
    (["travel", "pairs", 0], ["07", "09"], "travel.pairs[0]", True),
    (["travel", "pairs", 0, 2], "far", "travel.pairs[0][2]", True),
    (["travel", "pairs", 0, 1], "07", "travel.pairs[0]", False),
    (["travel", "pairs", 1], ["09", "07", 25], "travel.pairs[1]", False),
    (["options", 0, "request"], "r9", "options[0].request", False),
    (["options", 0, "guide"], "g9", "options[0].guide", False),
    (["options", 0, "window"], 2, "options[0].window", False),
    (["options", 0, "fit"], 101, "options[0].fit", True),
    (["options", 0, "takes"], -90, "options[0].takes", True),
    (["options", 1], {"request": "r1", "window": 0, "guide": "g1", "fit": 1}, "options[1]", False),
    (["fit_band"], 0, "fit_band", True),
    (["fairness"], 1, "fairness", True),
    (["limit_seconds"], 0, "limit_seconds", True),
    (["limit_seconds"], True, "limit_seconds", True),
    (["previous", 0, "guides"], "g7", "previous[0].guides", True),
    (["fit-band"], 10, "fit-band", True),
]


def with_mistake(where: list[str | int], value: object) -> dict[str, Any]:
    plain = deepcopy(EXAMPLE)
    inside: Any = plain
    for step in where[:-1]:
        inside = inside[step]
    last = where[-1]
    if value is GONE:
        del inside[last]
    elif isinstance(inside, list) and last == len(inside):
        inside.append(value)
    else:
        inside[last] = value
    return plain


def schema() -> dict[str, Any]:
    return json.loads((ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8"))


def command(text: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "problem.json"
    file.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "lotsen", "plan", str(file)], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(("where", "value", "path", "in_schema"), MISTAKES, ids=[one[2] for one in MISTAKES])
def test_a_mistake_is_named_by_its_path(
    where: list[str | int], value: object, path: str, in_schema: bool
) -> None:
    plain = with_mistake(where, value)
    with pytest.raises(ProblemInvalid) as caught:
        read(plain)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")
    assert jsonschema.Draft202012Validator(schema()).is_valid(plain) is not in_schema


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000], ids=["empty", "open", "list", "null", "deep"]
)
def test_what_is_no_problem_at_all_is_named_too(text: str) -> None:
    with pytest.raises(ProblemInvalid) as caught:
        read_text(text)
    assert caught.value.path == "$"


def test_the_example_is_read_and_is_what_the_schema_says() -> None:
    jsonschema.Draft202012Validator(schema()).validate(EXAMPLE)
    problem = read(EXAMPLE)
    assert problem.requests[0].windows[1].end == 870
    assert problem.guides[0].asks == 2
    assert problem.options.takes.tolist() == [90]


def test_the_command_plans_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = command(json.dumps(EXAMPLE), tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    # From 09 until 600, twenty minutes on the way: the first window begins too early.
    assert answer["assignments"] == []
    assert answer["unserved"][0]["why"] == "nobody eligible"
    assert answer["proven"] is True


def test_the_command_ends_with_2_and_the_path(tmp_path: Path) -> None:
    done = command(json.dumps(with_mistake(["options", 0, "guide"], "g9")), tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "options[0].guide: there is no guide g9\n"
