"""Turns a request and its pool's rules into what the matching sees."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen import reference
from lotsen.domain.calendar import public_holidays
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import CredentialKind, InstitutionKind, LanguageFit
from lotsen.matching.profiles import Need, Rules, Window, Wish, accepted_codes
from lotsen.matching.travel import Travel
from lotsen.models import District, DistrictNeighbour, GuideRequest, Pool

# So far from its own days a request may be moved.
_AROUND = timedelta(days=7)


def need_of(request: GuideRequest, settings: PoolSettings) -> Need:
    """Describe a complete request; a draft has nothing to match and raises ValueError."""
    if (
        request.reference is None
        or request.language is None
        or request.occasion is None
        or request.mode is None
        or request.institution_kind is None
    ):
        raise ValueError(f"request {request.id} is not complete")
    return Need(
        request_id=request.id,
        reference=request.reference,
        windows=tuple(Window(one.starts_at, one.ends_at) for one in request.places),
        language=request.language,
        accepted=accepted(request.language, substitutes=request.substitutes_accepted),
        level=request.language_level,
        german_level=request.german_level,
        mode=request.mode,
        district=request.district.code if request.district is not None else None,
        occasion=request.occasion,
        institution_id=request.institution_id,
        institution_kind=request.institution_kind,
        waiting_since=request.opened_at or request.created_at,
        guides_needed=request.guides_needed,
        wishes=tuple(Wish(one.kind, one.weight, one.gender, one.guide_id) for one in request.wishes),
        credentials=required_credentials(settings, request.institution_kind),
        priority=request.priority,
        pool_id=request.pool_id,
    )


@cache
def accepted(language: str, *, substitutes: bool) -> Mapping[str, LanguageFit]:
    """Return the varieties whose speakers may come for a language of the catalogue."""
    return MappingProxyType(accepted_codes(reference.catalogue(), language, substitutes=substitutes))


def required_credentials(settings: PoolSettings, kind: InstitutionKind) -> frozenset[CredentialKind]:
    """Return the proofs that the pool requires of guides at this kind of institution."""
    required: set[CredentialKind] = set()
    if settings.confidentiality_required:
        required.add(CredentialKind.CONFIDENTIALITY)
    if kind in settings.police_certificate_for:
        required.add(CredentialKind.POLICE_CERTIFICATE)
    if kind in settings.measles_proof_for:
        required.add(CredentialKind.MEASLES_PROOF)
    return frozenset(required)


def rules_of(session: Session, pool: Pool, settings: PoolSettings, need: Need) -> Rules:
    """Gather what holds for the whole pool on the days of the need and around them; two queries."""
    return rules(pool, settings, need, travel_of(session, pool.id, settings))


def rules(pool: Pool, settings: PoolSettings, need: Need, travel: Travel) -> Rules:
    """Return what holds for the whole pool on the days of the need and around them."""
    zone = ZoneInfo(pool.zone)
    return Rules(zone, travel, _closed_days(need, zone, settings))


def travel_of(session: Session, pool_id: int, settings: PoolSettings) -> Travel:
    """Build the pool's table of ways from its districts and neighbours; two queries."""
    codes = dict(session.execute(select(District.id, District.code).where(District.pool_id == pool_id)).all())
    borders = session.scalars(
        select(DistrictNeighbour)
        .join(District, District.id == DistrictNeighbour.a_id)
        .where(District.pool_id == pool_id)
    )
    neighbours: dict[str, set[str]] = {code: set() for code in codes.values()}
    pairs: dict[tuple[str, str], int] = {}
    for border in borders:
        here, there = codes[border.a_id], codes[border.b_id]
        neighbours[here].add(there)
        if border.travel_minutes is not None:
            pairs[here, there] = border.travel_minutes
    return Travel(
        neighbours={code: frozenset(others) for code, others in neighbours.items()},
        pairs=pairs,
        same=settings.travel_same_minutes,
        step=settings.travel_step_minutes,
        default=settings.travel_default_minutes,
    )


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a local day as aware UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _closed_days(need: Need, zone: ZoneInfo, settings: PoolSettings) -> frozenset[date]:
    if settings.weekly_pattern_on_holidays or not need.windows:
        return frozenset()
    first = min(local_day(window.start, zone) for window in need.windows) - _AROUND
    last = max(local_day(window.end, zone) for window in need.windows) + _AROUND
    return public_holidays(first, last, settings.country, settings.subdivision)
