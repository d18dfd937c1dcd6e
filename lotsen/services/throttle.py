"""Counts the tries of whoever is not signed in, and says how long the next one has to wait."""

import hashlib
import ipaddress
from datetime import timedelta
from typing import Final

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite

from lotsen.models import Throttle
from lotsen.services.unit_of_work import UnitOfWork

_LONGEST_DELAY: Final = timedelta(minutes=15)
_FORGOTTEN_AFTER: Final = timedelta(hours=24)
_IPV6_NETWORK: Final = 64


def key(kind: str, value: str) -> str:
    """Return the key under which the tries of one kind and value are counted."""
    return hashlib.sha256(f"{kind}:{value}".encode(errors="replace")).hexdigest()


def network_key(kind: str, address: str) -> str:
    """Return the key of a client's network."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return key(kind, address)
    # Who has one address of an IPv6 network has all of them.
    length = client.max_prefixlen if client.version == 4 else _IPV6_NETWORK
    return key(kind, str(ipaddress.ip_network((client, length), strict=False)))


def seconds_to_wait(uow: UnitOfWork, known: str, free: int) -> int:
    """Return for how long no try is taken: the first `free` cost nothing, then 2, 4, 8 … seconds."""
    row = uow.session.get(Throttle, known, with_for_update=True, populate_existing=True)
    if row is None or uow.now - row.last_failure_at >= _FORGOTTEN_AFTER:
        return 0
    left = row.last_failure_at + _delay(row.failures - free) - uow.now
    return max(0, -(-left // timedelta(seconds=1)))


def count(uow: UnitOfWork, known: str) -> None:
    """Count a try."""
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Throttle).values(key=known, failures=1, last_failure_at=uow.now)
    is_old = Throttle.last_failure_at <= uow.now - _FORGOTTEN_AFTER
    uow.session.execute(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": case((is_old, 1), else_=Throttle.failures + 1), "last_failure_at": uow.now},
        )
    )


def _delay(beyond: int) -> timedelta:
    if beyond <= 0:
        return timedelta()
    return min(_LONGEST_DELAY, timedelta(seconds=2 ** min(beyond, 10)))
