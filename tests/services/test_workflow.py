"""A status moves by its table only, with history and notices in the same transaction."""

from typing import Any, cast

import pytest
from sqlalchemy import update

from lotsen.domain.lifecycle import ASSIGNMENT_LIFECYCLE, REQUEST_LIFECYCLE, find
from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    RequestStatus,
    RequestTrigger,
)
from lotsen.errors import NotAllowed, WrongState
from lotsen.models import Assignment, GuideRequest
from lotsen.services import workflow
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork
from tests import factories
from tests.services.conftest import Town

pytestmark = pytest.mark.only_db("sqlite")


def put_request(uow: UnitOfWork, town: Town, status: RequestStatus) -> GuideRequest:
    """Bring the request into a state past the workflow."""
    uow.session.execute(update(GuideRequest).values(status=status))
    return uow.session.get_one(GuideRequest, town.request_id, populate_existing=True)


def put_assignment(uow: UnitOfWork, assignment_id: int, status: AssignmentStatus) -> Assignment:
    """Bring the assignment into a state past the workflow."""
    uow.session.execute(update(Assignment).values(status=status, standby_rank=1))
    return uow.session.get_one(Assignment, assignment_id, populate_existing=True)


def test_every_pair_of_state_and_trigger_of_a_request_moves_by_the_table_or_not_at_all(town: Town) -> None:
    town.offered()
    before = town.history()
    for status in RequestStatus:
        for trigger in RequestTrigger:
            row = find(REQUEST_LIFECYCLE, trigger, status)
            actor = Actor(min(row.actors) if row else ActorKind.ACCOUNT, town.pool.id)
            with town.shared.begin(actor) as uow:
                request = put_request(uow, town, status)
                version = request.version
                if row is None:
                    with pytest.raises(WrongState) as caught:
                        workflow.fire_request(uow, request, trigger)
                    assert (caught.value.status, caught.value.trigger) == (status, trigger)
                    assert (request.status, request.version) == (status, version)
                else:
                    workflow.fire_request(uow, request, trigger)
                    assert (request.status, request.version) == (row.target, version + 1)
    rows = [
        find(REQUEST_LIFECYCLE, trigger, status) for status in RequestStatus for trigger in RequestTrigger
    ]
    moved = [("request", row.trigger, row.target) for row in rows if row]
    assert town.history()[len(before) :] == moved


def test_every_pair_of_state_and_trigger_of_an_assignment_moves_by_the_table_or_not_at_all(
    town: Town,
) -> None:
    assignment_id = town.offered().id
    before = town.history()
    for status in AssignmentStatus:
        for trigger in AssignmentTrigger:
            row = find(ASSIGNMENT_LIFECYCLE, trigger, status)
            actor = Actor(min(row.actors) if row else ActorKind.ACCOUNT, town.pool.id)
            with town.shared.begin(actor) as uow:
                assignment = put_assignment(uow, assignment_id, status)
                version = assignment.version
                if row is None:
                    with pytest.raises(WrongState):
                        workflow.fire_assignment(uow, assignment, trigger)
                    assert (assignment.status, assignment.version) == (status, version)
                else:
                    workflow.fire_assignment(uow, assignment, trigger)
                    assert (assignment.status, assignment.version) == (row.target, version + 1)
    rows = [
        find(ASSIGNMENT_LIFECYCLE, trigger, status)
        for status in AssignmentStatus
        for trigger in AssignmentTrigger
    ]
    moved = [("assignment", row.trigger, row.target) for row in rows if row]
    assert town.history()[len(before) :] == moved


def test_only_those_in_the_table_may_move(town: Town) -> None:
    town.offered()
    for status in RequestStatus:
        for trigger in RequestTrigger:
            row = find(REQUEST_LIFECYCLE, trigger, status)
            for kind in set(ActorKind) - row.actors if row else ():
                with town.shared.begin(Actor(kind, town.pool.id)) as uow:
                    request = put_request(uow, town, status)
                    with pytest.raises(NotAllowed):
                        workflow.fire_request(uow, request, trigger)
                    assert request.status is status


