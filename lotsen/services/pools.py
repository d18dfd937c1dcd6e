"""Sets up a pool from a town's preset, and finds the one of an installation that has a single one."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lotsen.domain import settings
from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.errors import NotFound
from lotsen.models import District, DistrictNeighbour, Pool
from lotsen.reference.presets import PoolPreset
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork


def create_pool(uow: UnitOfWork, preset: PoolPreset) -> Pool:
    """Return the pool of this name in addresses, with districts and rules of the preset if it is new."""
    known = _by_slug(uow, preset.slug)
    if known is not None:
        return known
    pool = Pool(
        slug=preset.slug,
        name=preset.name,
        zone=preset.timezone,
        settings=settings.to_mapping(preset.settings),
        created_at=uow.now,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(pool)
    except IntegrityError:
        # Another process of the installation set it up between the look and the leap.
        return uow.session.scalars(select(Pool).where(Pool.slug == preset.slug)).one()
    _add_districts(uow, pool, preset)
    audit.record(uow, AuditEvent.CREATED, Subject.POOL, pool.id, pool_id=pool.id)
    return pool


def default_pool(uow: UnitOfWork) -> Pool:
    """Return the oldest pool, the only one of most installations; raises NotFound before there is any."""
    pool = uow.session.scalar(select(Pool).order_by(Pool.id).limit(1))
    if pool is None:
        raise NotFound("pool")
    return pool


def district_names(uow: UnitOfWork, pool_id: int) -> Mapping[str, str]:
    """Return the names of a pool's districts by code, in the order of the codes."""
    rows = uow.session.execute(
        select(District.code, District.name).where(District.pool_id == pool_id).order_by(District.code)
    )
    return dict(rows.all())


def _by_slug(uow: UnitOfWork, slug: str) -> Pool | None:
    return uow.session.scalar(select(Pool).where(Pool.slug == slug))


def _add_districts(uow: UnitOfWork, pool: Pool, preset: PoolPreset) -> None:
    districts = {
        one.code: District(pool_id=pool.id, code=one.code, name=one.name, x=float(one.x), y=float(one.y))
        for one in preset.districts
    }
    uow.session.add_all(districts.values())
    uow.session.flush()
    for pair in preset.neighbours:
        first, second = sorted(districts[code].id for code in pair)
        uow.session.add(DistrictNeighbour(a_id=first, b_id=second))
    uow.session.flush()
