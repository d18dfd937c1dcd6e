"""A real mail server that keeps what it gets and fails on demand."""

import asyncio
import re
import socket
import threading
from asyncio import AbstractServer
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it came over the wire."""

    message: EmailMessage
    raw: bytes
    sender: str
    recipients: tuple[str, ...]


@dataclass
class _Fault:
    """What to do instead of accepting, and how many times still (None: until told otherwise)."""

    answer: str | None
    at: Literal["rcpt", "data"]
    only_for: str | None
    times: int | None

    def strikes(self, at: str, recipients: list[str]) -> bool:
        fits = self.at == at and self.times != 0 and (self.only_for is None or self.only_for in recipients)
        if fits and self.times is not None:
            self.times -= 1
        return fits


class MailServer:
    """Mails received so far, and the faults to come."""

    def __init__(self) -> None:
        self._arrival = threading.Condition()
        self._received: list[ReceivedMail] = []
        self._faults: list[_Fault] = []
        self._delay = 0.0
        self._controller = _Controller(self)

    @property
    def host(self) -> str:
        """Return the address the server listens on."""
        return self._controller.hostname

    @property
    def port(self) -> int:
        """Return the port the server listens on."""
        return self._controller.port

    @property
    def url(self) -> str:
        """Return the address as LOTSEN_SMTP_URL wants it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def received(self) -> list[ReceivedMail]:
        """Return the mails so far with bytes and envelope, oldest first."""
        with self._arrival:
            return list(self._received)

    @property
    def messages(self) -> list[EmailMessage]:
        """Return the mails so far, oldest first."""
        return [mail.message for mail in self.received]

    def wait_for(
        self,
        *,
        recipient: str | None = None,
        subject_contains: str = "",
        count: int = 1,
        timeout: float = 40,
    ) -> EmailMessage:
        """Return the `count`-th mail that fits; AssertionError if it has not come in `timeout` seconds."""

        def fitting() -> list[ReceivedMail]:
            return [
                mail
                for mail in self._received
                if (recipient is None or recipient in mail.recipients)
                and subject_contains in str(mail.message["Subject"])
            ]

        with self._arrival:
            if self._arrival.wait_for(lambda: len(fitting()) >= count, timeout):
                return fitting()[count - 1].message
            seen = [f"{', '.join(mail.recipients)}: {mail.message['Subject']}" for mail in self._received]
        raise AssertionError(
            f"no mail number {count} to {recipient} with {subject_contains!r} in {timeout} s, only {seen}"
        )

    def clear(self) -> None:
        """Forget the mails received so far."""
        with self._arrival:
            self._received.clear()

    def refuse(
        self,
        code: int,
        text: str = "refused by the test",
        *,
        at: Literal["rcpt", "data"] = "data",
        only_for: str | None = None,
        times: int | None = None,
    ) -> None:
        """Answer `code` to the next `times` mails (None: to all) or to those for one recipient."""
        self._faults.append(_Fault(f"{code} {text}", at, only_for, times))

    def drop_after_data(self, *, only_for: str | None = None, times: int | None = None) -> None:
        """Keep the mail but cut the connection before saying so: the sender cannot know."""
        self._faults.append(_Fault(None, "data", only_for, times))

    def delay(self, seconds: float) -> None:
        """Let senders wait that long for the answer to their mail."""
        self._delay = seconds

    def behave(self) -> None:
        """Accept everything at once again."""
        self._faults.clear()
        self._delay = 0.0

    def start(self) -> None:
        """Begin to listen; needed only after `stop`."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening: connections are refused until `start`, which takes the same port."""
        self._controller.stop()

    # What follows is called by aiosmtpd, in its own thread.

    async def handle_RCPT(  # noqa: N802 (aiosmtpd chose the name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        for fault in self._faults:
            if fault.answer and fault.strikes("rcpt", [address]):
                return fault.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd chose the name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self._delay:
            await asyncio.sleep(self._delay)
        fault = next((fault for fault in self._faults if fault.strikes("data", envelope.rcpt_tos)), None)
        if fault and fault.answer:
            return fault.answer
        self._keep(envelope)
        if fault and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 OK"

    def _keep(self, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=policy.default)
        mail = ReceivedMail(message, raw, envelope.mail_from or "", tuple(envelope.rcpt_tos))
        with self._arrival:
            self._received.append(mail)
            self._arrival.notify_all()


class _Controller(Controller):
    """aiosmtpd on a port that the system chose and that nobody can take in between."""

    def __init__(self, handler: MailServer) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def _create_server(self) -> Coroutine[None, None, AbstractServer]:
        listener = socket.create_server((self.hostname, self.port))
        self.port = int(listener.getsockname()[1])
        return self.loop.create_server(self._factory_invoker, sock=listener)

    def start(self) -> None:
        if self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
        super().start()


def plain_text(message: EmailMessage) -> str:
    """Return the plain-text body."""
    part = message.get_body(("plain",))
    assert part is not None, "the mail has no plain-text part"
    return str(part.get_content())


def html_text(message: EmailMessage) -> str:
    """Return the HTML body."""
    part = message.get_body(("html",))
    assert part is not None, "the mail has no HTML part"
    return str(part.get_content())


def calendar_file(message: EmailMessage) -> bytes | None:
    """Return the calendar that the mail carries, inline or attached."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    return None


def links(message: EmailMessage) -> list[str]:
    """Return the addresses in the plain-text body, in order."""
    return re.findall(r"https?://[^\s<>\"]+", plain_text(message))


@pytest.fixture
def smtp_server() -> Iterator[MailServer]:
    """Run a mail server for this test."""
    server = MailServer()
    server.start()
    yield server
    server.stop()
