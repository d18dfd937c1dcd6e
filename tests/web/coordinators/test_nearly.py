"""What the request's page says where guides are short, and what it offers to do about it."""

import re
from datetime import time, timedelta
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask.testing import FlaskClient

from lotsen.bootstrap import Bootstrap
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import Gender, Level, Mode, Role, WishWeight
from lotsen.models import GuideRequest, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.factories import START
from tests.web.coordinators.conftest import SignIn

pytestmark = pytest.mark.only_db("sqlite")

NIGHT = tuple(WeeklyTime(weekday, time(6), time(10, 45)) for weekday in range(7))


def ask(bootstrap: Bootstrap, pool: Pool, *guides: dict[str, object], **wanted: object) -> str:
    """Return the address of a request's page in a town with these guides."""
    with bootstrap.begin(SYSTEM) as uow:
        for one in guides:
            factories.add_guide(uow, pool.id, **one)
        return f"/buero/anfragen/{factories.open_request(uow, pool.id, **wanted).id}"


def mails(page: str) -> list[tuple[str, str, str]]:
    """Return (address, subject, body) of every mail that the page prepares."""
    found = [unescape(one) for one in re.findall(r'href="(mailto:[^"]+\?[^"]+)"', page)]
    return [
        (
            unquote(urlsplit(one).path),
            *(parse_qs(urlsplit(one).query)[part][0] for part in ("subject", "body")),
        )
        for one in found
    ]


