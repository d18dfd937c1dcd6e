import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AuditEvent
from lotsen.models import AuditEntry, LoginSession, Pool
from lotsen.services import accounts
from lotsen.services.unit_of_work import SYSTEM
from tests.web.conftest import Clock
from tests.web.forms import fill, forms_on, open_and_fill

EMAIL, PASSWORD = "petra@buero.example", "correct horse battery"


@pytest.fixture
def browser(client: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> FlaskClient:
    """Return a browser that is not signed in yet; there is an account for it."""
    with bootstrap.begin(SYSTEM) as uow:
        accounts.create_coordinator(uow, EMAIL, "Petra Beispiel", PASSWORD, pool.id)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def sign_in(
    browser: FlaskClient, email: str = EMAIL, password: str = PASSWORD, query: str = ""
) -> TestResponse:
    return open_and_fill(browser, f"/anmelden{query}", {"email": email, "password": password})


def events(bootstrap: Bootstrap) -> list[AuditEvent]:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        wanted = (AuditEvent.SIGNED_IN, AuditEvent.SIGN_IN_FAILED, AuditEvent.SIGNED_OUT)
        return list(
            uow.session.scalars(
                select(AuditEntry.event).where(AuditEntry.event.in_(wanted)).order_by(AuditEntry.id)
            )
        )


def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(browser: FlaskClient) -> None:
    sent = browser.get("/buero/lotsen?name=amira")
    assert sent.status_code == 302
    page = browser.get(sent.location)
    answer = fill(page, browser, {"email": EMAIL, "password": PASSWORD})
    assert answer.location == "/buero/lotsen?name=amira"
    assert "Signed in as Petra Beispiel" in browser.get(answer.location).text
    assert browser.get("/anmelden").location == "/buero/anfragen"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "///evil.example",
    ],
)
def test_no_sign_in_leads_to_another_site(browser: FlaskClient, elsewhere: str) -> None:
    page = browser.get("/anmelden")
    answer = fill(page, browser, {"email": EMAIL, "password": PASSWORD, "weiter": elsewhere})
    assert answer.location == "/buero/anfragen"


def test_unknown_accounts_and_wrong_passwords_get_the_same_answer(
    browser: FlaskClient, bootstrap: Bootstrap
) -> None:
    def visible(answer: TestResponse, email: str) -> str:
        assert answer.status_code == 422
        return answer.text[answer.text.index("<main") :].replace(email, "")

    known = visible(sign_in(browser, password="wrong"), EMAIL)
    unknown = visible(sign_in(browser, "nobody@buero.example", "wrong"), "nobody@buero.example")
    assert "E-mail address and password do not belong together." in known
    assert _without_tokens(known) == _without_tokens(unknown)
    assert "wrong" not in forms_on(sign_in(browser, password="wrong"))[0].values["password"]
    assert events(bootstrap) == [AuditEvent.SIGN_IN_FAILED] * 3


def _without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)


def test_guessing_is_slowed_down(browser: FlaskClient) -> None:
    answers = [sign_in(browser, password="wrong") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "There were too many tries." in answers[-1].text
    assert sign_in(browser).status_code == 429


def test_empty_fields_are_named(browser: FlaskClient) -> None:
    page = sign_in(browser, "", "")
    assert page.status_code == 422
    assert "Please give your e-mail address." in page.text
    assert "Please give your password." in page.text


def test_signing_out_ends_the_sign_in_everywhere(browser: FlaskClient, bootstrap: Bootstrap) -> None:
    sign_in(browser)
    cookie = browser.get_cookie("lotsen")
    assert cookie is not None
    form = next(one for one in forms_on(browser.get("/buero/anfragen")) if one.action == "/abmelden")
    assert browser.post("/abmelden", data=form.values).location == "/anmelden"
    assert browser.get("/buero/anfragen").status_code == 302
    browser.set_cookie("lotsen", cookie.value)
    assert browser.get("/buero/anfragen").status_code == 302
    assert events(bootstrap) == [AuditEvent.SIGNED_IN, AuditEvent.SIGNED_OUT]


def test_a_new_sign_in_ends_the_one_before_in_the_same_browser(
    browser: FlaskClient, bootstrap: Bootstrap
) -> None:
    page = browser.get("/anmelden")
    for _ in range(2):
        assert fill(page, browser, {"email": EMAIL, "password": PASSWORD}).status_code in (302, 400)
        browser.get("/buero/anfragen")
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        alive = uow.session.scalars(select(LoginSession).where(LoginSession.revoked_at.is_(None))).all()
        assert len(alive) == 1


def test_an_idle_sign_in_ends_and_a_used_one_does_not(browser: FlaskClient, clock: Clock) -> None:
    sign_in(browser)
    for _ in range(3):
        clock.pass_by(minutes=20)
        assert browser.get("/buero/anfragen").status_code == 200
    clock.pass_by(minutes=31)
    assert browser.get("/buero/anfragen").status_code == 302


def test_looking_at_pages_writes_at_most_once_a_minute(
    browser: FlaskClient, bootstrap: Bootstrap, clock: Clock
) -> None:
    sign_in(browser)
    assert _writes(bootstrap.engine, browser) == 0
    clock.pass_by(seconds=61)
    assert _writes(bootstrap.engine, browser) == 1
    assert _writes(bootstrap.engine, browser) == 0


def _writes(engine: Engine, browser: FlaskClient) -> int:
    commits: list[object] = []

    def note(connection: object) -> None:
        commits.append(connection)

    event.listen(engine, "commit", note)
    assert browser.get("/buero/anfragen").status_code == 200
    event.remove(engine, "commit", note)
    return len(commits)
