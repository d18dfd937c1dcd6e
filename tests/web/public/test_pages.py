"""The pages that anybody may open: what they say, what they weigh, how often they ask the database."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from lotsen.bootstrap import Bootstrap
from lotsen.domain import settings
from lotsen.domain.vocabulary import TokenPurpose
from lotsen.i18n import LOCALES
from lotsen.models import Pool, TimeWindow
from lotsen.reference import catalogue
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import START, add_guide, confirmed, open_request
from tests.web.public.test_tracking import link
from tests.web.public.walk import fill_pages, send_request

BUDGET = 15 * 1024
OPEN_PAGES = (
    "/",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
    "/barriere-melden",
    "/leichte-sprache",
    "/gebaerdensprache",
    "/anfrage/neu/einrichtung",
)


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("page", OPEN_PAGES)
def test_each_page_stands_in_each_language(client: FlaskClient, page: str, locale: str) -> None:
    answer = client.get(f"{page}?sprache={locale}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    direction = "rtl" if locale == "ar" else "ltr"
    assert f'<html lang="{locale}" dir="{direction}">' in text
    assert text.count("<h1>") == 1


def test_the_start_page_says_from_when_on_one_may_ask(client: FlaskClient) -> None:
    text = client.get("/").get_data(as_text=True)
    assert "Mindestens 5 Arbeitstage" in text
    assert "ab Montag, 30. November 2026" in text
    assert "Termine bei Gericht und Polizei" in text
    assert 'href="tel:' in text
    assert 'href="/anfrage/neu"' in text
    assert "Appointments with courts and police" in client.get("/?sprache=en").get_data(as_text=True)


def change(bootstrap: Bootstrap, pool: Pool, **values: object) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        kept = uow.session.get_one(Pool, pool.id)
        kept.settings = kept.settings | values


def test_a_pool_says_in_its_own_words_what_it_does(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    change(
        bootstrap,
        pool,
        scope_text="Wir begleiten <b>nur</b> Schulen.",
        out_of_scope=["Umzüge"],
        imprint_text="Stadt Beispiel\n\nMarkt 1",
        privacy_text="Unsere Hinweise.",
    )
    for address in ("/", "/?sprache=en"):
        text = client.get(address).get_data(as_text=True)
        assert "Wir begleiten &lt;b&gt;nur&lt;/b&gt; Schulen." in text
        assert "Umzüge" in text
        assert "courts" not in text
        assert "Gericht" not in text
    assert "<p>Markt 1</p>" in client.get("/impressum").get_data(as_text=True)
    assert "Unsere Hinweise." in client.get("/datenschutz").get_data(as_text=True)


def test_a_pool_without_a_preset_has_texts_too(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        kept = uow.session.get_one(Pool, pool.id)
        kept.slug, kept.settings = "musterstadt", settings.to_mapping(settings.PoolSettings())
    text = client.get("/").get_data(as_text=True)
    assert "Neuss" not in re.sub("Integrationslotsen Neuss", "", text)
    assert "Wir begleiten Gespräche" in text


def test_rules_of_the_pool_shape_the_form(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    change(
        bootstrap, pool, windows_max=1, guides_max=1, occasions=["counselling"], languages_first=["ti", "xx"]
    )
    fill_pages(client, until="sprache")
    text = client.get("/anfrage/neu/sprache").get_data(as_text=True)
    assert re.findall(r'name="language_first"[^>]*value="(\w+)"', text) == ["ti", "other"]
    assert "Elterngespräch" not in text
    assert client.get("/anfrage/neu/termin").status_code == 302
    send_request(client, language_first="ti", occasion="counselling")


def test_the_public_pages_are_light(client: FlaskClient) -> None:
    fill_pages(client)
    steps = ("sprache", "termin", "wuensche", "pruefen")
    for page in (*OPEN_PAGES, *(f"/anfrage/neu/{step}" for step in steps)):
        body = client.get(page).get_data(as_text=True)
        files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', body))
        weight = len(gzip.compress(body.encode()))
        for address in files:
            with client.get(address) as answer:
                weight += len(gzip.compress(answer.get_data()))
        assert len(files) <= 3, files
        assert weight <= BUDGET, f"{page} weighs {weight} bytes"


def test_static_files_are_packed_once_and_carry_no_cookie(client: FlaskClient) -> None:
    style = re.search(r'href="(/static/[^"]+css)"', client.get("/?sprache=fr").get_data(as_text=True))
    assert style is not None
    plain = client.get(style[1]).get_data()
    packed = client.get(style[1], headers={"Accept-Encoding": "br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.get_data()) == plain
    assert "Accept-Encoding" in packed.headers["Vary"]
    with client.session_transaction() as session:
        session.permanent = True
    # Whoever is signed in gets the cookie anew with each page, and with nothing that caches keep.
    assert "Set-Cookie" in client.get("/").headers
    assert "Set-Cookie" not in client.get(style[1]).headers


def test_the_picker_finds_languages_by_all_their_names(client: FlaskClient) -> None:
    fill_pages(client, until="sprache")
    page = client.get("/anfrage/neu/sprache").get_data(as_text=True)
    found = re.search(r'data-words="([^"]+)"', page)
    assert found is not None
    answer = client.get(found[1])
    assert "immutable" in answer.headers["Cache-Control"]
    told = json.loads(answer.get_data())
    words = {code: found.split("|") for code, found in told["words"].items()}
    assert set(words) == {language.code for language in catalogue()}
    assert "ትግርኛ" in words["ti"]
    for code in ("prs", "ps"):
        assert "afghanisch" in words[code]
    assert told["several"]["afghanisch"][:2] == ["prs", "ps"]
    assert client.get("/sprachen/0.json").status_code == 404


@contextmanager
def counted(bootstrap: Bootstrap) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(bootstrap.engine, "before_cursor_execute", note)
    yield seen
    event.remove(bootstrap.engine, "before_cursor_execute", note)


def small(uow: UnitOfWork, pool_id: int) -> int:
    request = open_request(uow, pool_id)
    confirmed(uow, request, add_guide(uow, pool_id))
    return request.id


def large(uow: UnitOfWork, pool_id: int) -> int:
    windows = tuple((START + timedelta(days=day), START + timedelta(days=day, hours=1)) for day in range(3))
    request = open_request(uow, pool_id, windows=windows, guides_needed=3)
    for _ in range(3):
        confirmed(uow, request, add_guide(uow, pool_id))
    assert len(uow.session.scalars(select(TimeWindow).where(TimeWindow.request_id == request.id)).all()) == 3
    return request.id


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("page", ["", "/absagen"])
def test_the_number_of_queries_does_not_grow(app: Flask, bootstrap: Bootstrap, pool: Pool, page: str) -> None:
    def queries(make: Callable[[UnitOfWork, int], int]) -> int:
        client = app.test_client()
        with bootstrap.begin(SYSTEM) as uow:
            request_id = make(uow, pool.id)
            address = link(uow, request_id, TokenPurpose.TRACKING)
        client.get(address)
        with counted(bootstrap) as seen:
            assert client.get(f"/anfrage/{request_id}{page}").status_code == 200
        return len(seen)

    assert queries(small) == queries(large) <= 18
