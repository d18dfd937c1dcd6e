"""The obvious planner: tries every plan of a small problem and keeps the best, tier by tier."""

from itertools import combinations
from typing import Any

Plain = dict[str, Any]
Seat = tuple[str, int, str]


def best(plain: Plain) -> tuple[int, int, int, int]:
    """Return the best tiers: served, fit, squares (negative, so that more is better), kept."""
    guides = {guide["id"]: guide for guide in plain["guides"]}
    ways = Ways(plain["travel"])
    options = {(one["request"], one["window"], one["guide"]): one for one in plain["options"]}
    before = {
        (one["request"], one["window"], guide) for one in plain.get("previous", []) for guide in one["guides"]
    }
    found: list[tuple[int, int, int, int]] = []

    def fits(request: Plain, window: int, guide: str, taken: list[tuple[Seat, Plain]]) -> bool:
        times = request["windows"][window]
        mine = [(one["start"], one["end"], one.get("place")) for one in guides[guide].get("held", [])]
        mine += [
            (other["windows"][seat[1]]["start"], other["windows"][seat[1]]["end"], other["place"])
            for seat, other in taken
            if seat[2] == guide
        ]
        for start, end, place in mine:
            way = ways.minutes(request["place"], place)
            if times["end"] + way > start and end + way > times["start"]:
                return False
        if sum(seat[2] == guide for seat, _ in taken) >= guides[guide].get("asks", 1000):
            return False
        charged = [(times["start"], takes(request, window, guide))]
        charged += [
            (other["windows"][seat[1]]["start"], takes(other, seat[1], guide))
            for seat, other in taken
            if seat[2] == guide
        ]
        return all(
            sum(minutes for start, minutes in charged if span["from"] <= start < span["to"])
            <= span["minutes"]
            for span in guides[guide].get("capacity", [])
        )

    def takes(request: Plain, window: int, guide: str) -> int:
        times = request["windows"][window]
        return options[request["id"], window, guide].get("takes", times["end"] - times["start"])

    def value(taken: list[tuple[Seat, Plain]]) -> tuple[int, int, int, int]:
        served = {seat[0]: request["priority"] for seat, request in taken}
        load = {name: guide.get("load", 0) // 30 for name, guide in guides.items()}
        for (_, window, guide), request in taken:
            load[guide] += -(-takes(request, window, guide) // 30)
        return (
            sum(served.values()),
            sum(options[seat]["fit"] // plain["fit_band"] for seat, _ in taken),
            -sum(half * half for half in load.values()) if plain["fairness"] else 0,
            len(before & {seat for seat, _ in taken}),
        )

    def go_on(at: int, taken: list[tuple[Seat, Plain]]) -> None:
        if at == len(plain["requests"]):
            found.append(value(taken))
            return
        go_on(at + 1, taken)
        request = plain["requests"][at]
        for window in range(len(request["windows"])):
            able = [
                guide
                for guide in guides
                if (request["id"], window, guide) in options and fits(request, window, guide, taken)
            ]
            for team in combinations(able, request["needs"]):
                seats = [((request["id"], window, guide), request) for guide in team]
                go_on(at + 1, taken + seats)

    go_on(0, [])
    return max(found)


class Ways:
    """Minutes between places, by trying every chain of measured pairs."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._pairs = {(a, b): minutes for x, y, minutes in plain["pairs"] for a, b in ((x, y), (y, x))}

    def minutes(self, here: str | None, there: str | None) -> int:
        """Return the minutes from here to there."""
        if here is None or there is None:
            return 0
        if here == there:
            return self._plain["same"]
        chains = self._chains(here, there, frozenset([here]))
        if (here, there) not in self._pairs:
            chains.append(self._plain["default"])
        return min(chains)

    def _chains(self, here: str, there: str, seen: frozenset[str]) -> list[int]:
        if here == there:
            return [0]
        return [
            minutes + rest
            for (start, end), minutes in self._pairs.items()
            if start == here and end not in seen
            for rest in self._chains(end, there, seen | {end})
        ]
