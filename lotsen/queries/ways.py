"""What an institution may be offered where nobody can come: changes of its request that help, and no names.

Nothing is offered that fewer than two guides stand behind, as on the page where a request is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotsen.domain.request_rules import Times, problems
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import ChangeKind
from lotsen.matching.alternatives import Alternative, alternatives, smallest_of_each_kind
from lotsen.matching.profiles import Need
from lotsen.matching.rules import able
from lotsen.models import District, GuideRequest, Pool
from lotsen.queries import needs
from lotsen.queries.indexes import Indexes
from lotsen.queries.proposals import scope_of

LEAST = 2
_MOST = 6
# What the institution itself may decide.
_OFFERED = frozenset(ChangeKind) - {ChangeKind.FURTHER, ChangeKind.LOWER_GERMAN, ChangeKind.OTHER_POOL}


@dataclass(frozen=True, slots=True)
class Ways:
    """Changes that help, by a key for their address; `enough` people can come as things are, `few` beside."""

    enough: bool
    few: bool
    by_key: dict[str, Alternative]
    districts: dict[str, str]


def ways(
    session: Session,
    indexes: Indexes,
    request: GuideRequest,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> Ways:
    """Return what would help a request, the smallest change of each kind first."""
    need = needs.need_of(request, settings)
    least = max(LEAST, need.guides_needed)
    with indexes.open(session, pool, settings, now) as known:
        rules = needs.rules(pool, settings, need, known.travel)
        free: frozenset[int] = frozenset()
        if not problems(_times(need), now, settings):
            free = free.union(*(able(need, window, known.table, rules, now) for window in need.windows))
        found = alternatives(need, known.table, rules, now, scope_of(need, settings))
        possible = [one for one in found if _is_possible(one, need, now, settings)]
        told = [one for one in possible if one.opens >= LEAST and one.count >= least]
        districts = select(District.code, District.name).where(District.pool_id == pool.id)
        return Ways(
            enough=len(free) >= least,
            few=bool(possible),
            by_key={key(one): one for one in smallest_of_each_kind(told)[:_MOST]},
            districts=dict(session.execute(districts).all()),
        )


def key(one: Alternative) -> str:
    """Return a short name of an alternative, the same as long as it changes the same."""
    return sha256("|".join(_parts(one)).encode()).hexdigest()[:12]


def _parts(one: Alternative) -> Iterator[str]:
    for change in one.changes:
        window = change.window
        times = (window.start.isoformat(), window.end.isoformat()) if window is not None else ()
        yield " ".join((change.kind, *times, change.level or "", change.wish or "", *change.languages))


def _is_possible(one: Alternative, need: Need, now: datetime, settings: PoolSettings) -> bool:
    if not all(change.kind in _OFFERED for change in one.changes):
        return False
    moved = tuple((change.window.start, change.window.end) for change in one.changes if change.window)
    return not problems(Times(moved[-1:]) if moved else _times(need), now, settings)


def _times(need: Need) -> Times:
    return Times(tuple((window.start, window.end) for window in need.windows))
