"""Flexible times, series, wishes for people, earlier and similar requests: what the pages of the form say."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import RequestStatus, TokenPurpose
from lotsen.models import GuideRequest, Pool, Token
from lotsen.services import requests
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.conftest import SECRET, Clock
from tests.web.forms import fill, forms_on, open_and_fill
from tests.web.public.test_chance import add, press, said
from tests.web.public.walk import fill_page, fill_pages, send_request

TERMIN = "/anfrage/neu/termin"


def english(client: FlaskClient) -> FlaskClient:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def link_to(bootstrap: Bootstrap, request_id: int) -> str:
    """Return the mailed link to a request."""
    with bootstrap.begin(SYSTEM) as uow:
        uow.links.issue(
            uow.session,
            TokenPurpose.TRACKING,
            now=uow.now,
            expires_at=factories.START.replace(year=2027),
            request_id=request_id,
        )
        token = uow.session.scalars(select(Token).order_by(Token.id.desc()).limit(1)).one()
        return f"/l/{tokens.derive(SECRET, token.purpose, token.nonce)}"


def sent(bootstrap: Bootstrap) -> list[GuideRequest]:
    with bootstrap.begin(SYSTEM) as uow:
        found = uow.session.scalars(
            select(GuideRequest).where(GuideRequest.reference.is_not(None)).order_by(GuideRequest.id)
        ).all()
        for one in found:
            assert one.windows
            assert one.wishes is not None
        return list(found)


def test_a_series_is_checked_in_words_and_sent(client: FlaskClient, bootstrap: Bootstrap) -> None:
    english(client)
    fill_pages(client, **{"windows-0-until": "13", "repeat-kind": "weekly", "repeat-count": "5"})
    page = client.get("/anfrage/neu/pruefen").text
    assert "4 further appointments" in page
    assert "Friday, 4 December 2026, 10:30 to 13:00, 1 hour of it" in page
    assert "Friday, 25 December 2026, 10:30 to 13:00, 1 hour of it – this is a public holiday" in page
    assert "Friday, 1 January 2027, 10:30 to 13:00, 1 hour of it – this is a public holiday" in page
    assert "Friday, 18 December 2026, 10:30 to 13:00, 1 hour of it</li>" in page
    done = open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"})
    assert client.get(done.location).text.count("1 hour of it") == 5
    found = sent(bootstrap)
    assert len(found) == 5
    assert {one.windows[0].minutes for one in found} == {60}
    assert {one.status for one in found} == {RequestStatus.SUBMITTED}


def test_days_that_somebody_chooses(client: FlaskClient, bootstrap: Bootstrap) -> None:
    days = "Fr 11.12.2026\n 5.1.\n2026-12-09;"
    send_request(client, **{"repeat-kind": "chosen", "repeat-days": days})
    assert [f"{one.windows[0].starts_at:%m-%d %H:%M}" for one in sent(bootstrap)] == [
        "12-04 09:30",
        "12-09 09:30",
        "12-11 09:30",
        "01-05 09:30",
    ]


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("typed", "named", "words"),
    [
        ({"repeat-kind": "weekly"}, "repeat-count", "how many appointments"),
        ({"repeat-kind": "weekly", "repeat-count": "7"}, "repeat-count", "At most 6 appointments"),
        ({"repeat-kind": "weekly", "repeat-count": "viele"}, "repeat-count", "whole number"),
        ({"repeat-kind": "jeden Tag"}, "repeat-kind", "from the list"),
        ({"repeat-kind": "chosen"}, "repeat-days", "Please give the further days."),
        ({"repeat-kind": "chosen", "repeat-days": "11.12.26\nbald"}, "repeat-days", "this day: bald"),
        ({"repeat-kind": "chosen", "repeat-days": "31.2.2027"}, "repeat-days", "this day: 31.2.2027"),
        ({"repeat-kind": "chosen", "repeat-days": "4.12.2026"}, "repeat-days", "stands here twice"),
        ({"repeat-kind": "chosen", "repeat-days": "20.11.2026"}, "repeat-days", "This day is over"),
        ({"repeat-kind": "chosen", "repeat-days": "1.6.2028"}, "repeat-days", "too far away"),
        (
            {"repeat-kind": "chosen", "repeat-days": "28.3.2027", "windows-0-start": "2:30"},
            "repeat-days",
            "The clocks change",
        ),
        ({"windows-0-until": "10"}, "windows-0-until", "after the start"),
        ({"windows-0-until": "mittags"}, "windows-0-until", "like 10 or 10:30"),
        ({"windows-0-until": "11"}, "windows-0-until", "does not fit in"),
        ({"windows-1-until": "11"}, "windows-1-day-day", "Please give the day."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    client: FlaskClient, typed: dict[str, str], named: str, words: str
) -> None:
    english(client)
    fill_pages(client, until="termin")
    page = fill_page(client, "termin", **typed)
    assert page.status_code == 422
    assert f'href="#{named}"' in page.text
    assert words in page.text
    kept = forms_on(page)[0].values
    assert {name: kept[name] for name in typed if "kind" not in name} == {
        name: value for name, value in typed.items() if "kind" not in name
    }


def ask_again(client: FlaskClient, bootstrap: Bootstrap, request_id: int) -> TestResponse:
    """Open the mailed link of a request and press the button there."""
    page = client.get(client.get(link_to(bootstrap, request_id)).location)
    number = next(n for n, form in enumerate(forms_on(page)) if form.action.endswith("noch-einmal"))
    return fill(page, client, {}, form=number)


def test_as_last_time_fills_in_everything_but_the_times(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool, clock: Clock, app: Flask
) -> None:
    add(bootstrap, pool, 1)
    with bootstrap.begin(SYSTEM) as uow:
        before = factories.open_request(uow, pool.id, language="ti", participants=4, remarks="Aufzug defekt")
        guide = factories.add_guide(
            uow, pool.id, name="Samira Beispiel", languages=(("ti", factories.Level.NATIVE),)
        )
        factories.confirmed(uow, before, guide)
        request_id = before.id
    assert app.test_client().post(f"/anfrage/{request_id}/noch-einmal").status_code in (400, 403)
    clock.pass_by(days=20)
    assert ask_again(client, bootstrap, request_id).location == TERMIN
    values = forms_on(client.get(TERMIN))[0].values
    assert (values["windows-0-day-day"], values["windows-0-start"]) == ("", "")
    assert (values["address"], values["mode"], values["minutes"]) == ("Beispielweg 1", "on_site", "60")
    assert forms_on(client.get("/anfrage/neu/sprache"))[0].values["language_other"] == "ti"
    # Pressed twice, it is the same draft.
    assert ask_again(client, bootstrap, request_id).location == TERMIN
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        drafts = uow.session.scalars(
            select(GuideRequest.id).where(GuideRequest.status == RequestStatus.DRAFT)
        ).all()
        assert len(drafts) == 1
    day = {
        "windows-0-day-day": "18",
        "windows-0-day-month": "1",
        "windows-0-day-year": "27",
        "windows-0-start": "9",
    }
    assert open_and_fill(client, TERMIN, day).location == "/anfrage/neu/wuensche"
    wishes = client.get("/anfrage/neu/wuensche")
    assert "Samira Beispiel" in wishes.text
    assert "Gesa Beispiel" not in wishes.text
    assert forms_on(wishes)[0].values["remarks"] == "Aufzug defekt"
    contradiction = fill(wishes, client, {"guide_wish": str(guide.id), "not_guide": str(guide.id)})
    assert contradiction.status_code == 422
    assert 'href="#not_guide"' in contradiction.text
    assert fill(wishes, client, {"guide_wish": str(guide.id), "guide_weight": "must"}).status_code == 303
    assert "Samira Beispiel" in client.get("/anfrage/neu/pruefen").text
    assert open_and_fill(client, "/anfrage/neu/pruefen", {"accepted": "y"}).status_code == 303
    new = sent(bootstrap)[-1]
    assert [(wish.guide_id, wish.weight.value) for wish in new.wishes] == [(guide.id, "must")]
    # Whoever only types the address, or has opened no link, is told nobody's name.
    stranger = app.test_client()
    fill_pages(stranger, until="wuensche", **{**day, "email": "ada@schule.example"})
    assert "Samira" not in stranger.get("/anfrage/neu/wuensche").text
    guess = fill_page(stranger, "wuensche", guide_wish=str(guide.id))
    assert guess.status_code == 422


def test_a_similar_request_is_shown_to_its_own_people_and_never_refused(
    client: FlaskClient, bootstrap: Bootstrap, app: Flask
) -> None:
    send_request(english(client))
    first = sent(bootstrap)[0]
    stranger = english(app.test_client())
    fill_pages(stranger, email="neu@schule.example")
    page = stranger.get("/anfrage/neu/pruefen").text
    assert "There is already a similar request from your institution." in page
    assert str(first.reference) not in page
    stranger.get(link_to(bootstrap, first.id))
    page = stranger.get("/anfrage/neu/pruefen").text
    assert f'href="/anfrage/{first.id}"' in page
    assert str(first.reference) in page
    assert open_and_fill(stranger, "/anfrage/neu/pruefen", {"accepted": "y"}).status_code == 303
    assert len(sent(bootstrap)) == 2
    with bootstrap.begin(SYSTEM) as uow:
        for one in sent(bootstrap):
            with factories.acting(uow, factories.holder(one)) as institution:
                requests.cancel(institution, one.id)
    fill_pages(client)
    assert "similar request" not in client.get("/anfrage/neu/pruefen").text


@pytest.mark.only_db("sqlite")
def test_the_bill_is_asked_about_where_the_pool_wants_it(
    client: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    send_request(client, billing_note="Kostenstelle 7")
    assert sent(bootstrap)[0].billing_note == ""
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.execute(update(Pool).values(settings={**pool.settings, "billing_note_asked": True}))
    send_request(client, billing_note="Kostenstelle 7")
    assert sent(bootstrap)[1].billing_note == "Kostenstelle 7"


@pytest.mark.only_db("sqlite")
def test_rules_stand_before_the_form_begins(client: FlaskClient) -> None:
    page = english(client).get("/").text
    assert "A professional of your institution is present at the talk." in page
    assert "We do not work for private persons." in page


@pytest.mark.only_db("sqlite")
def test_without_script_the_server_finds_the_language(client: FlaskClient) -> None:
    fill_pages(english(client), until="sprache")
    page = client.get("/anfrage/neu/sprache")
    found = fill(page, client, {"language_search": "tigrinja", "suche": "1"})
    values = forms_on(found)[0].values
    assert (values["language_first"], values["language_other"]) == ("other", "ti")
    nothing = fill(page, client, {"language_search": "xyzzy", "suche": "1"})
    assert "Nothing found." in nothing.text


def test_the_chance_of_a_flexible_time_and_of_a_series(
    visitor: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
) -> None:
    add(bootstrap, pool, 4)
    away = factories.START.date().replace(day=11)
    with bootstrap.begin(SYSTEM) as uow:
        for guide_id in (1, 2, 3):
            factories.guides.add_absence(uow, guide_id, away, away)
    typed = {"repeat-kind": "weekly", "repeat-count": "3"}
    assert said(press(visitor, **typed)).startswith(
        "Several people could come then. This is the most difficult date: Friday, 11 December 2026."
        " So far we see hardly anybody for this."
    )
    last = said(press(visitor, **{"repeat-kind": "fortnightly", "repeat-count": "2"}))
    assert last == "Several people could come then. The other appointments are no worse."


@pytest.mark.only_db("sqlite")
def test_a_better_time_outside_a_flexible_one_takes_its_place(
    visitor: FlaskClient,
    bootstrap: Bootstrap,
    pool: Pool,
) -> None:
    add(
        bootstrap,
        pool,
        3,
        weekly=tuple(factories.WeeklyTime(day, factories.time(13), factories.time(18)) for day in range(7)),
    )
    pressed = press(visitor, **{"windows-0-until": "13"})
    assert "Friday, 4 December 2026, 13:00 to 14:00: 3 people" in said(pressed)
    value = next(value for name, value in forms_on(pressed)[0].buttons if name == "nimm")
    taken = forms_on(fill(pressed, visitor, {"nimm": value}))[0].values
    assert (taken["windows-0-start"], taken["windows-0-until"]) == ("13:00", "")
