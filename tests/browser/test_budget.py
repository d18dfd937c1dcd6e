"""What a first visit costs: at most 15 kB and 4 requests for everybody who does not work in the office."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page

from lotsen.domain.vocabulary import TokenPurpose
from tests.browser.conftest import Demo
from tests.browser.visitors import VISITORS, Visitor

pytestmark = pytest.mark.browser

MOST_BYTES = 15_000
MOST_REQUESTS = 4


@dataclass
class Meter:
    """Counts what comes over the wire, headers included."""

    requests: dict[str, str] = field(default_factory=dict[str, str])
    bytes: dict[str, int] = field(default_factory=dict[str, int])

    def attach(self, page: Page) -> None:
        """Count everything that a page asks for from now on, as for somebody who was never here."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.requests[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    @property
    def over_the_wire(self) -> dict[str, int]:
        """Return the addresses that did not find their answer in the cache, with the size of each.

        Chromium asks a second time for the mark in the head of the page where it looks for the tab's icon
        before the first answer has come: that is one address.
        """
        return {self.requests[key]: size for key, size in self.bytes.items() if size > 0}

    def bill(self) -> str:
        """Return what was asked for and how large it was."""
        return "\n".join(f"{self.bytes.get(key, 0):6} {url}" for key, url in self.requests.items())


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Page]:
    """Return a page of a browser that was never here; unlike others it caches what it may."""
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="de-DE")
    yield context.new_page()
    context.close()


def measure(page: Page, address: str) -> Meter:
    """Open a page as somebody who has nothing in the cache."""
    meter = Meter()
    meter.attach(page)
    page.goto(address, wait_until="networkidle")
    return meter


def check(meter: Meter) -> None:
    """Fail if a visit costs too much."""
    assert sum(meter.over_the_wire.values()) <= MOST_BYTES, meter.bill()
    assert 1 < len(meter.over_the_wire) <= MOST_REQUESTS, meter.bill()


@pytest.mark.parametrize("enter", VISITORS, ids=lambda enter: enter.__name__)
def test_the_pages_of_everybody_outside_the_office_are_light(
    demo: Demo, visitor: Page, enter: Visitor
) -> None:
    for address in enter(visitor, demo):
        check(measure(visitor, urljoin(demo.lotsen.url, address)))


@pytest.mark.parametrize("path", ["/anfrage/neu", "/gibt-es-nicht", "/bescheinigung/falsch"])
def test_the_way_in_and_an_error_are_light(demo: Demo, visitor: Page, path: str) -> None:
    check(measure(visitor, demo.lotsen.url + path))


@pytest.mark.parametrize("state", ["submitted", "open", "confirmed"])
def test_the_page_behind_a_mailed_link_is_light(demo: Demo, visitor: Page, state: str) -> None:
    _, link = demo.link(TokenPurpose.TRACKING, state)
    check(measure(visitor, link))


def test_pages_after_a_talk_are_light(demo: Demo, visitor: Page) -> None:
    _, link = demo.link(TokenPurpose.OFFER, "completed")
    check(measure(visitor, f"{link}?weiter=stunden"))
    visitor.goto(f"{demo.lotsen.url}/meine-bescheinigungen")
    with visitor.expect_navigation():
        visitor.locator("main form button").first.click()
    check(measure(visitor, visitor.url))
    code = visitor.locator("dd bdi[dir=ltr]").inner_text()
    check(measure(visitor, f"{demo.lotsen.url}/bescheinigung/{code}"))
    _, link = demo.link(TokenPurpose.TRACKING, "completed")
    check(measure(visitor, link))
    for way in ("stunden", "rueckmeldung"):
        visitor.goto(link)
        found = visitor.locator(f"main a[href*='/{way}/']")
        if found.count():
            check(measure(visitor, f"{demo.lotsen.url}{found.first.get_attribute('href')}"))
