"""The layers hold, and an import that breaks them is noticed."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lotsen import ROOT

# contract, the file that breaks it, what it imports
BREACHES = [
    ("Each layer imports only what lies below it", "domain/vocabulary.py", "lotsen.database"),
    ("Only web, app and cli know Flask", "services/__init__.py", "flask"),
    ("The core is free of frameworks", "matching/__init__.py", "sqlalchemy"),
    ("Only the outbox speaks to mail servers", "notifications/__init__.py", "smtplib"),
    ("Configuration is read at the entrance and handed in as values", "services/__init__.py", "config"),
    ("The groups of people share no views and no forms", "web/guides/__init__.py", "lotsen.web.public"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--config", "setup.cfg"], cwd=folder, capture_output=True, text=True
    )


def test_every_contract_is_kept() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout
    assert f"Contracts: {len(BREACHES)} kept, 0 broken." in run.stdout


@pytest.mark.parametrize(("contract", "file", "imported"), BREACHES)
def test_a_breach_is_noticed(contract: str, file: str, imported: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lotsen", tmp_path / "lotsen", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "config.py"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "lotsen" / file).open("a") as source:
        source.write(f"\nimport {imported}\n")
    run = lint_imports(tmp_path)
    assert run.returncode != 0, run.stdout
    assert f"{contract} BROKEN" in run.stdout


def test_every_group_of_people_is_under_the_contract() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    named = set(settings["importlinter:contract:groups"]["modules"].split())
    packages = {f"lotsen.web.{init.parent.name}" for init in (ROOT / "lotsen" / "web").glob("*/__init__.py")}
    assert named == packages


def test_a_module_without_a_layer_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lotsen", tmp_path / "lotsen", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    (tmp_path / "lotsen" / "helpers.py").touch()
    run = lint_imports(tmp_path)
    assert run.returncode != 0
    assert "helpers" in run.stdout
