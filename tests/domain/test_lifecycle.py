from collections.abc import Iterable
from typing import Any

import pytest

from lotsen.domain.lifecycle import (
    ASSIGNMENT_LIFECYCLE,
    ENDED_REQUEST,
    HOLDING,
    LIVE,
    REQUEST_LIFECYCLE,
    ends,
    find,
    mermaid,
)
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    Audience,
    Notice,
    RequestStatus,
    RequestTrigger,
)

LIFECYCLES: list[tuple[tuple[Any, ...], Any]] = [
    (REQUEST_LIFECYCLE, RequestStatus.DRAFT),
    (ASSIGNMENT_LIFECYCLE, None),
]


def reachable(rows: Iterable[Any], start: Any) -> set[Any]:
    found, size = {start}, 0
    while size < len(found):
        size = len(found)
        found |= {row.target for row in rows if row.source in found}
    return found - {None}


@pytest.mark.parametrize(("lifecycle", "start"), LIFECYCLES)
def test_a_trigger_in_a_state_leads_to_one_state(lifecycle, start):
    pairs = [(row.trigger, row.source) for row in lifecycle]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(("lifecycle", "start"), LIFECYCLES)
def test_every_state_can_be_reached_and_left_or_is_an_end(lifecycle, start):
    states = {row.target for row in lifecycle} | {row.source for row in lifecycle if row.source}
    assert reachable(lifecycle, start) == states
    found = set(ends(lifecycle))
    for state in states - found:
        assert reachable(lifecycle, state) & found, f"no way out of {state}"


@pytest.mark.parametrize(("lifecycle", "start"), LIFECYCLES)
def test_every_row_names_somebody(lifecycle, start):
    assert all(row.actors for row in lifecycle)


def test_ends_are_those_that_nothing_leaves_but_another_try_of_the_institution():
    assert {row.target for row in REQUEST_LIFECYCLE} - {
        row.source for row in REQUEST_LIFECYCLE if row.trigger is not RequestTrigger.CHANGE
    } == ENDED_REQUEST
    assert set(ends(REQUEST_LIFECYCLE)) == ENDED_REQUEST
    ended = set(ends(ASSIGNMENT_LIFECYCLE))
    assert not ended & LIVE
    assert ended | LIVE == set(AssignmentStatus)


def test_offered_and_confirmed_hold_the_time():
    assert {AssignmentStatus.OFFERED, AssignmentStatus.CONFIRMED} == HOLDING
    assert HOLDING < LIVE


def test_only_the_institution_opens_a_request_by_its_mail_and_only_the_office_by_phone():
    confirm = find(REQUEST_LIFECYCLE, RequestTrigger.CONFIRM_ADDRESS, RequestStatus.SUBMITTED)
    enter = find(REQUEST_LIFECYCLE, RequestTrigger.ENTER, RequestStatus.DRAFT)
    assert confirm is not None
    assert enter is not None
    assert (confirm.actors, confirm.target) == ({ActorKind.INSTITUTION}, RequestStatus.OPEN)
    assert (enter.actors, enter.target) == ({ActorKind.ACCOUNT}, RequestStatus.OPEN)


def test_nobody_without_a_link_or_sign_in_moves_anything_but_a_draft():
    rows = [row for row in (*REQUEST_LIFECYCLE, *ASSIGNMENT_LIFECYCLE) if ActorKind.ANONYMOUS in row.actors]
    assert {row.source for row in rows} == {RequestStatus.DRAFT}


def test_whoever_had_an_appointment_hears_that_it_is_off():
    for trigger in (AssignmentTrigger.CANCEL, AssignmentTrigger.CALL_BACK, AssignmentTrigger.WITHDRAW):
        row = find(ASSIGNMENT_LIFECYCLE, trigger, AssignmentStatus.CONFIRMED)
        assert row is not None
        assert (Notice.CANCELLED, Audience.GUIDE) in row.notices
        assert Audience.INSTITUTION in {audience for _, audience in row.notices}


def test_a_move_that_the_table_lacks_is_not_found():
    assert find(REQUEST_LIFECYCLE, RequestTrigger.CONFIRM, RequestStatus.SUBMITTED) is None
    assert find(ASSIGNMENT_LIFECYCLE, AssignmentTrigger.ACCEPT, AssignmentStatus.EXPIRED) is None
    assert find(ASSIGNMENT_LIFECYCLE, AssignmentTrigger.ACCEPT, None) is None


def test_the_diagrams_show_every_row_once():
    request, assignment = mermaid().split("\n\n")
    for diagram, lifecycle in ((request, REQUEST_LIFECYCLE), (assignment, ASSIGNMENT_LIFECYCLE)):
        lines = diagram.splitlines()
        assert lines[0] == "```mermaid"
        for row in lifecycle:
            assert lines.count(f"    {row.source or '[*]'} --> {row.target} : {row.trigger}") == 1
        assert "    completed --> [*]" in lines
