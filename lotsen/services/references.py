"""Gives requests their reference numbers, such as L-2026-0417."""

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from lotsen.models import ReferenceCounter
from lotsen.services.unit_of_work import UnitOfWork


def next_reference(uow: UnitOfWork, pool_id: int) -> str:
    """Return the next number of the pool in the local year, never the same one twice."""
    year = uow.now.astimezone(uow.zone(pool_id)).year
    number = uow.session.execute(_count_up(uow, pool_id, year)).scalar_one()
    return f"{uow.settings(pool_id).reference_prefix}-{year}-{number:04d}"


def _count_up(uow: UnitOfWork, pool_id: int, year: int) -> Insert:
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(ReferenceCounter).values(pool_id=pool_id, year=year, last=1)
    return first.on_conflict_do_update(
        index_elements=["pool_id", "year"], set_={"last": ReferenceCounter.last + 1}
    ).returning(ReferenceCounter.last)
