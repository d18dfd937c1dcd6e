"""Says how much an open request weighs when not all can be served: 4 to 2 to 1."""

from datetime import datetime

PRESSING, WAITING_LONG, USUAL = 4, 2, 1


def planning_weight(now: datetime, opened_at: datetime, due_at: datetime | None, *, urgent: bool) -> int:
    """Weigh a request by urgency and by how much of the promised time is over.

    Urgent or past its promised date: 4. Half of the promised time over: 2. Else 1.
    """
    if urgent or (due_at is not None and due_at <= now):
        return PRESSING
    if due_at is not None and now >= opened_at + (due_at - opened_at) / 2:
        return WAITING_LONG
    return USUAL
