"""A run of the batch proposal is carried by one scheduler, stops when asked, and never stays lying."""

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import PlanFailure, PlanStage, PlanStatus
from lotsen.jobs import planner, tasks
from lotsen.matching.planning import process
from lotsen.matching.planning.plan import Plan, Stage, plan
from lotsen.matching.planning.problem import Problem
from lotsen.models import Account, PlanRun
from lotsen.outbox.channels import FileChannel
from lotsen.outbox.dispatcher import Dispatcher, Sender
from lotsen.queries import plans as query
from lotsen.services import plans
from lotsen.services.unit_of_work import SYSTEM, Actor
from tests import factories
from tests.jobs.conftest import Clock


@pytest.fixture
def office(shared: Bootstrap) -> Actor:
    """Return a coordinator of a pool with one guide and one open request that fit."""
    with shared.begin(SYSTEM) as uow:
        pool, _, _ = factories.town(uow)
        uow.session.add(
            Account(id=1, email="petra@buero.example", name="Petra", password_hash="-", created_at=uow.now)
        )
        return factories.office(pool.id)


@pytest.fixture
def run_id(shared: Bootstrap, office: Actor) -> int:
    with shared.begin(office) as uow:
        return plans.start(uow).id


def kept(shared: Bootstrap, run_id: int) -> PlanRun:
    with shared.begin(SYSTEM, read_only=True) as uow:
        run = uow.session.get_one(PlanRun, run_id)
        return query.find(uow.session, run.pool_id, run_id)


def never() -> bool:
    return False


