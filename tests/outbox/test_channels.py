"""Mails reach a real server; each kind of refusal is told apart."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lotsen.errors import ChannelDown, PermanentFailure, TemporaryFailure
from lotsen.outbox.channels import FileChannel, SmtpChannel, open_channel
from tests.outbox.test_message import built, stored
from tests.support.processes import free_port
from tests.support.smtp import MailServer, plain_text

# Made for these tests alone; valid for localhost.
CERTIFICATE = Path(__file__).with_name("tls.pem")
PASSWORD = "p@ss/w:rd"


def mail(recipient: str = "ada@schule.example", text: str = "Guten Tag\n") -> EmailMessage:
    return built(stored(to_address=recipient, text_body=text))


@pytest.fixture
def channel(smtp_server: MailServer) -> Iterator[SmtpChannel]:
    with closing(SmtpChannel(smtp_server.url, "lotsen.example")) as channel:
        yield channel


def test_a_mail_arrives_as_it_was_built(channel: SmtpChannel, smtp_server: MailServer) -> None:
    text = "Guten Tag\n.\n..\n.Punkt am Anfang\n"
    channel.send(mail(text=text))
    (received,) = smtp_server.received
    assert received.raw == mail(text=text).as_bytes()
    assert plain_text(received.message).replace("\r\n", "\n") == text
    assert (received.sender, received.recipients) == ("post@lotsen.example", ("ada@schule.example",))


def test_one_connection_serves_a_batch(channel: SmtpChannel, smtp_server: MailServer) -> None:
    channel.send(mail())
    first = channel._open
    smtp_server.refuse(550, at="rcpt", times=1)
    with pytest.raises(PermanentFailure):
        channel.send(mail())
    channel.send(mail())
    assert channel._open is first
    assert len(smtp_server.received) == 2


def test_a_broken_connection_is_opened_anew(channel: SmtpChannel, smtp_server: MailServer) -> None:
    channel.send(mail())
    smtp_server.stop()
    with pytest.raises(ChannelDown):
        channel.send(mail())
    smtp_server.start()
    channel.send(mail())
    assert len(smtp_server.received) == 2


@pytest.mark.parametrize("at", ["rcpt", "data"])
@pytest.mark.parametrize(("code", "kind"), [(451, TemporaryFailure), (550, PermanentFailure)])
def test_refusals_are_told_apart_and_the_next_mail_goes(
    channel: SmtpChannel, smtp_server: MailServer, at: str, code: int, kind: type[Exception]
) -> None:
    smtp_server.refuse(code, "not this one", at="rcpt" if at == "rcpt" else "data", times=1)
    with pytest.raises(kind, match=f"{code} not this one") as refusal:
        channel.send(mail())
    assert not isinstance(refusal.value, ChannelDown)
    channel.send(mail("bo@kita.example"))
    assert [received.recipients for received in smtp_server.received] == [("bo@kita.example",)]


def test_a_cut_after_the_last_dot_is_temporary(channel: SmtpChannel, smtp_server: MailServer) -> None:
    smtp_server.drop_after_data(times=1)
    with pytest.raises(TemporaryFailure):
        channel.send(mail())
    channel.send(mail())
    first, second = smtp_server.received
    assert first.raw == second.raw


def test_nobody_listening_means_down() -> None:
    with pytest.raises(ChannelDown):
        SmtpChannel(f"smtp://127.0.0.1:{free_port()}", "lotsen.example").send(mail())


def test_a_server_that_wants_a_password_first_means_down(
    channel: SmtpChannel, smtp_server: MailServer
) -> None:
    smtp_server.refuse(530, "5.7.0 Authentication required", at="rcpt")
    with pytest.raises(ChannelDown, match="530"):
        channel.send(mail())


class _Keeper:
    """Keeps what signed-in clients send."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    async def handle_DATA(  # noqa: N802 (aiosmtpd chose the name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.texts.append(envelope.original_content or b"")
        return "250 OK"


def _check(_server: SMTP, _session: Session, _envelope: Envelope, _kind: str, login: object) -> AuthResult:
    assert isinstance(login, LoginPassword)
    right = (login.login, login.password) == (b"lotsen@example", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def secured(scheme: str) -> Iterator[tuple[_Keeper, int]]:
    """Run a server that wants TLS and a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    keeper = _Keeper()
    controller = Controller(
        keeper,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=_check,
        auth_required=True,
        auth_require_tls=scheme == "smtp+starttls",
        **(
            {"ssl_context": context}
            if scheme == "smtps"
            else {"tls_context": context, "require_starttls": True}
        ),
    )
    controller.start()
    try:
        yield keeper, controller.port
    finally:
        controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_it_signs_in_over_tls(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with secured(scheme) as (keeper, port):
        url = f"{scheme}://{quote('lotsen@example', safe='')}:{quote(PASSWORD, safe='')}@localhost:{port}"
        with closing(SmtpChannel(url, "lotsen.example")) as channel:
            channel.send(mail())
        assert keeper.texts == [mail().as_bytes()]
        with pytest.raises(ChannelDown, match="535"):
            SmtpChannel(f"{scheme}://lotsen%40example:wrong@localhost:{port}", "lotsen.example").send(mail())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_it_sends_nothing_to_a_server_it_cannot_trust(scheme: str) -> None:
    with secured(scheme) as (keeper, port):
        with pytest.raises(ChannelDown, match="CERTIFICATE_VERIFY_FAILED"):
            SmtpChannel(f"{scheme}://u:p@localhost:{port}", "lotsen.example").send(mail())
        assert keeper.texts == []


def test_starttls_is_not_given_up_for_a_server_without_it(smtp_server: MailServer) -> None:
    url = smtp_server.url.replace("smtp://", "smtp+starttls://")
    with pytest.raises(ChannelDown):
        SmtpChannel(url, "lotsen.example").send(mail())
    assert smtp_server.received == []


def test_a_silent_server_does_not_hold_us_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotsen.outbox.channels._ANSWER", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ChannelDown):
        SmtpChannel(f"smtp://127.0.0.1:{silent.getsockname()[1]}", "lotsen.example").send(mail())


def test_the_server_may_take_long_to_store_a_mail(
    smtp_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lotsen.outbox.channels._ANSWER", 0.3)
    smtp_server.delay(0.6)
    with closing(SmtpChannel(smtp_server.url, "lotsen.example")) as channel:
        channel.send(mail())
    assert len(smtp_server.received) == 1


def test_without_a_server_mails_become_files(tmp_path: Path) -> None:
    folder = tmp_path / "instance" / "mails"
    channel = open_channel(None, folder, "lotsen.example")
    channel.send(mail())
    channel.send(mail())
    channel.close()
    assert [file.name for file in folder.iterdir()] == ["offer.17.guide.eml"]
    assert (folder / "offer.17.guide.eml").read_bytes() == mail().as_bytes()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_means_down(tmp_path: Path) -> None:
    blocked = tmp_path / "mails"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(ChannelDown):
        FileChannel(blocked).send(mail())
