"""Use cases of the batch proposal: start and stop a run, carry it along, decide about its rows, forget it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from lotsen.domain.vocabulary import (
    AuditEvent,
    PlanFailure,
    PlanStage,
    PlanStatus,
    Subject,
    UnservedReason,
)
from lotsen.errors import NotFound, WrongState
from lotsen.matching.batch import Change, Option, Row, Seen, Sheet
from lotsen.matching.planning.problem import Choice
from lotsen.matching.planning.reading import read
from lotsen.models import PlanRun, Pool
from lotsen.queries import eligibility
from lotsen.services import audit, plan_problem
from lotsen.services.plan_problem import Json
from lotsen.services.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=60)
# Nobody can give a sign of life while a large pool is read.
_GATHERING_LEASE = timedelta(minutes=5)
_ACTIVE = (PlanStatus.WAITING, PlanStatus.RUNNING)


def start(uow: UnitOfWork) -> PlanRun:
    """Ask for a proposal for all open requests; the one on its way, if there is one already."""
    pool = uow.pool()
    active = select(PlanRun).where(PlanRun.pool_id == pool.id, PlanRun.status.in_(_ACTIVE))
    if (found := uow.session.scalar(active)) is not None:
        return found
    run = PlanRun(
        pool_id=pool.id, started_by=uow.actor.account_id, status=PlanStatus.WAITING, created_at=uow.now
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(run)
    except IntegrityError:
        return uow.session.scalars(active).one()
    record(uow, run, AuditEvent.CREATED, "start_plan")
    return run


def cancel(uow: UnitOfWork, run_id: int) -> None:
    """Stop a run that is not through yet; one that has ended stays as it is."""
    run = find(uow, run_id)
    if _move(uow, run_id, _ACTIVE, PlanStatus.CANCELLED, finished_at=uow.now):
        record(uow, run, AuditEvent.CHANGED, "cancel_plan")


def claim(uow: UnitOfWork, owner: str) -> int | None:
    """Take the run that waits longest, for this process alone; None if none waits."""
    for run_id in uow.session.scalars(
        select(PlanRun.id).where(PlanRun.status == PlanStatus.WAITING).order_by(PlanRun.id)
    ).all():
        if _move(
            uow,
            run_id,
            (PlanStatus.WAITING,),
            PlanStatus.RUNNING,
            stage=PlanStage.GATHERING,
            started_at=uow.now,
            leased_until=uow.now + _GATHERING_LEASE,
            lease_owner=owner,
        ):
            return run_id
    return None


def fail_abandoned(uow: UnitOfWork) -> int:
    """Mark as failed what a process has begun and no longer carries along; return how many."""
    ended = uow.session.execute(
        update(PlanRun)
        .where(PlanRun.status == PlanStatus.RUNNING, PlanRun.leased_until <= uow.now)
        .values(
            status=PlanStatus.FAILED,
            failure=PlanFailure.ABANDONED,
            finished_at=uow.now,
            leased_until=None,
            lease_owner=None,
        )
        .returning(PlanRun.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def keep_problem(uow: UnitOfWork, run_id: int, owner: str, question: Json) -> bool:
    """Write down the question of a run; False if the run was stopped or taken away."""
    if not beat(uow, run_id, owner, 0, PlanStage.PLANNING):
        return False
    uow.session.get_one(PlanRun, run_id).problem = question
    return True


def problem_of(uow: UnitOfWork, pool_id: int) -> Json:
    """Return the planner's question for all open requests of a pool, with the versions of what is in it."""
    settings = uow.settings(pool_id)
    field = eligibility.field(uow.session, uow.pool(pool_id), settings, uow.now)
    windows = {str(one.request.id): [place.id for place in one.places] for one in field.wanted}
    before = _last_done(uow, pool_id)
    previous = None if before is None else _choices(before, windows)
    return plan_problem.describe(field, settings, uow.now, previous)


def beat(uow: UnitOfWork, run_id: int, owner: str, progress: int, stage: PlanStage) -> bool:
    """Write how far a run is and keep it for this process; False if it was stopped or taken away."""
    return _move(
        uow,
        run_id,
        (PlanStatus.RUNNING,),
        PlanStatus.RUNNING,
        owner,
        progress=progress,
        stage=stage,
        leased_until=uow.now + LEASE,
    )


