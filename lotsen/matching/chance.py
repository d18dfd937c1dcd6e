"""Says roughly how many could come, to an institution that is still filling in its form.

Nothing is told that fewer than two guides are behind: no band, no reason and no change. What keeps a guide
away in person (an absence, another appointment, a full week) is told as "not free then".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lotsen.domain.vocabulary import ChanceBand, ReasonCode
from lotsen.matching.alternatives import Alternative, Scope, alternatives
from lotsen.matching.profiles import Need, Rules
from lotsen.matching.ranking import rank
from lotsen.matching.table import CandidateTable

_LEAST: Final = 2
_PERSONAL: Final = frozenset(
    {
        ReasonCode.NOT_ACTIVE,
        ReasonCode.ABSENT,
        ReasonCode.OVERLAP,
        ReasonCode.TRAVEL,
        ReasonCode.CONFLICT,
        ReasonCode.CAPACITY_WEEK,
        ReasonCode.CAPACITY_MONTH,
        ReasonCode.ASKS,
    }
)


@dataclass(frozen=True, slots=True)
class Chance:
    """A band; where it is low, what most of those who speak the language lack, and what would help best."""

    band: ChanceBand
    reason: ReasonCode | None = None
    best: Alternative | None = None


def chance(need: Need, table: CandidateTable, rules: Rules, now: datetime, scope: Scope) -> Chance:
    """Return the chance of a request as it stands; NOBODY means too few to speak of."""
    ranking = rank(need, table, rules, {}, now, 0)
    enough = max(_LEAST, need.guides_needed)
    if ranking.eligible >= 2 * enough:
        return Chance(ChanceBand.SEVERAL)
    band = ChanceBand.FEW if ranking.eligible >= enough else ChanceBand.NOBODY
    helpful = (
        one
        for one in alternatives(need, table, rules, now, scope)
        if one.opens >= _LEAST and one.count >= enough
    )
    return Chance(band, _reason(ranking.first, table.size), next(helpful, None))


def _reason(first: dict[ReasonCode, int], guides: int) -> ReasonCode | None:
    """Return what keeps most of those away who speak the language."""
    speakers = guides - first.get(ReasonCode.LANGUAGE, 0) - first.get(ReasonCode.NOT_ACTIVE, 0)
    if speakers < _LEAST:
        return ReasonCode.LANGUAGE if guides else None
    told: dict[ReasonCode, int] = {}
    for code, number in first.items():
        if code not in (ReasonCode.LANGUAGE, ReasonCode.NOT_ACTIVE):
            public = ReasonCode.NOT_AVAILABLE if code in _PERSONAL else code
            told[public] = told.get(public, 0) + number
    order = tuple(ReasonCode)
    most = max(told, key=lambda code: (told[code], -order.index(code)), default=None)
    return most if most is not None and told[most] >= _LEAST else None
