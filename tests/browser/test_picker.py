"""The search of the language picker as the script does it, and the one that works without."""

import tomllib
from pathlib import Path

import pytest

from tests.browser.conftest import Demo
from tests.browser.form import go_on, speak, who
from tests.support.browser import PageAt

pytestmark = pytest.mark.browser

_KINDS = tomllib.loads((Path(__file__).parents[1] / "languages.toml").read_text(encoding="utf-8"))
QUERIES = {typed: code for queries in _KINDS.values() for typed, code in queries.items()}

# Asks the page's own search, with the words that the page itself fetches.
_SEARCH = """async (queries) => {
  const { find } = await import(document.querySelector("script[type=module]").src);
  const select = document.querySelector("select[data-picker]");
  const known = await (await fetch(select.dataset.words)).json();
  const choices = [...select.options].filter((option) => option.value).map(({ value }) => (
    { value, names: known.words[value].split("|") }
  ));
  return queries.map((typed) => find(choices, typed, known.several)[0]?.value ?? null);
}"""


def test_the_script_leads_where_the_server_leads(demo: Demo, page_at: PageAt) -> None:
    page = page_at(360)
    who(page, demo.lotsen.url, "suche@schule.example")
    assert page.evaluate(_SEARCH, list(QUERIES)) == list(QUERIES.values())
    # And by hand: a word with a slip, typed into the field.
    page.locator("input[name=language_first][value=other]").check()
    page.locator("#language_other").press_sequentially("bulgrisch")
    page.get_by_role("option").first.click()
    assert page.locator("#language_other").input_value() == "Bulgarisch"


def test_without_script_the_server_searches(demo: Demo, page_at: PageAt) -> None:
    page = page_at(360, js=False)
    speak(page, demo.lotsen.url, "ar")
    who(page, demo.lotsen.url, "suche@schule.example")
    for typed, code in (("bulgrisch", "bg"), ("украї", "uk"), ("العر", "ar")):
        page.locator("[name=language_search]").fill(typed)
        with page.expect_navigation():
            page.locator("button[name=suche]").click()
        chosen = page.locator("input[name=language_first]:checked").input_value()
        assert code in (chosen, page.locator("[name=language_other]").input_value())
    page.locator("input[name=occasion][value=parent_talk]").check()
    go_on(page)
    assert page.url.endswith("/termin")
