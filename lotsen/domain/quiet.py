"""Says when somebody may be written to who has quiet hours, one stretch of them or several."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lotsen.domain.localtime import local_datetime

# Each stretch can put it off once in a day; hours that leave no gap at all would do so for ever.
_ROUNDS = 2


def awake_at(now: datetime, zone: ZoneInfo, quiet: Collection[tuple[time, time]]) -> datetime:
    """Return now, or the end of the quiet hours; a stretch may go over midnight."""
    moment = now
    for _ in range(_ROUNDS):
        for begins, ends in quiet:
            moment = _after(moment, zone, begins, ends)
    return moment


def _after(moment: datetime, zone: ZoneInfo, begins: time, ends: time) -> datetime:
    local = moment.astimezone(zone)
    late = local.time() >= begins
    over_night = begins > ends
    inside = late or local.time() < ends if over_night else begins <= local.time() < ends
    if not inside:
        return moment
    day = local.date() + timedelta(days=1 if late and over_night else 0)
    return local_datetime(day, ends, zone).moment
