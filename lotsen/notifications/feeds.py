"""Writes a private calendar feed in its owner's words: times only, or as much as the mails say."""

from collections.abc import Iterable

from lotsen import i18n
from lotsen.domain.vocabulary import AssignmentStatus
from lotsen.models import Assignment
from lotsen.notifications import calendar, facts

_CALLED_OFF = (AssignmentStatus.CANCELLED, AssignmentStatus.WITHDRAWN)


def write(
    base_url: str,
    office: str,
    locale: str,
    assignments: Iterable[Assignment],
    *,
    of_guide: bool,
    with_details: bool,
) -> str:
    """Return the calendar; without details it names neither place nor matter, only our own reference."""
    entries = [_entry(base_url, locale, one, of_guide, with_details) for one in assignments]
    return calendar.feed(office, entries)


def _entry(
    base_url: str, locale: str, assignment: Assignment, of_guide: bool, with_details: bool
) -> calendar.FeedEntry:
    words, known = i18n.translator(locale), facts.talk(assignment.request)
    cancelled = assignment.status in _CALLED_OFF
    title = (
        facts.summary(known, locale)
        if with_details
        else words.gettext("Appointment %(reference)s", reference=known.reference)
    )
    page = f"angebot/{assignment.id}" if of_guide else f"anfrage/{assignment.request_id}"
    return calendar.FeedEntry(
        uid=calendar.uid(assignment.id, calendar.host(base_url)),
        sequence=assignment.sequence,
        stamp=assignment.answered_at or assignment.created_at,
        start=assignment.starts_at,
        end=assignment.ends_at,
        summary=words.gettext("Called off: %(title)s", title=title) if cancelled else title,
        location=facts.location(known, locale) if with_details else "",
        description=assignment.request.meeting_point if with_details and of_guide else "",
        url=f"{base_url}/{page}",
        cancelled=cancelled,
    )