def test_a_team_without_guides(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    address = ask(bootstrap, pool)
    page = office.get(address).text
    assert "There are no guides in the team yet." in page
    assert 'href="/buero/lotsen/neu"' in page
    assert "Nearly fitting" not in page
    assert "Not possible" not in page
    assert "/lotsen/neu" not in sign_in("Rita Muster", Role.READ_ONLY).get(address).text


def test_a_language_that_nobody_speaks(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    page = office.get(ask(bootstrap, pool, {}, language="pl")).text
    assert "Nobody in the team speaks Polish so far." in page
    assert "Does not speak the language (1)" in page


def test_three_are_needed_and_two_are_free(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    address = ask(bootstrap, pool, {}, {}, guides_needed=3)
    page = office.get(address).text
    assert "Proposals (2)" in page
    assert "3 people are needed. Only 2 can come at the same time." in page
    with bootstrap.begin(SYSTEM) as uow:
        request = uow.session.get_one(GuideRequest, int(address.rpartition("/")[2]))
        factories.offered(uow, request, uow.session.get_one(factories.Guide, 1))
    # One is asked already: two are missing, and only one is left.
    assert "2 people are needed. Only one can come at the same time." in office.get(address).text


def test_two_who_can_come_at_different_times_are_no_pair(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    late = tuple(WeeklyTime(weekday, time(14), time(20)) for weekday in range(7))
    hour = timedelta(hours=1)
    windows = ((START - hour, START), (START + 6 * hour, START + 7 * hour))
    early, evening = {"weekly": NIGHT}, {"weekly": late}
    page = office.get(ask(bootstrap, pool, early, evening, windows=windows, guides_needed=2)).text
    assert "Proposals (2)" in page
    assert "2 people are needed. Only one can come at the same time." in page


def test_times_that_are_over(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    address = ask(bootstrap, pool, {})
    assert "All times" not in office.get(address).text
    with bootstrap.begin(SYSTEM) as uow:
        for window in uow.session.get_one(GuideRequest, int(address.rpartition("/")[2])).windows:
            window.starts_at -= timedelta(days=30)
            window.ends_at -= timedelta(days=30)
    page = office.get(address)
    assert page.status_code == 200
    assert "All times of this request are over. It needs a new time." in page.text


def test_somebody_without_any_capacity(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    page = office.get(ask(bootstrap, pool, {"minutes_per_week": 0, "name": "Amira Saleh"})).text
    assert "Nobody can come at these times." in page
    assert "1 hour more than this person can do in a week (0 minutes)" in page


def test_what_would_open_somebody_comes_with_names_and_a_mail(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    address = ask(
        bootstrap,
        pool,
        {"name": "Amira Saleh", "weekly": NIGHT},
        {"name": "Omar Hadid", "gender": Gender.MALE},
        {"name": "Olena Pryklad", "languages": (("ar", Level.B1),), "gender": Gender.FEMALE},
        gender_wish=Gender.FEMALE,
        gender_weight=WishWeight.MUST,
        locale="en",
    )
    page = office.get(f"{address}?sprache=de").text
    found = mails(page)
    page = office.get(f"{address}?sprache=en").text
    assert "Nobody can come at these times." in page
    assert "Nearly fitting (2)" in page
    assert "Each of these changes would help by itself, the smallest first." in page
    assert page.index("if a woman or a man is only a wish: 1 more") < page.index("if level B1 is enough: 1")
    nearly = page[page.index("Nearly fitting") : page.index("Not possible")]
    assert ">Omar Hadid</a>" in nearly
    assert ">Olena Pryklad</a>" in nearly
    assert "Amira" not in nearly
    # In the institution's language, whatever the office reads, and without anybody's name.
    assert [one[:2] for one in found] == [("ada@schule.example", "Your request L-2026-0001")] * 2
    assert "This would help: if a woman or a man is only a wish." in found[0][2]
    assert not any(name in text for name in ("Omar", "Olena", "Amira") for one in found for text in one)
    reader = sign_in("Rita Muster", Role.READ_ONLY).get(address).text
    assert ">Omar Hadid</a>" in reader
    assert mails(reader) == []


def test_pairs_only_where_no_single_change_helps(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    phone = {"on_site": False, "languages": (("ar", Level.B1),), "name": "Amira Saleh"}
    page = office.get(ask(bootstrap, pool, phone)).text
    assert "No single change would help. These two together would." in page
    assert "if level B1 is enough, and by phone: 1 more person could come." in page


def test_to_go_further_is_asked_of_the_guides(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        far = factories.district(uow, pool.id, "02")
        factories.add_guide(uow, pool.id, home_district_id=far, reach_hops=0, by_phone=False)
        address = f"/buero/anfragen/{factories.open_request(uow, pool.id, mode=Mode.ON_SITE).id}"
    page = office.get(address).text
    assert "if somebody goes one district further: 1 more person could come." in page
    assert "Please ask these people whether they would go further." in page
    assert mails(page) == []


def test_where_somebody_can_come_the_changes_step_back(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    page = office.get(ask(bootstrap, pool, {}, {"weekly": ()})).text
    assert "Nearly fitting" not in page
    page = office.get(ask(bootstrap, pool, {"weekly": NIGHT})).text
    assert "What would open more people" in page
    assert "Nobody can come" not in page


def test_a_proposal_says_which_request_would_have_nobody_left(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ask(bootstrap, pool, {"languages": (("ar", Level.NATIVE), ("uk", Level.NATIVE))}, {})
    other = ask(bootstrap, pool, start=START + timedelta(minutes=30), language="uk")
    page = office.get(address).text
    assert page.count(f'<a href="{other}"><bdi>L-2026-0002</bdi></a> has nobody left.') == 1
    # With a long queue it is worked out on demand.
    monkeypatch.setattr("lotsen.queries.costs.MOST_AT_ONCE", 1)
    page = office.get(address).text
    assert "has nobody left" not in page
    assert "Look what other requests would lose" in page
    assert "has nobody left" in office.get(f"{address}?folgen=1").text


def test_what_the_best_plan_for_all_would_lose_is_said_on_demand(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        both = factories.add_guide(uow, pool.id, languages=(("ar", Level.NATIVE), ("ti", Level.NATIVE)))
        for language in ("ti", "ar"):
            factories.add_guide(uow, pool.id, languages=((language, Level.NATIVE),))
        asked = factories.open_request(uow, pool.id)
        # Either of them could be served if the guide of both languages came here, but not the two.
        others = [factories.open_request(uow, pool.id, language="ti") for _ in range(2)]
        address = f"/buero/anfragen/{asked.id}"
        name = both.name
    page = office.get(address).text
    assert "Look what other requests would lose" in page
    assert "best plan for all" not in page
    page = office.get(f"{address}?folgen=1").text
    assert name in page
    lost = re.findall(r"the best plan for all leaves.*?<bdi>(L-\d+-\d+|[^<]+)</bdi>", page)
    assert len(lost) == 1
    assert lost[0] in {one.reference for one in others}
    with bootstrap.begin(SYSTEM) as uow:
        factories.add_guide(uow, pool.id, languages=(("ti", Level.NATIVE),))
    assert "No other request loses anybody by this." in office.get(f"{address}?folgen=1").text
