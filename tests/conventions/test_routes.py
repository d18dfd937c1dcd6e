"""Every route says who may open it, and none takes a form that did not come from our own page."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from config import Config
from lotsen.app import create_app
from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import Role, TokenPurpose
from lotsen.models import Base, ExtraAvailability, Guide, Token
from lotsen.services import guide_sessions, guides
from lotsen.services.unit_of_work import SYSTEM
from lotsen.web.permissions import BY_LINK, BY_ROLE, MARK, OF_GUIDES, Permission
from tests import factories
from tests.web.forms import forms_on

HERE = "https://lotsen.example"
LATER = factories.NOW + timedelta(days=30)

pytestmark = pytest.mark.only_db("sqlite")


@pytest.fixture
def app(engine: Engine, database_url: str, tmp_path: Path) -> Flask:
    """Return the application on a database with a guide who was asked for request 1 by assignment 1."""
    shared = factories.bootstrap(engine)
    fill(shared)
    settings = {
        "LOTSEN_INSTANCE": str(tmp_path),
        "LOTSEN_DATABASE_URL": database_url,
        "LOTSEN_BASE_URL": "https://lotsen.example",
        "LOTSEN_SECRET": factories.LINKS.secret,
    }
    return create_app(Config.from_env(settings), shared)


def fill(shared: Bootstrap) -> None:
    with shared.begin(SYSTEM) as uow:
        _, guide, request = factories.town(uow)
        factories.offered(uow, request, guide)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def rules(app: Flask) -> list[Rule]:
    found = list(app.url_map.iter_rules())
    assert len(found) > 20
    return found


def address(rule: Rule) -> str:
    """Return an address of the route: every number in it is 1, of several words the first is taken."""
    built = rule.build({name: _value(kind) for name, kind in rule._converters.items()})
    assert built is not None, rule
    return built[1]


def _value(kind: BaseConverter) -> object:
    if isinstance(kind, AnyConverter):
        return min(kind.items)
    return 1 if isinstance(kind, IntegerConverter) else "x"


def status(client: FlaskClient, method: str, rule: Rule) -> int:
    """Open the route without cookie or token; return the answer's status, -1 if it leads to the sign-in."""
    with client.open(address(rule), method=method, base_url="https://lotsen.example") as answer:
        return -1 if answer.headers.get("Location", "").startswith("/anmelden") else answer.status_code


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    silent = [
        rule.rule for rule in rules(app) if getattr(app.view_functions[rule.endpoint], MARK, None) is None
    ]
    assert silent == []


def test_every_mark_is_public_or_a_permission(app: Flask) -> None:
    marks = {getattr(app.view_functions[rule.endpoint], MARK) for rule in rules(app)}
    assert marks <= {"public", *Permission}
    assert marks >= {"public", *Permission}, "a permission that no route asks for"


def test_every_permission_comes_from_a_role_or_a_link() -> None:
    assert set(Role) == set(BY_ROLE)
    by_role = frozenset().union(*BY_ROLE.values())
    assert by_role | set(BY_LINK) == set(Permission)
    assert not by_role & set(BY_LINK)


def test_no_form_is_taken_without_its_token(app: Flask, client: FlaskClient) -> None:
    taken: list[str] = []
    for rule in rules(app):
        if "POST" in (rule.methods or ()):
            code = status(client, "POST", rule)
            if code != 400:
                taken.append(f"{rule.rule} {code}")
    assert taken == []


def test_routes_that_change_something_take_only_posts(app: Flask) -> None:
    assert {method for rule in rules(app) for method in rule.methods or ()} <= {
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
    }


def test_nobody_without_link_or_sign_in_passes_a_guarded_route(app: Flask, client: FlaskClient) -> None:
    passed: list[str] = []
    for rule in rules(app):
        mark = getattr(app.view_functions[rule.endpoint], MARK)
        if mark == "public" or "GET" not in (rule.methods or ()):
            continue
        code = status(client, "GET", rule)
        if code != (403 if mark in BY_LINK else -1):
            passed.append(f"{rule.rule} {code}")
    assert passed == []


def test_every_public_page_opens_or_says_that_it_is_not_there(app: Flask, client: FlaskClient) -> None:
    odd: list[str] = []
    for rule in rules(app):
        mark = getattr(app.view_functions[rule.endpoint], MARK)
        if mark == "public" and "GET" in (rule.methods or ()):
            code = status(client, "GET", rule)
            if code >= 500 and rule.rule != "/health":
                odd.append(f"{rule.rule} {code}")
    assert odd == []


MINE = ("Gesa Beispiel 1", "gesa1@lotsen.example", "0221 4710 191")


