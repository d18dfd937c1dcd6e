"""The short message that goes besides the mail to guides who wish for one: what it is about, and the link."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Channel, Notice
from lotsen.notifications.recipients import Recipient
from lotsen.outbox.message import Message

SHORT: Final = frozenset(
    {Notice.OFFER, Notice.OFFER_REMINDER, Notice.REMINDER, Notice.CANCELLED, Notice.MESSENGER_SET}
)
"""What is worth a buzz of the phone; everything else, and every document, comes by mail only."""


def short(
    mail: Message, recipient: Recipient, settings: PoolSettings, values: Mapping[str, object]
) -> Message | None:
    """Return the short message of a mail, if the recipient wants one and the pool still has that way."""
    if mail.notice not in SHORT or recipient.messenger is None:
        return None
    way, address = recipient.messenger
    if way not in settings.messengers:
        return None
    return replace(
        mail,
        dedup_key=f"{mail.dedup_key}.short",
        channel=Channel.MESSENGER,
        messenger=way,
        to_address=address,
        reply_to="",
        text_body="\n".join(str(part) for part in (mail.subject, values.get("link")) if part),
        html_body="",
        calendar_body=None,
        calendar_method=None,
    )
