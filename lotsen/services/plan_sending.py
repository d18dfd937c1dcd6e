"""Sends what was chosen of a batch proposal: each request for itself, and only what is still true."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from lotsen.domain.vocabulary import AuditEvent, PlanStatus, SkipReason
from lotsen.errors import Conflict, GuideTaken, NoLongerFits, NotFound, WrongState
from lotsen.matching.profiles import Window
from lotsen.models import GuideRequest, PlanRun
from lotsen.services import asking, assignments, plans, requests, stand_by
from lotsen.services.plan_problem import Json
from lotsen.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that somebody wants to send: this guide for this time of the request."""

    request_id: int
    window_id: int
    guide_id: int


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
    run = plans.find(uow, run_id, lock=True)
    if run.status is not PlanStatus.DONE:
        raise WrongState("plan", run.status, "apply")
    known: list[Json] = list(run.outcome.get("rows", []))
    sent = {(one["request"], one["guide"]) for one in known if one["sent"]}
    _check_proposed(run, rows)
    waiting = _stand_by(run, rows)
    _lock(uow, rows, waiting)
    version: int | None = run.result["versions"][str(rows[0].request_id)]
    sent_at: int | None = None
    for one in rows:
        why: SkipReason | None = SkipReason.ALREADY_SENT
        codes: tuple[str, ...] = ()
        if (one.request_id, one.guide_id) not in sent:
            why, codes = _send(uow, one, version)
        if why is None:
            sent_at = one.window_id
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
    run.outcome = {**run.outcome, "rows": known}
    if sent_at is not None:
        _put(uow, rows[0].request_id, sent_at, waiting)
    if any(one["sent"] for one in known):
        run.applied_at = run.applied_at or uow.now
    plans.record(uow, run, AuditEvent.CHANGED, "apply_plan", request_id=rows[0].request_id)


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


def _lock(uow: UnitOfWork, rows: Sequence[Chosen], waiting: Sequence[int]) -> None:
    """Lock the request and then everyone whom this transaction may ask, in one order."""
    with suppress(NotFound):
        requests.lock(uow, rows[0].request_id)
    asking.lock_guides(uow, {*(one.guide_id for one in rows), *waiting})


def _stand_by(run: PlanRun, rows: Sequence[Chosen]) -> list[int]:
    """Return who stands by for the request in this proposal, in line."""
    found = [
        guide
        for row in run.result["rows"]
        if row["request"] == rows[0].request_id
        for guide in row["stand_by"]
    ]
    return list(dict.fromkeys(found))


def _put(uow: UnitOfWork, request_id: int, window_id: int, waiting: Sequence[int]) -> None:
    """Put in line who stands by at the time that was sent; whoever can no longer is left out."""
    found = uow.session.get_one(GuideRequest, request_id).place(window_id)
    if found is None:
        return
    window = Window(found.starts_at, found.ends_at)
    for guide_id in waiting:
        with suppress(Conflict, NotFound), uow.session.begin_nested():
            stand_by.put(uow, request_id, guide_id, window)


def _check_proposed(run: PlanRun, rows: Iterable[Chosen]) -> None:
    proposed: set[tuple[int, int, int]] = set()
    for row in run.result["rows"]:
        proposed.add((row["request"], row["window"], row["guide"]))
        if (other := row["next_best"]) is not None:
            proposed.add((row["request"], other["window"], other["guide"]))
    if any((one.request_id, one.window_id, one.guide_id) not in proposed for one in rows):
        raise NotFound("row")
