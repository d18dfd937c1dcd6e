from dataclasses import replace
from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from lotsen.notifications.calendar import Entry, appointment

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ENTRY = Entry(
    uid="assignment-7@lotsen.example",
    sequence=0,
    start=START,
    end=START + timedelta(hours=1),
    summary="Elterngespräch auf Arabisch",
    location="Grundschule am Park, Parkstraße 3; Hof\nHinterhaus",
    description="Anfrage L-2026-0012",
    organizer_name='Büro "Musterstadt", Lotsen',
    organizer_address="lotsen@musterstadt.example",
    attendee_name="Amal Beispiel",
    attendee_address="amal@lotsen.example",
    alarm=True,
)


def test_an_appointment_is_read_back_as_it_was_written():
    text, method = appointment(ENTRY, NOW)
    calendar = Calendar.from_ical(text)
    (event,) = calendar.events
    assert (method, calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "REQUEST", "2.0")
    assert (event.start, event.end) == (ENTRY.start, ENTRY.end)
    assert event["DTSTAMP"].dt == NOW
    assert event["UID"] == ENTRY.uid
    assert event["SEQUENCE"] == 0
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == ENTRY.summary
    assert event["LOCATION"] == ENTRY.location
    assert event["ORGANIZER"] == "mailto:lotsen@musterstadt.example"
    assert event["ATTENDEE"] == "mailto:amal@lotsen.example"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    (alarm,) = event.walk("VALARM")
    assert alarm["ACTION"] == "DISPLAY"
    assert alarm["TRIGGER"].dt == timedelta(hours=-2)


def test_times_are_utc_and_need_no_zone():
    text, _ = appointment(ENTRY, NOW)
    assert "DTSTART:20261127T090000Z" in text
    assert "VTIMEZONE" not in text
    assert "TZID" not in text


def test_a_cancelled_one_names_the_same_event_with_a_higher_number_and_rings_no_more():
    text, method = appointment(replace(ENTRY, sequence=1), NOW, cancel=True)
    (event,) = Calendar.from_ical(text).events
    assert method == "CANCEL"
    assert event["STATUS"] == "CANCELLED"
    assert event["UID"] == ENTRY.uid
    assert event["SEQUENCE"] == 1
    assert not event.walk("VALARM")


def test_the_same_entry_gives_the_same_bytes():
    assert appointment(ENTRY, NOW) == appointment(ENTRY, NOW)


def test_lines_end_and_fold_as_the_standard_asks():
    text, _ = appointment(ENTRY, NOW)
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
