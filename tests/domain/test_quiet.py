"""Quiet hours of a pool and a guide's own: neither is broken, over midnight and at noon."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from lotsen.domain.quiet import awake_at

ZONE = ZoneInfo("Europe/Berlin")
POOL = (time(21), time(8))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "own", "then"),
    [
        ("2026-11-23T12:00", None, "2026-11-23T12:00"),
        ("2026-11-23T22:00", None, "2026-11-24T08:00"),
        ("2026-11-23T07:59", None, "2026-11-23T08:00"),
        ("2026-11-23T19:30", (time(19), time(10)), "2026-11-24T10:00"),
        ("2026-11-23T22:00", (time(19), time(10)), "2026-11-24T10:00"),
        ("2026-11-23T22:00", (time(8), time(9)), "2026-11-24T09:00"),
        ("2026-11-23T12:30", (time(12), time(14)), "2026-11-23T14:00"),
        # The clock is put back in this night.
        ("2026-10-24T23:00", None, "2026-10-25T08:00"),
    ],
)
def test_the_message_waits_until_all_quiet_hours_are_over(
    now: str, own: tuple[time, time] | None, then: str
) -> None:
    assert awake_at(at(now), ZONE, (POOL, own) if own else (POOL,)) == at(then)