def finish(uow: UnitOfWork, run_id: int, owner: str, answer: Json) -> bool:
    """Keep the planner's answer, read for people; False if the run was stopped or taken away."""
    if not _move(
        uow,
        run_id,
        (PlanStatus.RUNNING,),
        PlanStatus.DONE,
        owner,
        progress=100,
        stage=None,
        leased_until=None,
        finished_at=uow.now,
    ):
        return False
    run = uow.session.scalars(
        select(PlanRun).where(PlanRun.id == run_id).options(undefer(PlanRun.problem))
    ).one()
    run.result = _result(uow, run, answer)
    return True


def fail(uow: UnitOfWork, run_id: int, owner: str, failure: PlanFailure) -> None:
    """Mark a run as failed, and say why."""
    _move(
        uow,
        run_id,
        (PlanStatus.RUNNING,),
        PlanStatus.FAILED,
        owner,
        failure=failure,
        finished_at=uow.now,
        leased_until=None,
    )


def release(uow: UnitOfWork, run_id: int, owner: str) -> None:
    """Give a run back, so that another process may begin it anew."""
    _move(
        uow,
        run_id,
        (PlanStatus.RUNNING,),
        PlanStatus.WAITING,
        owner,
        progress=0,
        stage=None,
        leased_until=None,
        lease_owner=None,
    )


def decide(uow: UnitOfWork, run_id: int, chosen: Mapping[str, str]) -> None:
    """Keep for some rows whom to ask, or nobody, until it is sent; all other rows stay as they were.

    `chosen` goes by the row's key; a value is "window-guide", or "" for nobody.
    """
    run = find(uow, run_id, lock=True)
    if run.status is not PlanStatus.DONE:
        raise WrongState("plan", run.status, "decide")
    rows = {f"{row['request']}-{row['guide']}": row for row in run.result["rows"]}
    for key, value in chosen.items():
        if key not in rows or (value and value not in _values(rows[key])):
            raise NotFound("row")
    fresh = {**run.decisions, **chosen}
    if fresh != run.decisions:
        run.decisions = fresh
        record(uow, run, AuditEvent.CHANGED, "decide_plan")


def reset(uow: UnitOfWork, run_id: int) -> None:
    """Take back whatever was decided about rows that are not sent yet."""
    run = find(uow, run_id, lock=True)
    if run.decisions:
        run.decisions = {}
        record(uow, run, AuditEvent.CHANGED, "reset_plan")


def due_forgetting(uow: UnitOfWork) -> list[int]:
    """Return the runs that are older than their pool keeps them, the oldest first."""
    ids: list[int] = []
    for pool in uow.session.scalars(select(Pool).order_by(Pool.id)):
        ids += uow.session.scalars(
            select(PlanRun.id)
            .where(PlanRun.pool_id == pool.id, PlanRun.created_at <= _forget_before(uow, pool.id))
            .order_by(PlanRun.created_at)
        )
    return ids


def forget(uow: UnitOfWork, run_id: int) -> None:
    """Delete a run that is still due for it; one on its way has only just begun."""
    run = uow.session.get(PlanRun, run_id)
    if run is not None and run.status not in _ACTIVE and run.created_at <= _forget_before(uow, run.pool_id):
        uow.session.delete(run)


def _forget_before(uow: UnitOfWork, pool_id: int) -> datetime:
    return uow.now - timedelta(days=uow.settings(pool_id).retention_plan_days)


def _values(row: Json) -> set[str]:
    return {f"{one['window']}-{one['guide']}" for one in (row, row["next_best"]) if one is not None}


