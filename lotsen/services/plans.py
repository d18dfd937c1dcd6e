"""Use cases of the batch proposal: start and stop a run, carry it along, send what is still true."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from lotsen.domain.vocabulary import (
    AuditEvent,
    PlanStage,
    PlanStatus,
    SkipReason,
    Subject,
    UnservedReason,
)
from lotsen.errors import Conflict, GuideTaken, NoLongerFits, NotFound, WrongState
from lotsen.matching.batch import Change, Option, Row, Seen, Sheet
from lotsen.matching.planning.problem import Choice
from lotsen.matching.planning.reading import read
from lotsen.models import PlanRun
from lotsen.queries import eligibility
from lotsen.services import assignments, audit, plan_problem
from lotsen.services.plan_problem import Json
from lotsen.services.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=60)
# Nobody can give a sign of life while a large pool is read.
_GATHERING_LEASE = timedelta(minutes=5)
_ACTIVE = (PlanStatus.WAITING, PlanStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that somebody wants to send: this guide for this window of the request."""

    request_id: int
    window_id: int
    guide_id: int


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
    _record(uow, run, AuditEvent.CREATED, "start_plan")
    return run


def cancel(uow: UnitOfWork, run_id: int) -> None:
    """Stop a run that is not through yet; one that has ended stays as it is."""
    run = _find(uow, run_id)
    if _move(uow, run_id, _ACTIVE, PlanStatus.CANCELLED, finished_at=uow.now):
        _record(uow, run, AuditEvent.CHANGED, "cancel_plan")


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
        .values(status=PlanStatus.FAILED, finished_at=uow.now, leased_until=None, lease_owner=None)
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
    windows = {str(one.request.id): [window.id for window in one.windows] for one in field.wanted}
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


def fail(uow: UnitOfWork, run_id: int, owner: str) -> None:
    """Mark a run as failed."""
    _move(
        uow, run_id, (PlanStatus.RUNNING,), PlanStatus.FAILED, owner, finished_at=uow.now, leased_until=None
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


def apply(
    begin: Callable[[], AbstractContextManager[UnitOfWork]], run_id: int, chosen: Sequence[Chosen]
) -> None:
    """Ask the chosen guides, each request in a transaction of its own; the run keeps what became of each row.

    A row that is no longer true is skipped, the others go out. The run is locked meanwhile: of two people who
    send the same row at once, one finds it sent.
    """
    by_request: dict[int, list[Chosen]] = defaultdict(list)
    for one in chosen:
        by_request[one.request_id].append(one)
    for rows in by_request.values():
        with begin() as uow:
            _apply(uow, run_id, rows)


def _apply(uow: UnitOfWork, run_id: int, rows: Sequence[Chosen]) -> None:
    run = _find(uow, run_id, lock=True)
    if run.status is not PlanStatus.DONE:
        raise WrongState("plan", run.status, "apply")
    known: list[Json] = list(run.outcome.get("rows", []))
    sent = {(one["request"], one["guide"]) for one in known if one["sent"]}
    _check_proposed(run, rows)
    version: int | None = run.result["versions"][str(rows[0].request_id)]
    for one in rows:
        why: SkipReason | None = SkipReason.ALREADY_SENT
        codes: tuple[str, ...] = ()
        if (one.request_id, one.guide_id) not in sent:
            why, codes = _send(uow, one, version)
        if why is None:
            # From here on it was this very transaction that changed the request.
            version = None
        known.append(
            {
                "request": one.request_id,
                "window": one.window_id,
                "guide": one.guide_id,
                "by": uow.actor.account_id,
                "at": uow.now.isoformat(),
                "sent": why is None,
                "why": why,
                "codes": list(codes),
            }
        )
    run.outcome = {"rows": known}
    if any(one["sent"] for one in known):
        run.applied_at = run.applied_at or uow.now
    _record(uow, run, AuditEvent.CHANGED, "apply_plan", request_id=rows[0].request_id)


def _send(uow: UnitOfWork, one: Chosen, version: int | None) -> tuple[SkipReason | None, tuple[str, ...]]:
    """Ask one guide; say why not if that is no longer right. What was begun is undone alone."""
    try:
        with uow.session.begin_nested():
            assignments.offer(uow, one.request_id, one.guide_id, one.window_id, version)
    except GuideTaken:
        return SkipReason.TAKEN, ()
    except NoLongerFits as error:
        return SkipReason.NO_LONGER_FITS, error.codes
    except (Conflict, NotFound):
        return SkipReason.CHANGED, ()
    return None, ()


def _check_proposed(run: PlanRun, rows: Iterable[Chosen]) -> None:
    proposed: set[tuple[int, int, int]] = set()
    for row in run.result["rows"]:
        proposed.add((row["request"], row["window"], row["guide"]))
        if (other := row["next_best"]) is not None:
            proposed.add((row["request"], other["window"], other["guide"]))
    if any((one.request_id, one.window_id, one.guide_id) not in proposed for one in rows):
        raise NotFound("row")


def _find(uow: UnitOfWork, run_id: int, *, lock: bool = False) -> PlanRun:
    """Return a run of the actor's pool."""
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
    lost_to = {one["request"]: one.get("lost_to", []) for one in answer["unserved"]}
    versions = {name: one["version"] for name, one in stamp.items()}
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
                "lost_to": [int(one) for one in lost_to.get(name, [])] if why is UnservedReason.LOST else [],
            }
            for name, (why, able) in sheet.unserved(
                past, anybody=bool(run.problem["stamp"]["guides"])
            ).items()
        ],
        "versions": versions,
        "loads": sheet.loads(),
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


def _record(uow: UnitOfWork, run: PlanRun, event: AuditEvent, trigger: str, **data: Any) -> None:
    audit.record(
        uow, event, Subject.POOL, run.pool_id, pool_id=run.pool_id, trigger=trigger, run_id=run.id, **data
    )
