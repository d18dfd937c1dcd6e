"""Calendar files: one appointment that is entered, or taken out again, and feeds of several.

Times are UTC, without VTIMEZONE: every client shows them in its owner's zone, and what does not
repeat gains nothing from the rules of a zone, which clients read differently.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import PARTSTAT, STATUS, TRANSP, Alarm, Calendar, Event, vCalAddress, vDuration, vText

_PRODUCT = "-//lotsen//lotsen//DE"
_BEFORE = timedelta(hours=2)
_REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar shows; other people may see it, so it names nobody but organizer and attendee."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    summary: str
    location: str
    description: str
    organizer_name: str
    organizer_address: str
    attendee_name: str
    attendee_address: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An appointment in a feed; `stamp` moves only when the appointment does."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    summary: str
    location: str
    description: str
    url: str
    cancelled: bool


def host(base_url: str) -> str:
    """Return the name that makes the identifiers of this installation unlike those of others."""
    return urlsplit(base_url).hostname or "localhost"


def uid(assignment_id: int, of_host: str) -> str:
    """Return by what calendars know an appointment, in mails and in feeds alike."""
    return f"assignment-{assignment_id}@{of_host}"


def feed(name: str, entries: Iterable[FeedEntry]) -> str:
    """Return a calendar to subscribe to; the same entries give the same file to the byte."""
    calendar = Calendar()
    calendar.version = "2.0"
    calendar.prodid = _PRODUCT
    calendar.method = "PUBLISH"
    calendar["X-WR-CALNAME"] = vText(name)
    calendar["REFRESH-INTERVAL"] = vDuration(_REFRESH, {"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(_REFRESH)
    for entry in entries:
        event = Event.new(
            uid=entry.uid,
            sequence=entry.sequence,
            stamp=entry.stamp,
            start=entry.start,
            end=entry.end,
            summary=entry.summary,
            location=entry.location or None,
            description=entry.description or None,
            url=entry.url,
            status=STATUS.CANCELLED if entry.cancelled else STATUS.CONFIRMED,
            # What was called off keeps nobody's time.
            transparency=TRANSP.TRANSPARENT if entry.cancelled else TRANSP.OPAQUE,
        )
        calendar.add_component(event)
    return calendar.to_ical().decode()


def appointment(entry: Entry, now: datetime, *, cancel: bool = False) -> tuple[str, str]:
    """Return the file that enters an appointment, or takes it out, and its method."""
    method = "CANCEL" if cancel else "REQUEST"
    event = Event.new(
        uid=entry.uid,
        sequence=entry.sequence,
        stamp=now,
        start=entry.start,
        end=entry.end,
        summary=entry.summary,
        location=entry.location,
        description=entry.description,
        status=STATUS.CANCELLED if cancel else STATUS.CONFIRMED,
        organizer=vCalAddress.new(entry.organizer_address, cn=entry.organizer_name),
        # Both sides have agreed already; a calendar that asks them again would mail its answer to the office.
        attendees=[
            vCalAddress.new(
                entry.attendee_address,
                cn=entry.attendee_name,
                partstat=PARTSTAT.DECLINED if cancel else PARTSTAT.ACCEPTED,
                rsvp=False,
            )
        ],
    )
    if entry.alarm and not cancel:
        event.add_component(_alarm(entry.summary))
    # Not `Calendar.new`: it would add an identifier by chance, and a repeat must be the same to the byte.
    calendar = Calendar()
    calendar.version = "2.0"
    calendar.prodid = _PRODUCT
    calendar.method = method
    calendar.add_component(event)
    return calendar.to_ical().decode(), method


def _alarm(text: str) -> Alarm:
    alarm = Alarm.new(description=text)
    alarm.ACTION = "DISPLAY"
    alarm.TRIGGER = -_BEFORE
    return alarm
