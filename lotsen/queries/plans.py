"""Shows a batch proposal as it stands now: which of its rows are still true, and all names behind its ids."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from lotsen import reference
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import (
    GuideStatus,
    PlanChange,
    PlanStatus,
    RequestStatus,
    SkipReason,
    UnservedReason,
)
from lotsen.errors import NotFound
from lotsen.matching.alternatives import Alternative, Scope, alternatives, smallest_of_each_kind
from lotsen.matching.highlights import Highlight
from lotsen.matching.profiles import Need, accepted_codes
from lotsen.matching.ranking import rank
from lotsen.matching.rules import Reason
from lotsen.matching.scoring import Fit
from lotsen.models import Account, District, Guide, GuideRequest, Place, PlanRun, Pool
from lotsen.queries import eligibility
from lotsen.queries.eligibility import Field

LAST_RUNS = 10
# What would help is worked out anew each time that somebody looks, so not for a whole list.
_HELPED = 5
_HELPS = 3


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the list."""

    id: int
    status: PlanStatus
    created_at: datetime
    started_by: str | None
    sent: int


@dataclass(frozen=True, slots=True)
class Person:
    """A guide for a time of a request: what speaks for them now, or against them now."""

    guide_id: int
    name: str
    window: Place
    fit: Fit | None
    highlights: tuple[Highlight, ...]
    reasons: tuple[Reason, ...]

    @property
    def is_free(self) -> bool:
        """Tell whether no rule stands against this person at this moment."""
        return self.fit is not None and not self.reasons


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of the proposal; `changed` if the request is not what it was when the plan was made.

    `decision` is what somebody chose: "window-guide", "" for nobody, None if nobody has decided.
    `over_asks` if the person could come, but stands in more rows before this one than they may be asked.
    """

    request: GuideRequest
    person: Person
    next_best: Person | None
    stand_by: tuple[str, ...]
    sent: str | None
    changed: bool
    over_asks: bool = False
    decision: str | None = None

    @property
    def key(self) -> str:
        """Name the row on a page."""
        return f"{self.request.id}-{self.person.guide_id}"

    @property
    def is_true(self) -> bool:
        """Tell whether the row can still be sent as it was proposed or with the next best."""
        return not self.sent and not self.changed and bool(self.choices)

    @property
    def choices(self) -> tuple[Person, ...]:
        """The people who can still be asked in this row, the proposed one first."""
        return tuple(one for one in (self.person, self.next_best) if one is not None and one.is_free)


@dataclass(frozen=True, slots=True)
class Unserved:
    """A request for which the proposal has nobody; `able` could come at the best of its times.

    It lost to `more_urgent` and to `others`; `helpful` are the smallest changes by which somebody could come.
    """

    request: GuideRequest
    why: UnservedReason
    able: int
    more_urgent: tuple[GuideRequest, ...]
    others: tuple[GuideRequest, ...]
    helpful: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is other than in the proposal before; `cause` is the new request with which it began."""

    request: GuideRequest
    why: PlanChange
    before: tuple[str, ...]
    after: tuple[str, ...]
    other: GuideRequest | None
    cause: GuideRequest | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row that somebody wanted to send."""

    request: GuideRequest
    guide: str
    at: datetime
    by: int | None
    why: SkipReason | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """What the plan reached of one aim, and what could be reached at most."""

    name: str
    value: int
    bound: int


@dataclass(frozen=True, slots=True)
class Review:
    """A finished proposal with everything that its pages say."""

    run: PlanRun
    rows: tuple[PlanRow, ...]
    unserved: tuple[Unserved, ...]
    loads: tuple[tuple[str, int, int], ...]
    changes: tuple[Change, ...]
    kept: int
    outcome: tuple[Outcome, ...]
    tiers: tuple[Tier, ...]
    proven: bool
    districts: Mapping[str, str]
    asks_stand_by: bool


def find(session: Session, pool_id: int, run_id: int) -> PlanRun:
    """Return a run of the pool; raises NotFound for any other."""
    run = session.scalar(
        select(PlanRun)
        .where(PlanRun.id == run_id, PlanRun.pool_id == pool_id)
        .options(undefer(PlanRun.result))
    )
    if run is None:
        raise NotFound("plan")
    return run


def last(session: Session, pool_id: int) -> list[RunRow]:
    """Return the last runs of a pool, the newest first."""
    found = session.execute(
        select(PlanRun.id, PlanRun.status, PlanRun.created_at, Account.name, PlanRun.outcome)
        .outerjoin(Account, Account.id == PlanRun.started_by)
        .where(PlanRun.pool_id == pool_id)
        .order_by(PlanRun.id.desc())
        .limit(LAST_RUNS)
    )
    return [
        RunRow(run_id, status, created_at, name, sum(one["sent"] for one in outcome.get("rows", [])))
        for run_id, status, created_at, name, outcome in found
    ]


def open_requests(session: Session, pool_id: int) -> int:
    """Count the requests for which a proposal would look."""
    counted = select(func.count()).where(
        GuideRequest.pool_id == pool_id, GuideRequest.status == RequestStatus.OPEN
    )
    return session.scalar(counted) or 0


def has_guides(session: Session, pool_id: int) -> bool:
    """Tell whether there is anybody who could be asked."""
    anybody = select(Guide.id).where(Guide.pool_id == pool_id, Guide.status == GuideStatus.ACTIVE)
    return session.scalar(anybody.limit(1)) is not None


def starter(session: Session, run: PlanRun) -> str | None:
    """Return the name of whoever has started a run; None if that account is gone."""
    return session.scalar(select(Account.name).where(Account.id == run.started_by))


def review(session: Session, pool: Pool, settings: PoolSettings, now: datetime, run: PlanRun) -> Review:
    """Look at each row of a finished run with the rules of this moment; a fixed number of queries."""
    result = run.result
    requests = _requests(session, pool.id, _named(run))
    names = dict(session.execute(select(Guide.id, Guide.name).where(Guide.pool_id == pool.id)).all())
    districts = select(District.code, District.name).where(District.pool_id == pool.id)
    field = eligibility.field(
        session,
        pool,
        settings,
        now,
        request_ids=[row["request"] for row in result["rows"]],
        guide_ids=sorted(_guides(result["rows"])),
    )
    live = _Live(field, settings, now, names)
    sent = {(one["request"], one["guide"]) for one in run.outcome.get("rows", []) if one["sent"]}
    return Review(
        run=run,
        rows=_within_asks(
            sorted(
                (
                    _row(row, requests[row["request"]], run, sent, live, names)
                    for row in result["rows"]
                    if row["request"] in requests
                ),
                key=lambda one: (one.person.window.starts_at, one.request.id, one.person.guide_id),
            ),
            field,
        ),
        unserved=_with_help(
            session, pool, settings, now, [_unserved(one, requests) for one in result["unserved"]]
        ),
        loads=tuple((names.get(int(guide), "–"), before, after) for guide, before, after in result["loads"]),
        changes=tuple(_changes(result["changes"], requests, names)),
        kept=0
        if result["before"] is None
        else len({row["request"] for row in result["rows"]} - {one["request"] for one in result["changes"]}),
        outcome=tuple(
            Outcome(
                requests[one["request"]],
                names.get(one["guide"], "–"),
                datetime.fromisoformat(one["at"]),
                one["by"],
                None if one["why"] is None else SkipReason(one["why"]),
                tuple(one["codes"]),
            )
            for one in run.outcome.get("rows", [])
            if one["request"] in requests
        ),
        tiers=tuple(Tier(one["name"], one["value"], one["bound"]) for one in result["tiers"]),
        proven=result["proven"],
        districts=dict(session.execute(districts).all()),
        asks_stand_by=settings.ask_stand_by_at_once,
    )


class _Live:
    """The rules of this moment, asked once for each request."""

    def __init__(self, field: Field, settings: PoolSettings, now: datetime, names: Mapping[int, str]) -> None:
        self._wanted = {one.request.id: one for one in field.wanted}
        self._field, self._weights, self._now, self._names = field, settings.weights(), now, names
        self._candidates = {one.guide_id: one for one in field.candidates}

    def person(self, request: GuideRequest, row: Mapping[str, Any]) -> Person | None:
        """Say what speaks for or against a guide now; None if the time is gone."""
        window = request.place(row["window"])
        if window is None:
            return None
        name = self._names.get(row["guide"], "–")
        wanted, candidate = self._wanted.get(request.id), self._candidates.get(row["guide"])
        if wanted is None or candidate is None or window.id not in {one.id for one in wanted.places}:
            return Person(row["guide"], name, window, None, (), ())
        index = [one.id for one in wanted.places].index(window.id)
        one = replace(wanted.need, windows=(wanted.need.windows[index],))
        ranking = rank(one, [candidate], self._field.rules, self._weights, self._now)
        if ranking.proposals:
            best = ranking.proposals[0]
            return Person(row["guide"], name, window, best.fit, best.highlights, ())
        return Person(row["guide"], name, window, None, (), ranking.excluded[0].best_reasons)


def _row(
    row: Mapping[str, Any],
    request: GuideRequest,
    run: PlanRun,
    sent: set[tuple[int, int]],
    live: _Live,
    names: Mapping[int, str],
) -> PlanRow:
    person = live.person(request, row)
    other = row["next_best"]
    next_best = None if other is None else live.person(request, other)
    asked = next((one["guide"] for one in (row, other) if one and (request.id, one["guide"]) in sent), None)
    gone = Person(row["guide"], names.get(row["guide"], "–"), request.places[0], None, (), ())
    return PlanRow(
        request=request,
        person=person or gone,
        next_best=next_best,
        stand_by=tuple(names.get(guide, "–") for guide in row["stand_by"]),
        sent=None if asked is None else names.get(asked, "–"),
        changed=request.status is not RequestStatus.OPEN
        or request.version != run.result["versions"][str(request.id)]
        or person is None,
        decision=run.decisions.get(f"{request.id}-{row['guide']}"),
    )


def _unserved(one: Mapping[str, Any], requests: Mapping[int, GuideRequest]) -> Unserved:
    def lost(*, urgent: bool) -> tuple[GuideRequest, ...]:
        return tuple(
            requests[other["request"]]
            for other in one["lost_to"]
            if other["urgent"] is urgent and other["request"] in requests
        )

    return Unserved(
        requests[one["request"]],
        UnservedReason(one["why"]),
        one["able"],
        lost(urgent=True),
        lost(urgent=False),
    )


def _with_help(
    session: Session, pool: Pool, settings: PoolSettings, now: datetime, found: Sequence[Unserved]
) -> tuple[Unserved, ...]:
    """Add what would help to the first of those for whom nobody, or too few, can come."""
    stuck = [one.request.id for one in found if one.why in (UnservedReason.NOBODY, UnservedReason.TOO_FEW)][
        :_HELPED
    ]
    if not stuck:
        return tuple(found)
    field = eligibility.field(session, pool, settings, now, request_ids=stuck)
    helpful = {
        one.request.id: smallest_of_each_kind(
            alternatives(one.need, field.table, field.rules, now, _scope(one.need, settings))
        )[:_HELPS]
        for one in field.wanted
        if one.places
    }
    return tuple(replace(one, helpful=helpful.get(one.request.id, ())) for one in found)


def _scope(need: Need, settings: PoolSettings) -> Scope:
    substitutes = accepted_codes(reference.catalogue(), need.language, substitutes=True)
    return Scope(substitutes=substitutes, shortest_minutes=settings.shortest_minutes)


def _changes(
    listed: Sequence[Mapping[str, Any]], requests: Mapping[int, GuideRequest], names: Mapping[int, str]
) -> Iterator[Change]:
    by_request = {one["request"]: one for one in listed}
    for one in listed:
        if one["request"] in requests:
            yield Change(
                requests[one["request"]],
                PlanChange(one["why"]),
                tuple(names.get(guide, "–") for guide in one["before"]),
                tuple(names.get(guide, "–") for guide in one["after"]),
                None if one["other"] is None else requests.get(one["other"]),
                requests.get(_cause(one, by_request)),
            )


def _cause(one: Mapping[str, Any], by_request: Mapping[int, Mapping[str, Any]]) -> int:
    """Return the new request at the end of the chain of people who had to move; 0 if there is none."""
    passed: set[int] = set()
    while one["why"] == PlanChange.NEEDED_ELSEWHERE and one["other"] in by_request:
        if one["request"] in passed:
            return 0
        passed.add(one["request"])
        one = by_request[one["other"]]
    return one["request"] if passed and one["why"] == PlanChange.NEW_REQUEST else 0


def _within_asks(rows: Sequence[PlanRow], field: Field) -> tuple[PlanRow, ...]:
    """Mark the rows by which somebody would be asked more often than they want to be in a week."""
    left = {
        one.guide_id: one.asks_per_week - one.asks_this_week
        for one in field.candidates
        if one.asks_per_week is not None
    }
    found: list[PlanRow] = []
    for row in rows:
        guide = row.person.guide_id
        if row.is_true and row.person.is_free and guide in left:
            left[guide] -= 1
            found.append(replace(row, over_asks=left[guide] < 0))
        else:
            found.append(row)
    return tuple(found)


def _requests(session: Session, pool_id: int, ids: Sequence[int]) -> dict[int, GuideRequest]:
    found = session.scalars(
        select(GuideRequest)
        .where(GuideRequest.pool_id == pool_id, GuideRequest.id.in_(ids))
        .options(
            selectinload(GuideRequest.windows),
            joinedload(GuideRequest.institution),
            joinedload(GuideRequest.district),
        )
    )
    return {one.id: one for one in found}


def _named(run: PlanRun) -> list[int]:
    result = run.result
    listed = (*result["rows"], *result["unserved"], *result["changes"], *run.outcome.get("rows", []))
    ids = {one["request"] for one in listed}
    ids |= {other["request"] for one in result["unserved"] for other in one["lost_to"]}
    ids |= {one["other"] for one in result["changes"] if one["other"] is not None}
    return sorted(ids)


def _guides(rows: Sequence[Mapping[str, Any]]) -> set[int]:
    return {row["guide"] for row in rows} | {
        row["next_best"]["guide"] for row in rows if row["next_best"] is not None
    }
