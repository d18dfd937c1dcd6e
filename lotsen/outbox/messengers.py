"""Short messages by the ways that apprise knows: SMS gateways, Signal, Matrix and others; an extra."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol, cast
from urllib.parse import quote

from lotsen.errors import ConfigInvalid, PermanentFailure, TemporaryFailure

try:
    from apprise import Apprise
except ModuleNotFoundError:
    Apprise = None

_SECONDS = 60.0
# What it logs may name the receiver and the password of the gateway.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class _Way(Protocol):
    def add(self, servers: str) -> bool: ...

    def notify(self, body: str, *, timeout: float) -> object: ...


class Messengers:
    """The ways of this installation by name; each is an address of apprise with `{to}` for the receiver."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
        for name in addresses:
            self._open(name, "+491701234567")

    def send(self, name: str, to: str, text: str) -> None:
        """Hand over one message; returns when the gateway has taken it."""
        if name not in self._addresses:
            raise PermanentFailure(f"LOTSEN_MESSENGERS has no {name}")
        if not self._open(name, to).notify(body=text, timeout=_SECONDS):
            raise TemporaryFailure(f"{name}: the gateway did not take it")

    def _open(self, name: str, to: str) -> _Way:
        if Apprise is None:
            raise ConfigInvalid("LOTSEN_MESSENGERS needs the extra: pip install apprise")
        way = cast(Callable[[], _Way], Apprise)()
        if not way.add(self._addresses[name].replace("{to}", quote(to, safe="+"))):
            raise ConfigInvalid(f"LOTSEN_MESSENGERS: apprise does not understand the address of {name}")
        return way
