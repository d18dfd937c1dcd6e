"""Every error is a page in the reader's language that says what to do, and tells nothing of the inside."""

import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from lotsen import errors
from lotsen.i18n import translator
from lotsen.web import errors as web_errors
from lotsen.web.permissions import public

PAGES = web_errors._PAGES
RAISED: dict[int, Callable[[], Exception]] = {
    403: lambda: errors.NotAllowed("secret inside"),
    404: lambda: errors.NotFound("secret inside"),
    409: lambda: errors.Conflict("secret inside"),
    410: lambda: errors.LinkEnded(7),
    429: lambda: errors.Throttled(90),
    500: lambda: ValueError("secret inside"),
    503: lambda: OperationalError("secret inside", None, Exception("secret inside")),
}


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """Return a client to an application with a page for each error."""

    @public
    def fail(code: int) -> str:
        if code in RAISED:
            raise RAISED[code]()
        abort(code)

    app.add_url_rule("/fehler/<int:code>", "fail", fail)
    return app.test_client()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("code", sorted(PAGES))
def test_an_error_is_a_page_that_helps(broken: FlaskClient, code: int, language: str) -> None:
    answer = broken.get(f"/fehler/{code}?sprache={language}")
    page = answer.get_data(as_text=True)
    words = translator(language).gettext
    assert answer.status_code == code
    assert f'<html lang="{language}"' in page
    assert f"<h1>{words(PAGES[code].title)}</h1>" in page
    assert words(PAGES[code].text) in page
    assert 'href="/"' in page
    assert f"{words('Error code:')} {code}" in page
    assert "secret inside" not in page
    assert "Traceback" not in page


@pytest.mark.parametrize("code", sorted(PAGES))
def test_an_error_page_is_as_guarded_as_any_other(broken: FlaskClient, code: int) -> None:
    headers = broken.get(f"/fehler/{code}").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("code", [418, 501])
def test_an_error_without_a_page_of_its_own_gets_the_nearest(broken: FlaskClient, code: int) -> None:
    answer = broken.get(f"/fehler/{code}")
    assert answer.status_code == code
    nearest = PAGES[500 if code >= 500 else 400].title
    assert translator("de").gettext(nearest) in answer.get_data(as_text=True)


@pytest.mark.parametrize("code", [500, 503])
def test_our_mistakes_have_a_number_that_stands_in_the_log(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    with caplog.at_level(logging.ERROR, "lotsen.web"):
        page = broken.get(f"/fehler/{code}").get_data(as_text=True)
    (record,) = [one for one in caplog.records if one.name == "lotsen.web"]
    number = str(record.__dict__["error_id"])
    assert re.fullmatch("[0-9a-f]{8}", number)
    assert number in page


@pytest.mark.parametrize("code", [403, 404, 409, 410, 429])
def test_mistakes_of_others_are_no_errors_in_the_log(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    broken.get(f"/fehler/{code}")
    assert not caplog.records


def test_who_is_too_fast_is_told_when_to_come_back(broken: FlaskClient) -> None:
    assert broken.get("/fehler/429").headers["Retry-After"] == "90"


def test_somebody_who_was_asked_meanwhile_is_named_as_the_reason(
    broken: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RAISED, 409, lambda: errors.GuideTaken("secret inside"))
    page = broken.get("/fehler/409").get_data(as_text=True)
    assert translator("de").gettext("This person was asked a moment ago") in page


def test_the_wrong_method_too_much_text_and_a_missing_token_are_pages(client: FlaskClient) -> None:
    for code, answer in (
        (405, client.get("/abmelden")),
        (413, client.post("/anmelden", data={"email": "x" * 300_000})),
        (400, client.post("/anmelden", data={"email": "x"})),
    ):
        assert answer.status_code == code
        assert translator("de").gettext(PAGES[code].title) in answer.get_data(as_text=True)


def test_a_strange_host_gets_no_page_that_repeats_it(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Host": "boese.example"})
    assert answer.status_code == 400
    assert "boese.example" not in answer.get_data(as_text=True)
