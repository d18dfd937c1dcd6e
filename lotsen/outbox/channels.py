"""The ways by which e-mails leave: a mail server, or files in a folder where none is set."""

import os
import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from lotsen.errors import ChannelDown, PermanentFailure, TemporaryFailure
from lotsen.outbox.message import dedup_key_of

# Seconds that each answer of the server may take, and the last one, while it stores the message (RFC 5321).
_ANSWER = 30.0
_STORING = 600.0

SEND_SECONDS = 15 * 60
"""What one message may take at most, with a new connection, all answers as late as they may come."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
# Said to whoever has not signed in, or not well enough: about the installation, whatever the message.
_SIGN_IN_WANTED = frozenset({530, 534, 535, 538})
_LEADING_DOT = re.compile(rb"(?m)^\.")


class Channel(Protocol):
    """Takes an e-mail, or raises TemporaryFailure or PermanentFailure; used by one thread at a time."""

    def send(self, email: EmailMessage) -> None:
        """Hand over one e-mail; returns when the other side has taken it."""
        ...

    def close(self) -> None:
        """End what is open after a batch."""
        ...


def open_channel(smtp_url: str | None, folder: Path, hello: str) -> Channel:
    """Return the channel of this installation; `hello` is the name it greets mail servers with."""
    return FileChannel(folder) if smtp_url is None else SmtpChannel(smtp_url, hello)


class FileChannel:
    """Keeps each e-mail as `<dedup_key>.eml`; a repeat overwrites its file with the same bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, email: EmailMessage) -> None:
        """Write the file whole or not at all."""
        final = self._folder / f"{dedup_key_of(email)}.eml"
        unfinished = self._folder / f".{final.name}.{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(email.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(final)
        except OSError as error:
            raise ChannelDown(f"{error.strerror}: {self._folder}") from error

    def close(self) -> None:
        """Nothing stays open."""


class SmtpChannel:
    """Speaks to a mail server (smtp, smtp+starttls, smtps) over one connection for as long as it lasts."""

    def __init__(self, url: str, hello: str | None = None) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._hello = hello
        self._open: smtplib.SMTP | None = None

    def send(self, email: EmailMessage) -> None:
        """Hand over one e-mail to the one address in To."""
        sender, receiver = (email[header].addresses[0].addr_spec for header in ("From", "To"))
        data = email.as_bytes()
        server = self._connected()
        try:
            _transfer(server, sender, receiver, data)
        except (TemporaryFailure, PermanentFailure):
            # The server refused in good order; what was begun must not leak into the next message.
            self._reset(server)
            raise
        except OSError as error:
            self._drop()
            raise TemporaryFailure(_words(error)) from error

    def close(self) -> None:
        """Take leave of the server."""
        if self._open is not None:
            with suppress(OSError):
                self._open.quit()
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._open is not None:
            # Servers hang up on idle clients: found out here, a message is never sent on the suspicion.
            with suppress(OSError):
                if self._open.noop()[0] == 250:
                    return self._open
            self._drop()
        try:
            self._open = self._connect()
        except OSError as error:
            raise ChannelDown(_words(error)) from error
        return self._open

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, self._hello, timeout=_ANSWER, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, self._hello, timeout=_ANSWER)
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            else:
                server.ehlo_or_helo_if_needed()
        except OSError:
            server.close()
            raise
        return server

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _transfer(server: smtplib.SMTP, sender: str, receiver: str, data: bytes) -> None:
    code, answer = server.mail(sender)
    if code != 250:
        # About the installation, not about this message: nothing will go until it is mended.
        raise ChannelDown(_refusal(code, answer))
    code, answer = server.rcpt(receiver)
    if code not in (250, 251):
        raise _failure(code, answer)
    code, answer = server.docmd("DATA")
    if code != 354:
        raise _failure(code, answer)
    server.send(_LEADING_DOT.sub(b"..", data) + b".\r\n")
    _set_patience(server, _STORING)
    code, answer = server.getreply()
    _set_patience(server, _ANSWER)
    if code != 250:
        raise _failure(code, answer)


def _set_patience(server: smtplib.SMTP, seconds: float) -> None:
    if server.sock is not None:
        server.sock.settimeout(seconds)


def _failure(code: int, answer: bytes) -> TemporaryFailure | PermanentFailure:
    words = _refusal(code, answer)
    if code in _SIGN_IN_WANTED:
        return ChannelDown(words)
    return PermanentFailure(words) if 500 <= code < 600 else TemporaryFailure(words)


def _refusal(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode(errors='replace')}"


def _words(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException) and isinstance(error.smtp_error, bytes):
        return _refusal(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"
