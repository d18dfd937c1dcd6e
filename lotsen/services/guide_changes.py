"""Raises the version of a pool's guides with every change of what the matching knows of them."""

from collections import defaultdict
from typing import Final

from sqlalchemy import select, update

from lotsen.models import Guide, Pool
from lotsen.services.unit_of_work import UnitOfWork

# More than happens between two looks at a busy pool; who has missed more reads everybody anew.
_REMEMBERED: Final = 50


def publish(uow: UnitOfWork) -> None:
    """Raise the versions of the pools whose guides this transaction has changed.

    The last thing before the commit: the pool's row is locked for a moment only, and nobody who holds it
    waits for anything else.
    """
    if not uow.guides_changed:
        return
    by_pool: dict[int, list[int]] = defaultdict(list)
    for guide_id, pool_id in uow.session.execute(
        select(Guide.id, Guide.pool_id).where(Guide.id.in_(uow.guides_changed)).order_by(Guide.id)
    ):
        by_pool[pool_id].append(guide_id)
    for pool_id, guide_ids in sorted(by_pool.items()):
        version, changes = uow.session.execute(
            update(Pool)
            .where(Pool.id == pool_id)
            .values(guide_version=Pool.guide_version + 1)
            .returning(Pool.guide_version, Pool.guide_changes)
            .execution_options(synchronize_session=False)
        ).one()
        uow.session.execute(
            update(Pool)
            .where(Pool.id == pool_id)
            .values(guide_changes=[*changes, [version, guide_ids]][-_REMEMBERED:])
            .execution_options(synchronize_session=False)
        )
    uow.guides_changed.clear()
