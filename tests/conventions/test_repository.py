"""What is in the repository speaks of the project alone: no machine, no package index, no real address."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.lotsen import ROOT

DATA = sorted(
    one
    for folder in ("lotsen/reference", "lotsen/services", "tests")
    for one in (ROOT / folder).rglob("*")
    if one.suffix in (".toml", ".csv", ".py", ".xlsx") and "xlsx" not in one.suffix
)
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", re.IGNORECASE)
# RFC 2606 and RFC 6761 keep these free for ever.
INVENTED = re.compile(r"(?:\.example|@example\.(?:org|com|net)|\.invalid|\.test)$", re.IGNORECASE)
INDEX = re.compile(r"^\s*(?:--(?:extra-)?index-url|--find-links|--trusted-host|-i |-f )", re.MULTILINE)


def tracked() -> list[Path]:
    """Return the files that are, or would be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name and (ROOT / name).is_file()
    ]


def texts() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8")
    assert len(found) > 100
    return found


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    here = {str(ROOT), str(Path.home() / "x").removesuffix("x"), f"{tempfile.gettempdir()}/lotsen/"}
    named = {
        f"{name}: {path}" for name, text in texts().items() for path in here if path in text and path != "/"
    }
    assert named == set()


def test_no_lock_names_a_package_index() -> None:
    locks = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "requirements").iterdir()}
    assert {name for name, text in locks.items() if INDEX.search(text)} == set()


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_address_is_invented(path: Path) -> None:
    found = ADDRESS.findall(path.read_text(encoding="utf-8"))
    assert [one for one in found if not INVENTED.search(one)] == []


def test_no_file_keeps_conflict_marks_or_ends_without_a_newline() -> None:
    untidy = {
        name
        for name, text in texts().items()
        if re.search(r"^(?:<{7}|>{7}) ", text, re.MULTILINE) or (text and not text.endswith("\n"))
    }
    assert untidy == set()
