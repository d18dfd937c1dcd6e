"""What people do in a browser, step by step, with nothing but the pages and their mails."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from icalendar import Calendar, Event
from playwright.sync_api import Page

from lotsen.i18n import translator
from tests.browser.conftest import Town
from tests.support.browser import no_sideways_scroll, shoot
from tests.support.smtp import calendar_file, links

de = translator("de").gettext


def counted(one: str, many: str, number: int) -> str:
    """Return the German words for a number of things."""
    return translator("de").ngettext(one, many, number)


SCHOOL = "petra@schule.example"
OFFICE = "koordination@lotsen.example"
PASSWORD = "blaue-tassen-im-regal"
GUIDES = """\
Name;E-Mail;Telefon;Sprachen;Deutsch;Bezirke;Zeiten;Führungszeugnis vom;Verschwiegenheit am
Samira Beispiel;samira@lotsen.example;0221 4710201;Arabisch (Muttersprache);C1;alle;Mo-Fr 8-16;4.9.25;9.9.25
Yusuf Muster;yusuf@lotsen.example;0221 4710202;Arabisch (Muttersprache);B2;alle;Mo-Fr 8-16;4.9.2025;9.9.2025
Olena Probe;olena@lotsen.example;0221 4710203;Ukrainisch (Muttersprache);C1;alle;Mo-Fr 8-16;4.9.2025;9.9.2025
"""


@dataclass(frozen=True)
class Look:
    """One page of one person; notes how it looks under a name."""

    page: Page
    town: Town
    name: str

    def open(self, address: str) -> None:
        """Open a page of the service or a mailed link."""
        answer = self.page.goto(address if address.startswith("http") else self.town.address(address))
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"

    def look(self, what: str) -> None:
        """Look at the page as a whole: it fits into its window."""
        no_sideways_scroll(self.page)
        size = self.page.viewport_size
        shoot(self.page, f"way-{self.name}-{what}-{size['width'] if size else 0}")

    def press(self, label: str) -> None:
        """Press the button or follow the link that says so, and wait for the page that comes."""
        button = self.page.locator("main").get_by_role("button", name=label, exact=True)
        target = button if button.count() else self.page.locator("main").get_by_role("link", name=label)
        with self.page.expect_navigation():
            target.first.click()

    def says(self, *texts: str) -> None:
        """Fail unless the page says all of it."""
        main = self.page.locator("main").inner_text()
        for text in texts:
            assert text in main, f"{text!r} is not on {self.page.url}:\n{main}"

    @property
    def heading(self) -> str:
        """The page's first heading."""
        return self.page.locator("h1").inner_text()


def fill_in(school: Look, day: tuple[str, str, str], time: str, *, searching: bool = False) -> None:
    """Fill in the four pages of a request; `searching` finds the language by its own name."""
    page = school.page
    school.open("/")
    school.look("start")
    school.press(de("Begin the request"))
    page.get_by_label(de("Name of the institution")).fill("Schule am Beispielweg")
    page.get_by_label(de("Kind of institution")).select_option("school")
    page.get_by_label(de("Your name")).fill("Petra Beispiel")
    page.get_by_label(de("E-mail address")).fill(SCHOOL)
    page.get_by_label(de("Phone"), exact=True).fill("0221 4710131")
    school.look("1")
    school.press(de("Continue"))
    if searching:
        page.locator("input[name=language_first][value=other]").check()
        page.locator("#language_other").press_sequentially("العر")
        page.get_by_role("option", name=re.compile("^Arabisch$")).click()
    else:
        page.locator("input[name=language_first][value=ar]").check()
    page.locator("input[name=occasion][value=parent_talk]").check()
    school.look("2")
    school.press(de("Continue"))
    for part, typed in zip(("day", "month", "year"), day, strict=True):
        page.locator(f"[name=windows-0-day-{part}]").fill(typed)
    page.locator("[name=windows-0-start]").fill(time)
    page.locator("input[name=mode][value=on_site]").check()
    page.get_by_label(de("District")).select_option(label="Innenstadt")
    page.get_by_label(de("Address"), exact=True).fill("Beispielweg 3, Raum 12")
    school.look("3")
    school.press(de("Continue"))
    school.look("4")
    school.press(de("Continue"))


def send(school: Look) -> str:
    """Send the request with a double click and return its reference."""
    school.page.get_by_label(de("I have read the rules and accept them.")).check()
    school.look("5-check")
    # Without script the second click breaks off the answer to the first: only where it ends counts.
    school.page.get_by_role("button", name=de("Send the request")).dblclick(no_wait_after=True)
    school.page.wait_for_url("**/gesendet")
    school.look("6-sent")
    return school.page.locator(".caption bdi").inner_text()


def confirm(school: Look, mail: EmailMessage) -> None:
    """Open the link of the mail and press its button."""
    school.open(links(mail)[0])
    school.look("7-confirm")
    school.press(de("Yes, this is my request"))
    school.look("8-open")


def sign_in(office: Look) -> None:
    """Sign in to the office."""
    office.open("/anmelden")
    office.look("sign-in")
    office.page.locator("input[type=email]").fill(OFFICE)
    office.page.locator("input[type=password]").fill(PASSWORD)
    with office.page.expect_navigation(url="**/buero/anfragen"):
        office.page.locator("main button[type=submit]").first.click()


def ask(office: Look, reference: str, first_name: str) -> None:
    """Find a request in the list and ask a guide for it."""
    office.open("/buero/anfragen")
    office.look("inbox")
    with office.page.expect_navigation():
        office.page.locator("tr, li, article").filter(has_text=reference).get_by_role("link").first.click()
    office.look("request")
    office.press(de("Ask %(name)s", name=first_name))
    office.look("asked")


def appointment(mail: EmailMessage) -> tuple[str, str, int, Event]:
    """Return method, UID and SEQUENCE of the calendar file that a mail carries, and its entry."""
    body = calendar_file(mail)
    assert body is not None, f"no calendar file in {mail['Subject']}"
    calendar = Calendar.from_ical(body)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), event


def start_of(event: Event) -> datetime:
    """Return when the entry of a calendar begins."""
    start = event.start
    assert isinstance(start, datetime)
    return start
