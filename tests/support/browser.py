"""A real Chromium, and what a page must never do in it."""

import json
import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

# The first has no windows and takes half the time.
_PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nobody else's server is there.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


class PageAt(Protocol):
    """Opens pages of a given width; each call has cookies of its own unless `context` says otherwise."""

    def __call__(
        self,
        width: int,
        *,
        height: int = ...,
        js: bool = ...,
        dark: bool = ...,
        locale: str = ...,
        context: BrowserContext | None = ...,
    ) -> Page: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium; one for this test process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_problems() -> Iterator[list[str]]:
    """Return the list of what pages did that none may do; the test fails if it is not empty in the end."""
    problems: list[str] = []
    yield problems
    assert not problems, "\n".join(problems)


@pytest.fixture
def page_at(chromium: Browser, page_problems: list[str]) -> Iterator[PageAt]:
    """Return a function that opens pages; one that breaks its CSP, throws or asks strangers fails it."""
    contexts: list[BrowserContext] = []

    def open_page(
        width: int,
        *,
        height: int = 800,
        js: bool = True,
        dark: bool = False,
        locale: str = "de-DE",
        context: BrowserContext | None = None,
    ) -> Page:
        if context is None:
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                java_script_enabled=js,
                color_scheme="dark" if dark else "light",
                locale=locale,
                reduced_motion="reduce",
                timezone_id="Europe/Berlin",
            )
            context.set_default_timeout(15_000)
            contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("requestfailed", lambda request: _note_stranger(request, page_problems))
        page.on("pageerror", lambda error: page_problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note_violation(message, page_problems))
        return page

    yield open_page
    for context in contexts:
        context.close()


def chromium_program() -> str:
    """Return where the system's Chromium is."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    assert program, (
        "Chromium is missing; `make test` installs it where it may, else install chromium-headless-shell"
    )
    return program


def bring_axe(page: Page) -> None:
    """Let every page opened here bring axe-core along: that takes a third of the time of adding it later."""
    page.add_init_script(path=_AXE)


def axe(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 A and AA and good practice; one line a finding.

    `rules` names the only ones to apply.
    """
    chosen = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": _AXE_TAGS}
    # Our pages hold no frames, and what is found is told by its markup.
    options = {"runOnly": chosen, "resultTypes": ["violations"], "iframes": False, "elementRef": False}
    with _with_scripting(page) as shown:
        # The debugger carries both texts into the page, past its CSP.
        if not shown.evaluate("'axe' in window"):
            shown.evaluate(f"{_AXE.read_text(encoding='utf-8')}; undefined")
        found: list[dict[str, Any]] = shown.evaluate(
            f"axe.run(document, {json.dumps(options)}).then(found => found.violations)"
        )
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['html']} {node['target']}"
        for violation in found
        for node in violation["nodes"]
    ]


def no_sideways_scroll(page: Page) -> None:
    """Fail if the page is wider than its window, naming what sticks out."""
    wide = page.evaluate(
        """() => {
            const root = document.scrollingElement;
            if (root.scrollWidth <= root.clientWidth) return null;
            const out = [...document.body.querySelectorAll("*")].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width && (box.right > root.clientWidth + 0.5 || box.left < -0.5);
            });
            return {width: root.scrollWidth, elements: out.slice(0, 5).map(e => e.outerHTML.slice(0, 120))};
        }"""
    )
    assert wide is None, f"{page.url} scrolls sideways: {wide}"


def shoot(page: Page, name: str) -> None:
    """Save a picture of the whole page in the folder LOTSEN_SHOTS, if that is set."""
    if folder := os.environ.get("LOTSEN_SHOTS"):
        file = re.sub(r"[^\w.-]+", "-", name) + ".png"
        page.screenshot(path=Path(folder) / file, full_page=True)


@contextmanager
def _with_scripting(page: Page) -> Generator[Page]:
    """Yield the page, or, since no promise ever settles with JavaScript off, a copy of what it shows."""
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        yield page
        return
    html = re.sub(r"</?noscript[^>]*>", "", page.content())
    browser = page.context.browser
    assert browser is not None
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    context = browser.new_context(viewport=page.viewport_size, color_scheme="dark" if dark else "light")
    copy = context.new_page()
    copy.route(lambda url: url == page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
    copy.route("**/*.js", lambda route: route.abort())
    copy.goto(page.url)
    yield copy
    context.close()


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")


def _note_stranger(request: Request, problems: list[str]) -> None:
    if not _is_local(request.url):
        problems.append(f"{request.frame.url} asks a stranger: {request.url}")


def _note_violation(message: ConsoleMessage, problems: list[str]) -> None:
    if message.type == "error" and "Content Security Policy" in message.text:
        problems.append(f"{message.location['url']}: {message.text}")
