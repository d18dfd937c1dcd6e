"""Who comes from outside the office, how they get in, and which pages they can come back to by their address.

A new page is one more address in the list of those who may open it. The first of each list is the page that
these people see most: `make test` rates it with Lighthouse, `make budget` rates all.
"""

from collections.abc import Callable
from itertools import count

from playwright.sync_api import Page

from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, TokenPurpose
from tests.browser import guide_day
from tests.browser.conftest import Demo

Visitor = Callable[[Page, Demo], list[str]]
"""Brings the page in as somebody and returns the addresses that they can open."""

_numbers = count(1)


def anybody(page: Page, demo: Demo) -> list[str]:
    return [
        "/",
        "/impressum",
        "/datenschutz",
        "/barrierefreiheit",
        "/barriere-melden",
        "/leichte-sprache",
        "/gebaerdensprache",
        "/anmelden",
        "/anmelden-per-mail",
    ]


def reader_of_arabic(page: Page, demo: Demo) -> list[str]:
    page.goto(f"{demo.lotsen.url}/impressum?sprache=ar")
    return ["/anfrage/neu/einrichtung", "/"]


def school_that_asks(page: Page, demo: Demo) -> list[str]:
    page.goto(f"{demo.lotsen.url}/anfrage/neu/einrichtung")
    for name, typed in (
        ("institution_name", "Schule am Beispielweg"),
        ("contact_name", "Petra Beispiel"),
        ("email", f"leicht{next(_numbers)}@schule.example"),
        ("phone", "0221 4710131"),
    ):
        page.locator(f"[name={name}]").fill(typed)
    page.locator("[name=institution_kind]").select_option("school")
    go_on(page)
    page.locator("input[name=language_first][value=ar]").check()
    page.locator("input[name=occasion][value=parent_talk]").check()
    go_on(page)
    return ["/anfrage/neu/termin", "/anfrage/neu/einrichtung", "/anfrage/neu/sprache"]


def school_that_follows(page: Page, demo: Demo) -> list[str]:
    followed: list[str] = []
    for status in (
        RequestStatus.CONFIRMED,
        RequestStatus.SUBMITTED,
        RequestStatus.OPEN,
        RequestStatus.OFFERED,
        RequestStatus.UNFILLED,
        RequestStatus.COMPLETED,
    ):
        page.goto(demo.link(TokenPurpose.TRACKING, status)[1])
        followed.append(page.url)
    parts = ("termin", "ort", "sprache")
    changes = [f"{followed[0]}/aendern/{part}" for part in parts]
    return [*followed, *changes, f"{followed[0]}/absagen", f"{followed[-1]}/beschwerde"]


def school_that_comes_back(page: Page, demo: Demo) -> list[str]:
    page.goto(demo.link(TokenPurpose.MY_REQUESTS, "")[1])
    return [page.url]


def guide_who_is_asked(page: Page, demo: Demo) -> list[str]:
    asked: list[str] = []
    for status in (AssignmentStatus.OFFERED, AssignmentStatus.CONFIRMED, AssignmentStatus.COMPLETED):
        page.goto(demo.link(TokenPurpose.OFFER, status)[1])
        asked.append(page.url)
    return [*asked, "/meine-stunden", "/meine-bescheinigungen"]


def guide_at_home(page: Page, demo: Demo) -> list[str]:
    prepared = guide_day.prepare(demo, f"Leicht{next(_numbers)}")
    page.goto(prepared.sign_in)
    go_on(page)
    _, later, soon, begun = prepared.assignments
    appointments = [f"/termin/{later}/abgeben", f"/termin/{soon}/verspaetung", f"/termin/{begun}/niemand-da"]
    availability = ["/verfuegbarkeit", *(f"/verfuegbarkeit/{one}" for one in ("uhrzeiten", "tage", "pause"))]
    profile = [
        f"/profil/{one}" for one in ("kontakt", "einsatz", "sprachen", "nachrichten", "geraete", "daten")
    ]
    return [
        "/meine-termine",
        *appointments,
        *availability,
        "/abwesenheit",
        "/aushang",
        "/nicht-anfragen",
        "/mein-kalender",
        "/profil",
        *profile,
    ]


VISITORS: tuple[Visitor, ...] = (
    anybody,
    reader_of_arabic,
    school_that_asks,
    school_that_follows,
    school_that_comes_back,
    guide_who_is_asked,
    guide_at_home,
)


def go_on(page: Page) -> None:
    """Press the first button of the form."""
    with page.expect_navigation():
        page.locator("main form button").first.click()
