"""What stands in one table stands in the other: notices and mails, states and lifecycles, the diagram."""

import re

from click.testing import CliRunner

from lotsen.cli import main
from lotsen.domain.lifecycle import ASSIGNMENT_LIFECYCLE, REQUEST_LIFECYCLE
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AssignmentTrigger,
    Notice,
    RequestStatus,
    RequestTrigger,
)
from lotsen.notifications.personal import PERSONAL
from lotsen.notifications.plans import PLANS
from tests.support.lotsen import ROOT


def test_every_notice_of_a_lifecycle_has_a_mail() -> None:
    told = {pair for row in (*REQUEST_LIFECYCLE, *ASSIGNMENT_LIFECYCLE) for pair in row.notices}
    assert told <= set(PLANS), told - set(PLANS)


def test_every_notice_has_a_mail() -> None:
    assert {notice for notice, _ in (*PLANS, *PERSONAL)} | {Notice.BARRIER} == set(Notice)
    assert not set(PLANS) & set(PERSONAL)


def test_every_state_and_every_trigger_has_a_place_in_its_lifecycle() -> None:
    assert {row.trigger for row in REQUEST_LIFECYCLE} == set(RequestTrigger)
    assert {row.trigger for row in ASSIGNMENT_LIFECYCLE} == set(AssignmentTrigger)
    requests = {state for row in REQUEST_LIFECYCLE for state in (row.source, row.target) if state}
    assignments = {state for row in ASSIGNMENT_LIFECYCLE for state in (row.source, row.target) if state}
    assert requests == set(RequestStatus)
    assert assignments == set(AssignmentStatus)


def test_the_diagram_in_the_documents_is_the_generated_one(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LOTSEN_INSTANCE", str(tmp_path))
    run = CliRunner().invoke(main, ["lifecycle"], catch_exceptions=False)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- lifecycle -->\n(.*?)<!-- end of lifecycle -->", text, re.DOTALL)
    assert shown is not None
    assert shown.group(1) == run.output, "put the output of `python -m lotsen lifecycle` between the markers"
