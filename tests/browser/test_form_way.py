"""The form on a phone: flexible times and a series, in German, and in Arabic without script."""

import pytest
from playwright.sync_api import Page

from lotsen.domain.vocabulary import TokenPurpose
from lotsen.i18n import translator
from tests.browser import form
from tests.browser.conftest import Demo
from tests.support.browser import PageAt, axe, no_sideways_scroll, shoot

pytestmark = pytest.mark.browser

THURSDAY = ("10", "12", "2026")


def look(page: Page, name: str) -> None:
    no_sideways_scroll(page)
    assert not axe(page)
    shoot(page, f"form-{name}-360")


@pytest.mark.parametrize(("locale", "js"), [("de", True), ("ar", False)], ids=["german", "arabic-no-script"])
def test_a_flexible_talk_every_other_week(demo: Demo, page_at: PageAt, locale: str, js: bool) -> None:
    words = translator(locale)
    page = page_at(360, js=js)
    form.speak(page, demo.lotsen.url, locale)
    form.who(page, demo.lotsen.url, f"reihe-{locale}@schule.example")
    form.language(page)
    form.day(page, 0, THURSDAY, "9", until="9:30")
    form.place(page)
    page.locator("main details").click()
    page.locator("[name=repeat-kind]").select_option("fortnightly")
    form.go_on(page)
    # Both mistakes are said beside their fields, and nothing typed is lost.
    assert page.locator("#windows-0-until-error").is_visible()
    form.day(page, 0, THURSDAY, "9", until="12")
    form.go_on(page)
    assert page.locator("#repeat-count-error").is_visible()
    look(page, f"{locale}-errors")
    page.locator("[name=repeat-count]").fill("3")
    with page.expect_navigation():
        page.locator("button[name=chance]").click()
    assert page.locator("[data-chance] p").count()
    look(page, f"{locale}-date")
    form.go_on(page)
    form.go_on(page)
    shown = page.locator("main").inner_text()
    assert words.ngettext("%(num)s further appointment", "%(num)s further appointments", 2) in shown
    assert shown.count(words.gettext("%(time)s – in the school holidays", time="").strip()) == 1
    look(page, f"{locale}-check")
    page.locator("[name=accepted]").check()
    form.go_on(page)
    assert page.url.endswith("/gesendet")
    assert page.locator("main ul li").count() >= 3
    look(page, f"{locale}-sent")


def test_asking_again_as_last_time(demo: Demo, page_at: PageAt) -> None:
    page = page_at(360, js=False)
    form.speak(page, demo.lotsen.url, "ar")
    _, link = demo.link(TokenPurpose.TRACKING, "completed")
    page.goto(link)
    look(page, "ar-track")
    with page.expect_navigation():
        page.locator("form[action$=noch-einmal] button").click()
    assert page.url.endswith("/termin")
    assert page.locator("[name=windows-0-day-day]").input_value() == ""
    form.day(page, 0, THURSDAY, "9")
    look(page, "ar-again")
    form.go_on(page)
    # The people whom this contact has had may be wished for, and nobody else.
    assert page.locator("input[name=guide_wish]").count() >= 2
    look(page, "ar-wishes")
