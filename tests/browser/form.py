"""Fills in the pages of a request by the names of their fields, whatever language they are in."""

from playwright.sync_api import Page


def speak(page: Page, url: str, language: str) -> None:
    """Choose the language of all further pages; a browser's wish counts only for complete catalogues."""
    page.goto(f"{url}/impressum?sprache={language}")


def go_on(page: Page) -> None:
    """Press the button that leads on."""
    with page.expect_navigation():
        page.locator("main form .buttons button").first.click()


def who(page: Page, url: str, email: str) -> None:
    """Fill in the first page."""
    page.goto(f"{url}/anfrage/neu/einrichtung")
    for name, typed in (
        ("institution_name", "Schule am Beispielweg"),
        ("contact_name", "Petra Beispiel"),
        ("email", email),
        ("phone", "0221 4710131"),
    ):
        page.locator(f"[name={name}]").fill(typed)
    page.locator("[name=institution_kind]").select_option("school")
    go_on(page)


def language(page: Page) -> None:
    """Fill in the second page: Arabic, parents."""
    page.locator("input[name=language_first][value=ar]").check()
    page.locator("input[name=occasion][value=parent_talk]").check()
    go_on(page)


def day(page: Page, number: int, typed: tuple[str, str, str], start: str, until: str = "") -> None:
    """Fill in one of the dates of the third page."""
    for part, text in zip(("day", "month", "year"), typed, strict=True):
        page.locator(f"[name=windows-{number}-day-{part}]").fill(text)
    page.locator(f"[name=windows-{number}-start]").fill(start)
    page.locator(f"[name=windows-{number}-until]").fill(until)


def place(page: Page) -> None:
    """Fill in where the talk is."""
    page.locator("input[name=mode][value=on_site]").check()
    page.locator("[name=district_id]").select_option(index=1)
    page.locator("[name=address]").fill("Beispielweg 3, Raum 12")
