"""What people read of a plan follows from the problem and the choices alone."""

from typing import Any

from lotsen.domain.vocabulary import PlanChange, UnservedReason
from lotsen.matching.batch import Change, Seen, Sheet
from lotsen.matching.planning.problem import Choice
from lotsen.matching.planning.reading import read


def sheet(*chosen: Choice, **changes: Any) -> Sheet:
    """Return a plan for two talks at once and one later, with guides a, b and c who could do any of them."""
    data: dict[str, Any] = {
        "guides": [{"id": name} for name in ("a", "b", "c")],
        "requests": [
            {"id": "1", "place": "01", "windows": [{"start": 0, "end": 60}, {"start": 1000, "end": 1060}]},
            {"id": "2", "place": "02", "windows": [{"start": 0, "end": 60}]},
            {"id": "3", "place": "02", "windows": [{"start": 80, "end": 140}]},
        ],
        "travel": {"default": 30, "same": 15},
        "options": [
            {"request": request, "window": window, "guide": guide, "fit": fit}
            for request, window in (("1", 0), ("1", 1), ("2", 0), ("3", 0))
            for guide, fit in (("a", 90), ("b", 70), ("c", 50))
        ],
    } | changes
    return Sheet(read(data), chosen)


def choice(request: str, *guides: str, window: int = 0) -> Choice:
    return Choice(request, window, guides)


def next_bests(found: Sheet) -> dict[str, tuple[str, int] | None]:
    return {
        row.option.request: None if row.next_best is None else (row.next_best.guide, row.next_best.window)
        for row in found.rows(())
    }


def test_the_next_best_fits_best_of_those_who_are_free() -> None:
    found = sheet(choice("2", "a"), choice("3", "b"))
    # b goes on from place 02 to place 02 in 20 minutes, 15 are enough; a could do both as well.
    assert next_bests(found) == {"2": ("b", 0), "3": ("a", 0)}


def test_a_way_that_is_too_long_keeps_the_next_best_away() -> None:
    found = sheet(choice("1", "a"), choice("3", "b"))
    # From place 01 to 02 are 30 minutes, but 20 lie between: a cannot do 3, and b can do 1 at its later time.
    assert next_bests(found) == {"1": ("b", 1), "3": ("c", 0)}


def test_a_team_gets_a_next_best_for_its_own_time_only() -> None:
    requests = [{"id": "1", "needs": 2, "windows": [{"start": 0, "end": 60}, {"start": 90, "end": 150}]}]
    options = [
        {"request": "1", "window": window, "guide": guide, "fit": fit}
        for window, guide, fit in ((0, "a", 9), (0, "b", 8), (0, "c", 1), (1, "c", 99))
    ]
    found = sheet(choice("1", "a", "b"), requests=requests, options=options)
    assert [row.next_best and row.next_best.window for row in found.rows(())] == [0, 0]


def test_a_full_week_keeps_the_next_best_away() -> None:
    guides = [{"id": "a"}, {"id": "b", "capacity": [{"from": 0, "to": 2000, "minutes": 100}]}, {"id": "c"}]
    found = sheet(choice("2", "a"), choice("1", "b", window=1), guides=guides)
    assert next_bests(found)["2"] == ("c", 0)


def test_stand_by_goes_with_its_request() -> None:
    rows = sheet(choice("2", "a"), choice("3", "b")).rows([choice("3", "c")])
    assert [row.stand_by for row in rows] == [(), ("c",)]


def test_loads_count_what_was_there_and_what_comes() -> None:
    guides = [{"id": "a", "load": 300}, {"id": "b"}, {"id": "c"}]
    found = sheet(choice("1", "b"), choice("2", "a"), choice("3", "a"), guides=guides)
    assert found.loads() == [("a", 300, 420), ("b", 0, 60)]


def test_each_unserved_request_has_its_reason() -> None:
    some = [{"request": "1", "window": 0, "guide": "a", "fit": 1}]
    found = sheet(options=some)
    why = found.unserved(frozenset({"3"}), anybody=True)
    assert why == {
        "1": (UnservedReason.LOST, 1),
        "2": (UnservedReason.NOBODY, 0),
        "3": (UnservedReason.PAST, 0),
    }
    requests = [{"id": "1", "needs": 3, "windows": [{"start": 0, "end": 60}]}]
    assert sheet(requests=requests, options=some).unserved(frozenset(), anybody=True) == {
        "1": (UnservedReason.TOO_FEW, 1)
    }
    assert set(found.unserved(frozenset(), anybody=False).values()) == {(UnservedReason.NO_GUIDES, 0)}


def seen(*guides: str, version: int = 1, lost: bool = False) -> Seen:
    return Seen(version, frozenset(guides), lost)


VERSIONS = {"1": 1, "2": 1, "3": 1}


def changes(found: Sheet, **before: Seen) -> list[Change]:
    known = {"1": seen(), "2": seen(), "3": seen()} | {
        name.removeprefix("r"): one for name, one in before.items()
    }
    return found.changes(known, VERSIONS)


def test_what_is_as_before_is_no_change() -> None:
    assert changes(sheet(choice("1", "a")), r1=seen("a")) == []


def test_each_change_has_its_reason() -> None:
    now = sheet(choice("1", "b"), choice("2", "a"))
    assert changes(now, r1=seen("a"), r2=seen("a")) == [
        Change("1", PlanChange.NEEDED_ELSEWHERE, ("a",), ("b",), "2")
    ]
    assert changes(now, r1=seen("c"), r2=seen("a")) == [Change("1", PlanChange.BETTER_PLAN, ("c",), ("b",))]
    assert changes(now, r1=seen("z"), r2=seen("a")) == [
        Change("1", PlanChange.NO_LONGER_FREE, ("z",), ("b",))
    ]
    assert changes(now, r1=seen("a", version=7), r2=seen("a")) == [
        Change("1", PlanChange.REQUEST_CHANGED, ("a",), ("b",))
    ]
    assert changes(now, r2=seen("a")) == [Change("1", PlanChange.SOMEBODY_FREE, (), ("b",))]
    assert changes(now, r1=seen(lost=True), r2=seen("a")) == [Change("1", PlanChange.BETTER_PLAN, (), ("b",))]
    assert changes(now, r1=seen("b"), r2=seen("a"), r9=seen("c")) == [
        Change("9", PlanChange.NO_LONGER_OPEN, ("c",), ())
    ]
    assert now.changes({"2": seen("a")}, VERSIONS) == [Change("1", PlanChange.NEW_REQUEST, (), ("b",))]
