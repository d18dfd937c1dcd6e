"""Mails about a person and no request: links to sign in, and what the office should know of a guide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen.domain import settings as pool_settings
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Audience, Notice, TokenPurpose
from lotsen.models import Contact, Guide, Pool
from lotsen.notifications import recipients
from lotsen.notifications.links import Links
from lotsen.notifications.plans import Plan
from lotsen.notifications.recipients import Recipient
from lotsen.notifications.rendering import Office, render
from lotsen.notifications.short import short
from lotsen.outbox.message import Message
from lotsen.outbox.queue import enqueue

LINK_LASTS: Final = timedelta(hours=24)

_USEFUL: Final = timedelta(days=5)


@dataclass(frozen=True)
class Person:
    """Whom a mail is about, and all that it may need."""

    session: Session
    about: Guide | Contact
    pool: Pool
    settings: PoolSettings
    now: datetime
    links: Links

    @property
    def office(self) -> Office:
        """Who signs."""
        rules = self.settings
        name = rules.office_name or self.pool.name
        return Office(name, rules.office_phone, rules.office_email, rules.office_hours)

    @property
    def key(self) -> str:
        """What names this person in the key of a message."""
        return f"{'g' if isinstance(self.about, Guide) else 'c'}{self.about.id}"


def tell(
    session: Session,
    notice: Notice,
    audience: Audience,
    about: Guide | Contact,
    pool_id: int,
    *,
    now: datetime,
    links: Links,
) -> None:
    """Put the mails of a notice about a guide or a contact into the outbox."""
    pool = session.get_one(Pool, pool_id)
    person = Person(session, about, pool, pool_settings.from_mapping(pool.settings), now, links)
    plan = PERSONAL[notice, audience](person)
    for recipient in _recipients(person, audience):
        mail = _message(person, notice, audience, plan, recipient)
        enqueue(session, mail, now)
        if beside := short(mail, recipient, person.settings, {}):
            enqueue(session, beside, now)


def _recipients(person: Person, audience: Audience) -> tuple[Recipient, ...]:
    if audience is Audience.OFFICE:
        return recipients.of_office(person.session, person.pool, person.settings)
    about = person.about
    return (recipients.of_guide(about) if isinstance(about, Guide) else recipients.of_contact(about),)


def _message(person: Person, notice: Notice, audience: Audience, plan: Plan, recipient: Recipient) -> Message:
    office, locale = person.office, recipient.locale
    values = {**plan.values, "audience": audience}
    rendered = render(notice, locale, ZoneInfo(person.pool.zone), office, values)
    # To the second: who asks once more gets one more mail, a double click does not.
    version = int(person.now.timestamp())
    return Message(
        dedup_key=f"{notice}.{audience}.{person.key}.v{version}.{recipient.key}",
        pool_id=person.pool.id,
        notice=notice,
        audience=audience,
        to_name=recipient.name,
        to_address=recipient.address,
        reply_to=office.email,
        from_name=office.name,
        locale=locale,
        subject=rendered.subject,
        text_body=rendered.text,
        html_body=rendered.html,
        due_at=person.now,
        useless_after=plan.useless_after or person.now + _USEFUL,
    )


def _login_link(purpose: TokenPurpose) -> Callable[[Person], Plan]:
    def plan(person: Person) -> Plan:
        until = person.now + LINK_LASTS
        of_guide = isinstance(person.about, Guide)
        link = person.links.issue(
            person.session,
            purpose,
            now=person.now,
            expires_at=until,
            guide_id=person.about.id if of_guide else None,
            contact_id=None if of_guide else person.about.id,
        )
        return Plan(values={"link": link, "until": until}, useless_after=until)

    return plan


def _about_guide(person: Person) -> Plan:
    link = f"{person.links.base_url}/buero/lotsen/{person.about.id}"
    return Plan(values={"name": person.about.name, "link": link})


def _messenger_set(person: Person) -> Plan:
    guide = person.about
    if not isinstance(guide, Guide):
        raise TypeError("only guides have messengers")
    return Plan(values={"way": guide.messenger, "address": guide.messenger_address})


PERSONAL: dict[tuple[Notice, Audience], Callable[[Person], Plan]] = {
    (Notice.LOGIN_LINK, Audience.GUIDE): _login_link(TokenPurpose.SIGN_IN),
    (Notice.LOGIN_LINK, Audience.INSTITUTION): _login_link(TokenPurpose.MY_REQUESTS),
    (Notice.MESSENGER_SET, Audience.GUIDE): _messenger_set,
    (Notice.LANGUAGES_WAITING, Audience.OFFICE): _about_guide,
    (Notice.DELETION_ASKED, Audience.OFFICE): _about_guide,
}
"""Every notice about a person with those who receive it."""
