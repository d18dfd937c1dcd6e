"""Puts invented guides, with everything that ranking looks at, into an empty database."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from lotsen.database import transaction
from lotsen.domain.vocabulary import (
    AssignmentStatus,
    InstitutionKind,
    Mode,
    Occasion,
    RequestStatus,
)
from lotsen.matching.profiles import Candidate
from lotsen.models import (
    Absence,
    Assignment,
    Contact,
    Credential,
    District,
    DistrictNeighbour,
    ExtraAvailability,
    Guide,
    GuideDistrict,
    GuideLanguage,
    GuideRequest,
    Institution,
    Pool,
    WeeklyAvailability,
)
from tests.bench.instances import DISTRICTS
from tests.bench.pools import district, rules

_BEFORE = datetime(2026, 9, 1, tzinfo=UTC)
_AT_ONCE = 5_000


def fill(engine: Engine, pools: int, candidates: Iterable[Candidate]) -> None:
    """Write pools with their districts, then the guides; pool p of these has the id p + 1.

    Histories and loads are left to the appointments that are written: one for each that a guide holds.
    """
    with transaction(engine) as session:
        _frame(session, pools)
    waiting = iter(candidates)
    while some := list(islice(waiting, _AT_ONCE)):
        with transaction(engine) as session:
            for model, rows in _rows(some).items():
                if rows:
                    session.execute(insert(model), rows)


def _frame(session: Session, pools: int) -> None:
    numbers = range(1, pools + 1)
    session.execute(
        insert(Pool),
        [{"id": one, "slug": f"pool-{one}", "name": f"Pool {one}", "created_at": _BEFORE} for one in numbers],
    )
    ids = {
        district(pool, place): pool * DISTRICTS + place + 1
        for pool in range(pools)
        for place in range(DISTRICTS)
    }
    session.execute(
        insert(District),
        [
            {"id": number, "pool_id": (number - 1) // DISTRICTS + 1, "code": code, "name": code}
            for code, number in ids.items()
        ],
    )
    borders = {
        tuple(sorted((ids[one], ids[other])))
        for one, others in rules(pools).travel.neighbours.items()
        for other in others
    }
    session.execute(insert(DistrictNeighbour), [{"a_id": a, "b_id": b} for a, b in sorted(borders)])
    session.execute(
        insert(Institution),
        [
            {
                "id": one,
                "pool_id": one,
                "kind": InstitutionKind.SCHOOL,
                "name": "School",
                "name_key": "school",
                "created_at": _BEFORE,
            }
            for one in numbers
        ],
    )
    session.execute(
        insert(Contact),
        [
            {
                "id": one,
                "institution_id": one,
                "name": "Office",
                "email": f"office{one}@school.example",
                "created_at": _BEFORE,
            }
            for one in numbers
        ],
    )


def _rows(some: list[Candidate]) -> dict[type[Any], list[dict[str, Any]]]:
    rows: dict[type[Any], list[dict[str, Any]]] = {
        model: []
        for model in (
            Guide,
            GuideLanguage,
            GuideDistrict,
            WeeklyAvailability,
            ExtraAvailability,
            Absence,
            Credential,
            GuideRequest,
            Assignment,
        )
    }
    for one in some:
        pool = (_id(one.home_district) - 1) // DISTRICTS + 1
        own = {"guide_id": one.guide_id}
        rows[Guide].append(_guide(one, pool))
        rows[GuideLanguage] += [{**own, "language": code, "level": level} for code, level in one.languages]
        rows[GuideDistrict] += [{**own, "district_id": _id(code)} for code in sorted(one.districts)]
        free = one.availability
        rows[WeeklyAvailability] += [
            {**own, "weekday": span.weekday, "starts_at": span.start, "ends_at": span.end}
            for span in free.weekly
        ]
        rows[ExtraAvailability] += [
            {**own, "on": span.day, "starts_at": span.start, "ends_at": span.end} for span in free.extra
        ]
        rows[Absence] += [{**own, "first_on": span.first, "last_on": span.last} for span in free.absences]
        rows[Credential] += [
            {**own, "kind": proof.kind, "seen_on": date(2024, 1, 1), "valid_until": proof.valid_until}
            for proof in one.credentials
        ]
        for number, held in enumerate(one.held):
            request = 10 * one.guide_id + number
            rows[GuideRequest].append(
                {
                    "id": request,
                    "pool_id": pool,
                    "status": RequestStatus.CONFIRMED,
                    "reference": f"L-{request}",
                    "institution_id": pool,
                    "contact_id": pool,
                    "institution_kind": InstitutionKind.SCHOOL,
                    "mode": Mode.ON_SITE,
                    "district_id": _id(held.district),
                    "language": one.languages[0][0],
                    "occasion": Occasion.PARENT_TALK,
                    "created_at": _BEFORE,
                }
            )
            rows[Assignment].append(
                {
                    **own,
                    "pool_id": pool,
                    "request_id": request,
                    "status": AssignmentStatus.CONFIRMED,
                    "starts_at": held.start,
                    "ends_at": held.end,
                    "offered_at": _BEFORE,
                    "created_at": _BEFORE,
                }
            )
    return rows


def _guide(one: Candidate, pool: int) -> dict[str, Any]:
    return {
        "id": one.guide_id,
        "pool_id": pool,
        "name": f"Guide {one.guide_id}",
        "email": f"guide{one.guide_id}@guides.example",
        "gender": one.gender,
        "german_level": one.german_level,
        "home_district_id": _id(one.home_district),
        "reach_hops": one.reach_hops,
        "on_site": Mode.ON_SITE in one.modes,
        "by_phone": Mode.PHONE in one.modes,
        "by_video": Mode.VIDEO in one.modes,
        "minutes_per_week": one.week_minutes,
        "minutes_per_month": one.month_minutes,
        "asks_per_week": one.asks_per_week,
        "notice_hours": one.notice_hours,
        "created_at": _BEFORE,
    }


def _id(code: str | None) -> int:
    assert code is not None, "every invented appointment and guide has a district"
    pool, place = map(int, code.split("-"))
    return pool * DISTRICTS + place + 1
