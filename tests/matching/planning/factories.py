"""Small invented problems, as plain JSON data, that are tight enough for every rule to matter."""

import random
from typing import Any

Plain = dict[str, Any]
PLACES = ["01", "02", "03"]


def problem(seed: int, *, requests: int = 6, guides: int = 4, previous: bool | None = None) -> Plain:
    """Invent a problem; equal seeds give equal problems."""
    draw = random.Random(seed)
    fit_band = draw.choice([1, 10, 25])
    plain: Plain = {
        "guides": [
            {
                "id": f"g{at}",
                "load": draw.choice([0, 0, 45, 120, 240]),
                "capacity": _capacity(draw),
                "held": _held(draw),
            }
            | ({"asks": draw.choice([0, 1, 1, 2])} if draw.random() < 0.4 else {})
            for at in range(guides)
        ],
        "requests": [
            {
                "id": f"r{at}",
                "needs": draw.choice([1, 1, 1, 1, 2, 3]),
                "priority": draw.choice([1, 1, 2, 4]),
                "place": draw.choice([*PLACES, None]),
                "windows": [_window(draw) for _ in range(draw.choice([1, 1, 2, 3]))],
            }
            for at in range(requests)
        ],
        "travel": {
            "default": 30,
            "same": draw.choice([0, 15]),
            "pairs": [["01", "02", 20], ["02", "03", 45]],
        },
        "fit_band": fit_band,
        "fairness": draw.random() < 0.7,
    }
    options = [
        {
            "request": request["id"],
            "window": window,
            "guide": guide["id"],
            "fit": draw.randint(0, 100),
        }
        | ({"takes": draw.choice([30, 60, 75, 120])} if draw.random() < 0.3 else {})
        for request in plain["requests"]
        for window in range(len(request["windows"]))
        for guide in plain["guides"]
        if draw.random() < 0.55
    ]
    plain["options"] = options
    if previous if previous is not None else draw.random() < 0.4:
        seen = draw.sample(options, min(len(options), requests))
        plain["previous"] = [
            {"request": one["request"], "window": one["window"], "guides": [one["guide"]]} for one in seen
        ]
    return plain


def shuffled(plain: Plain, seed: int) -> Plain:
    """Return the same problem with everything but the windows in another order."""
    draw = random.Random(seed)
    return plain | {
        name: draw.sample(plain[name], len(plain[name]))
        for name in ("guides", "requests", "options", "previous")
        if name in plain
    }


def _window(draw: random.Random) -> Plain:
    start = 480 + 15 * draw.randrange(24)
    return {"start": start, "end": start + draw.choice([60, 90, 120])}


def _capacity(draw: random.Random) -> list[Plain]:
    if draw.random() < 0.3:
        return []
    week = {"from": 0, "to": 10080, "minutes": draw.choice([0, 90, 180, 240])}
    morning = {"from": 0, "to": 720, "minutes": draw.choice([60, 120, 180])}
    return [week, morning] if draw.random() < 0.4 else [week]


def _held(draw: random.Random) -> list[Plain]:
    if draw.random() < 0.6:
        return []
    return [_window(draw) | {"place": draw.choice([*PLACES, "04", None])}]
