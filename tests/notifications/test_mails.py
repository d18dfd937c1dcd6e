"""Every mail as it arrives: compared with its snapshot, and against the rules that hold for all of them.

`LOTSEN_UPDATE_SNAPSHOTS=1 pytest tests/notifications` writes the snapshots anew.
"""

import os
import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lotsen import i18n
from lotsen.domain.vocabulary import AssignmentStatus, Audience, Consequence, Notice
from lotsen.models import OutboxMessage
from lotsen.notifications.personal import PERSONAL
from lotsen.notifications.plans import PLANS
from tests.notifications.factories import LINKS, STATES, a_change, barrier_mail, personal_mail, scene
from tests.notifications.reading import calendar, part, received, tags_of_html, words_of_html

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("LOTSEN_UPDATE_SNAPSHOTS") == "1"
PRIVATE = ("Amal", "Beispiel", "Eva", "Muster ", "Paul", "Probe", "0170", "Grundschule", "Parkstraße")
WORDS_MAX = 12
# Sentences that may be longer, each with its reason.
LONGER: frozenset[str] = frozenset()

EVERY = (*PLANS, *PERSONAL, (Notice.BARRIER, Audience.OFFICE))
each_mail = pytest.mark.parametrize(
    ("notice", "audience"), EVERY, ids=[f"{notice}.{audience}" for notice, audience in EVERY]
)
one_database = pytest.mark.only_db("sqlite")


def mail(session: Session, notice: Notice, audience: Audience, locale: str = "de") -> OutboxMessage:
    if (notice, audience) in PERSONAL:
        return personal_mail(session, notice, audience, locale)
    if notice is Notice.BARRIER:
        return barrier_mail(session)
    (row,) = scene(session, notice, audience, locale).tell(notice, audience)
    return row