def test_a_row_that_moved_meanwhile_is_told_as_it_is(town: Town) -> None:
    with town.shared.begin(town.office) as uow:
        request = uow.session.get_one(GuideRequest, town.request_id)
        uow.session.execute(
            update(GuideRequest)
            .values(status=RequestStatus.CANCELLED)
            .execution_options(synchronize_session=False)
        )
        assert request.status is RequestStatus.OPEN
        with pytest.raises(WrongState) as caught:
            workflow.fire_request(uow, request, RequestTrigger.REJECT, closing_text="no")
        assert caught.value.status == RequestStatus.CANCELLED
        assert request.closing_text is None


def test_changes_are_written_with_the_move(town: Town) -> None:
    with town.shared.begin(town.office) as uow:
        request = uow.session.get_one(GuideRequest, town.request_id)
        request.remarks = "kept"
        workflow.fire_request(
            uow, request, RequestTrigger.REJECT, closing_text="out of scope", closed_at=uow.now
        )
    assert town.request.status is RequestStatus.REJECTED
    assert (town.request.closing_text, town.request.remarks) == ("out of scope", "kept")
    assert town.request.closed_at == factories.NOW


def test_an_error_after_the_move_takes_everything_back(town: Town) -> None:
    mails, history = town.mails(), town.history()
    with pytest.raises(ZeroDivisionError), town.shared.begin(town.office) as uow:
        reject_and_fail(uow, town.request_id)
    assert town.request.status is RequestStatus.OPEN
    assert (town.mails(), town.history()) == (mails, history)


def reject_and_fail(uow: UnitOfWork, request_id: int) -> None:
    request = uow.session.get_one(GuideRequest, request_id)
    workflow.fire_request(uow, request, RequestTrigger.REJECT, closing_text="no")
    raise ZeroDivisionError


def test_calling_off_an_agreed_appointment_raises_the_number_of_its_calendar_entry(town: Town) -> None:
    assignment_id = town.confirmed().id
    with town.shared.begin(town.office) as uow:
        assignment = uow.session.get_one(Assignment, assignment_id)
        workflow.fire_assignment(uow, assignment, AssignmentTrigger.CANCEL)
        assert assignment.sequence == 1


def test_calling_off_an_offer_leaves_it(town: Town) -> None:
    assignment_id = town.offered().id
    with town.shared.begin(town.office) as uow:
        assignment = uow.session.get_one(Assignment, assignment_id)
        workflow.fire_assignment(uow, assignment, AssignmentTrigger.CANCEL)
        assert assignment.sequence == 0


def test_the_history_names_the_actor_and_no_personal_data(town: Town) -> None:
    town.confirmed()
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        texts = uow.session.connection().exec_driver_sql("SELECT actor_kind, actor_id, data FROM audit_entry")
        rows = [cast("tuple[str, int | None, str]", tuple(row)) for row in texts]
    assert ("account", 1) in {row[:2] for row in rows}
    assert ("guide", town.guide.id) in {row[:2] for row in rows}
    everything = " ".join(row[2] for row in rows)
    for secret in (town.guide.name, town.guide.email, "Ada Beispiel", "ada@schule.example", "Beispielweg"):
        assert secret not in everything


@pytest.mark.parametrize("seen", [None, 0])
def test_the_version_that_was_seen_counts_only_if_it_is_given(seen: int | None) -> None:
    request: Any = GuideRequest(version=3, status=RequestStatus.OPEN)
    if seen is None:
        workflow.check_unchanged(request, None, "cancel")
        workflow.check_unchanged(request, 3, "cancel")
    else:
        with pytest.raises(WrongState):
            workflow.check_unchanged(request, seen, "cancel")
