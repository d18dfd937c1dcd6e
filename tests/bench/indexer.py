"""Builds the indexes of all pools from a database: `python -m tests.bench.indexer POOLS GUIDES_EACH ANSWER`.

Beside it, what can hardly be beaten: reading the same rows as tuples, one query for each table and pool.
"""

import json
import sys
import tempfile
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lotsen.database import make_engine, migrate, transaction
from lotsen.domain.settings import PoolSettings
from lotsen.matching.index import Index
from lotsen.models import (
    Absence,
    Assignment,
    Credential,
    ExtraAvailability,
    Guide,
    GuideConflict,
    GuideDistrict,
    GuideLanguage,
    GuideRequest,
    WeeklyAvailability,
)
from lotsen.queries import candidates
from tests.bench.answering import peak_bytes
from tests.bench.filling import fill
from tests.bench.pools import NOW, ZONE, guides

_SEED = 1
_TIMES = 3
_OF_GUIDES = (
    GuideLanguage,
    GuideDistrict,
    WeeklyAvailability,
    ExtraAvailability,
    Absence,
    Credential,
    GuideConflict,
)


def main() -> None:
    """Fill a database, then measure reading and building in turn, and write the seconds of each time."""
    pools, each = map(int, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite"
        migrate(url)
        engine = make_engine(url)
        fill(engine, pools, chain.from_iterable(guides(pool, each, _SEED) for pool in range(pools)))
        reading: list[float] = []
        building: list[float] = []
        rows = built = 0
        for _ in range(_TIMES):
            with transaction(engine, read_only=True) as session:
                began = perf_counter()
                rows = sum(_read(session, pool + 1) for pool in range(pools))
                reading.append(perf_counter() - began)
            with transaction(engine, read_only=True) as session:
                began = perf_counter()
                built = sum(len(_build(session, pool + 1)) for pool in range(pools))
                building.append(perf_counter() - began)
        engine.dispose()
    assert built == pools * each
    peak = peak_bytes()
    answer = {"seconds": min(building), "peak_bytes": peak, "rows": rows} | {
        "reading": reading,
        "building": building,
    }
    Path(sys.argv[3]).write_text(json.dumps(answer), encoding="utf-8")


def _read(session: Session, pool_id: int) -> int:
    statements: list[Select[Any]] = [select(*Guide.__table__.c).where(Guide.pool_id == pool_id)]
    statements += [
        select(*model.__table__.c).join(Guide, Guide.id == model.guide_id).where(Guide.pool_id == pool_id)
        for model in _OF_GUIDES
    ]
    statements.append(
        select(*Assignment.__table__.c, GuideRequest.mode, GuideRequest.district_id)
        .join(GuideRequest, GuideRequest.id == Assignment.request_id)
        .where(Assignment.pool_id == pool_id)
    )
    return sum(len(session.execute(statement).all()) for statement in statements)


def _build(session: Session, pool_id: int) -> Index:
    return Index(1, candidates.load(session, pool_id, ZONE, PoolSettings(), NOW))


if __name__ == "__main__":
    main()
