"""An institution changes, moves and calls off late, on a phone, in two directions of writing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from config import Config
from lotsen.app import make_bootstrap
from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, TokenPurpose
from lotsen.models import Assignment, GuideRequest, Token
from lotsen.services import assignments, series
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests import factories
from tests.browser import form
from tests.browser.conftest import MONDAY, ZONE, Demo
from tests.support.browser import PageAt, axe, no_sideways_scroll, shoot

pytestmark = pytest.mark.browser

TALK = datetime(2026, 12, 8, 10, 0, tzinfo=ZONE)
MOVED = datetime(2026, 12, 9, 11, 30, tzinfo=ZONE)


@dataclass(frozen=True)
class Shared:
    """The demo town's database, for what other people do meanwhile."""

    town: Bootstrap
    config: Config

    def agreed(self, start: datetime) -> tuple[int, str]:
        """Let somebody agree to a new request; return its id and the institution's link."""
        with self.town.begin(SYSTEM) as uow:
            pool = factories.add_pool(uow)
            # On working days alone: other tests of this town count on its weekends.
            weekly = tuple(WeeklyTime(weekday, time(6), time(22)) for weekday in range(5))
            guide = factories.add_guide(uow, pool.id, asks_per_week=20, weekly=weekly)
            request = factories.open_request(uow, pool.id, start.astimezone(UTC))
            factories.confirmed(uow, request, guide)
            return request.id, self._link(uow, request)

    def say_yes(self, request_id: int) -> None:
        """Let whoever was asked agree."""
        with self.town.begin(SYSTEM) as uow:
            asked = select(Assignment).where(
                Assignment.request_id == request_id, Assignment.status == AssignmentStatus.OFFERED
            )
            one = uow.session.scalars(asked).one()
            with factories.acting(uow, factories.asked(one)) as guide:
                assignments.accept(guide, one.id)

    def status(self, request_id: int) -> RequestStatus:
        with self.town.begin(SYSTEM, read_only=True) as uow:
            return uow.session.get_one(GuideRequest, request_id).status

    def _link(self, uow: UnitOfWork, request: GuideRequest) -> str:
        token = uow.session.scalars(
            select(Token)
            .where(Token.request_id == request.id, Token.purpose == TokenPurpose.TRACKING)
            .order_by(Token.id.desc())
        ).first()
        assert token is not None
        return f"{self.config.base_url}/l/{tokens.derive(self.config.secret, token.purpose, token.nonce)}"

    def series(self) -> list[int]:
        """Return the requests of the series that was sent last."""
        with self.town.begin(SYSTEM, read_only=True) as uow:
            last = select(func.max(GuideRequest.series_id)).scalar_subquery()
            return list(
                uow.session.scalars(
                    select(GuideRequest.id).where(GuideRequest.series_id == last).order_by(GuideRequest.id)
                )
            )

    def starts(self, request_ids: list[int]) -> list[str]:
        """Return when requests begin by the clock of the town."""
        with self.town.begin(SYSTEM, read_only=True) as uow:
            found = [uow.session.get_one(GuideRequest, one).windows[0].starts_at for one in request_ids]
            return [f"{one.astimezone(ZONE):%d. %H:%M}" for one in found]

    def confirmed_link(self, request_id: int) -> str:
        """Confirm the address of a request's sender, and return the institution's link."""
        with self.town.begin(SYSTEM) as uow:
            request = uow.session.get_one(GuideRequest, request_id)
            with factories.acting(uow, factories.holder(request)) as institution:
                series.confirm_address(institution, request_id)
            return self._link(uow, request)


@pytest.fixture
def shared(demo: Demo) -> Iterator[Shared]:
    config = Config.from_env(demo.lotsen.environment)
    found = replace(make_bootstrap(config), clock=lambda: MONDAY)
    yield Shared(found, config)
    found.engine.dispose()


@dataclass(frozen=True)
class Phone:
    """The institution's phone: every page is looked at as a whole."""

    page: Page
    language: str

    def look(self, what: str) -> None:
        no_sideways_scroll(self.page)
        assert self.page.locator("html").get_attribute("dir") == ("rtl" if self.language == "ar" else "ltr")
        assert axe(self.page) == [], what
        shoot(self.page, f"change-{self.language}-{what}-360")

    def open(self, address: str, what: str) -> None:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.ok
        self.look(what)

    def follow(self, target: str, what: str) -> None:
        """Follow the first link of the page whose address ends so."""
        with self.page.expect_navigation():
            self.page.locator(f"main a[href$='{target}']").first.click()
        self.look(what)

    def press(self, what: str, button: str = "main form button") -> None:
        with self.page.expect_navigation():
            self.page.locator(button).first.click()
        self.look(what)


