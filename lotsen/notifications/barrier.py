"""The mail to the office when somebody reports a barrier: about the pages, so no request and no person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen.domain import settings as pool_settings
from lotsen.domain.vocabulary import Audience, Notice
from lotsen.models import Pool
from lotsen.notifications import recipients
from lotsen.notifications.links import Links
from lotsen.notifications.rendering import Office, render
from lotsen.outbox.message import Message
from lotsen.outbox.queue import enqueue

ANSWER_WITHIN: Final = timedelta(weeks=6)
"""The longest that BITVNRW, section 5, leaves for an answer."""


@dataclass(frozen=True)
class Report:
    """What somebody reports: on which page, and where an answer goes, if they want one."""

    what: str
    page: str = ""
    address: str = ""


def tell_office(
    session: Session, report: Report, pool: Pool, *, key: str, now: datetime, links: Links
) -> bool:
    """Put the report into the outbox; False if one with this key stands there already."""
    rules = pool_settings.from_mapping(pool.settings)
    office = Office(
        rules.office_name or pool.name, rules.office_phone, rules.office_email, rules.office_hours
    )
    values = {
        "report": report,
        "answer_by": now + ANSWER_WITHIN,
        "link": f"{links.base_url}/barrierefreiheit",
    }
    new = False
    for recipient in recipients.of_office(session, pool, rules):
        locale = recipient.locale
        rendered = render(Notice.BARRIER, locale, ZoneInfo(pool.zone), office, values)
        message = Message(
            dedup_key=f"{Notice.BARRIER}.{Audience.OFFICE}.{key}.{recipient.key}",
            pool_id=pool.id,
            notice=Notice.BARRIER,
            audience=Audience.OFFICE,
            to_name=recipient.name,
            to_address=recipient.address,
            # The office answers whoever wrote by answering the mail.
            reply_to=report.address,
            from_name=office.name,
            locale=locale,
            subject=rendered.subject,
            text_body=rendered.text,
            html_body=rendered.html,
            due_at=now,
        )
        new = enqueue(session, message, now) or new
    return new
