from datetime import UTC, datetime, timedelta

import pytest

from lotsen.domain.urgency import PRESSING, USUAL, WAITING_LONG, planning_weight

OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = OPENED + timedelta(days=4)


@pytest.mark.parametrize(
    ("waited", "weight"),
    [
        (timedelta(0), USUAL),
        (timedelta(days=2, seconds=-1), USUAL),
        (timedelta(days=2), WAITING_LONG),
        (timedelta(days=4, seconds=-1), WAITING_LONG),
        (timedelta(days=4), PRESSING),
        (timedelta(days=40), PRESSING),
    ],
)
def test_waiting_raises_the_weight(waited: timedelta, weight: int) -> None:
    assert planning_weight(OPENED + waited, OPENED, DUE, urgent=False) == weight


def test_urgent_weighs_most_from_the_beginning() -> None:
    assert planning_weight(OPENED, OPENED, DUE, urgent=True) == PRESSING


def test_without_a_promised_date_only_urgency_counts() -> None:
    assert planning_weight(OPENED + timedelta(days=40), OPENED, None, urgent=False) == USUAL