@pytest.fixture
def strangers(app: Flask) -> dict[str, FlaskClient]:
    """Return browsers of another guide of the pool: one signed in, one that opened a link to an offer."""
    shared: Bootstrap = app.extensions["lotsen"]
    with shared.begin(SYSTEM) as uow:
        mine = uow.session.get_one(Guide, 1)
        mine.phone = MINE[2]
        today = uow.now.date()
        guides.add_absence(uow, mine.id, today, today)
        mine.extra.append(ExtraAvailability(on=today, starts_at=time(9), ends_at=time(10)))
        uow.links.issue(uow.session, TokenPurpose.SIGN_IN, now=uow.now, expires_at=LATER, guide_id=mine.id)
        guide_sessions.sign_in(uow, newest(uow.session).id, "A phone")
        other = factories.add_guide(uow, mine.pool_id)
        about = factories.offered(
            uow, factories.open_request(uow, mine.pool_id, factories.START + timedelta(days=3)), other
        )
        links = []
        for purpose, target in (
            (TokenPurpose.SIGN_IN, {"guide_id": other.id}),
            (TokenPurpose.OFFER, {"assignment_id": about.id}),
        ):
            uow.links.issue(uow.session, purpose, now=uow.now, expires_at=LATER, **target)
            token = newest(uow.session)
            links.append(f"/l/{tokens.derive(uow.links.secret, token.purpose, token.nonce)}")
    signed_in, by_link = app.test_client(), app.test_client()
    page = signed_in.get(links[0], base_url=HERE)
    address = page.headers["Location"]
    form = forms_on(signed_in.get(address, base_url=HERE))[0]
    assert signed_in.post(address, data=form.values, base_url=HERE).status_code == 303
    assert by_link.get(links[1], base_url=HERE).status_code == 302
    return {"signed in": signed_in, "by link": by_link}


def newest(session: Session) -> Token:
    return session.scalars(select(Token).order_by(Token.id.desc()).limit(1)).one()


def rows_of_the_first_guide(shared: Bootstrap) -> dict[str, list[str]]:
    """Return every row that belongs to guide 1 or to assignment 1, whatever tables there are."""
    found: dict[str, list[str]] = {}
    with shared.begin(SYSTEM, read_only=True) as uow:
        for table in Base.metadata.sorted_tables:
            for name, key in (("guide_id", 1), ("assignment_id", 1)):
                if name in table.columns:
                    rows = uow.session.execute(select(table).where(table.c[name] == key))
                    found[f"{table.name}.{name}"] = sorted(map(repr, rows))
        found["guide"] = [repr(uow.session.execute(select(Guide.__table__).where(Guide.id == 1)).one())]
    assert found["absence.guide_id"]
    assert found["login_session.guide_id"]
    return found


def test_no_route_of_guides_shows_or_changes_what_is_another_guides(
    app: Flask, strangers: dict[str, FlaskClient]
) -> None:
    shared: Bootstrap = app.extensions["lotsen"]
    before = rows_of_the_first_guide(shared)
    passed: list[str] = []
    tried = 0
    for who, client in strangers.items():
        form = forms_on(client.get("/verfuegbarkeit", base_url=HERE))[0]
        # Signing out last: until then every route is tried as somebody who is in.
        ours = [rule for rule in rules(app) if getattr(app.view_functions[rule.endpoint], MARK) in OF_GUIDES]
        for rule in sorted(ours, key=lambda one: "abmelden" in one.rule):
            numbered = any(isinstance(kind, IntegerConverter) for kind in rule._converters.values())
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                tried += 1
                data = {"csrf_token": form.values["csrf_token"]} if method == "POST" else None
                with client.open(address(rule), method=method, data=data, base_url=HERE) as answer:
                    text = answer.get_data(as_text=True)
                    if numbered and answer.status_code not in (403, 404):
                        passed.append(f"{who}: {method} {rule.rule} {answer.status_code}")
                    if any(one in text for one in MINE):
                        passed.append(f"{who}: {method} {rule.rule} tells of another")
    assert passed == []
    assert tried > 50
    assert rows_of_the_first_guide(shared) == before


def test_a_guides_own_record_wants_a_sign_in(app: Flask, strangers: dict[str, FlaskClient]) -> None:
    signed_in, by_link = strangers["signed in"], strangers["by link"]
    for path in ("/profil", "/profil/daten", "/profil/geraete"):
        assert signed_in.get(path, base_url=HERE).status_code == 200
        assert by_link.get(path, base_url=HERE).status_code == 403
    for path in ("/meine-termine", "/verfuegbarkeit", "/abwesenheit"):
        assert by_link.get(path, base_url=HERE).status_code == 200
