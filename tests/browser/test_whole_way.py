"""One request travels all the way, in a browser and by real mail; no step touches the database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.browser import people
from tests.browser.conftest import ZONE, Town
from tests.browser.people import OFFICE, PASSWORD, SCHOOL, Look, appointment, de
from tests.support.browser import PageAt
from tests.support.smtp import links, plain_text

pytestmark = pytest.mark.browser

TALK = datetime(2026, 12, 4, 10, 30, tzinfo=ZONE)
OTHER_TALK = datetime(2026, 12, 7, 9, 0, tzinfo=ZONE)
SAMIRA, YUSUF = "samira@lotsen.example", "yusuf@lotsen.example"


def open_the_office(town: Town, directory: Path) -> None:
    """Set an installation up as the manual says, and start it."""
    guides = directory / "lotsen.csv"
    guides.write_text(people.GUIDES, encoding="utf-8")
    town.lotsen.command("migrate")
    assert "3" in town.lotsen.command("import-guides", str(guides))
    town.lotsen.command(
        "create-coordinator", "--email", OFFICE, "--name", "Maria Muster", "--password", PASSWORD
    )
    town.lotsen.start("serve")
    town.lotsen.start("scheduler")
    town.lotsen.wait_until_healthy()


@pytest.mark.parametrize(
    ("database_backend", "width", "js"),
    [("sqlite", 360, False), ("postgresql", 1280, True)],
    ids=["phone-no-script-sqlite", "desk-postgresql"],
    indirect=["database_backend"],
)
def test_the_whole_way(town: Town, page_at: PageAt, tmp_path: Path, width: int, js: bool) -> None:
    open_the_office(town, tmp_path)
    school, office, samira, yusuf = (
        Look(page_at(width, js=js), town, name) for name in ("school", "office", "samira", "yusuf")
    )

    # From the form to a confirmed appointment.
    people.fill_in(school, ("4", "Dez", "26"), "10.30", searching=js)
    school.says("Freitag, 4. Dezember 2026", "10:30", "Arabisch", "Innenstadt", "Petra Beispiel")
    reference = people.send(school)
    people.confirm(school, town.mails.wait_for(recipient=SCHOOL))
    assert school.heading == de("We are looking for a suitable person")
    tracking = links(town.mails.wait_for(recipient=SCHOOL, count=2))[0]
    people.sign_in(office)
    people.ask(office, reference, "Samira")
    office.says("Samira Beispiel")
    samira.open(links(town.mails.wait_for(recipient=SAMIRA))[0])
    samira.says("Freitag, 4. Dezember 2026", "Schule am Beispielweg", "Arabisch", "12,50")
    samira.look("offer")
    samira.press(de("Yes, I will come"))
    assert samira.heading == de("Thank you. You are coming.")
    samira.look("agreed")
    samira.open("/meine-termine")
    samira.says("Schule am Beispielweg")
    samira.look("mine")
    school.open(tracking)
    assert school.heading == de("The appointment is confirmed")
    school.says("Samira Beispiel", "Freitag, 4. Dezember 2026")
    school.look("9-confirmed")
    theirs = appointment(town.mails.wait_for(recipient=SCHOOL, count=3))
    hers = appointment(town.mails.wait_for(recipient=SAMIRA, count=2))
    assert theirs[:3] == hers[:3]
    assert hers[0] == "REQUEST"
    assert hers[2] == 0
    assert people.start_of(hers[3]) == TALK.astimezone(UTC)

    # A second request: the first guide says no, the second yes, and the institution calls off.
    people.fill_in(school, ("7", "12", "2026"), "9")
    second = people.send(school)
    people.confirm(school, town.mails.wait_for(recipient=SCHOOL, count=4))
    second_tracking = links(town.mails.wait_for(recipient=SCHOOL, count=5))[0]
    people.ask(office, second, "Samira")
    samira.open(links(town.mails.wait_for(recipient=SAMIRA, count=3))[0])
    samira.press(de("No, I cannot"))
    samira.look("no")
    samira.page.locator("input[name=reason]").first.check()
    samira.press(de("Send"))
    samira.look("reason")
    people.ask(office, second, "Yusuf")
    office.says("Samira Beispiel", "Yusuf Muster")
    yusuf.open(links(town.mails.wait_for(recipient=YUSUF))[0])
    yusuf.press(de("Yes, I will come"))
    entered = appointment(town.mails.wait_for(recipient=YUSUF, count=2))
    their_entry = appointment(town.mails.wait_for(recipient=SCHOOL, count=6))
    school.open(second_tracking)
    school.says("Yusuf Muster")
    school.press(de("Call the request off"))
    school.look("cancel")
    school.press(de("Yes, call it off"))
    assert school.heading == de("The request is called off")
    school.look("cancelled")
    removed = appointment(town.mails.wait_for(recipient=YUSUF, count=3))
    their_removal = appointment(town.mails.wait_for(recipient=SCHOOL, count=7))
    for before, after in ((entered, removed), (their_entry, their_removal)):
        assert (before[0], after[0]) == ("REQUEST", "CANCEL")
        assert before[1] == after[1]
        assert before[2] == 0
        assert after[2] > before[2]
        assert people.start_of(after[3]) == OTHER_TALK.astimezone(UTC)
    assert entered[1] != hers[1]
    yusuf.page.reload()
    assert yusuf.heading == de("You do not need to come")
    yusuf.look("cancelled")

    # The day before: both are reminded, whoever called off is not.
    sent = len(town.mails.messages)
    town.sleep_until(TALK.replace(hour=17, minute=1) - timedelta(days=1))
    for who, count in ((SCHOOL, 8), (SAMIRA, 4)):
        text = plain_text(town.mails.wait_for(recipient=who, count=count, timeout=30))
        assert "4. Dezember" in text
        assert "10:30" in text
    # The day itself is over.
    town.sleep_until(TALK + timedelta(hours=2))
    school.open(tracking)
    for _ in range(100):
        if school.heading != de("The appointment is confirmed"):
            break
        school.page.wait_for_timeout(300)
        school.page.reload()
    assert school.heading == de("The talk has taken place")
    school.look("done")
    samira.open("/meine-termine")
    samira.says(de("Past"))
    # One request was sent in spite of each double click, and nobody got a mail too many.
    assert len(town.mails.messages) == sent + 2
