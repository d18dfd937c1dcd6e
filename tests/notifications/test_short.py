"""Guides who wish for it get a short message beside the mail, of what cannot wait."""

import pytest
from sqlalchemy.orm import Session

from lotsen.domain.vocabulary import Audience, Channel, Notice
from tests.notifications.factories import scene

pytestmark = pytest.mark.only_db("sqlite")


@pytest.mark.parametrize(
    ("notice", "offered", "short"),
    [
        (Notice.OFFER, ["SMS"], True),
        (Notice.OFFER_REMINDER, ["SMS"], True),
        (Notice.REMINDER, ["SMS"], True),
        (Notice.CANCELLED, ["SMS"], True),
        (Notice.CONFIRMED, ["SMS"], False),
        (Notice.HOURS, ["SMS"], False),
        (Notice.OFFER, ["Signal"], False),
    ],
)
def test_what_cannot_wait_comes_short_too(
    session: Session, notice: Notice, offered: list[str], short: bool
) -> None:
    one = scene(session, notice, Audience.GUIDE)
    assert one.assignment is not None
    one.pool.settings = {**one.pool.settings, "messengers": offered}
    one.assignment.guide.messenger, one.assignment.guide.messenger_address = "SMS", "+4915112345678"
    mail, *more = one.tell(notice, Audience.GUIDE)
    assert (mail.channel, mail.messenger) == (Channel.MAIL, None)
    assert len(more) == short
    for brief in more:
        assert (brief.channel, brief.messenger, brief.to_address) == (
            Channel.MESSENGER,
            "SMS",
            "+4915112345678",
        )
        assert brief.text_body.startswith(mail.subject)
        assert "Grundschule" not in brief.text_body
        assert len(brief.text_body) < 300
        assert (brief.valid_assignment, brief.useless_after) == (mail.valid_assignment, mail.useless_after)
        assert brief.calendar_body is None
