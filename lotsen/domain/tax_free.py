"""Up to which sum of a year allowances are free of tax, and when somebody has to be told."""

from typing import Final

from lotsen.domain.vocabulary import TaxFreeRule

WARN_AT: Final = (80, 100)
"""Percent of the yearly sum at which guide and office are told."""

# The year from which each sum holds, in cents.
_SUMS: Final[dict[TaxFreeRule, tuple[tuple[int, int], ...]]] = {
    TaxFreeRule.VOLUNTEER: ((2013, 720_00), (2021, 840_00), (2026, 960_00)),
    TaxFreeRule.TRAINER: ((2013, 2400_00), (2021, 3000_00), (2026, 3300_00)),
}


def limit_cents(rule: TaxFreeRule, year: int) -> int:
    """Return the tax-free sum of a year; a year before the first known one has the first sum."""
    sums = _SUMS[rule]
    return next((cents for first, cents in reversed(sums) if first <= year), sums[0][1])


def reached(cents: int, limit: int) -> int | None:
    """Return the highest warning that a sum has reached, in percent; None if it is below all."""
    return next((percent for percent in reversed(WARN_AT) if 100 * cents >= percent * limit), None)


def newly_reached(before: int, after: int, limit: int) -> int | None:
    """Return the warning that a sum has reached by growing; None if there is nothing new to say."""
    now = reached(after, limit)
    return now if now is not None and now > (reached(before, limit) or 0) else None
