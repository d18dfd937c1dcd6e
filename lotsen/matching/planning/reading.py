"""Reads a problem from JSON, and names the path of the first field that is wrong."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from lotsen.matching.planning.problem import (
    DEFAULT_FIT_BAND,
    Choice,
    Guide,
    Held,
    Options,
    Problem,
    ProblemInvalid,
    Request,
    Span,
    Ways,
    Window,
)

# Far beyond any real plan, near enough that no sum of them leaves 64 bits.
_TIME = 10**8
_LOAD = 10**7
_PRIORITY = 1000
_NEEDS = 100
_FIT = 100
_ASKS = 1000
_SECONDS = 86_400

Fields = Mapping[str, object]
T = TypeVar("T")


def read_text(text: str) -> Problem:
    """Read a problem from the text of a JSON file."""
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemInvalid("$", f"is not JSON: {error}") from error
    return read(data)


def read(data: object) -> Problem:
    """Read a problem from parsed JSON."""
    top = _fields(
        data,
        "$",
        ("guides", "requests", "options"),
        ("travel", "fit_band", "fairness", "limit_seconds", "previous"),
    )
    guides = _unique(_list(top["guides"], "guides", _guide), "guides")
    requests = _unique(_list(top["requests"], "requests", _request), "requests")
    guide_at = {guide.id: at for at, guide in enumerate(guides)}
    request_at = {request.id: at for at, request in enumerate(requests)}
    previous = top.get("previous")
    return Problem(
        guides,
        requests,
        _ways(top["travel"]) if "travel" in top else Ways(),
        _options(top["options"], guide_at, request_at, requests),
        _whole(top.get("fit_band", DEFAULT_FIT_BAND), "fit_band", 1, _FIT),
        _flag(top.get("fairness", True), "fairness"),
        _seconds(top.get("limit_seconds")),
        None if previous is None else _list(previous, "previous", _choice),
    )


def _guide(data: object, path: str) -> Guide:
    row = _fields(data, path, ("id",), ("capacity", "load", "held", "asks"))
    return Guide(
        _text(row["id"], f"{path}.id"),
        _list(row.get("capacity", []), f"{path}.capacity", _span),
        _whole(row.get("load", 0), f"{path}.load", 0, _LOAD),
        _list(row.get("held", []), f"{path}.held", _held),
        _whole(row["asks"], f"{path}.asks", 0, _ASKS) if "asks" in row else None,
    )


def _span(data: object, path: str) -> Span:
    row = _fields(data, path, ("from", "to", "minutes"))
    start, end = _ordered(row, path, "from", "to")
    return Span(start, end, _whole(row["minutes"], f"{path}.minutes", 0, _LOAD))


def _held(data: object, path: str) -> Held:
    row = _fields(data, path, ("start", "end"), ("place",))
    start, end = _ordered(row, path, "start", "end")
    return Held(start, end, _place(row, path))


def _request(data: object, path: str) -> Request:
    row = _fields(data, path, ("id", "windows"), ("needs", "priority", "place"))
    return Request(
        _text(row["id"], f"{path}.id"),
        _list(row["windows"], f"{path}.windows", _window),
        _whole(row.get("needs", 1), f"{path}.needs", 1, _NEEDS),
        _whole(row.get("priority", 1), f"{path}.priority", 1, _PRIORITY),
        _place(row, path),
    )


def _window(data: object, path: str) -> Window:
    return Window(*_ordered(_fields(data, path, ("start", "end")), path, "start", "end"))


def _ways(data: object) -> Ways:
    row = _fields(data, "travel", (), ("default", "same", "pairs"))
    known: dict[tuple[str, str], str] = {}
    pairs: list[tuple[str, str, int]] = []
    for path, (here, there, minutes) in _list(row.get("pairs", []), "travel.pairs", _pair):
        if here == there:
            raise ProblemInvalid(path, "names one place twice: use travel.same")
        first = known.setdefault((min(here, there), max(here, there)), path)
        if first != path:
            raise ProblemInvalid(path, f"repeats {first}")
        pairs.append((here, there, minutes))
    return Ways(
        _whole(row.get("default", 0), "travel.default", 0, _TIME),
        _whole(row.get("same", 0), "travel.same", 0, _TIME),
        tuple(pairs),
    )


def _pair(data: object, path: str) -> tuple[str, tuple[str, str, int]]:
    parts = _items(data, path)
    if len(parts) != 3:
        raise ProblemInvalid(path, "must be [place, place, minutes]")
    here, there, minutes = parts
    return path, (
        _text(here, f"{path}[0]"),
        _text(there, f"{path}[1]"),
        _whole(minutes, f"{path}[2]", 0, _TIME),
    )


def _options(
    data: object, guide_at: Mapping[str, int], request_at: Mapping[str, int], requests: tuple[Request, ...]
) -> Options:
    seen: dict[tuple[int, int, int], int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    for at, item in enumerate(_items(data, "options")):
        path = f"options[{at}]"
        row = _fields(item, path, ("request", "window", "guide", "fit"), ("takes",))
        request = _known(row["request"], request_at, f"{path}.request", "request")
        windows = requests[request].windows
        if not windows:
            raise ProblemInvalid(f"{path}.window", f"{requests[request].id} has no windows")
        window = _whole(row["window"], f"{path}.window", 0, len(windows) - 1)
        guide = _known(row["guide"], guide_at, f"{path}.guide", "guide")
        first = seen.setdefault((request, window, guide), at)
        if first != at:
            raise ProblemInvalid(path, f"repeats options[{first}]")
        fit = _whole(row["fit"], f"{path}.fit", 0, _FIT)
        length = windows[window].end - windows[window].start
        takes = _whole(row["takes"], f"{path}.takes", 0, _LOAD) if "takes" in row else length
        rows.append((request, window, guide, fit, takes))
    return Options.of(rows)


def _choice(data: object, path: str) -> Choice:
    # What an earlier proposal names may be gone by now, so nothing here must be known.
    row = _fields(data, path, ("request", "window", "guides"))
    return Choice(
        _text(row["request"], f"{path}.request"),
        _whole(row["window"], f"{path}.window", 0, _TIME),
        _list(row["guides"], f"{path}.guides", _text),
    )


def _fields(data: object, path: str, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> Fields:
    if not isinstance(data, dict):
        raise ProblemInvalid(path, "must be an object")
    row = cast(dict[str, object], data)
    inside = "" if path == "$" else f"{path}."
    for name in needed:
        if name not in row:
            raise ProblemInvalid(f"{inside}{name}", "is missing")
    if len(row) > len(needed):
        for name in row:
            if name not in needed and name not in more:
                raise ProblemInvalid(f"{inside}{name}", "is not a known field")
    return row


def _items(data: object, path: str) -> list[object]:
    if not isinstance(data, list):
        raise ProblemInvalid(path, "must be a list")
    return cast(list[object], data)


def _list(data: object, path: str, one: Callable[[object, str], T]) -> tuple[T, ...]:
    return tuple(one(item, f"{path}[{at}]") for at, item in enumerate(_items(data, path)))


def _whole(value: object, path: str, least: int, most: int) -> int:
    if type(value) is not int:
        raise ProblemInvalid(path, "must be a whole number")
    if not least <= value <= most:
        raise ProblemInvalid(path, f"must lie between {least} and {most}")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value:
        raise ProblemInvalid(path, "must be a text that is not empty")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise ProblemInvalid(path, "must be true or false")
    return value


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _SECONDS:
        raise ProblemInvalid("limit_seconds", f"must be a number above 0 and up to {_SECONDS}")
    return float(value)


def _place(row: Fields, path: str) -> str | None:
    return None if row.get("place") is None else _text(row["place"], f"{path}.place")


def _ordered(row: Fields, path: str, first: str, second: str) -> tuple[int, int]:
    start = _whole(row[first], f"{path}.{first}", -_TIME, _TIME)
    end = _whole(row[second], f"{path}.{second}", -_TIME, _TIME)
    if end <= start:
        raise ProblemInvalid(f"{path}.{second}", f"must be later than {first}")
    return start, end


def _known(value: object, known: Mapping[str, int], path: str, kind: str) -> int:
    name = _text(value, path)
    if name not in known:
        raise ProblemInvalid(path, f"there is no {kind} {name}")
    return known[name]


_Named = TypeVar("_Named", Guide, Request)


def _unique(rows: tuple[_Named, ...], path: str) -> tuple[_Named, ...]:
    first: dict[str, int] = {}
    for at, row in enumerate(rows):
        if first.setdefault(row.id, at) != at:
            raise ProblemInvalid(f"{path}[{at}].id", f"repeats {path}[{first[row.id]}].id")
    return rows
