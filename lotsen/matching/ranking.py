"""Ranks the guides of a pool for one request, and says of everyone else why not.

A guide is excluded exactly when no window is free of reasons. The reasons that count for an excluded guide
are those of the guide's best window: the one with the fewest reasons, the earliest in the request's order
among equals.
`counts_by_reason` names a guide under every reason of that window, `only_reason` under its single one; so
whoever stands in `only_reason` stands under the same code in `counts_by_reason`, and would be free if just
that changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lotsen.domain.vocabulary import ReasonCode
from lotsen.matching.highlights import Highlight, highlights
from lotsen.matching.profiles import Candidate, Need, Rules, Weights
from lotsen.matching.rules import Reason, check
from lotsen.matching.scoring import Fit, fit


@dataclass(frozen=True, slots=True)
class Option:
    """A window in which a guide is free, and how well it fits."""

    window_index: int
    fit: Fit
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A guide who can be asked: the best window first, then the other free ones from best to worst."""

    guide_id: int
    window_index: int
    fit: Fit
    highlights: tuple[Highlight, ...]
    others: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """A guide who cannot: the reasons of each window in the request's order, and the index of the best one.

    A request without windows excludes everyone without a reason; `best_window` is None then.
    """

    guide_id: int
    reasons: tuple[tuple[Reason, ...], ...]
    best_window: int | None

    @property
    def best_reasons(self) -> tuple[Reason, ...]:
        """The reasons that count for this guide."""
        return () if self.best_window is None else self.reasons[self.best_window]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who can, best first, and who cannot, by guide id; `eligible` counts those who can before any cut."""

    proposals: tuple[Proposal, ...]
    eligible: int
    excluded: tuple[Excluded, ...] = ()
    counts_by_reason: Mapping[ReasonCode, tuple[int, ...]] = field(
        default_factory=dict[ReasonCode, tuple[int, ...]]
    )
    only_reason: Mapping[ReasonCode, tuple[int, ...]] = field(
        default_factory=dict[ReasonCode, tuple[int, ...]]
    )


def rank(
    need: Need,
    candidates: Iterable[Candidate],
    rules: Rules,
    weights: Weights,
    now: datetime,
    top: int | None = None,
) -> Ranking:
    """Rank one request's guides; `top` cuts the proposals, everyone is counted all the same.

    Equal fits: who was asked less in 90 days goes first, then who worked less, then the smaller guide id;
    between windows of one guide the earlier one.
    """
    eligible: list[tuple[Candidate, tuple[tuple[int, Fit], ...]]] = []
    excluded: list[Excluded] = []
    for candidate in candidates:
        reasons = tuple(check(need, window, candidate, rules, now) for window in need.windows)
        if free := [index for index, found in enumerate(reasons) if not found]:
            fits = [(index, fit(need, need.windows[index], candidate, rules, weights)) for index in free]
            fits.sort(key=lambda one: (-one[1].total, _window_key(need, one[0])))
            eligible.append((candidate, tuple(fits)))
        else:
            best = min(range(len(reasons)), key=lambda index: (len(reasons[index]), index), default=None)
            excluded.append(Excluded(candidate.guide_id, reasons, best))
    eligible.sort(
        key=lambda one: (-one[1][0][1].total, one[0].asks_90, one[0].load_minutes_90, one[0].guide_id)
    )
    excluded.sort(key=lambda one: one.guide_id)
    return Ranking(
        proposals=tuple(_proposal(need, candidate, fits, rules) for candidate, fits in eligible[:top]),
        eligible=len(eligible),
        excluded=tuple(excluded),
        counts_by_reason=_by_reason(excluded),
        only_reason=_by_reason([one for one in excluded if len(one.best_reasons) == 1]),
    )


def _proposal(need: Need, candidate: Candidate, fits: tuple[tuple[int, Fit], ...], rules: Rules) -> Proposal:
    best, *others = (
        Option(index, measured, highlights(need, need.windows[index], candidate, rules, measured))
        for index, measured in fits
    )
    return Proposal(candidate.guide_id, best.window_index, best.fit, best.highlights, tuple(others))


def _window_key(need: Need, index: int) -> tuple[datetime, datetime, int]:
    window = need.windows[index]
    return window.start, window.end, index


def _by_reason(excluded: list[Excluded]) -> dict[ReasonCode, tuple[int, ...]]:
    """Gather guide ids by reason, in the order of the vocabulary; reasons that nobody has are left out."""
    found: dict[ReasonCode, list[int]] = {}
    for one in excluded:
        for reason in one.best_reasons:
            found.setdefault(reason.code, []).append(one.guide_id)
    return {code: tuple(found[code]) for code in ReasonCode if code in found}
