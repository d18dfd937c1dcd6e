"""What every test may ask for, and the rule that none is skipped."""

from collections.abc import Generator
from typing import TypeVar

import pytest

# One that others import stands before them, or pytest could not explain its assertions.
pytest_plugins = [
    "tests.support.processes",
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.passwords",
    "tests.support.smtp",
    "tests.support.lotsen",
    "tests.support.browser",
]

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _fail_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _fail_if_skipped(report)


def _fail_if_skipped(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as failed: {report.longrepr}"
    return report
