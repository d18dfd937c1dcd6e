"""Runs what is measured in processes of their own, and says what was found as tables."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.instances import Instance
from tests.support.lotsen import ROOT

PEERS_PYTHON = Path(sys.prefix) / "bench" / "bin" / "python"
"""The environment of requirements/bench.txt, which `make bench` sets up."""
_LIMIT_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Run:
    """What a process answered: seconds of the work itself, and the most memory that it ever held."""

    seconds: float
    peak_bytes: int
    answer: dict[str, object]

    @property
    def chosen(self) -> list[int]:
        """The options taken, of a process that plans."""
        chosen = self.answer["chosen"]
        assert isinstance(chosen, list)
        return chosen

    @property
    def processor_seconds(self) -> float:
        """Time of all the process's threads; less than `seconds` where the machine had other work as well."""
        seconds = self.answer["processor_seconds"]
        assert isinstance(seconds, float)
        return seconds

    @property
    def proven(self) -> bool:
        """Whether the process claims that nothing better exists."""
        return self.answer["proven"] is True


def run(module: str, *arguments: object, instance: Instance | None = None, peer: bool = False) -> Run:
    """Run a module of the bench; it gets the arguments, the instance's file, and where to put the answer."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "answer.json"]
        if instance is not None:
            paths.insert(0, Path(folder) / "instance.npz")
            instance.save(paths[0])
        done = subprocess.run(
            [
                PEERS_PYTHON if peer else sys.executable,
                "-m",
                f"tests.bench.{module}",
                *map(str, arguments),
                *paths,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(paths[-1].read_text(encoding="utf-8"))
    return Run(answer["seconds"], answer["peak_bytes"], answer)


@dataclass(frozen=True, slots=True)
class Section:
    """One table with what to know about it; `load` is the machine's load when it began."""

    title: str
    text: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    machine: str
    load: float

    def markdown(self) -> str:
        """Say it as it stands in docs/benchmarks.md."""
        lines = [f"## {self.title}", "", self.text, ""]
        lines += [_row(self.head), _row(["---"] * len(self.head)), *map(_row, self.rows), ""]
        lines += [f"{self.machine}; load when it began: {self.load:.1f}.", ""]
        return "\n".join(lines)


def section(
    title: str, text: str, head: Sequence[str], rows: Sequence[Sequence[str]], load: float
) -> Section:
    """Make a section of what this machine has just measured."""
    return Section(title, text, tuple(head), tuple(tuple(row) for row in rows), machine(), load)


def as_data(one: Section) -> dict[str, object]:
    """Turn a section into what JSON can keep."""
    return asdict(one)


def machine() -> str:
    """Name processor, cores, memory and the versions that matter."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    found = [f"{name} {version(name)}" for name in ("numpy", "highspy")]
    ortools = subprocess.run(
        [PEERS_PYTHON, "-c", "from importlib.metadata import version; print(version('ortools'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(found)}, ortools {ortools}"
    )


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Say the median, and the least and most in brackets."""
    middle, least, most = (f"{one:,.{digits}f}" for one in (median(values), min(values), max(values)))
    return f"{middle}{unit}" if len(values) == 1 else f"{middle}{unit} ({least} to {most})"


def verdict(*, reached: bool) -> str:
    """Say whether a figure that must be reached was."""
    return "reached" if reached else "**missed**"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
