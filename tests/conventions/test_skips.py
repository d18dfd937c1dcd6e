"""No test is skipped silently."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lotsen import ROOT

SKIPPING = {
    "in_the_test": "def test(): pytest.skip('no reason')",
    "by_a_marker": "@pytest.mark.skip(reason='no reason')\ndef test(): pass",
    "by_the_module": "pytest.skip('no reason', allow_module_level=True)",
    "by_a_fixture": "@pytest.fixture\ndef f(): pytest.skip('no reason')\ndef test(f): pass",
}


@pytest.mark.slow
def test_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    for way, text in SKIPPING.items():
        (tmp_path / f"test_{way}.py").write_text(f"import pytest\n{text}\n")
    arguments = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "--rootdir",
        tmp_path,
        tmp_path,
    ]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode != 0, run.stdout
    summary = run.stdout.partition("short test summary info")[2]
    failed = {way for way in SKIPPING if re.search(rf"(FAILED|ERROR) \S*test_{way}\.py", summary)}
    assert failed == set(SKIPPING), run.stdout
    assert "skipped, which counts as failed" in run.stdout
    assert "passed" not in summary
