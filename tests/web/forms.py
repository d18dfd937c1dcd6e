"""Reads the forms of a page and posts them back, as a browser without script does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Values = dict[str, str]


@dataclass
class PageForm:
    """A form as it stands on a page: its address, and what the browser would post."""

    action: str
    values: Values = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.select: str | None = None
        self.area: str | None = None
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = True
            self.forms.append(PageForm(given.get("action", "")))
            return
        if not self.inside:
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag == "input" and given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.values[name] = given.get("value", "on")
        elif tag == "input" and name:
            form.values[name] = given.get("value", "")
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "textarea":
            self.area = name
            form.values[name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select is not None:
            form.choices.setdefault(self.select, []).append(given.get("value", ""))
            if "selected" in given or self.select not in form.values:
                form.values[self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.forms[-1].values[self.area] += data


def forms_on(page: TestResponse) -> list[PageForm]:
    """Return the forms of a page in order."""
    reader = _Reader()
    reader.feed(page.get_data(as_text=True))
    for form in reader.forms:
        # HTML drops the newline with which a text area may begin.
        form.values = {name: value.removeprefix("\r\n") for name, value in form.values.items()}
    return reader.forms


def fill(page: TestResponse, client: FlaskClient, typed: Values, *, form: int = 0) -> TestResponse:
    """Post a form of a page with what a person typed; a value of "-" leaves a box unticked."""
    found = forms_on(page)[form]
    values = {name: value for name, value in {**found.values, **typed}.items() if value != "-"}
    return client.post(found.action or page.request.full_path.rstrip("?"), data=values)


def open_and_fill(client: FlaskClient, address: str, typed: Values) -> TestResponse:
    """Open a page and post its first form."""
    page = client.get(address)
    assert page.status_code == 200, page.get_data(as_text=True)
    return fill(page, client, typed)
