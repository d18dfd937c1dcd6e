"""A guide's day on the phone: an offer, a no with its reason, the board, the day itself, the calendar."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from lotsen.i18n import translator
from tests.browser.conftest import Demo
from tests.browser.guide_day import BEGUN, LATER, OFFER, prepare
from tests.support.browser import PageAt, no_sideways_scroll, shoot

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Phone:
    """A phone in one language; every page is looked at."""

    page: Page
    demo: Demo
    language: str

    def open(self, address: str) -> None:
        answer = self.page.goto(address if address.startswith("http") else self.demo.lotsen.url + address)
        assert answer is not None
        assert answer.status == 200, address
        self.look()

    def press(self, msgid: str, nth: int = 0) -> None:
        """Press the button or link with these words."""
        words = translator(self.language).gettext(msgid)
        main = self.page.locator("main")
        button = main.get_by_role("button", name=words)
        target = button if button.count() else main.get_by_role("link", name=words)
        with self.page.expect_navigation():
            target.nth(nth).click()
        self.look()

    def says(self, msgid: str) -> None:
        assert translator(self.language).gettext(msgid) in self.page.locator("body").inner_text(), msgid

    def look(self) -> None:
        no_sideways_scroll(self.page)
        assert self.page.locator("html").get_attribute("lang") == self.language
        path = self.page.url.removeprefix(self.demo.lotsen.url).partition("?")[0]
        shoot(self.page, f"guides-way-{self.language}{path}")


@pytest.mark.parametrize(
    ("language", "js"), [("de", True), ("ar", False)], ids=["german", "arabic-no-script"]
)
def test_a_guides_way_on_the_phone(demo: Demo, page_at: PageAt, language: str, js: bool) -> None:
    prepared = prepare(demo, {"de": "Gundula", "ar": "Amira"}[language])
    phone = Phone(page_at(360, js=js), demo, language)
    phone.page.goto(f"{demo.lotsen.url}/impressum?sprache={language}")
    phone.open(prepared.sign_in)
    with phone.page.expect_navigation():
        phone.page.locator("main form button").first.click()

    # A no, what follows from it, and the way back.
    phone.open(f"/angebot/{prepared.assignments[OFFER]}")
    phone.press("No, I cannot")
    phone.page.locator("input[name=reason][value=too_much]").check()
    phone.page.locator("input[name=pause_until]").fill("2026-12-20")
    phone.press("Send")
    phone.says("End the break")
    phone.press("End the break")
    phone.open("/nicht-anfragen")
    phone.says("Nothing. We ask you for everything that fits you.")

    # The way there, and the day itself.
    phone.open("/meine-termine")
    assert phone.page.locator("main a[href='tel:02214710140']").count() == 3
    phone.press("I will be late")
    phone.press("Tell the institution")
    phone.says("Please choose how many minutes.")
    phone.page.locator("input[name=minutes][value='15']").check()
    phone.press("Tell the institution")
    phone.says("The institution knows")
    phone.open(f"/angebot/{prepared.assignments[BEGUN]}")
    phone.press("Nobody was there")
    phone.press("Nobody was there")
    phone.says("You have told us that nobody was there. The office takes care of it.")
    phone.open(f"/angebot/{prepared.assignments[LATER]}")
    phone.press("I cannot come after all")
    phone.press("Yes, hand over the appointment")
    phone.says("Thank you for telling us")

    # The board, and the calendar.
    phone.open("/aushang")
    name = {"de": "Schule Gundula 4", "ar": "Schule Amira 4"}[language]
    card = phone.page.locator("article").filter(has_text=name)
    with phone.page.expect_navigation():
        card.locator("button").click()
    phone.look()
    phone.says("Thank you. You are coming.")
    phone.open("/mein-kalender")
    phone.press("Get an address")
    address = phone.page.locator("#address").input_value()
    plain = phone.page.request.get(address).text()
    assert plain.count("BEGIN:VEVENT") == 4
    assert plain.count("STATUS:CANCELLED") == 1
    assert "LOCATION" not in plain
    phone.press("Show place and occasion, too")
    assert phone.page.request.get(address).text().count("LOCATION") == 4
    phone.press("Get a new address")
    assert phone.page.request.get(address).status == 404
