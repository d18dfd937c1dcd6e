"""Reads a message the way its recipient does: built, serialised, parsed again."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from icalendar import Calendar

from lotsen.models import OutboxMessage
from lotsen.outbox.message import build_email


def received(row: OutboxMessage) -> EmailMessage:
    """Return the mail of a row after a way over the wire."""
    built = build_email(row, lambda number: f"secret-{number}", "post@lotsen.example", "lotsen.example")
    return message_from_bytes(built.as_bytes(), policy=policy.default)


def part(email: EmailMessage, kind: str) -> str:
    """Return the content of the first part of a type."""
    contents = (str(one.get_content()) for one in email.walk() if one.get_content_type() == kind)
    return next(contents).replace("\r\n", "\n")


def calendar(email: EmailMessage) -> Calendar | None:
    """Return the attached calendar, read by icalendar, if there is one."""
    files = [one for one in email.walk() if one.get_content_type() == "text/calendar"]
    return Calendar.from_ical(files[0].get_content()) if files else None


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._head = tag == "head" or (self._head and tag != "body")

    def handle_data(self, data: str) -> None:
        if not self._head:
            self.words += data.split()


def words_of_html(html: str) -> list[str]:
    """Return the words that a reader sees."""
    return _read(html).words


def tags_of_html(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return all tags with their attributes."""
    return _read(html).tags


def _read(html: str) -> _Words:
    reader = _Words()
    reader.feed(html)
    return reader