def solve_here(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
    return plan(problem, now=lambda: 0.0)


def test_the_task_plans_in_a_process_of_its_own(shared: Bootstrap, run_id: int, tmp_path: Path) -> None:
    sender = Sender("post@lotsen.example", "lotsen.example", shared.links.secret)
    dispatcher = Dispatcher(shared.engine, FileChannel(tmp_path / "mail"), sender, "one", shared.clock)
    by_name = {task.name: task for task in tasks.all_tasks(shared, dispatcher, never)}
    assert by_name["plan"].every_seconds == 2
    assert by_name["forget-plans"].every_seconds == 3600
    by_name["plan"].run()
    by_name["plan"].run()
    done = kept(shared, run_id)
    assert (done.status, done.progress, done.stage) == (PlanStatus.DONE, 100, None)
    assert len(done.result["rows"]) == 1
    assert done.result["proven"]
    assert not multiprocessing.active_children()


def test_the_time_limit_is_the_pools_setting(shared: Bootstrap, office: Actor, run_id: int) -> None:
    with shared.begin(SYSTEM) as uow:
        uow.pool(office.pool_id).settings = {"plan_seconds": 7}
    seen: list[float | None] = []

    def solve(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
        seen.append(problem.limit_seconds)
        return solve_here(problem, progress=progress, cancelled=cancelled)

    planner.run_one(shared, "one", never, solve)
    assert seen == [7]


def test_progress_is_written_while_the_planner_works(
    shared: Bootstrap, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "BEAT_SECONDS", 0)
    seen: list[tuple[PlanStage | None, int]] = []

    def solve(
        problem: Problem, *, progress: Callable[[Stage, float], None], cancelled: Callable[[], bool]
    ) -> Plan:
        for stage, share in ((Stage.SERVING, 0.5), (Stage.REFINING, 0.0), (Stage.EXPLAINING, 1.0)):
            progress(stage, share)
            assert not cancelled()
            run = kept(shared, run_id)
            seen.append((run.stage, run.progress))
        return solve_here(problem, progress=progress, cancelled=cancelled)

    planner.run_one(shared, "one", never, solve)
    assert seen == [(PlanStage.PLANNING, 35), (PlanStage.PLANNING, 65), (PlanStage.CHECKING, 99)]


def test_a_run_that_is_stopped_meanwhile_ends_its_process(
    shared: Bootstrap, office: Actor, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "BEAT_SECONDS", 0)

    def solve(problem: Problem, *, progress: Any, cancelled: Callable[[], bool]) -> Plan:
        with shared.begin(office) as uow:
            plans.cancel(uow, run_id)
        return process.run(problem, progress=progress, cancelled=cancelled)

    planner.run_one(shared, "one", never, solve)
    stopped = kept(shared, run_id)
    assert (stopped.status, stopped.result) == (PlanStatus.CANCELLED, {})
    assert not multiprocessing.active_children()


def test_a_run_stopped_at_the_last_moment_gets_no_result(
    shared: Bootstrap, office: Actor, run_id: int
) -> None:
    def solve(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
        with shared.begin(office) as uow:
            plans.cancel(uow, run_id)
        return solve_here(problem, progress=progress, cancelled=cancelled)

    planner.run_one(shared, "one", never, solve)
    assert kept(shared, run_id).status is PlanStatus.CANCELLED


def test_a_scheduler_that_stops_gives_the_run_back(
    shared: Bootstrap, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "BEAT_SECONDS", 0)
    planner.run_one(shared, "one", lambda: True)
    assert kept(shared, run_id).status is PlanStatus.WAITING
    planner.run_one(shared, "two", never, solve_here)
    assert kept(shared, run_id).status is PlanStatus.DONE


def test_a_planner_that_hangs_is_ended(
    shared: Bootstrap, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "BEAT_SECONDS", 0)
    monkeypatch.setattr(planner, "GRACE_SECONDS", -1000)
    with pytest.raises(process.PlannerHung):
        planner.run_one(shared, "one", never)
    run = kept(shared, run_id)
    assert (run.status, run.failure) == (PlanStatus.FAILED, PlanFailure.HUNG)
    assert not multiprocessing.active_children()


def test_a_planner_that_somebody_kills_is_told_apart(
    shared: Bootstrap, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "BEAT_SECONDS", 0)

    def solve(problem: Problem, *, progress: Any, cancelled: Callable[[], bool]) -> Plan:
        def kill() -> bool:
            for child in multiprocessing.active_children():
                child.kill()
            return False

        return process.run(problem, progress=progress, cancelled=kill)

    with pytest.raises(process.PlannerKilled):
        planner.run_one(shared, "one", never, solve)
    run = kept(shared, run_id)
    assert (run.status, run.failure) == (PlanStatus.FAILED, PlanFailure.KILLED)


def test_a_failure_is_told_and_the_next_run_begins_afresh(
    shared: Bootstrap, office: Actor, run_id: int
) -> None:
    def solve(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
        raise process.PlannerFailed("broken on purpose")

    with pytest.raises(process.PlannerFailed):
        planner.run_one(shared, "one", never, solve)
    run = kept(shared, run_id)
    assert (run.status, run.failure) == (PlanStatus.FAILED, PlanFailure.BROKEN)
    with shared.begin(office) as uow:
        assert plans.start(uow).id != run_id


def test_what_a_dead_scheduler_has_left_is_failed_after_its_lease(
    shared: Bootstrap, run_id: int, clock: Clock
) -> None:
    with shared.begin(SYSTEM) as uow:
        assert plans.claim(uow, "dead") == run_id
        assert plans.beat(uow, run_id, "dead", 10, PlanStage.PLANNING)
    clock.forward(seconds=plans.LEASE.total_seconds() - 1)
    planner.run_one(shared, "alive", never, solve_here)
    assert kept(shared, run_id).status is PlanStatus.RUNNING
    clock.forward(seconds=1)
    planner.run_one(shared, "alive", never, solve_here)
    run = kept(shared, run_id)
    assert (run.status, run.failure) == (PlanStatus.FAILED, PlanFailure.ABANDONED)
    with shared.begin(SYSTEM) as uow:
        assert not plans.beat(uow, run_id, "dead", 50, PlanStage.PLANNING)


@pytest.mark.race
def test_several_schedulers_take_each_run_once(shared: Bootstrap, run_id: int) -> None:
    solved: list[str] = []
    start = threading.Barrier(4)

    def work(owner: str) -> None:
        def solve(problem: Problem, *, progress: Any, cancelled: Any) -> Plan:
            solved.append(owner)
            return solve_here(problem, progress=progress, cancelled=cancelled)

        start.wait()
        planner.run_one(shared, owner, never, solve)

    threads = [threading.Thread(target=work, args=(f"scheduler {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(solved) == 1
    assert kept(shared, run_id).status is PlanStatus.DONE


def test_the_question_that_is_kept_is_the_documented_one(shared: Bootstrap, run_id: int) -> None:
    planner.run_one(shared, "one", never, solve_here)
    with shared.begin(SYSTEM, read_only=True) as uow:
        question = uow.session.get_one(PlanRun, run_id).problem
    assert len(planner.read(question["problem"]).options.request) == 1
    assert set(question["stamp"]) == {"at", "guides", "requests"}
