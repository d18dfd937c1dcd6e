"""The batch proposal in a browser: run, look, choose, check, send; with script and without."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page
from sqlalchemy import select

from config import Config
from lotsen import clock
from lotsen.app import make_bootstrap
from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Level
from lotsen.models import GuideRequest
from lotsen.services import requests
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.browser import people
from tests.browser.conftest import ServiceClock, Town
from tests.browser.people import OFFICE, PASSWORD, Look, de
from tests.support.browser import PageAt, axe
from tests.support.lotsen import started_lotsen
from tests.support.smtp import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.only_db("sqlite")]

PATH = "/buero/sammelvorschlag"


@pytest.fixture
def office(empty_database_url: str, smtp_server: MailServer, tmp_path: Path) -> Iterator[Town]:
    """Run a town with three guides and five open requests, two of which must stay open."""
    with started_lotsen(empty_database_url, smtp_server.url, tmp_path / "lotsen", parts=()) as lotsen:
        town = Town(lotsen, ServiceClock(tmp_path / "clock"), smtp_server)
        lotsen.command("migrate")
        lotsen.command(
            "create-coordinator", "--email", OFFICE, "--name", "Maria Muster", "--password", PASSWORD
        )
        first = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=14)
        with shared(town).begin(SYSTEM) as uow:
            pool = factories.add_pool(uow)
            pool.settings = {"weekly_pattern_on_holidays": True}
            for name in ("Samira Beispiel", "Yusuf Muster", "Olena Probe"):
                factories.add_guide(uow, pool.id, name=name, german_level=Level.B2, asks_per_week=20)
            for day in range(3):
                factories.open_request(uow, pool.id, first + timedelta(days=day))
            factories.open_request(uow, pool.id, first, guides_needed=3, urgency_reason="")
            factories.open_request(uow, pool.id, first + timedelta(days=1), german_level=Level.C1)
        lotsen.start("serve")
        lotsen.start("scheduler")
        lotsen.wait_until_healthy()
        yield town


def shared(town: Town) -> Bootstrap:
    """Open the town's database beside its processes."""
    return make_bootstrap(Config.from_env(town.lotsen.environment))


def wait_for_review(look: Look, *, js: bool) -> None:
    """Wait until the page shows what is proposed: by itself, or by the link that it has for that."""
    again = look.page.get_by_role("link", name=de("See how far it is now"))
    for _ in range(60):
        if rows(look.page).count():
            return
        look.page.wait_for_timeout(500)
        if not js and again.count():
            again.click()
    raise AssertionError(look.page.locator("main").inner_text())


def rows(page: Page) -> Locator:
    """Return the rows about which can be decided."""
    return page.locator("tr").filter(has=page.locator("input[type=radio]"))


@pytest.mark.parametrize(("width", "js"), [(360, False), (1280, True)], ids=["phone-no-script", "desk"])
def test_from_the_start_to_what_was_sent(office: Town, page_at: PageAt, width: int, js: bool) -> None:
    page = page_at(width, js=js)
    look = Look(page, office, "plan")
    people.sign_in(look)
    look.open(PATH)
    look.look("list")
    look.press(de("Start the proposal"))
    assert page.locator("h1").inner_text()
    wait_for_review(look, js=js)
    look.look("review")
    assert not axe(page)

    # What stays open comes first, with what would help and with who came first.
    text = page.locator("main").inner_text()
    assert text.index(de("Stays open (%(count)s)", count=2)) < text.index(
        de("Proposals (%(count)s)", count=3)
    )
    look.says(de("More urgent:"), de("Work for each person"))
    assert page.get_by_role("listitem").filter(has_text="B2").count()
    assert rows(page).count() == 3
    for row in rows(page).all():
        assert row.locator("ul li").count() >= 1, "reasons stand beside each person"
        assert row.locator("details").count() == 1

    # Swap the first, skip the second, and keep it for later.
    swapped, skipped, third = (rows(page).nth(number) for number in range(3))
    swapped.locator("details summary").click()
    swapped.locator("input[type=radio]").nth(1).check()
    skipped.locator("input[type=radio]").last.check()
    look.press(de("Keep for later"))
    look.says(de("Your choice is kept. Nobody has been asked yet."))
    assert swapped.locator("input[type=radio]").nth(1).is_checked()
    assert skipped.locator("input[type=radio]").last.is_checked()
    look.press(de("Reset"))
    assert swapped.locator("input[type=radio]").first.is_checked()
    swapped.locator("input[type=radio]").nth(1).check()

    # Meanwhile the third is called off: it is shown and left out.
    reference = third.locator("bdi").inner_text()
    with shared(office).begin(SYSTEM) as uow:
        gone = uow.session.scalars(select(GuideRequest).where(GuideRequest.reference == reference)).one()
        with factories.acting(uow, factories.office(gone.pool_id)) as coordinator:
            requests.cancel(coordinator, gone.id)
    look.press(de("Check before sending"))
    look.look("check")
    assert not axe(page)
    look.says(de("This has changed in the meantime and is left out:"), reference)
    assert look.heading == people.counted("Send one question?", "Send %(num)s questions?", 2)
    look.press(people.counted("Send one question", "Send %(num)s questions", 2))
    assert look.heading == people.counted("One question has been sent", "%(num)s questions have been sent", 2)
    look.look("result")
    assert not axe(page)
    look.press(de("Back to the proposal"))
    assert rows(page).count() == 0
    look.look("sent")

    # Whoever stands by is named at the request; the next proposal says what is new.
    page.locator("main tbody tr").filter(has_text=de("sent")).nth(1).locator("a").first.click()
    look.says(de("On stand-by"), de("The person knows nothing of it yet."))
    look.look("stand-by")
    assert not axe(page)
