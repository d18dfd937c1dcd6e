"""Short messages reach a gateway by apprise, and one that fails holds nothing else up."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from lotsen.database import transaction
from lotsen.domain import tokens
from lotsen.domain.vocabulary import Channel, OutboxStatus, TokenPurpose
from lotsen.errors import ConfigInvalid, PermanentFailure, TemporaryFailure
from lotsen.outbox.channels import FileChannel
from lotsen.outbox.dispatcher import Dispatcher
from lotsen.outbox.messengers import Messengers
from tests.outbox.factories import NOW, SECRET, SENDER, add_request, add_token, message, put, row

TO = "+4915112345678"


@dataclass
class Gateway:
    """Takes what apprise posts, or refuses it."""

    url: str
    answer: int = 200
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if found.answer == 200:
                found.taken.append((self.path, body))
            self.send_response(found.answer)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    found = Gateway(f"json://127.0.0.1:{server.server_port}/{{to}}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def test_a_message_reaches_the_gateway_with_number_and_words(gateway: Gateway) -> None:
    Messengers({"SMS": gateway.url}).send("SMS", TO, "Können Sie am Fr, 27.11., 10 Uhr helfen?")
    ((path, body),) = gateway.taken
    assert path == f"/{TO}"
    assert body["message"] == "Können Sie am Fr, 27.11., 10 Uhr helfen?"


def test_what_the_gateway_refuses_is_tried_again_and_a_way_that_is_gone_is_not(gateway: Gateway) -> None:
    gateway.answer = 503
    with pytest.raises(TemporaryFailure):
        Messengers({"SMS": gateway.url}).send("SMS", TO, "Hallo")
    with pytest.raises(PermanentFailure):
        Messengers({}).send("SMS", TO, "Hallo")
    assert gateway.taken == []


def test_an_address_that_apprise_does_not_know_is_said_at_the_start() -> None:
    with pytest.raises(ConfigInvalid, match="Brieftaube"):
        Messengers({"Brieftaube": "pigeon://loft/{to}"})


def test_short_messages_leave_beside_mails_with_their_links_and_hold_none_up(
    engine: Engine, gateway: Gateway, tmp_path: Path
) -> None:
    with transaction(engine) as session:
        token = add_token(session, add_request(session))
    link = f"https://lotsen.example/l/{tokens.placeholder(token.id)}"
    brief = replace(
        message("short", text_body=link, html_body=""),
        channel=Channel.MESSENGER,
        messenger="SMS",
        to_address=TO,
    )
    short, mail = put(engine, brief, message("mail"))
    gateway.answer = 500
    ways, folder = Messengers({"SMS": gateway.url}), FileChannel(tmp_path / "mails")
    dispatcher = Dispatcher(engine, folder, SENDER, "one", lambda: NOW, messengers=ways)
    assert dispatcher.run() == Counter({OutboxStatus.SENT: 1, OutboxStatus.WAITING: 1})
    assert row(engine, mail).status is OutboxStatus.SENT
    assert TO not in (row(engine, short).last_error or "")
    gateway.answer = 200
    later = Dispatcher(
        engine, folder, SENDER, "one", lambda: row(engine, short).next_attempt_at, messengers=ways
    )
    assert later.run() == Counter({OutboxStatus.SENT: 1})
    secret = tokens.derive(SECRET, TokenPurpose.TRACKING, token.nonce)
    assert [body["message"] for _, body in gateway.taken] == [f"https://lotsen.example/l/{secret}"]
    assert len(list((tmp_path / "mails").iterdir())) == 1
