"""Keeps the guides of each pool warm between requests: built once, updated on change, never stale.

Whoever changes what the matching knows of a guide raises the pool's version in the same transaction
(`services.guide_changes`). A reader first asks for the version and then brings the table up to it, so that
what it reads is at least as new as the version says. Besides, a table holds for one local day and one set of
rules. Nothing is approved from here: the approval reads the guide anew behind a lock.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import GuideStatus
from lotsen.matching.index import Index
from lotsen.matching.table import CandidateTable
from lotsen.matching.travel import Travel
from lotsen.models import Pool
from lotsen.queries import candidates, needs


@dataclass(frozen=True, slots=True)
class Known:
    """The guides and the ways of a pool, for reading as long as the door is open."""

    table: CandidateTable
    travel: Travel


@dataclass(slots=True)
class _Kept:
    """What this process keeps of one pool; whoever reads or renews it holds the lock."""

    lock: Lock = field(default_factory=Lock)
    index: Index | None = None
    day: date = date.min
    settings: PoolSettings | None = None
    travel: Travel = field(default_factory=Travel)


class Indexes:
    """The warm tables of a process; safe to share between its threads."""

    def __init__(self) -> None:
        self._pools: dict[int, _Kept] = {}
        self._lock = Lock()

    @contextmanager
    def open(self, session: Session, pool: Pool, settings: PoolSettings, now: datetime) -> Generator[Known]:
        """Hand out a pool's guides as this transaction knows them; nobody changes the table meanwhile."""
        with self._lock:
            kept = self._pools.setdefault(pool.id, _Kept())
        with kept.lock:
            travel = needs.travel_of(session, pool.id, settings)
            if travel != kept.travel:
                # The table keeps what it works out for one and the same object.
                kept.travel = travel
            yield Known(_table(kept, session, pool, settings, now), kept.travel)


def _table(
    kept: _Kept, session: Session, pool: Pool, settings: PoolSettings, now: datetime
) -> CandidateTable:
    zone = ZoneInfo(pool.zone)
    day = local_day(now, zone)
    # Asked for before any guide is read, and not taken from what the session may remember.
    version, changes = session.execute(
        select(Pool.guide_version, Pool.guide_changes).where(Pool.id == pool.id)
    ).one()
    index = kept.index
    if index is not None and (kept.day, kept.settings) == (day, settings):
        if index.version > version:
            # Another thread has seen more than this transaction may see.
            return CandidateTable(candidates.load(session, pool.id, zone, settings, now))
        if index.version == version or _update(index, version, changes, session, pool, settings, now):
            return index.table(version)
    kept.index = Index(version, candidates.load(session, pool.id, zone, settings, now))
    kept.day, kept.settings = day, settings
    return kept.index.table(version)


def _update(
    index: Index,
    version: int,
    changes: list[Any],
    session: Session,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> bool:
    """Read only those guides anew who have changed; False if that is not known, or somebody has left."""
    since = [(at, ids) for at, ids in changes if at > index.version]
    if len(since) != version - index.version:
        return False
    changed = sorted({guide_id for _, ids in since for guide_id in ids})
    found = candidates.load(session, pool.id, ZoneInfo(pool.zone), settings, now, changed)
    if any(one.status is GuideStatus.LEFT for one in found):
        return False
    for one in found:
        index.update_guide(one, version)
    return index.version == version
