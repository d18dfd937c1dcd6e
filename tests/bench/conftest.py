"""What the bench may ask for: which seeds, and a report that becomes docs/benchmarks.md."""

import os
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.bench.measuring import Section, as_data, section
from tests.support.lotsen import ROOT

_KEEP = "lotsen-bench/sections"
_FILE = ROOT / "docs" / "benchmarks.md"
_HEAD = """# How fast the matching is

Written by `make bench`; nothing here is typed by hand. Everything in a table was measured in one run on the
machine named below it, each in a process of its own. Figures are medians, with the least and the most in
brackets. What must be reached stands beside what was found; **missed** says so. How the instances are made is
in `tests/bench/instances.py`; equal seeds give equal instances.
"""

AddSection = Callable[[str, str, Sequence[str], Sequence[Sequence[str]]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="bench: one seed, and no docs/benchmarks.md")


@pytest.fixture(scope="session")
def quick(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--quick", default=False))


@pytest.fixture(scope="session")
def seeds(quick: bool) -> tuple[int, ...]:
    return (1,) if quick else (1, 2, 3)


@pytest.fixture
def report(request: pytest.FixtureRequest, quick: bool) -> Iterator[AddSection]:
    """Print a table, and keep it for the file: tests of one run or of several may fill it."""
    load = os.getloadavg()[0]
    cache = request.config.cache
    assert cache is not None, "the bench keeps its tables in pytest's cache"

    def add(title: str, text: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        made = section(title, text, head, rows, load)
        print(f"\n{made.markdown()}")
        if not quick:
            kept = cache.get(_KEEP, {}) | {request.node.nodeid: as_data(made)}
            cache.set(_KEEP, kept)
            sections = [Section(**data) for _, data in sorted(kept.items())]
            _FILE.write_text("\n".join([_HEAD, *(one.markdown() for one in sections)]), encoding="utf-8")

    return add
