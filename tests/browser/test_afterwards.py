"""After a talk, on two phones without script: the guide in Arabic, the institution, and the office."""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import people
from tests.browser.conftest import ZONE, Town
from tests.browser.people import SCHOOL, Look, de
from tests.browser.test_whole_way import SAMIRA, open_the_office
from tests.support.browser import PageAt
from tests.support.smtp import links

pytestmark = pytest.mark.browser

TALK = datetime(2026, 12, 4, 10, 30, tzinfo=ZONE)


@pytest.mark.parametrize("database_backend", ["sqlite"], indirect=True)
def test_both_sides_say_how_long_it_took(town: Town, page_at: PageAt, tmp_path: Path) -> None:
    open_the_office(town, tmp_path)
    school, office, samira = (
        Look(page_at(360, js=False), town, name) for name in ("school", "office", "samira")
    )
    people.fill_in(school, ("4", "Dez", "26"), "10.30")
    reference = people.send(school)
    people.confirm(school, town.mails.wait_for(recipient=SCHOOL))
    people.sign_in(office)
    people.ask(office, reference, "Samira")
    samira.open(links(town.mails.wait_for(recipient=SAMIRA))[0])
    samira.press(de("Yes, I will come"))
    town.mails.wait_for(recipient=SAMIRA, count=2)
    town.mails.wait_for(recipient=SCHOOL, count=3)

    town.sleep_until(TALK + timedelta(hours=2))
    samira.open("/meine-stunden")
    for _ in range(40):
        if samira.page.locator("main form").count():
            break
        samira.page.wait_for_timeout(500)
        samira.page.reload()

    # The day after, the scheduler asks the guide; one press is enough.
    town.sleep_until(TALK + timedelta(days=1, hours=2))
    mail = town.mails.wait_for(recipient=SAMIRA, count=3)
    samira.open(links(mail)[0])
    assert "/meine-stunden" in samira.page.url
    samira.open("/meine-stunden?sprache=ar")
    assert samira.page.locator("html").get_attribute("dir") == "rtl"
    samira.look("hours")
    with samira.page.expect_navigation():
        samira.page.locator("main form button").first.click()
    assert samira.page.locator("html").get_attribute("dir") == "rtl"
    samira.look("hours-reported")
    samira.open("/meine-stunden/2026-12")
    samira.look("month")
    samira.open("/meine-bescheinigungen")
    with samira.page.expect_navigation():
        samira.page.locator("main form button").first.click()
    samira.look("certificate")
    address = samira.page.locator("main p bdi[dir=ltr]").inner_text()

    # Then the institution, which corrects.
    town.sleep_until(TALK + timedelta(days=1, hours=3))
    school.open(links(town.mails.wait_for(recipient=SCHOOL, count=4))[0])
    school.look("after")
    school.press(de("No, correct it"))
    school.page.get_by_label(de("End"), exact=True).fill("11")
    school.look("correct")
    school.press(de("Save"))
    school.says(de("The person has reported other hours. The office looks at it."))
    school.press(de("How did it go? Two questions"))
    for name in ("went_well", "on_time"):
        school.page.locator(f"input[name={name}][value='5']").check()
    school.look("feedback")
    school.press(de("Send"))
    school.says(de("Thank you. We have noted it."))

    # The office sees both and decides; the sign-in of days ago has ended.
    office = Look(page_at(360, js=False), town, "office")
    people.sign_in(office)
    office.open("/buero/anfragen?stand=erledigt")
    with office.page.expect_navigation():
        office.page.locator("main tr, main article").filter(has_text=reference).get_by_role(
            "link"
        ).first.click()
    office.says("1 Stunde", "30 Minuten", de("Both sides have reported different hours."))
    office.look("both")
    office.press(de("%(length)s counts", length="30 Minuten"))
    office.says(de("Decided by the office"))

    # Whoever holds the paper checks it.
    anybody = Look(page_at(360, js=False), town, "anybody")
    anybody.open(urlsplit(address).path)
    assert anybody.heading == de("This certificate is real")
    anybody.says("Samira Beispiel", "Arabisch", "1 Stunde")
    anybody.look("certificate-checked")
