"""Asks a guide from a process of its own; `quiet` keeps the change of the guide to itself."""

import sys

from lotsen.database import make_engine
from lotsen.services import assignments, guide_changes
from tests import factories


def main(
    database_url: str, manner: str, pool_id: int, request_id: int, window_id: int, guide_id: int
) -> None:
    if manner == "quiet":
        guide_changes.publish = lambda uow: uow.guides_changed.clear()
    engine = make_engine(database_url)
    with factories.bootstrap(engine).begin(factories.office(pool_id)) as uow:
        assignments.offer(uow, request_id, guide_id, window_id)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
