"""The office's list of guides, and one guide's record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.spelling import spellings
from lotsen.domain.vocabulary import GuideStatus, Level
from lotsen.errors import NotFound
from lotsen.models import Assignment, District, Guide, GuideLanguage


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; empty values do not narrow."""

    name: str = ""
    language: str = ""
    status: GuideStatus | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One guide of the list."""

    id: int
    name: str
    status: GuideStatus
    paused_until: date | None
    district: str | None
    languages: tuple[tuple[str, Level], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A guide with everything said of them, and the appointments ahead."""

    guide: Guide
    districts: Mapping[int, str]
    appointments: tuple[Assignment, ...]


def matching_ids(session: Session, pool_id: int, wanted: Filter) -> list[int]:
    """Return the ids of the guides that a filter lets through, by name.

    Names are compared in Python: no database folds "Öz" and "Oez" alike, and a pool has hundreds of guides.
    """
    statement = select(Guide.id, Guide.name).where(Guide.pool_id == pool_id)
    if wanted.status is not None:
        statement = statement.where(Guide.status == wanted.status)
    if wanted.language:
        speaks = select(GuideLanguage.guide_id).where(GuideLanguage.language == wanted.language)
        statement = statement.where(Guide.id.in_(speaks))
    found = session.execute(statement).all()
    typed = spellings(wanted.name)
    kept = [(name, guide_id) for guide_id, name in found if not typed or _is_like(name, typed)]
    return [
        guide_id for _, guide_id in sorted(kept, key=lambda one: (min(spellings(one[0]), default=""), one[1]))
    ]


def rows(session: Session, ids: list[int]) -> tuple[Row, ...]:
    """Return the guides with these ids, in this order; two queries."""
    found = session.execute(
        select(Guide, District.name)
        .outerjoin(District, District.id == Guide.home_district_id)
        .where(Guide.id.in_(ids))
        .options(selectinload(Guide.languages))
    )
    by_id = {
        guide.id: Row(
            id=guide.id,
            name=guide.name,
            status=guide.status,
            paused_until=guide.paused_until,
            district=district,
            languages=tuple((one.language, one.level) for one in guide.languages),
        )
        for guide, district in found
    }
    return tuple(by_id[guide_id] for guide_id in ids)


def languages(session: Session, pool_id: int) -> tuple[str, ...]:
    """Return the codes of all languages that somebody of the pool speaks."""
    return tuple(
        session.scalars(
            select(GuideLanguage.language)
            .join(Guide, Guide.id == GuideLanguage.guide_id)
            .where(Guide.pool_id == pool_id)
            .distinct()
            .order_by(GuideLanguage.language)
        )
    )


def districts(session: Session, pool_id: int) -> Mapping[int, str]:
    """Return the names of the pool's districts by id, in the order of their codes."""
    statement = select(District.id, District.name).where(District.pool_id == pool_id).order_by(District.code)
    return dict(session.execute(statement).all())


def find(session: Session, pool_id: int, guide_id: int, now: datetime) -> Record:
    """Return a guide of the pool; raises NotFound for any other."""
    guide = session.scalar(
        select(Guide)
        .where(Guide.id == guide_id, Guide.pool_id == pool_id)
        .options(
            selectinload(Guide.languages),
            selectinload(Guide.districts),
            selectinload(Guide.weekly),
            selectinload(Guide.extra),
            selectinload(Guide.absences),
            selectinload(Guide.credentials),
        )
    )
    if guide is None:
        raise NotFound("guide")
    ahead = session.scalars(
        select(Assignment)
        .where(
            Assignment.guide_id == guide.id,
            Assignment.pool_id == pool_id,
            Assignment.status.in_(HOLDING),
            Assignment.ends_at > now,
        )
        .options(joinedload(Assignment.request))
        .order_by(Assignment.starts_at)
    ).all()
    return Record(guide, districts(session, pool_id), tuple(ahead))


def _is_like(name: str, typed: frozenset[str]) -> bool:
    return any(part in spelt for part in typed for spelt in spellings(name))
