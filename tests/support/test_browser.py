"""The browser helpers find what they are there to find."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Error

from tests.support.browser import PageAt, axe, no_sideways_scroll

pytestmark = pytest.mark.browser

GOOD = '<main><h1>Anfrage</h1><label for="a">Sprache</label> <input id="a"></main>'
BAD = '<main><h1>Anfrage</h1><input><img src="data:,"><p style="color: #ccc">blass</p></main>'


class Site(ThreadingHTTPServer):
    """Answers every address with `body` under a CSP that forbids everything inline."""

    body = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        page = f'<!doctype html><html lang="de"><title>Anfrage</title>{self.server.body}</html>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        )
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class chose the name)
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=partial(server.serve_forever, poll_interval=0.05)).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("js", [True, False])
def test_axe_passes_a_good_page_and_names_what_is_wrong_with_a_bad_one(
    page_at: PageAt, site: Site, js: bool
) -> None:
    page = page_at(360, js=js)
    site.body = GOOD
    page.goto(site.url)
    assert axe(page) == []
    site.body = BAD
    page.goto(site.url)
    found = {finding.split(" ")[0] for finding in axe(page)}
    assert {"label", "image-alt"} <= found


@pytest.mark.parametrize("js", [True, False])
def test_a_page_that_is_too_wide_is_caught(page_at: PageAt, site: Site, js: bool) -> None:
    page = page_at(320, js=js)
    site.body = GOOD
    page.goto(site.url)
    no_sideways_scroll(page)
    site.body = '<table style="width: 500px"><tr><td>breit</table>'
    page.goto(site.url)
    with pytest.raises(AssertionError, match="table"):
        no_sideways_scroll(page)


def test_pages_of_one_context_share_cookies_and_others_do_not(page_at: PageAt, site: Site) -> None:
    first = page_at(1280, dark=True, locale="ar")
    first.goto(site.url)
    assert first.evaluate("navigator.language") == "ar"
    assert first.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    first.context.add_cookies([{"name": "a", "value": "b", "url": site.url}])
    assert page_at(360, context=first.context).context.cookies() != []
    assert page_at(360).context.cookies() == []


def test_a_page_that_asks_strangers_or_breaks_its_csp_is_reported(
    page_at: PageAt, site: Site, page_problems: list[str]
) -> None:
    page = page_at(1280)
    site.body = f"{GOOD}<script>alert(1)</script>"
    page.goto(site.url)
    with pytest.raises(Error):
        page.goto("http://stranger.example/")
    assert len(page_problems) == 2
    assert "Content Security Policy" in page_problems[0]
    assert "asks a stranger: http://stranger.example/" in page_problems[1]
    page_problems.clear()
