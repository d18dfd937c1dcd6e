"""Which hours and which travel can be true for an appointment that is over."""

from datetime import datetime, timedelta
from typing import Final

from lotsen.domain.vocabulary import HoursProblem

MOST_HOURS: Final = 12
KM_MOST: Final = 500
TICKET_MOST: Final = 200_00


def span_problem(starts_at: datetime, ends_at: datetime, now: datetime) -> HoursProblem | None:
    """Return what is wrong with the time of a talk that somebody reports."""
    if ends_at <= starts_at:
        return HoursProblem.ORDER
    if ends_at - starts_at > timedelta(hours=MOST_HOURS):
        return HoursProblem.TOO_LONG
    return HoursProblem.NOT_OVER if ends_at > now else None


def travel_problem(km: int, ticket_cents: int) -> HoursProblem | None:
    """Return what is wrong with the way that a guide reports: kilometres there and back, or a ticket."""
    if km and ticket_cents:
        return HoursProblem.TWO_TRAVELS
    if not 0 <= km <= KM_MOST:
        return HoursProblem.FAR
    return None if 0 <= ticket_cents <= TICKET_MOST else HoursProblem.DEAR