def as_text(row: OutboxMessage) -> str:
    email = received(row)
    head = [f"{name}: {email[name]}" for name in ("Message-ID", "From", "To", "Reply-To", "Subject")]
    parts = ["\n".join(head), part(email, "text/plain"), part(email, "text/html")]
    if row.calendar_body is not None:
        parts.append(part(email, "text/calendar"))
    lines = "\n\n=====\n\n".join(one.strip() for one in parts).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def compare(name: str, found: str) -> None:
    file = SNAPSHOTS / f"{name}.txt"
    if UPDATE:
        file.write_text(found, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == found


def test_every_mail_of_the_lifecycle_and_every_notice_is_covered():
    assert set(PLANS) == set(STATES)
    assert {notice for notice, _ in EVERY} == set(Notice)


@one_database
@each_mail
def test_german_snapshot(session: Session, notice: Notice, audience: Audience):
    compare(f"{notice}.{audience}.de", as_text(mail(session, notice, audience)))


@one_database
def test_english_snapshot_has_german_below(session: Session):
    row = mail(session, Notice.OFFER, Audience.GUIDE, "en")
    compare("offer.guide.en", as_text(row))
    english, german = part(received(row), "text/plain").split("-" * 40)
    assert "Open the page and answer" in english
    assert "Seite öffnen und antworten" in german
    languages = [attrs.get("lang") for tag, attrs in tags_of_html(row.html_body) if tag == "div"]
    assert languages == ["en", "de"]


@one_database
def test_arabic_is_written_from_right_to_left(session: Session):
    row = mail(session, Notice.OFFER, Audience.GUIDE, "ar")
    compare("offer.guide.ar", as_text(row))
    parts = [
        (attrs.get("lang"), attrs.get("dir")) for tag, attrs in tags_of_html(row.html_body) if tag == "div"
    ]
    assert parts == [("ar", "rtl"), ("de", "ltr")]
    assert [tag for tag, _ in tags_of_html(row.html_body)].count("hr") == 1
    assert "\u2068Parkstraße 3, Nordstadt\u2069" in row.text_body
    assert "<bdi>Parkstraße 3, Nordstadt</bdi>" in row.html_body


@one_database
@each_mail
@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_rules_for_every_mail(session: Session, notice: Notice, audience: Audience, locale: str):
    row = mail(session, notice, audience, locale)
    email = received(row)
    text, html = part(email, "text/plain"), part(email, "text/html")
    seen = words_of_html(html)

    # Plain text and HTML say the same; only the lines between the languages and before URLs differ, and what
    # keeps names apart from the direction of writing around them.
    apart = r"[\s:\-\u2068\u2069]"
    assert re.sub(apart, "", text) == re.sub(apart, "", "".join(seen))
    # Nothing personal in the subject or in an address, nothing about the family anywhere.
    links = re.findall(r"https?://\S+", text)
    for where in (str(email["Subject"]), *links):
        assert not [word for word in PRIVATE if word in where]
    assert "Mutter" not in text
    # At most two links, each below its words, all of them ours.
    first_part = text.split("-" * 40)[0]
    assert len(re.findall(r"https?://\S+", first_part)) <= 2
    assert all(link.startswith(f"{LINKS.base_url}/") for link in links)
    # The office signs.
    assert "02131 000000" in first_part
    # Nothing is loaded from elsewhere, no colours fight with a dark scheme.
    tags = tags_of_html(html)
    assert {tag for tag, _ in tags} <= {
        "html", "head", "meta", "title", "body", "div", "p", "a", "br", "dl", "dt", "dd", "bdi", "hr",
    }  # fmt: skip
    assert not [attrs for _, attrs in tags if "src" in attrs or "color:" in (attrs.get("style") or "")]
    html_tag = next(attrs for tag, attrs in tags if tag == "html")
    assert html_tag == {"lang": row.locale, "dir": i18n.translator(row.locale).direction}
    if audience is Audience.GUIDE:
        assert row.locale == locale
    assert "~token" not in text + html
    assert "\n\n\n" not in text


@one_database
@each_mail
def test_german_sentences_are_short(session: Session, notice: Notice, audience: Audience):
    for sentence in sentences(part(received(mail(session, notice, audience)), "text/plain")):
        if sentence not in LONGER:
            assert len(sentence.split()) <= WORDS_MAX, sentence


def sentences(text: str) -> list[str]:
    """Return the sentences of a mail, without facts, addresses and signature."""
    found: list[str] = []
    for line in text.splitlines():
        if re.match(r"https?://", line) or re.match(r"[A-ZÄÖÜ][^.?!]{0,30}: ", line):
            continue
        # "24. November" ends no sentence.
        found += re.split(r"(?<=[.?!])(?<!\s\d\.)(?<!\s\d\d\.)\s+", line.strip())
    return [sentence for sentence in found if sentence]


def test_the_measure_of_sentences_counts_as_people_do():
    assert sentences("Kommen Sie am 24. November 2026. Danke!\nOrt: Parkstraße 3\nhttps://x.example") == [
        "Kommen Sie am 24. November 2026.",
        "Danke!",
    ]


@one_database
@pytest.mark.parametrize(
    ("notice", "audience", "method", "sequence"),
    [
        (Notice.CONFIRMED, Audience.INSTITUTION, "REQUEST", 0),
        (Notice.CONFIRMED, Audience.GUIDE, "REQUEST", 0),
        (Notice.CANCELLED, Audience.INSTITUTION, "CANCEL", 1),
        (Notice.CANCELLED, Audience.GUIDE, "CANCEL", 1),
        (Notice.GUIDE_WITHDREW, Audience.INSTITUTION, "CANCEL", 1),
    ],
)
def test_calendar_of_a_mail(session: Session, notice: Notice, audience: Audience, method: str, sequence: int):
    row = mail(session, notice, audience)
    found = calendar(received(row))
    assert found is not None
    (event,) = found.events
    assert found["METHOD"] == row.calendar_method == method
    assert event["UID"] == "assignment-1@lotsen.example"
    assert event["SEQUENCE"] == sequence
    assert event["ORGANIZER"] == "mailto:lotsen@musterstadt.example"
    assert event["ATTENDEE"] == f"mailto:{row.to_address}"
    assert not [word for word in ("Amal", "Eva", "Paul", "secret") if word in event["SUMMARY"]]
    assert "/l/" not in row.calendar_body


@one_database
def test_only_mails_about_an_appointment_carry_a_calendar(session: Session):
    assert calendar(received(mail(session, Notice.OFFER, Audience.GUIDE))) is None


@one_database
@pytest.mark.parametrize(
    ("consequence", "agreed", "audience"),
    [
        (Consequence.STAYS, False, Audience.GUIDE),
        (Consequence.ASKED_AGAIN, True, Audience.GUIDE),
        (Consequence.RELEASED, True, Audience.GUIDE),
        (Consequence.ASKED_AGAIN, True, Audience.INSTITUTION),
        (Consequence.RELEASED, True, Audience.INSTITUTION),
    ],
)
def test_german_snapshots_of_what_a_change_means(
    session: Session, consequence: Consequence, agreed: bool, audience: Audience
):
    what = scene(session, Notice.CHANGED, audience)
    assert what.assignment is not None
    stays = consequence is Consequence.STAYS
    what.assignment.status = AssignmentStatus.OFFERED if stays else AssignmentStatus.CANCELLED
    what.assignment.compensated_minutes = None if stays else 60
    what.change = a_change(what.request, consequence, agreed=agreed)
    (row,) = what.tell(Notice.CHANGED, audience)
    assert row.calendar_method == (None if stays else "CANCEL")
    compare(f"changed.{audience}.{consequence}.de", as_text(row))
    for sentence in sentences(part(received(row), "text/plain")):
        assert len(sentence.split()) <= WORDS_MAX, sentence


@one_database
@pytest.mark.parametrize("audience", [Audience.GUIDE, Audience.INSTITUTION])
def test_a_late_cancellation_says_that_it_is_paid(session: Session, audience: Audience):
    what = scene(session, Notice.CANCELLED, audience)
    assert what.assignment is not None
    what.assignment.compensated_minutes = 60
    (row,) = what.tell(Notice.CANCELLED, audience)
    assert "das Geld für eine Stunde" in row.text_body
