"""What proposing somebody costs the others: which open requests would have nobody left."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen.domain.settings import PoolSettings
from lotsen.matching.stranded import Other, stranded
from lotsen.models import Pool
from lotsen.queries import candidates, eligibility, needs
from lotsen.queries.indexes import Indexes
from lotsen.queries.proposals import Proposals

# So many others are looked at while somebody waits for the page; more on demand only.
MOST_AT_ONCE: Final = 200

Costs = Mapping[int, tuple[tuple[int, str], ...]]


def of(
    session: Session,
    indexes: Indexes,
    found: Proposals,
    pool: Pool,
    settings: PoolSettings,
    now: datetime,
) -> Costs:
    """Return by guide the (id, reference) of the requests that nobody could take any more."""
    takers = {one.guide_id: one.window_index for one in found.proposals}
    others = eligibility.wanted(session, pool.id, settings)
    windows = tuple(window for one in others for window in one.need.windows)
    if not takers or not windows:
        return {}
    references = {one.request.id: str(one.request.reference) for one in others}
    with indexes.open(session, pool, settings, now) as known:
        here = set(known.table.guide_id.tolist())
        loaded = candidates.load(session, pool.id, ZoneInfo(pool.zone), settings, now, sorted(takers))
        lost = stranded(
            found.need,
            [(one, takers[one.guide_id]) for one in loaded if one.guide_id in here],
            [Other(one.need, one.missing) for one in others],
            known.table,
            needs.rules(pool, settings, replace(found.need, windows=windows), known.travel),
            now,
        )
    return {guide_id: tuple((one, references[one]) for one in ids) for guide_id, ids in lost.items()}
