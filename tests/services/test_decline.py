"""What a stated reason does to the next ranking: just what it says, and the guide can take it back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lotsen.domain.vocabulary import AuditEvent, DeclineReason, GuideStatus, Occasion, ReasonCode
from lotsen.errors import Invalid, NotFound
from lotsen.models import Assignment, AuditEntry, Guide, GuideConflict, GuideRequest
from lotsen.queries import proposals
from lotsen.queries.proposals import Proposals
from lotsen.services import assignments, decline, self_service
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.services.conftest import Town

SAME, OTHER_SCHOOL, OTHER_OCCASION = "same", "other school", "other occasion"


@pytest.fixture
def declined(town: Town) -> Assignment:
    """Return a no; besides there are three more requests, with `Town.request` of the same school."""
    assignment = town.offered()
    town.act(factories.asked(assignment), lambda uow: assignments.decline(uow, assignment.id))
    return assignment


@pytest.fixture
def others(town: Town) -> dict[str, int]:
    later = factories.START + timedelta(days=7)
    with town.shared.begin(SYSTEM) as uow:
        made = {
            SAME: factories.open_request(uow, town.pool.id, later),
            OTHER_SCHOOL: factories.open_request(
                uow, town.pool.id, later, institution_name="Schule am Probenweg", email="b@schule.example"
            ),
            OTHER_OCCASION: factories.open_request(uow, town.pool.id, later, occasion=Occasion.CONFLICT_TALK),
        }
        return {name: one.id for name, one in made.items()}


def ranked(town: Town, request_id: int) -> Proposals:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        request = uow.session.get_one(GuideRequest, request_id)
        pool_id = request.pool_id
        return proposals.of(
            uow.session, uow.indexes, request, uow.pool(pool_id), uow.settings(pool_id), uow.now
        )


def who_can(town: Town, others: dict[str, int]) -> set[str]:
    return {name for name, one in others.items() if town.guide.id in ranked(town, one).eligible}


def fits(town: Town, others: dict[str, int]) -> list[int]:
    return [one.fit.total for request in others.values() for one in ranked(town, request).proposals]


def say_why(town: Town, declined: Assignment, reason: DeclineReason, until: date | None = None) -> Actor:
    guide = factories.asked(declined)
    for _ in range(2):
        town.act(guide, lambda uow: decline.give_reason(uow, declined.id, reason, until))
    return guide


def conflicts(town: Town) -> list[GuideConflict]:
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        return list(uow.session.scalars(select(GuideConflict).order_by(GuideConflict.id)))


@pytest.mark.parametrize("reason", [DeclineReason.TIME, DeclineReason.DISTRICT, DeclineReason.OTHER])
def test_a_reason_that_asks_for_nothing_changes_nobodys_place(
    town: Town, declined: Assignment, others: dict[str, int], reason: DeclineReason
) -> None:
    before = fits(town, others)
    say_why(town, declined, reason)
    assert len(before) == len(others)
    assert fits(town, others) == before
    assert town.read(Assignment, declined.id).decline_reason is reason
    with town.shared.begin(SYSTEM, read_only=True) as uow:
        entries = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.event == AuditEvent.REASON_GIVEN)
        ).all()
        assert [(one.actor_id, one.data["reason"]) for one in entries] == [(town.guide.id, reason)]


@pytest.mark.parametrize(
    ("reason", "left", "kind"),
    [
        (DeclineReason.INSTITUTION, {OTHER_SCHOOL}, "blocked_institution"),
        (DeclineReason.OCCASION, {OTHER_OCCASION}, "unwanted_occasion"),
    ],
)
def test_what_does_not_suit_is_not_asked_for_until_the_guide_takes_it_back(
    town: Town, declined: Assignment, others: dict[str, int], reason: DeclineReason, left: set[str], kind: str
) -> None:
    assert who_can(town, others) == set(others)
    version = town.read(Guide, town.guide.id).version
    guide = say_why(town, declined, reason)
    assert who_can(town, others) == left
    (excluded,) = ranked(town, others[SAME]).excluded
    assert [(one.code, one.parameters["kinds"]) for one in excluded.best_reasons] == [
        (ReasonCode.CONFLICT, (kind,))
    ]
    (entry,) = conflicts(town)
    assert entry.by_guide
    assert town.read(Guide, town.guide.id).version == version + 1
    stranger = town.another_guide()
    for actor in (Actor(guide.kind, guide.pool_id, guide_id=stranger.id), town.office):
        with pytest.raises(NotFound):
            town.act(actor, lambda uow: decline.take_back(uow, entry.id))
    town.act(guide, lambda uow: decline.take_back(uow, entry.id))
    assert who_can(town, others) == set(others)
    # This request stays declined.
    assert town.guide.id not in ranked(town, declined.request_id).eligible


def test_what_the_office_has_noted_is_not_the_guides_to_take_back(town: Town, declined: Assignment) -> None:
    with town.shared.begin(SYSTEM) as uow:
        uow.session.add(GuideConflict(guide_id=town.guide.id, institution_id=town.request.institution_id))
    guide = say_why(town, declined, DeclineReason.INSTITUTION)
    (entry,) = conflicts(town)
    assert not entry.by_guide
    with pytest.raises(NotFound):
        town.act(guide, lambda uow: decline.take_back(uow, entry.id))


def test_too_much_pauses_until_the_day_and_no_longer(
    town: Town, declined: Assignment, others: dict[str, int]
) -> None:
    talk = (factories.START + timedelta(days=7)).date()
    guide = say_why(town, declined, DeclineReason.TOO_MUCH, talk)
    assert who_can(town, others) == set()
    assert town.guide.id in ranked(town, others[SAME]).by_reason[ReasonCode.NOT_ACTIVE]
    say_why(town, declined, DeclineReason.TOO_MUCH, talk - timedelta(days=1))
    assert who_can(town, others) == set(others)
    assert town.read(Guide, town.guide.id).status is GuideStatus.PAUSED
    town.act(guide, self_service.end_pause)
    assert town.read(Guide, town.guide.id).status is GuideStatus.ACTIVE


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("days", [-1, 551])
def test_a_day_that_ends_no_pause_is_refused_and_nothing_is_kept(
    town: Town, declined: Assignment, days: int
) -> None:
    until = factories.NOW.date() + timedelta(days=days)
    with pytest.raises(Invalid, match="until"):
        say_why(town, declined, DeclineReason.TOO_MUCH, until)
    assert town.read(Assignment, declined.id).decline_reason is None
    assert town.read(Guide, town.guide.id).status is GuideStatus.ACTIVE


@pytest.mark.only_db("sqlite")
def test_a_day_beside_another_reason_pauses_nobody(town: Town, declined: Assignment) -> None:
    say_why(town, declined, DeclineReason.TIME, factories.START.date())
    assert town.read(Guide, town.guide.id).status is GuideStatus.ACTIVE
