"""What the law asks of public pages: said from the settings, and nothing invented where none are set."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lotsen.bootstrap import Bootstrap
from lotsen.domain.settings import PoolSettings
from lotsen.models import Pool
from tests.web.public.test_pages import change

pytestmark = pytest.mark.only_db("sqlite")

DEFAULTS = PoolSettings()
LEGAL = ("/impressum", "/datenschutz", "/barrierefreiheit", "/leichte-sprache", "/gebaerdensprache")


def text(client: FlaskClient, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def main(client: FlaskClient, page: str) -> str:
    return text(client, page).partition("<main")[2].partition("</main>")[0]


def foot(client: FlaskClient, page: str) -> str:
    return text(client, page).partition("<footer")[2]


def test_the_imprint_names_who_is_set_and_leaves_out_who_is_not(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    bare = main(client, "/impressum")
    assert "Integrationslotsen Neuss" in bare
    for word in ("Vertreten durch", "Aufsichtsbehörde", "Umsatzsteuer", "Register", "MStV"):
        assert word not in bare
    change(
        bootstrap,
        pool,
        provider_name="Stadt Beispiel",
        provider_form="Körperschaft des öffentlichen Rechts",
        provider_address="Markt 1\n12345 Beispiel",
        provider_represented_by="Bürgermeisterin Gesa Muster",
        provider_supervision="Bezirksregierung Beispiel",
        content_responsible="Omar Muster",
    )
    full = main(client, "/impressum")
    for word in ("Stadt Beispiel", "Körperschaft", "Gesa Muster", "Bezirksregierung", "MStV", "Omar Muster"):
        assert word in full
    assert "Markt 1<br>12345 Beispiel" in full
    assert "Umsatzsteuer" not in full


def test_the_privacy_page_tells_institutions_and_guides_what_article_13_asks(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    bare = main(client, "/datenschutz")
    for number in (DEFAULTS.retention_guide_months, DEFAULTS.retention_audit_months):
        assert f"{number} Monate" in bare
    for number in (DEFAULTS.draft_days, DEFAULTS.tracking_days, DEFAULTS.retention_message_days):
        assert f"{number} Tage" in bare
    for said in ("Wenn Sie eine Begleitung anfragen", "Wenn Sie Lotsin oder Lotse sind", "Artikel 77"):
        assert said in bare
    assert DEFAULTS.privacy_authority.splitlines()[0] in bare
    assert f'href="{DEFAULTS.privacy_authority_url}"' in bare
    assert "Datenschutzbeauftragte" not in bare.replace(DEFAULTS.privacy_authority.splitlines()[0], "")
    assert "Artikel 28" not in bare
    change(
        bootstrap,
        pool,
        retention_guide_months=1,
        privacy_officer="Stadt Beispiel, Datenschutz",
        privacy_officer_email="datenschutz@beispiel.example",
        hosting_processor="Rechner GmbH, Beispiel",
    )
    told = main(client, "/datenschutz")
    for said in ("1 Monat ", "datenschutz@beispiel.example", "Rechner GmbH", "Artikel 28"):
        assert said in told


@pytest.mark.parametrize(
    ("page", "setting", "ours"),
    [
        ("/impressum", "imprint_text", "<address>"),
        ("/datenschutz", "privacy_text", "Artikel 77"),
        ("/leichte-sprache", "easy_language_text", "Lotsen sind Frauen"),
        ("/gebaerdensprache", "sign_language_text", "Sie dolmetschen"),
    ],
)
def test_an_own_text_takes_the_place_of_ours_and_is_marked_as_german(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, page: str, setting: str, ours: str
) -> None:
    assert ours in main(client, page)
    change(bootstrap, pool, **{setting: "# Erstens\n\nEine Zeile <b>.\nNoch eine.\n\nZweitens."})
    after = main(client, f"{page}?sprache=ar")
    assert "<h2>Erstens</h2>" in after
    assert "<p>Eine Zeile &lt;b&gt;.<br>Noch eine.</p>" in after
    assert '<div class="flow" lang="de" dir="auto">' in after
    assert ours not in main(client, page)


def test_the_declaration_says_what_bitvnrw_asks(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    page = main(client, "/barrierefreiheit")
    for said in (
        "EN\u00a0301\u00a0549",
        "WCAG 2.1",
        "WCAG 2.2",
        "zum Teil",
        "Video in Deutscher",
        "sechs Wochen",
        "§\u00a010d",
    ):
        assert said in page
    assert DEFAULTS.enforcement_body.splitlines()[0] in page
    for address in (DEFAULTS.enforcement_url, f"mailto:{DEFAULTS.enforcement_email}"):
        assert f'href="{address}"' in page
    for link in ("/barriere-melden", "/leichte-sprache", "/gebaerdensprache"):
        assert f'href="{link}' in page
    assert "erstellt" not in page
    change(
        bootstrap,
        pool,
        accessibility_conformity="not",
        accessibility_gaps=["Karten ohne Text."],
        accessibility_made_on="2026-11-02",
        accessibility_reviewed_on="2026-11-20",
        enforcement_body="",
    )
    page = main(client, "/barrierefreiheit")
    for said in ("noch nicht", "Karten ohne Text.", "2. November 2026", "20. November 2026"):
        assert said in page
    assert "Video in Deutscher" not in page
    assert "Ombudsstelle" not in page
    change(bootstrap, pool, accessibility_conformity="full")
    page = main(client, "/barrierefreiheit")
    assert "ganz" in page
    assert "Karten" not in page


def test_leichte_sprache_is_german_and_keeps_its_rules(client: FlaskClient) -> None:
    page = main(client, "/leichte-sprache?sprache=ar")
    assert 'lang="de" dir="ltr"' in page
    lines = [re.sub(r"<[^>]*>", "", line).strip() for line in re.split(r"<br>|</p>|</li>|</h\d>", page)]
    sentences = [line for line in lines if line]
    assert len(sentences) > 60
    assert [one for one in sentences if len(one.split()) > 10] == []
    # One thought on a line, no subjunctive.
    assert [
        one for one in sentences if re.search(r"[.!?] \w|\b(?:würde|könnte|sollte|wäre|hätte)", one)
    ] == []
    for link in ("/anfrage/neu", "/barrierefreiheit", "/barriere-melden"):
        assert f'href="{link}' in page


def test_sign_language_is_offered_at_the_foot_only_where_there_is_something(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    assert "/gebaerdensprache" not in foot(client, "/")
    page = main(client, "/gebaerdensprache")
    assert "Es gibt noch kein Video" in page
    assert "<video" not in page
    assert "lotsen@neuss.example" in page
    change(bootstrap, pool, sign_language_text="Willkommen.")
    assert 'href="/gebaerdensprache"' in foot(client, "/")


def test_a_film_is_shown_from_here_with_captions_or_linked_elsewhere(
    app: Flask, client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    folder = Path(app.extensions["lotsen_media_folder"])
    folder.mkdir(parents=True)
    change(bootstrap, pool, sign_language_video="dgs.mp4", sign_language_captions="dgs.vtt")
    assert "<video" not in main(client, "/gebaerdensprache"), "the file is not there yet"
    (folder / "dgs.mp4").write_bytes(bytes(2_500_000))
    (folder / "dgs.vtt").write_text("WEBVTT\n")
    (folder / "notes.txt").write_text("not for the public")
    answer = client.get("/gebaerdensprache")
    page = answer.get_data(as_text=True)
    assert 'src="/medien/dgs.mp4"' in page
    assert 'kind="captions" src="/medien/dgs.vtt"' in page
    assert "(2.5 MB)" in page
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]
    with client.get("/medien/dgs.mp4", headers={"Range": "bytes=10-19"}) as part:
        assert (part.status_code, len(part.get_data()), part.mimetype) == (206, 10, "video/mp4")
    with client.get("/medien/dgs.vtt") as captions:
        assert captions.mimetype == "text/vtt"
    for name in ("notes.txt", "..%2Fsecret", "no.mp4"):
        assert client.get(f"/medien/{name}").status_code == 404
    change(bootstrap, pool, sign_language_video="https://video.example/dgs")
    page = main(client, "/gebaerdensprache")
    assert 'href="https://video.example/dgs"' in page
    assert "<video" not in page


@pytest.mark.parametrize("page", [*LEGAL, "/", "/anmelden"])
def test_every_page_leads_to_the_declaration_and_to_the_form(client: FlaskClient, page: str) -> None:
    links = re.findall(r'href="([^"]+)"', foot(client, page))
    assert "/barrierefreiheit" in links
    assert "/leichte-sprache" in links
    assert f"/barriere-melden?seite={page}" in links
