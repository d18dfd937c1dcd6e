"""Walks the pages of a request with sensible answers, some of them replaced by a test."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.forms import Values, open_and_fill

STEPS = ("einrichtung", "sprache", "termin", "wuensche")
ANSWERS: dict[str, Values] = {
    "einrichtung": {
        "institution_name": "Schule am Beispielweg",
        "institution_kind": "school",
        "contact_name": "Petra Beispiel",
        "email": "Petra@schule.example",
        "phone": "0221 4710131",
    },
    "sprache": {"language_first": "ar", "occasion": "parent_talk"},
    "termin": {
        "windows-0-day-day": "4",
        "windows-0-day-month": "Dez",
        "windows-0-day-year": "26",
        "windows-0-start": "10.30",
        "minutes": "60",
        "mode": "on_site",
        "address": "Beispielweg 3, Raum 12",
    },
    "wuensche": {},
}


def fill_pages(client: FlaskClient, until: str | None = None, **typed: str) -> TestResponse | None:
    """Fill in the pages in order, `typed` in place of the usual answers; stop before the page `until`."""
    answer = None
    for step in STEPS:
        if step == until:
            break
        answer = fill_page(client, step, **typed)
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer


def fill_page(client: FlaskClient, step: str, **typed: str) -> TestResponse:
    """Fill in one page."""
    values = dict(ANSWERS[step])
    if step == "termin":
        values["district_id"] = "1"
    return open_and_fill(client, f"/anfrage/neu/{step}", values | typed)


def send_request(client: FlaskClient, **typed: str) -> TestResponse:
    """Fill in all pages, accept the rules and return the page that follows."""
    fill_pages(client, **typed)
    sent = open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    return client.get(sent.headers["Location"])
