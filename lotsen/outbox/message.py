"""A message as its sender decides it, and the e-mail built from its row, each time the same to the byte."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from lotsen.domain import tokens
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Channel, Notice, RequestStatus
from lotsen.models import OutboxMessage

# Valid as the left part of a Message-ID, and as the name of a file on any system.
_SAFE_KEY = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_KEY_LIMIT = 160


@dataclass(frozen=True)
class Message:
    """One message to one address; `dedup_key` names recipient, notice, subject and version.

    Bodies hold placeholders where a link's secret will stand. It leaves at `due_at`, and only while its
    request and assignment are in the `valid_…` state, the assignment starts at `valid_start_at`, and
    `useless_after` is not over.
    """

    dedup_key: str
    pool_id: int
    notice: Notice
    audience: Audience
    to_name: str
    to_address: str
    from_name: str
    locale: str
    subject: str
    text_body: str
    html_body: str
    due_at: datetime
    reply_to: str = ""
    calendar_body: str | None = None
    calendar_method: str | None = None
    request_id: int | None = None
    assignment_id: int | None = None
    valid_request: RequestStatus | None = None
    valid_assignment: AssignmentStatus | None = None
    valid_start_at: datetime | None = None
    useless_after: datetime | None = None
    channel: Channel = Channel.MAIL
    messenger: str | None = None

    def __post_init__(self) -> None:
        if not _SAFE_KEY.fullmatch(self.dedup_key) or len(self.dedup_key) > _KEY_LIMIT:
            raise ValueError(f"dedup_key: {self.dedup_key!r}")
        if (self.calendar_body is None) != (self.calendar_method is None):
            raise ValueError("a calendar file needs its method, and the method its file")


def build_email(
    row: OutboxMessage, raw_of: Callable[[int], str], sender: str, mail_domain: str
) -> EmailMessage:
    """Build the e-mail of a row; `raw_of` gives the secret part of a link by its token's id.

    A message that is sent twice must be recognisable as one: nothing here depends on the moment or on chance.
    """
    email = EmailMessage(policy=SMTP)
    email["Message-ID"] = f"<{row.dedup_key}@{mail_domain}>"
    email["Date"] = row.created_at
    email["From"] = Address(row.from_name, addr_spec=_ascii_domain(sender))
    email["To"] = Address(row.to_name, addr_spec=_ascii_domain(row.to_address))
    if row.reply_to:
        # What the office answers to somebody else must not bear the office's own name.
        to_other = row.audience is Audience.OFFICE and row.reply_to != row.to_address
        name = "" if to_other else row.from_name
        email["Reply-To"] = Address(name, addr_spec=_ascii_domain(row.reply_to))
    email["Subject"] = row.subject
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(tokens.reveal(row.text_body, raw_of), cte="quoted-printable")
    email.add_alternative(tokens.reveal(row.html_body, raw_of), subtype="html", cte="quoted-printable")
    if row.calendar_body is not None and row.calendar_method is not None:
        calendar = tokens.reveal(row.calendar_body, raw_of)
        email.add_alternative(
            calendar, subtype="calendar", cte="base64", params={"method": row.calendar_method}
        )
        email.add_attachment(calendar.encode(), maintype="application", subtype="ics", filename="invite.ics")
    # Last: what becomes a multipart leaves its Content-… headers to its first part.
    email["Content-Language"] = row.locale
    _fix_boundaries(email)
    return email


def dedup_key_of(email: EmailMessage) -> str:
    """Return the key of the row that an e-mail was built from."""
    return str(email["Message-ID"]).strip("<> ").rpartition("@")[0]


def _ascii_domain(address: str) -> str:
    # Names of domains travel as ASCII ("xn--…"); not every mail server takes anything else.
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _fix_boundaries(email: EmailMessage) -> None:
    # "=_" comes up neither in quoted-printable nor in base64, so no body can hold a boundary.
    multiparts = [part for part in email.walk() if part.is_multipart()]
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_lotsen_{number}")
