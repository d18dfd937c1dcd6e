"""Every route says who may open it, and none takes a form that did not come from our own page."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from config import Config
from lotsen.app import create_app
from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Role
from lotsen.services.unit_of_work import SYSTEM
from lotsen.web.permissions import BY_LINK, BY_ROLE, MARK, Permission
from tests import factories

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