def find(uow: UnitOfWork, run_id: int, *, lock: bool = False) -> PlanRun:
    """Return a run of the actor's pool; `lock` keeps everybody else from deciding about it meanwhile."""
    statement = select(PlanRun).where(PlanRun.id == run_id, PlanRun.pool_id == uow.actor.pool_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    run = uow.session.scalar(statement.options(undefer(PlanRun.result)))
    if run is None:
        raise NotFound("plan")
    return run


def _move(
    uow: UnitOfWork,
    run_id: int,
    sources: Sequence[PlanStatus],
    target: PlanStatus,
    owner: str | None = None,
    **changes: object,
) -> bool:
    """Move a run by compare-and-set; False if it is elsewhere, or another process's."""
    statement = update(PlanRun).where(PlanRun.id == run_id, PlanRun.status.in_(sources))
    if owner is not None:
        statement = statement.where(PlanRun.lease_owner == owner)
    moved = uow.session.scalar(
        statement.values(status=target, **changes)
        .returning(PlanRun.id)
        .execution_options(synchronize_session=False)
    )
    uow.session.expire_all()
    return moved is not None


def _last_done(uow: UnitOfWork, pool_id: int) -> PlanRun | None:
    return uow.session.scalar(
        select(PlanRun)
        .where(PlanRun.pool_id == pool_id, PlanRun.status == PlanStatus.DONE)
        .order_by(PlanRun.id.desc())
        .limit(1)
        .options(undefer(PlanRun.result))
    )


def _choices(before: PlanRun, windows: Mapping[str, Sequence[int]]) -> list[Json]:
    """Return what a proposal said of the requests that are still open, in the planner's words."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in before.result["rows"]:
        request = str(row["request"])
        if row["window"] in windows.get(request, ()):
            found[request, windows[request].index(row["window"])].append(str(row["guide"]))
    return [
        {"request": request, "window": window, "guides": guides}
        for (request, window), guides in found.items()
    ]


def _result(uow: UnitOfWork, run: PlanRun, answer: Json) -> Json:
    stamp: Json = run.problem["stamp"]["requests"]
    assigned = [_choice(one) for one in answer["assignments"]]
    sheet = Sheet(read(run.problem["problem"]), assigned)
    past = frozenset(name for name, one in stamp.items() if one["past"])
    lost_to: dict[str, list[str]] = {one["request"]: one.get("lost_to", []) for one in answer["unserved"]}
    versions = {name: one["version"] for name, one in stamp.items()}
    priorities = {one["id"]: one["priority"] for one in run.problem["problem"]["requests"]}
    before = uow.session.scalar(
        select(PlanRun)
        .where(PlanRun.pool_id == run.pool_id, PlanRun.status == PlanStatus.DONE, PlanRun.id < run.id)
        .order_by(PlanRun.id.desc())
        .limit(1)
        .options(undefer(PlanRun.result))
    )
    return {
        "rows": [_row(one, stamp) for one in sheet.rows(_choice(one) for one in answer["standby"])],
        "unserved": [
            {
                "request": int(name),
                "why": why,
                "able": able,
                "lost_to": [
                    {"request": int(other), "urgent": priorities[other] > priorities[name]}
                    for other in (lost_to.get(name, []) if why is UnservedReason.LOST else [])
                ],
            }
            for name, (why, able) in sheet.unserved(
                past, anybody=bool(run.problem["stamp"]["guides"])
            ).items()
        ],
        "versions": versions,
        "loads": sheet.loads(),
        "before": None if before is None else before.id,
        "changes": [] if before is None else [_change(one) for one in sheet.changes(_seen(before), versions)],
        "tiers": answer["tiers"],
        "proven": answer["proven"],
        "seconds": answer["seconds"],
    }


def _choice(data: Json) -> Choice:
    return Choice(data["request"], data["window"], tuple(data["guides"]))


def _row(row: Row, stamp: Json) -> Json:
    return {
        **_option(row.option, stamp),
        "next_best": None if row.next_best is None else _option(row.next_best, stamp),
        "stand_by": [int(guide) for guide in row.stand_by],
    }


def _option(one: Option, stamp: Json) -> Json:
    return {
        "request": int(one.request),
        "window": stamp[one.request]["windows"][one.window],
        "guide": int(one.guide),
        "fit": one.fit,
        "takes": one.takes,
    }


def _change(one: Change) -> Json:
    return {
        "request": int(one.request),
        "why": one.why,
        "before": [int(guide) for guide in one.before],
        "after": [int(guide) for guide in one.after],
        "other": None if one.other is None else int(one.other),
    }


def _seen(before: PlanRun) -> dict[str, Seen]:
    """Return what a proposal said of each request, but for those that were sent after it."""
    sent = {one["request"] for one in before.outcome.get("rows", []) if one["sent"]}
    guides: dict[int, set[str]] = defaultdict(set)
    for row in before.result["rows"]:
        guides[row["request"]].add(str(row["guide"]))
    lost = {one["request"] for one in before.result["unserved"] if one["why"] == UnservedReason.LOST}
    versions: dict[str, int] = before.result["versions"]
    return {
        name: Seen(version, frozenset(guides.get(int(name), ())), int(name) in lost)
        for name, version in versions.items()
        if int(name) not in sent
    }


def record(uow: UnitOfWork, run: PlanRun, event: AuditEvent, trigger: str, **data: Any) -> None:
    """Write down what was done with a run."""
    audit.record(
        uow, event, Subject.POOL, run.pool_id, pool_id=run.pool_id, trigger=trigger, run_id=run.id, **data
    )
