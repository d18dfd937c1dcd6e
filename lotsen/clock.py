"""The only place that knows what time it is now."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current moment as aware UTC."""
    return datetime.now(UTC)
