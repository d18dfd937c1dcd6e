"""Every page in every language, light and dark, on a phone, a tablet and a desk: nothing is wrong with it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page

from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, TokenPurpose
from lotsen.i18n import LOCALES, OFFICE, translator
from lotsen.services.demo import COORDINATOR_EMAIL
from tests.browser import guide_day
from tests.browser.conftest import EAGER, Demo
from tests.browser.visitors import VISITORS, reader_of_arabic
from tests.support.browser import PageAt, bring_axe, no_sideways_scroll
from tests.support.looking import FULL, WIDTHS, look

pytestmark = pytest.mark.browser

DIRECTIONS = {locale: translator(locale).direction for locale in LOCALES}


@dataclass(frozen=True)
class Eye:
    """Opens pages in one language and looks at each."""

    page: Page
    demo: Demo
    language: str
    findings: list[str]
    looked: list[str] = field(default_factory=list[str])

    def open(self, path: str, what: str, status: int = 200) -> None:
        """Open a page by its path or address, and look at it."""
        address = path if path.startswith("http") else self.demo.lotsen.url + path
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        self.look(what)

    def press(self, what: str, status: int = 200, *, button: str = "main form button", nth: int = 0) -> None:
        """Press a button and look at the page that comes."""
        with self.page.expect_navigation() as coming:
            self.page.locator(button).nth(nth).click()
        answer = coming.value
        assert answer is not None
        assert answer.status == status, f"{what}: {answer.status} {self.page.locator('h1').inner_text()}"
        self.look(what)

    def fill(self, **typed: str) -> None:
        """Fill in fields by their names; radio buttons and lists by their values."""
        for name, value in typed.items():
            field = self.page.locator(f"[name='{name}']")
            if field.first.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f"[name='{name}'][value='{value}']").check()
            elif field.first.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def look(self, what: str) -> None:
        """Note what is wrong with the page in any size and colour scheme."""
        root = self.page.locator("html")
        written = root.get_attribute("lang"), root.get_attribute("dir")
        assert written == (self.language, DIRECTIONS[self.language]), what
        found = look(self.page, len(self.looked), self.language, what)
        self.findings.extend(f"{what}, {self.language}, {one}" for one in found)
        self.looked.append(what)

    def finish(self) -> None:
        """Fail if anything was found."""
        assert not self.findings, "\n".join(self.findings)


def at(day: str, month: str) -> dict[str, str]:
    """Return what is typed into the first date of the form."""
    parts = {"day-day": day, "day-month": month, "day-year": "2026", "start": "11"}
    return {f"windows-0-{name}": typed for name, typed in parts.items()}


# The other languages have their own test of what can go wrong with words, and all of it in `make budget`.
@pytest.fixture(params=LOCALES if FULL else ["de", "ar"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def eye(language: str, page_at: PageAt, demo: Demo) -> Eye:
    """Look at pages in each language."""
    page = page_at(WIDTHS[0])
    bring_axe(page)
    page.goto(f"{demo.lotsen.url}/impressum?sprache={language}")
    return Eye(page, demo, language, [])


of_office = pytest.mark.parametrize("language", OFFICE if FULL else ["de"])


def test_pages_for_everybody(eye: Eye) -> None:
    eye.open("/", "start")
    eye.open("/impressum", "imprint")
    eye.open("/datenschutz", "privacy")
    eye.open("/barrierefreiheit", "accessibility")
    eye.open("/leichte-sprache", "easy-language")
    eye.open("/gebaerdensprache", "sign-language")
    eye.open("/barriere-melden?seite=/impressum", "barrier")
    eye.press("barrier-error", 422)
    eye.fill(what="Die Schrift ist zu klein.", email=f"ada.{eye.language}@beispiel.example")
    eye.press("barrier-reported")
    eye.open("/anmelden", "sign-in")
    eye.press("sign-in-error", 422)
    eye.open("/gibt-es-nicht", "404", 404)
    eye.open("/anfrage/1", "403", 403)
    eye.open("/l/neu", "404-link", 404)
    eye.open(eye.demo.ended, "410", 410)
    eye.press("link-sent")
    eye.finish()


def test_the_form_of_a_request(eye: Eye) -> None:
    page = eye.page
    eye.open("/anfrage/neu/einrichtung", "form-1")
    eye.press("form-1-error", 422)
    eye.fill(
        institution_name="Schule am Beispielweg",
        institution_kind="school",
        contact_name="Petra Beispiel",
        email=f"petra.{eye.language}@schule.example",
        phone="0221 4710131",
    )
    eye.press("form-2")
    eye.press("form-2-error", 422)
    page.locator("input[name=language_first][value=other]").check()
    page.locator("#language_other").click()
    page.get_by_role("option").first.wait_for()
    eye.look("form-2-list")
    page.keyboard.press("Escape")
    eye.fill(language_first="ar", occasion="parent_talk")
    eye.press("form-3")
    eye.press("form-3-error", 422)
    eye.fill(**at("24", "11"), mode="on_site", district_id="1", address="Beispielweg 3")
    eye.press("form-3-urgent", 422)
    eye.fill(urgency_reason="Es ist dringend.")
    eye.press("form-4")
    eye.fill(participants="viele")
    eye.press("form-4-error", 422)
    eye.fill(participants="4", remarks="Klingel beim Hausmeister")
    eye.press("check")
    eye.press("check-error", 422)
    page.locator("input[name=accepted]").check()
    eye.press("sent")
    eye.finish()


def test_errors_of_forms(eye: Eye) -> None:
    page = eye.page
    page.goto(f"{eye.demo.lotsen.url}/anfrage/neu/einrichtung")
    page.locator("[name=institution_name]").evaluate("field => { field.value = 'x'.repeat(300000) }")
    eye.press("413", 413)
    page.goto(f"{eye.demo.lotsen.url}/anfrage/neu/einrichtung")
    page.locator("[name=csrf_token]").evaluate_all("fields => fields.forEach(one => one.remove())")
    eye.press("400", 400)
    page.goto(f"{eye.demo.lotsen.url}/anfrage/neu/einrichtung")
    eye.fill(institution_name="Schule", institution_kind="school", contact_name="Petra Beispiel")
    eye.fill(email=f"spaeter.{eye.language}@schule.example", phone="0221 4710131")
    eye.press("form-1-later", button="[name=later]")
    page.goto(f"{eye.demo.lotsen.url}/anfrage/neu/einrichtung")
    eye.fill(email=EAGER)
    for typed in (
        {},
        {"language_first": "ar", "occasion": "parent_talk"},
        at("7", "12") | {"mode": "phone"},
        {},
    ):
        eye.fill(**typed)
        with page.expect_navigation():
            page.locator("main form button").first.click()
    page.locator("input[name=accepted]").check()
    eye.press("429", 429)
    eye.finish()


def test_pages_of_a_request(eye: Eye) -> None:
    for status in RequestStatus:
        if status is RequestStatus.DRAFT:
            continue
        request_id, link = eye.demo.link(TokenPurpose.TRACKING, status)
        eye.open(link, f"track-{status}")
        if status in (RequestStatus.SUBMITTED, RequestStatus.OPEN, RequestStatus.CONFIRMED):
            live = request_id
            eye.open(f"/anfrage/{request_id}/absagen", f"cancel-{status}")
    eye.page.goto(f"{eye.demo.lotsen.url}/anfrage/{live}/absagen")
    eye.page.locator("[name=version]").evaluate("field => { field.value = '0' }")
    eye.press("cancel-moved-on", 409)
    eye.page.goto(eye.demo.link(TokenPurpose.TRACKING, RequestStatus.CONFIRMED)[1])
    changed = f"/anfrage/{eye.demo.link(TokenPurpose.TRACKING, RequestStatus.CONFIRMED)[0]}/aendern"
    for part in ("termin", "ort", "sprache", "vor-ort", "weiteres"):
        eye.open(f"{changed}/{part}", f"change-{part}")
    eye.fill(participants="viele")
    eye.press("change-error", 422)
    eye.open(f"{changed}/sprache", "change-language")
    eye.fill(language="so")
    eye.press("change-check")
    for status in (RequestStatus.SUBMITTED, RequestStatus.OPEN, RequestStatus.LAPSED):
        eye.open(eye.demo.link(TokenPurpose.CONFIRM_ADDRESS, status)[1], f"confirm-{status}")
    eye.finish()


def test_pages_of_a_guide(eye: Eye) -> None:
    states = {key[1] for key in eye.demo.links if key[0] is TokenPurpose.OFFER}
    assert states >= {"offered", "confirmed", "declined", "expired", "cancelled", "completed"}, states
    for state in sorted(states):
        eye.open(eye.demo.link(TokenPurpose.OFFER, state)[1], f"offer-{state}")
        if state in ("confirmed", "completed"):
            eye.open("/meine-termine", f"mine-{state}")
    over = eye.demo.link(TokenPurpose.OFFER, AssignmentStatus.EXPIRED)[0]
    eye.open(eye.demo.link(TokenPurpose.OFFER, AssignmentStatus.OFFERED)[1], "offer")
    eye.page.locator("form[action$='/ja']").evaluate(f"form => {{ form.action = '/angebot/{over}/ja' }}")
    eye.press("offer-409", 409, button="form[action$='/ja'] button")
    eye.finish()


def test_a_guides_own_pages(eye: Eye) -> None:
    page = eye.page
    number = str(list(DIRECTIONS).index(eye.language))
    eye.open("/anmelden-per-mail", "by-mail")
    eye.press("by-mail-error", 422)
    eye.fill(email="niemand@fremd.example")
    eye.press("by-mail-sent")
    eye.open(eye.demo.link(TokenPurpose.SIGN_IN, number)[1], "by-link")
    eye.press("signed-in")
    eye.open("/verfuegbarkeit", "week")
    eye.press("week-saved")
    eye.open("/verfuegbarkeit/uhrzeiten", "exact")
    eye.fill(**{"days-0-spans-0-start": "25"})
    eye.press("exact-error", 422)
    eye.open("/verfuegbarkeit/tage", "days")
    eye.fill(day="2026-12-05", start="9", end="12")
    eye.press("days-saved", button="main form:not([action]) button")
    eye.open("/verfuegbarkeit/pause", "pause")
    eye.press("pause-error", 422)
    eye.open("/abwesenheit", "away")
    eye.fill(first_on="2026-11-23", last_on="2027-03-01")
    eye.press("away-clashes", button="main form:not([action]) button")
    with page.expect_navigation():
        page.locator("form[action$='/loeschen'] button").first.click()
    for name in ("", "/kontakt", "/einsatz", "/sprachen", "/nachrichten", "/geraete", "/daten"):
        eye.open(f"/profil{name}", f"profile{name.replace('/', '-')}")
    eye.press("data-all", button="form[action$='/lesen'] button")
    eye.open(eye.demo.link(TokenPurpose.MY_REQUESTS, "")[1], "my-requests")
    eye.finish()


@of_office
def test_pages_of_the_office(eye: Eye) -> None:
    page = eye.page
    page.goto(f"{eye.demo.lotsen.url}/anmelden")
    eye.fill(email=COORDINATOR_EMAIL, password=eye.demo.password)
    eye.press("inbox")
    for tab in ("wartet", "bestaetigt", "niemand-frei", "erledigt"):
        eye.open(f"/buero/anfragen?stand={tab}", f"inbox-{tab}")
    for status in (
        RequestStatus.SUBMITTED,
        RequestStatus.OFFERED,
        RequestStatus.CONFIRMED,
        RequestStatus.COMPLETED,
        RequestStatus.UNFILLED,
        RequestStatus.OPEN,
    ):
        request_id = eye.demo.link(TokenPurpose.TRACKING, status)[0]
        eye.open(f"/buero/anfragen/{request_id}", f"request-{status}")
    for _ in range(page.locator("main details").count()):
        page.locator("main details:not([open]) > summary").first.click()
    eye.look("request-unfolded")
    ask = page.locator("form[action$='/anfragen']")
    ask.first.locator("[name=version]").evaluate("field => { field.value = '0' }")
    eye.press("collision", 409, button="form[action$='/anfragen'] button")
    for ending in ("ablehnen", "niemand-frei", "absagen"):
        eye.open(f"/buero/anfragen/{request_id}/{ending}", f"end-{ending}")
        if ending != "absagen":
            eye.press(f"end-{ending}-error", 422)
    eye.finish()


@of_office
def test_pages_of_the_office_about_guides_and_mails(eye: Eye) -> None:
    page = eye.page
    page.goto(f"{eye.demo.lotsen.url}/anmelden?weiter=/buero/lotsen")
    eye.fill(email=COORDINATOR_EMAIL, password=eye.demo.password)
    eye.press("guides")
    eye.open("/buero/lotsen?name=nirgends", "guides-none")
    eye.open("/buero/lotsen/1", "guide")
    eye.open("/buero/lotsen/1/bearbeiten", "guide-edit")
    eye.fill(name="", email="keine")
    eye.press("guide-edit-error", 422)
    page.goto(f"{eye.demo.lotsen.url}/buero/lotsen/1/bearbeiten")
    page.locator("[name=version]").evaluate("field => { field.value = '0' }")
    eye.fill(notes="Hat angerufen.")
    eye.press("guide-edit-409", 409)
    eye.open("/buero/lotsen/neu", "guide-new")
    eye.open("/buero/postausgang", "outbox")
    message = page.locator("main a[href*='/postausgang/']").first.get_attribute("href")
    assert message is not None
    assert re.search(r"/\d+$", message)
    eye.open(message, "message")
    eye.open("/buero/lotsen/99999", "404-office", 404)
    eye.finish()


@of_office
def test_pages_of_the_batch_proposal(eye: Eye) -> None:
    page = eye.page
    page.goto(f"{eye.demo.lotsen.url}/anmelden?weiter=/buero/sammelvorschlag")
    eye.fill(email=COORDINATOR_EMAIL, password=eye.demo.password)
    eye.press("plans")
    # The page that waits would renew itself under axe's hands.
    page.route("**/wait*.js*", lambda route: route.abort())
    eye.press("plan-progress")
    # The demo's own scheduler takes the run: another's clock would make one of the two look gone.
    for _ in range(120):
        if page.locator("input[type=radio]").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    for _ in range(page.locator("main details:not([open])").count()):
        page.locator("main details:not([open]) > summary").first.click()
    eye.look("plan-review")
    eye.press("plan-kept", button="[name=merken]")
    eye.press("plan-check", button="form[action*='/sammelvorschlag/'] .button.primary")
    eye.open("/buero/sammelvorschlag", "plans-again")
    eye.finish()


def test_pages_after_a_talk(eye: Eye) -> None:
    key = (TokenPurpose.TRACKING, RequestStatus.COMPLETED.value)
    # The demo lets four in a row say different things.
    for address in [link for known, link in eye.demo.links.items() if known[:2] == key][:4]:
        eye.open(address, "track-after")
        ways = eye.page.locator("main .card").first
        for way, what in (("stunden", "hours"), ("rueckmeldung", "feedback"), ("niemand-kam", "nobody-came")):
            found = ways.locator(f"a[href*='/{way}/']")
            if found.count():
                path = found.first.get_attribute("href") or ""
                eye.open(path, f"after-{what}")
                eye.page.goto(address)
    complaint = eye.page.locator("a[href$='/beschwerde']").first.get_attribute("href") or ""
    eye.open(complaint, "complaint")
    eye.press("complaint-error", 422)
    offers = [link for known, link in eye.demo.links.items() if known[1] == AssignmentStatus.COMPLETED]
    for offer in offers:
        eye.page.goto(f"{offer}?weiter=stunden")
        if eye.page.locator("main .card a[href*='/meine-stunden/']").count():
            break
    eye.look("hours")
    months = eye.page.locator("a[href*='/meine-stunden/20']")
    month = months.first.get_attribute("href") or ""
    one = eye.page.locator("main .card a[href*='/meine-stunden/']").first.get_attribute("href") or ""
    eye.open(one, "hours-edit")
    eye.fill(km="viele", end="")
    eye.press("hours-edit-error", 422)
    eye.open(month, "month")
    eye.open("/meine-bescheinigungen", "certificates")
    eye.fill(first_on="", last_on="")
    eye.press("certificates-error", 422)
    eye.page.goto(f"{eye.demo.lotsen.url}/meine-bescheinigungen")
    eye.press("certificate")
    code = eye.page.locator("dd bdi[dir=ltr]").inner_text()
    eye.open("/meine-bescheinigungen", "certificates-some")
    eye.open(f"/bescheinigung/{code}", "certificate-checked")
    eye.open("/bescheinigung/falsch", "certificate-unknown", 404)
    eye.finish()


def test_pages_of_a_guides_day(eye: Eye) -> None:
    prepared = guide_day.prepare(eye.demo, f"Axel{eye.language}")
    eye.page.goto(prepared.sign_in)
    with eye.page.expect_navigation():
        eye.page.locator("main form button").first.click()
    offer, later, soon, begun = prepared.assignments
    eye.open("/meine-termine", "mine-day")
    eye.open("/aushang", "board")
    eye.open("/nicht-anfragen", "unwanted-none")
    eye.page.goto(f"{eye.demo.lotsen.url}/angebot/{offer}")
    eye.press("declined", button="form[action$='/nein'] button")
    eye.fill(reason="too_much", pause_until="2026-11-01")
    eye.press("declined-error", 422)
    eye.fill(reason="institution", pause_until="")
    eye.press("declined-institution")
    eye.open("/nicht-anfragen", "unwanted")
    eye.open(f"/termin/{later}/abgeben", "hand-over")
    eye.press("withdrawn")
    eye.open(f"/termin/{soon}/verspaetung", "late")
    eye.press("late-error", 422)
    eye.fill(minutes="15")
    eye.press("late-told")
    eye.open(f"/termin/{begun}/niemand-da", "nobody-there")
    eye.press("nobody-told")
    eye.open("/mein-kalender", "feed-none")
    eye.press("feed")
    eye.finish()


@pytest.mark.parametrize("language", [one for one in LOCALES if one != "de"] if FULL else ["uk", "fr"])
def test_words_of_every_language_have_room_on_a_small_phone(
    language: str, page_at: PageAt, demo: Demo
) -> None:
    for enter in VISITORS:
        if enter is reader_of_arabic:
            continue
        page = page_at(WIDTHS[0])
        page.goto(f"{demo.lotsen.url}/impressum?sprache={language}")
        for address in enter(page, demo):
            page.goto(urljoin(demo.lotsen.url, address))
            assert page.locator("html").get_attribute("lang") == language
            no_sideways_scroll(page)
