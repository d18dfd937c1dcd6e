"""100 institutions send the form in the same second, and one presses the button 200 times."""

from collections import Counter
from functools import partial
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lotsen import clock
from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from lotsen.domain.calendar import add_working_days
from lotsen.domain.vocabulary import RequestStatus
from lotsen.models import GuideRequest, OutboxMessage
from lotsen.services import requests
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM
from tests import factories
from tests.races.crowd import all_at_once
from tests.races.test_http_race import cookie_of, send, token_on, web
from tests.support.lotsen import Lotsen

pytestmark = pytest.mark.race

__all__ = ["web"]

INSTITUTIONS, CLICKS = 100, 200
CHECK = "/anfrage/neu/pruefen"


def drafts(shared: Bootstrap, number: int) -> list[str]:
    """Keep the same complete form of so many institutions on the server; return the keys of the drafts."""
    # The web process lives by the real clock.
    day = add_working_days(shared.clock().date(), 15)
    keys = [uuid4().hex for _ in range(number)]
    with shared.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        answers = {
            "pages": ["einrichtung", "sprache", "termin", "wuensche"],
            "institution_name": "Schule am Beispielweg",
            "institution_kind": "school",
            "contact_name": "Petra Beispiel",
            "phone": "0221 4710131",
            "language_first": "ar",
            "substitutes_accepted": "y",
            "language_level": "B2",
            "occasion": "parent_talk",
            "windows-0-day-day": str(day.day),
            "windows-0-day-month": str(day.month),
            "windows-0-day-year": str(day.year),
            "windows-0-start": "10",
            "minutes": "60",
            "mode": "phone",
            "gender_weight": "nice",
            "guide_weight": "nice",
            "not_guide_weight": "must",
            "guides_needed": "1",
        }
        with factories.acting(uow, ANONYMOUS) as anybody:
            for place, key in enumerate(keys):
                own = answers | {"email": f"petra{place}@schule.example"}
                requests.start_draft(anybody, pool.id, key, own, "de")
    return keys


def take_up(host: str, cookie: str, token: str, key: str) -> str:
    """Let a browser go on with a draft by the key of its first page; return the browser's cookie."""
    _, page, headers = send(
        host, "POST", "/anfrage/neu/einrichtung", urlencode({"key": key, "csrf_token": token}), cookie
    )
    assert headers["Set-Cookie"], page
    return cookie_of(headers)


def test_100_institutions_at_once_and_200_clicks_of_one(database_url: str, web: Lotsen) -> None:
    engine = make_engine(database_url)
    shared = Bootstrap(engine, factories.LINKS, clock.now)
    keys = drafts(shared, INSTITUTIONS + 1)
    host = urlsplit(web.url).netloc
    _, page, headers = send(host, "GET", "/anfrage/neu/einrichtung")
    cookie, token = cookie_of(headers), token_on(page)
    browsers = [take_up(host, cookie, token, key) for key in keys]
    body = urlencode({"accepted": "y", "csrf_token": token})

    def press(browser: str) -> tuple[int, str]:
        status, answer, msg = send(host, "POST", CHECK, body, browser)
        return status, msg["Location"] or answer[:500]

    for crowd in ([partial(press, one) for one in browsers[1:]], [partial(press, browsers[0])] * CLICKS):
        outcomes = all_at_once(crowd)
        assert Counter(map(str, outcomes)) == {str((303, "/anfrage/gesendet")): len(crowd)}
    is_sent = GuideRequest.status == RequestStatus.SUBMITTED
    with shared.begin(SYSTEM, read_only=True) as uow:
        sent = uow.session.scalars(select(GuideRequest.reference).where(is_sent)).all()
        assert len(set(sent)) == len(sent) == INSTITUTIONS + 1
        mails = uow.session.scalars(select(OutboxMessage.to_address)).all()
        assert len(set(mails)) == len(mails) == INSTITUTIONS + 1
        # One institution, whatever the crowd before its door.
        assert len(set(uow.session.scalars(select(GuideRequest.institution_id).where(is_sent)))) == 1
        assert uow.session.scalars(select(func.count()).select_from(GuideRequest)).one() == INSTITUTIONS + 1
    engine.dispose()
