from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import Notice
from lotsen.models import OutboxMessage, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.coordinators.conftest import SignIn

MAIL = b"Subject: Hello\r\nContent-Type: text/plain\r\n\r\nOpen http://127.0.0.1:8000/l/abc <b>now</b>.\r\n"


@pytest.fixture
def offer(bootstrap: Bootstrap, pool: Pool) -> OutboxMessage:
    """Return the mail that asks a guide."""
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Amira Saleh")
        factories.offered(uow, factories.open_request(uow, pool.id), guide)
        return uow.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == Notice.OFFER)).one()


@pytest.fixture
def mail_folder(app: Flask) -> Path:
    """Return where mails are kept that no server takes."""
    folder = app.extensions["lotsen_mail_folder"]
    assert isinstance(folder, Path)
    folder.mkdir(parents=True)
    return folder


def test_messages_are_listed_without_their_links(office: FlaskClient, offer: OutboxMessage) -> None:
    page = office.get("/buero/postausgang").text
    assert "Question to the guide" in page
    assert "Amira Saleh" in page
    assert "Waiting" in page
    text = office.get(f"/buero/postausgang/{offer.id}").text
    assert "[Link]" in text
    assert "~token" not in text
    assert "/l/" not in text
    assert office.get(f"/buero/postausgang/{offer.id}/mail.eml").status_code == 404
    assert office.get("/buero/postausgang?stand=dead").text.count("Amira Saleh") == 0


def test_without_a_mail_server_the_mail_shows_its_links(
    office: FlaskClient, offer: OutboxMessage, mail_folder: Path
) -> None:
    (mail_folder / f"{offer.dedup_key}.eml").write_bytes(MAIL)
    page = office.get(f"/buero/postausgang/{offer.id}").text
    assert '<a href="http://127.0.0.1:8000/l/abc">http://127.0.0.1:8000/l/abc</a> &lt;b&gt;now' in page
    file = office.get(f"/buero/postausgang/{offer.id}/mail.eml")
    assert file.mimetype == "message/rfc822"
    assert message_from_bytes(file.data, policy=default)["Subject"] == "Hello"


def test_with_a_mail_server_no_link_is_shown(
    office: FlaskClient, app: Flask, offer: OutboxMessage, mail_folder: Path
) -> None:
    (mail_folder / f"{offer.dedup_key}.eml").write_bytes(MAIL)
    app.extensions["lotsen_mail_folder"] = None
    assert "/l/" not in office.get(f"/buero/postausgang/{offer.id}").text
    assert office.get(f"/buero/postausgang/{offer.id}/mail.eml").status_code == 404


def test_messages_of_another_pool_do_not_exist(
    sign_in: SignIn, other_pool: Pool, offer: OutboxMessage, mail_folder: Path
) -> None:
    (mail_folder / f"{offer.dedup_key}.eml").write_bytes(MAIL)
    stranger = sign_in("Sam Muster", pool_id=other_pool.id)
    assert "Amira Saleh" not in stranger.get("/buero/postausgang").text
    assert stranger.get(f"/buero/postausgang/{offer.id}").status_code == 404
    assert stranger.get(f"/buero/postausgang/{offer.id}/mail.eml").status_code == 404