@pytest.mark.parametrize(("language", "js"), [("de", True), ("ar", False)])
def test_change_move_and_call_off_late(
    demo: Demo, shared: Shared, page_at: PageAt, language: str, js: bool
) -> None:
    phone = Phone(page_at(360, js=js), language)
    page = phone.page
    form.speak(page, demo.lotsen.url, language)

    # A detail is saved at once.
    request_id, link = shared.agreed(TALK)
    phone.open(link, "track")
    phone.follow("/aendern/vor-ort", "contact")
    page.locator("[name=on_site_phone]").fill("keine")
    phone.press("contact-error")
    assert page.locator("#on_site_phone-error").is_visible()
    page.locator("[name=on_site_phone]").fill("0221 4710155")
    page.locator("[name=on_site_name]").fill("Vera Neu")
    phone.press("contact-saved")
    assert "Vera Neu" in page.locator("main").inner_text()
    assert shared.status(request_id) is RequestStatus.CONFIRMED

    # A new time is checked, and the same person is asked first.
    phone.follow("/aendern/termin", "time")
    for name, typed in (("day-day", "9"), ("day-month", "12"), ("day-year", "2026"), ("start", "11:30")):
        page.locator(f"[name=windows-0-{name}]").fill(typed)
    phone.press("time-check")
    assert shared.status(request_id) is RequestStatus.CONFIRMED
    phone.press("time-back", "[name=back]")
    assert page.locator("[name=windows-0-start]").input_value() == "11:30"
    phone.press("time-check-again")
    phone.press("time-saved", "[name=sure]")
    assert shared.status(request_id) is RequestStatus.OFFERED
    shared.say_yes(request_id)
    phone.open(link, "moved")
    assert MOVED.strftime("%H:%M") in page.locator("main").inner_text()

    # Calling off tomorrow's talk is late, and says so before and after.
    tomorrow_id, tomorrow = shared.agreed(MONDAY + timedelta(hours=22))
    phone.open(tomorrow, "tomorrow")
    phone.follow("/absagen", "late")
    phone.press("late-done")
    assert shared.status(tomorrow_id) is RequestStatus.CANCELLED
    assert page.locator(".notice.warning").count() == 1


@pytest.mark.parametrize(("language", "js"), [("de", True), ("ar", False)])
def test_a_flexible_series_is_moved_with_its_chance(
    demo: Demo, shared: Shared, page_at: PageAt, language: str, js: bool
) -> None:
    phone = Phone(page_at(360, js=js), language)
    page = phone.page
    form.speak(page, demo.lotsen.url, language)
    form.who(page, demo.lotsen.url, f"reihe-change-{language}@schule.example")
    form.language(page)
    form.day(page, 0, ("15", "12", "2026"), "9", until="11")
    form.place(page)
    page.locator("main details").click()
    page.locator("[name=repeat-kind]").select_option("weekly")
    page.locator("[name=repeat-count]").fill("3")
    form.go_on(page)
    form.go_on(page)
    page.locator("[name=accepted]").check()
    form.go_on(page)
    first, second, third = shared.series()
    phone.open(shared.confirmed_link(first), "series-track")
    phone.follow(f"/anfrage/{second}", "series-second")
    phone.follow("/aendern/termin", "series-time")
    assert page.locator("[name=windows-0-until]").input_value() == "11:00"
    page.locator("[name=windows-0-start]").fill("10")
    page.locator("[name=windows-0-until]").fill("13")
    if js:
        with page.expect_response(lambda answer: answer.url.endswith("/termin/chance")):
            page.locator("[name=windows-0-until]").fill("12:30")
        page.locator("[data-chance] p").first.wait_for()
    else:
        phone.press("series-chance", "button[name=chance]")
    assert page.locator("[data-chance] p").count()
    page.locator("[name=scope][value=following]").check()
    phone.press("series-check")
    assert page.locator("main h2").count() == 2
    phone.press("series-saved", "[name=sure]")
    starts = shared.starts([first, second, third])
    assert starts == ["15. 09:00", "22. 10:00", "29. 10:00"]
    phone.follow("/absagen", "series-cancel")
    page.locator("[name=scope][value=all]").check()
    phone.press("series-cancel-check")
    phone.press("series-cancelled")
    assert {shared.status(one) for one in (first, second, third)} == {RequestStatus.CANCELLED}
