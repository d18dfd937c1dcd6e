"""Everybody does everything at once: nobody waits in a circle, and what stands in the end fits together."""

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select, text

from lotsen.bootstrap import Bootstrap
from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus
from lotsen.errors import Conflict
from lotsen.models import Assignment, GuideRequest
from lotsen.services import assignments, requests
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.races.crowd import all_at_once

pytestmark = pytest.mark.race

PEOPLE = 12
DEEDS = 20
GUIDES = 4
REQUESTS = 12


def live_through(
    process: Bootstrap, pool_id: int, ids: tuple[list[int], list[int]], seed: int
) -> Counter[str]:
    """Do one thing after the other, chosen by chance; count what is too late, end at any other error."""
    chance = Random(seed)
    done: Counter[str] = Counter()
    for _ in range(DEEDS):
        deed = chance.choice((ask, ask, answer, answer, step_back, call_back, call_off, submit))
        try:
            with process.begin(factories.office(pool_id)) as uow:
                done[deed.__name__] += deed(uow, chance, ids)
        except Conflict:
            done["too late"] += 1
    return done


def ask(uow: UnitOfWork, chance: Random, ids: tuple[list[int], list[int]]) -> bool:
    request = uow.session.get_one(GuideRequest, chance.choice(ids[0]))
    assignments.offer(uow, request.id, chance.choice(ids[1]), request.windows[0].id)
    return True


def answer(uow: UnitOfWork, chance: Random, _ids: object) -> bool:
    found = some(uow, chance, AssignmentStatus.OFFERED)
    if found is not None:
        chance.choice((assignments.accept, assignments.accept, assignments.decline))(uow, found)
    return found is not None


def step_back(uow: UnitOfWork, chance: Random, _ids: object) -> bool:
    found = some(uow, chance, AssignmentStatus.CONFIRMED)
    if found is not None:
        assignments.withdraw(uow, found)
    return found is not None


def call_back(uow: UnitOfWork, chance: Random, _ids: object) -> bool:
    found = some(uow, chance, *HOLDING)
    if found is not None:
        assignments.call_back(uow, found)
    return found is not None


def call_off(uow: UnitOfWork, chance: Random, ids: tuple[list[int], list[int]]) -> bool:
    # Seldom, or soon nothing would be left to argue about.
    if chance.random() < 0.9:
        return False
    requests.cancel(uow, chance.choice(ids[0]))
    return True


def submit(uow: UnitOfWork, chance: Random, _ids: object) -> bool:
    name = f"Schule {chance.randrange(3)}"
    factories.open_request(
        uow, uow.pool().id, institution_name=name, email=f"{chance.random()}@schule.example"
    )
    return True


def some(uow: UnitOfWork, chance: Random, *states: AssignmentStatus) -> int | None:
    found = uow.session.scalars(select(Assignment.id).where(Assignment.status.in_(states))).all()
    return chance.choice(found) if found else None


def test_only_conflicts_come_of_it_and_all_fits_together(processes: list[Bootstrap]) -> None:
    with processes[0].begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        guide_ids = [guide.id] + [
            factories.add_guide(uow, pool.id, asks_per_week=50).id for _ in range(GUIDES - 1)
        ]
        starts = [factories.START + timedelta(minutes=45 * number) for number in range(REQUESTS)]
        rows = factories.copies(uow, request, starts)
        for number, row in enumerate(rows):
            row.guides_needed = 1 + number % 3
        ids = [row.id for row in rows], guide_ids
    outcomes = all_at_once(
        [
            partial(live_through, processes[seed % len(processes)], pool.id, ids, seed)
            for seed in range(PEOPLE)
        ]
    )
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    done = sum((one for one in outcomes if isinstance(one, Counter)), Counter[str]())
    assert all(done[deed.__name__] for deed in (ask, answer, step_back, call_back, submit)), done
    assert done["too late"], done
    with processes[0].begin(SYSTEM, read_only=True) as uow:
        assert_all_fits(uow)


def assert_all_fits(uow: UnitOfWork) -> None:
    """Look at all rows: no overlaps, states that agree with the assignments, no number or name twice."""
    held = (
        select(Assignment)
        .where(Assignment.status.in_(HOLDING))
        .order_by(Assignment.guide_id, Assignment.starts_at)
    )
    for one, following in pairwise(uow.session.scalars(held)):
        assert one.guide_id != following.guide_id or one.ends_at <= following.starts_at
    for request in uow.session.scalars(select(GuideRequest)):
        states = Counter(
            uow.session.scalars(select(Assignment.status).where(Assignment.request_id == request.id))
        )
        yes = states[AssignmentStatus.CONFIRMED]
        asked = yes + states[AssignmentStatus.OFFERED]
        assert asked <= request.guides_needed
        if request.status is RequestStatus.CANCELLED:
            assert asked == 0
        else:
            enough = {
                RequestStatus.CONFIRMED: yes == request.guides_needed,
                RequestStatus.OFFERED: asked == request.guides_needed > yes,
                RequestStatus.OPEN: asked < request.guides_needed,
            }
            assert enough[request.status], (request.status, states)
    names = uow.session.execute(text("SELECT name FROM institution")).scalars().all()
    assert len(names) == len(set(names)) == 4
