"""No test is skipped silently."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lotsen import ROOT

SKIPPING = {
    "in the test": "def test(): pytest.skip('no reason')",
    "by a marker": "@pytest.mark.skip(reason='no reason')\ndef test(): pass",
    "by the module": "pytest.skip('no reason', allow_module_level=True)",
    "by a fixture": "@pytest.fixture\ndef f(): pytest.skip('no reason')\ndef test(f): pass",
}


@pytest.mark.parametrize("way", SKIPPING)
def test_a_skipped_test_fails_the_run(way: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_skipping.py").write_text(f"import pytest\n{SKIPPING[way]}\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0, run.stdout
    assert "no reason" in run.stdout
    assert "skipped, which counts as failed" in run.stdout
