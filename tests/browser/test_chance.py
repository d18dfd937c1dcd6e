"""The chance of a date is said while it is typed, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from lotsen.i18n import translator
from tests.browser.conftest import Demo
from tests.support.browser import PageAt, axe, no_sideways_scroll, shoot
from tests.web.public.walk import ANSWERS

pytestmark = pytest.mark.browser

de = translator("de").gettext
INCOMPLETE = "Please give day, time and place. Then we can say how good the chance is."
BANDS = (
    "Several people could come then.",
    "Only a few people could come then.",
    "So far we see hardly anybody for this.",
)


def come_to_the_date(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.lotsen.url}/anfrage/neu/einrichtung")
    for name, value in ANSWERS["einrichtung"].items():
        field = page.locator(f"[name={name}]")
        if name == "institution_kind":
            field.select_option(str(value))
        else:
            field.fill(str(value))
    page.locator("main form button").first.click()
    page.locator("input[name=language_first][value=ar]").check()
    page.locator("input[name=occasion][value=parent_talk]").check()
    page.locator("main form button").first.click()
    page.wait_for_url("**/termin")


def test_the_chance_is_said_as_they_type(demo: Demo, page_at: PageAt) -> None:
    page = page_at(360)
    come_to_the_date(page, demo)
    place = page.locator("[data-chance]")
    expect(place).to_be_empty()
    assert place.get_attribute("aria-live") == "polite"
    page.locator("[name=windows-0-day-day]").fill("5")
    expect(place).to_contain_text(de(INCOMPLETE))
    with page.expect_response("**/termin/chance") as last:
        page.locator("[name=windows-0-day-month]").fill("12")
        page.locator("[name=windows-0-day-year]").fill("2026")
        page.locator("[name=windows-0-start]").fill("10")
        page.locator("[name=address]").fill("Beispielweg 3")
        page.locator("input[name=mode][value=on_site]").check()
        page.locator("[name=district_id]").select_option(index=1)
    # One question for all that was typed at once, and nothing in it about people or addresses.
    sent = last.value.request.post_data or ""
    assert "Beispielweg" not in sent
    assert "district_id=" in sent
    expect(place).not_to_contain_text(de(INCOMPLETE))
    assert any(de(band) in place.inner_text() for band in BANDS)
    no_sideways_scroll(page)
    assert axe(page) == []
    shoot(page, "chance-360")
    better = place.locator("button")
    expect(better).to_be_visible()
    with page.expect_navigation():
        better.click()
    assert page.locator("[name=address]").input_value() == "Beispielweg 3"
    # That was a Saturday, and hardly anybody is free then.
    assert page.locator("[name=windows-0-day-day]").input_value() != "5"
    assert any(de(band) in place.inner_text() for band in BANDS[:2])
    shoot(page, "chance-taken-360")
