"""A guide's own pages, as a browser without script uses them: times, absences, record, data."""

import json
from datetime import time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AuditEvent, GuideStatus, Level, Notice
from lotsen.i18n import translator
from lotsen.models import AuditEntry, Guide, Pool, WeeklyAvailability
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web import mails
from tests.web.conftest import Clock
from tests.web.forms import Values, fill, forms_on, open_and_fill

de = translator("de").gettext


@pytest.fixture
def guide(bootstrap: Bootstrap, pool: Pool, client: FlaskClient) -> Guide:
    """Return a guide who has signed in with this client."""
    with bootstrap.begin(SYSTEM) as uow:
        one = factories.add_guide(uow, pool.id, weekly=())
    open_and_fill(client, "/anmelden-per-mail", {"email": one.email})
    link = next(mail.links[0] for mail in mails.read_all(bootstrap) if mail.notice is Notice.LOGIN_LINK)
    fill(client.get(link, follow_redirects=True), client, {})
    return one


def words(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def send(client: FlaskClient, path: str, typed: Values, ending: str = "") -> TestResponse:
    """Fill in the form of a page whose address ends so; the page's own has none."""
    page = client.get(path)
    assert page.status_code == 200, words(page)
    forms = forms_on(page)
    number = next(
        n for n, form in enumerate(forms) if (form.action.endswith(ending) if ending else not form.action)
    )
    return fill(page, client, typed, form=number)


def saved(bootstrap: Bootstrap, guide: Guide) -> Guide:
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        one = uow.session.get_one(Guide, guide.id)
        assert one.weekly is not None
        assert one.extra is not None
        assert one.absences is not None
        assert one.languages is not None
        assert one.districts is not None
        return one


def times(guide: Guide) -> list[tuple[int, str, str]]:
    return [(one.weekday, f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}") for one in guide.weekly]


def test_the_week_is_ticked_then_given_to_the_minute(
    client: FlaskClient, bootstrap: Bootstrap, guide: Guide
) -> None:
    page = client.get("/verfuegbarkeit")
    assert words(page).count('name="slots"') == 28
    assert de("Then we do not ask you of our own accord.") in words(page)
    form = next(one for one in forms_on(page) if not one.action)
    ticked = {**form.values, "slots": ["0-morning", "0-noon", "4-evening"]}
    assert client.post("/verfuegbarkeit", data=ticked).status_code == 303
    assert times(saved(bootstrap, guide)) == [(0, "08:00", "15:00"), (4, "18:00", "21:00")]
    # The page that stood open meanwhile says so, keeps the ticks, and counts the second time.
    late = client.post("/verfuegbarkeit", data={**ticked, "slots": ["6-noon"]})
    assert late.status_code == 409
    assert 'value="6-noon" checked' in words(late)
    exact = {"days-0-spans-0-start": "9", "days-0-spans-0-end": "11.30", "days-2-spans-0-start": "18"}
    wrong = send(client, "/verfuegbarkeit/uhrzeiten", exact)
    assert wrong.status_code == 422
    assert de("Please give both times, or none.") in words(wrong)
    assert 'value="11.30"' in words(wrong)
    exact |= {"days-2-spans-0-end": "0", "days-4-spans-0-start": "", "days-4-spans-0-end": ""}
    assert send(client, "/verfuegbarkeit/uhrzeiten", exact).status_code == 303
    assert times(saved(bootstrap, guide)) == [(0, "09:00", "11:30"), (2, "18:00", "00:00")]
    page = client.get("/verfuegbarkeit")
    assert "09:00" in words(page)
    assert de("They stay when you save this table.") in words(page)
    form = next(one for one in forms_on(page) if not one.action)
    client.post("/verfuegbarkeit", data={**form.values, "slots": ["2-evening", "5-noon"]})
    assert times(saved(bootstrap, guide)) == [
        (0, "09:00", "11:30"),
        (2, "18:00", "00:00"),
        (5, "12:00", "15:00"),
    ]


def test_single_days_and_a_pause(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, guide: Guide
) -> None:
    day = (clock.now + timedelta(days=3)).date().isoformat()
    wrong = send(client, "/verfuegbarkeit/tage", {"day": day, "start": "11", "end": "10"})
    assert wrong.status_code == 422
    assert de("The end must be after the beginning.") in words(wrong)
    assert send(client, "/verfuegbarkeit/tage", {"day": day, "start": "9", "end": "10"}).status_code == 303
    assert len(saved(bootstrap, guide).extra) == 1
    send(client, "/verfuegbarkeit/tage", {}, "loeschen")
    assert not saved(bootstrap, guide).extra
    assert send(client, "/verfuegbarkeit/pause", {"until": "gestern"}).status_code == 422
    assert send(client, "/verfuegbarkeit/pause", {"until": "2026-11-22"}).status_code == 422
    assert send(client, "/verfuegbarkeit/pause", {"until": day}).status_code == 303
    assert saved(bootstrap, guide).status is GuideStatus.PAUSED
    assert de("You are taking a break") in words(client.get("/verfuegbarkeit"))
    send(client, "/verfuegbarkeit/pause", {}, "ende")
    assert saved(bootstrap, guide).status is GuideStatus.ACTIVE


def test_an_absence_names_the_appointments_on_its_days(
    client: FlaskClient, bootstrap: Bootstrap, clock: Clock, guide: Guide, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        other = factories.add_guide(uow, pool.id)
        mine = uow.session.get_one(Guide, guide.id)
        every_day = [WeeklyAvailability(weekday=n, starts_at=time(6), ends_at=time(22)) for n in range(7)]
        mine.weekly += every_day
        start = clock.now + timedelta(days=15)
        agreed = factories.confirmed(uow, factories.open_request(uow, pool.id, start), mine)
        later = factories.offered(uow, factories.open_request(uow, pool.id, start + timedelta(days=2)), mine)
        factories.confirmed(uow, factories.open_request(uow, pool.id, start), other)
    day = start.date()
    assert send(client, "/abwesenheit", {"first_on": ""}).status_code == 422
    typed = {"first_on": day.isoformat(), "last_on": (day - timedelta(days=1)).isoformat()}
    assert send(client, "/abwesenheit", typed).status_code == 422
    assert send(client, "/abwesenheit", {"first_on": day.isoformat()}).status_code == 303
    assert [(one.first_on, one.last_on) for one in saved(bootstrap, guide).absences] == [(day, day)]
    text = words(client.get("/abwesenheit"))
    assert de("You have appointments on these days") in text
    assert text.count("Grundschule am Beispielweg") == 1
    assert f"/{agreed.id}" in text.partition(de("Enter days"))[0]
    assert f"/angebot/{later.id}" not in text
    send(client, "/abwesenheit", {}, "loeschen")
    assert not saved(bootstrap, guide).absences


def test_the_record_is_changed_part_by_part(
    client: FlaskClient, bootstrap: Bootstrap, guide: Guide, pool: Pool
) -> None:
    wrong = send(client, "/profil/kontakt", {"phone": "keine"})
    assert wrong.status_code == 422
    assert 'value="keine"' in words(wrong)
    contact = {"phone": "0221 4710 155", "phone_shared": "y", "locale": "ar"}
    assert send(client, "/profil/kontakt", contact).status_code == 303
    none = {"on_site": "-", "by_phone": "-", "by_video": "-"}
    assert send(client, "/profil/einsatz", none).status_code == 422
    work = {"by_video": "y", "hours": "6", "asks_per_week": "2", "reach_hops": "3"}
    assert send(client, "/profil/einsatz", work).status_code == 303
    assert send(client, "/profil/nachrichten", {"quiet_from": "19"}).status_code == 422
    assert send(client, "/profil/nachrichten", {"quiet_from": "19", "quiet_until": "9"}).status_code == 303
    assert send(client, "/profil/sprachen", {"languages-0-language": ""}).status_code == 422
    bare = send(client, "/profil/sprachen", {"languages-1-language": "ti"})
    assert bare.status_code == 422
    assert de("Please choose how well you speak it.") in words(bare)
    more = {"languages-1-language": "ti", "languages-1-level": "C1"}
    assert send(client, "/profil/sprachen", more).status_code == 303
    one = saved(bootstrap, guide)
    assert (one.phone, one.phone_shared, one.locale) == ("0221 4710155", True, "ar")
    assert (one.by_video, one.minutes_per_week, one.asks_per_week, one.reach_hops) == (True, 360, 2, 3)
    assert (one.quiet_from, one.quiet_until) == (time(19), time(9))
    assert {row.language: row.approved for row in one.languages} == {"ar": True, "ti": False}
    assert [row.level for row in one.languages] == [Level.NATIVE, Level.C1]
    assert de("waits for the office") in words(client.get("/profil"))


def test_all_own_data_are_read_taken_along_and_given_up(
    client: FlaskClient, bootstrap: Bootstrap, guide: Guide
) -> None:
    page = send(client, "/profil/daten", {}, "lesen")
    assert guide.email in words(page)
    file = send(client, "/profil/daten", {}, "datei")
    assert file.mimetype == "application/json"
    assert json.loads(file.data)["guide"][0]["email"] == guide.email
    send(client, "/profil/daten", {}, "loeschung")
    assert saved(bootstrap, guide).deletion_asked_at is not None
    send(client, "/profil/daten", {}, "zurueck")
    assert saved(bootstrap, guide).deletion_asked_at is None
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        events = uow.session.scalars(select(AuditEntry.event)).all()
    assert events.count(AuditEvent.EXPORTED) == 2


def test_the_menu_names_what_there_is_and_for_whom(
    client: FlaskClient, bootstrap: Bootstrap, guide: Guide
) -> None:
    text = words(client.get("/verfuegbarkeit"))
    menu = text.partition("<nav aria-label")[2].partition("</nav>")[0]
    for path in ("/meine-termine", "/verfuegbarkeit", "/abwesenheit", "/profil"):
        assert f'href="{path}"' in text
    assert guide.name in text
    assert text.count('aria-current="page"') == 1
    assert menu
    assert '<html lang="ar" dir="rtl">' in words(client.get("/verfuegbarkeit?sprache=ar"))


def test_a_guide_chooses_a_way_that_pool_and_installation_have(
    client: FlaskClient, bootstrap: Bootstrap, guide: Guide, pool: Pool
) -> None:
    assert "messenger" not in words(client.get("/profil/nachrichten"))
    client.application.extensions["lotsen_messengers"] = frozenset({"SMS"})
    with bootstrap.begin(SYSTEM) as uow:
        uow.session.get_one(Pool, pool.id).settings = {**pool.settings, "messengers": ["SMS", "Signal"]}
    page = words(client.get("/profil/nachrichten"))
    assert 'value="SMS"' in page
    assert "Signal" not in page
    typed = {"messenger": "SMS", "messenger_address": "keine Nummer"}
    wrong = send(client, "/profil/nachrichten", typed)
    assert wrong.status_code == 422
    assert 'value="keine Nummer"' in words(wrong)
    typed = {"messenger": "SMS", "messenger_address": "0170 1234567", "quiet_from": "19", "quiet_until": "9"}
    assert send(client, "/profil/nachrichten", typed).status_code == 303
    assert saved(bootstrap, guide).messenger == "SMS"
    assert "+491701234567" in words(client.get("/profil"))
    assert send(client, "/profil/nachrichten", {"messenger": ""}).status_code == 303
    assert saved(bootstrap, guide).messenger is None
