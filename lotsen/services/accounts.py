"""Accounts of the office: created, let in by password at a pace too slow for guessing, and out again."""

import hashlib
import ipaddress
import secrets
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from lotsen.domain import contact, tokens
from lotsen.domain.vocabulary import AuditEvent, Role, Subject
from lotsen.errors import Invalid, Throttled, WrongCredentials
from lotsen.i18n import N_
from lotsen.models import Account, LoginSession, Membership, Throttle
from lotsen.services import audit
from lotsen.services.unit_of_work import ANONYMOUS, Actor, UnitOfWork
from lotsen.services.wording import TEXT_PROBLEMS

Begin: TypeAlias = Callable[[Actor], AbstractContextManager[UnitOfWork]]

PASSWORD_SHORTEST: Final = 12
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)

# Longer input only keeps the hasher busy.
_PASSWORD_LONGEST: Final = 500
_FREE_FAILURES: Final = 4
_LONGEST_DELAY: Final = timedelta(minutes=15)
_FORGOTTEN_AFTER: Final = timedelta(hours=24)
# A click more often than this does not renew a sign-in, so that most pages only read.
_RENEW_AFTER: Final = timedelta(minutes=1)
_TOKEN_BYTES: Final = 32
_IPV6_NETWORK: Final = 64


@dataclass(frozen=True, slots=True)
class _Known:
    account_id: int | None
    password_hash: str


def create_coordinator(
    uow: UnitOfWork, email: str, name: str, password: str, pool_id: int, role: Role = Role.COORDINATOR
) -> Account:
    """Add an account that may do in the pool what the role allows; raises Invalid by field."""
    wrong: dict[str, str] = {}
    try:
        email = contact.email(email)
    except contact.Unusable as error:
        wrong["email"] = TEXT_PROBLEMS[error.problem]
    try:
        name = contact.clean_name(name)
    except contact.Unusable as error:
        wrong["name"] = TEXT_PROBLEMS[error.problem]
    if len(password) < PASSWORD_SHORTEST:
        wrong["password"] = N_("Please choose a password of at least 12 characters.")
    elif len(password) > _PASSWORD_LONGEST:
        wrong["password"] = N_("This password is too long.")
    if "email" not in wrong and uow.session.scalar(select(Account.id).where(Account.email == email)):
        wrong["email"] = N_("There is an account with this e-mail address already.")
    if wrong:
        raise Invalid(wrong)
    account = Account(
        email=email, name=name, password_hash=_hasher().hash(_bytes_of(password)), created_at=uow.now
    )
    account.memberships.append(Membership(pool_id=uow.pool(pool_id).id, role=role))
    uow.session.add(account)
    uow.session.flush()
    audit.record(uow, AuditEvent.CREATED, Subject.ACCOUNT, account.id, pool_id=pool_id, role=role)
    return account


def check_password(begin: Begin, email: str, password: str, address: str) -> int:
    """Return the account that e-mail and password belong to; raises WrongCredentials or Throttled.

    `address` is that of the client. Opens transactions of its own: a try counts before it is looked at, so
    that neither an error nor many tries at once get around the count, and no lock is held while hashing.
    """
    keys = _throttle_keys(email, address)
    with begin(ANONYMOUS) as uow:
        seconds = max(_seconds_to_wait(uow, key) for key in keys)
        if not seconds:
            for key in keys:
                _count_failure(uow, key)
        known = _known(uow, email)
    if seconds:
        raise Throttled(seconds)
    matches = _verify(known.password_hash, password) and known.account_id is not None
    renewed = None
    if matches and _hasher().check_needs_rehash(known.password_hash):
        renewed = _hasher().hash(_bytes_of(password))
    with begin(ANONYMOUS) as uow:
        if matches:
            _forgive(uow, *keys)
        else:
            audit.record(uow, AuditEvent.SIGN_IN_FAILED, Subject.ACCOUNT, known.account_id, pool_id=None)
        if renewed is not None:
            uow.session.execute(
                update(Account).where(Account.id == known.account_id).values(password_hash=renewed)
            )
    if not matches or known.account_id is None:
        raise WrongCredentials
    return known.account_id


def start_session(uow: UnitOfWork, account_id: int) -> str:
    """Sign an account in and return the raw token for its cookie; the database keeps only the digest."""
    raw = secrets.token_urlsafe(_TOKEN_BYTES)
    uow.session.add(
        LoginSession(
            token_hash=tokens.digest(raw),
            account_id=account_id,
            created_at=uow.now,
            last_seen_at=uow.now,
            expires_at=uow.now + LONGEST,
        )
    )
    uow.session.flush()
    audit.record(uow, AuditEvent.SIGNED_IN, Subject.ACCOUNT, account_id, pool_id=None)
    return raw


def find_session(uow: UnitOfWork, raw: str) -> tuple[Account, LoginSession] | None:
    """Return who a token signs in, with memberships loaded; None if it has ended. Only reads."""
    found = uow.session.execute(
        select(Account, LoginSession)
        .join(LoginSession, LoginSession.account_id == Account.id)
        .where(
            LoginSession.token_hash == tokens.digest(raw),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > uow.now,
            LoginSession.last_seen_at > uow.now - IDLE,
            Account.disabled_at.is_(None),
        )
        .options(selectinload(Account.memberships))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def needs_renewal(uow: UnitOfWork, login: LoginSession) -> bool:
    """Say whether it is time to note that a sign-in is in use."""
    return uow.now - login.last_seen_at >= _RENEW_AFTER


def renew_session(uow: UnitOfWork, login_id: int) -> None:
    """Note that a sign-in is in use, so that it does not end as idle."""
    uow.session.execute(update(LoginSession).where(LoginSession.id == login_id).values(last_seen_at=uow.now))


def end_session(uow: UnitOfWork, raw: str) -> None:
    """Sign out; a token that has ended changes nothing."""
    account_id = uow.session.scalar(
        update(LoginSession)
        .where(LoginSession.token_hash == tokens.digest(raw), LoginSession.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .returning(LoginSession.account_id)
        .execution_options(synchronize_session=False)
    )
    if account_id is not None:
        audit.record(uow, AuditEvent.SIGNED_OUT, Subject.ACCOUNT, account_id, pool_id=None)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_bytes(16))


def _bytes_of(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _known(uow: UnitOfWork, email: str) -> _Known:
    """Return an account's hash, or one that costs as much to check as if there were an account."""
    row = uow.session.execute(
        select(Account.id, Account.password_hash).where(
            Account.email == _plain(email), Account.disabled_at.is_(None)
        )
    ).one_or_none()
    return _Known(None, _decoy()) if row is None else _Known(row[0], row[1])


def _verify(password_hash: str, password: str) -> bool:
    _decoy()
    try:
        return _hasher().verify(password_hash, _bytes_of(password[:_PASSWORD_LONGEST]))
    except (Argon2Error, InvalidHashError):
        return False


def _plain(email: str) -> str:
    try:
        return contact.email(email)
    except contact.Unusable:
        return email.strip().casefold()


def network_of(address: str) -> str:
    """Return what counts as one client: who has one address of an IPv6 network has all of them."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return address
    length = client.max_prefixlen if client.version == 4 else _IPV6_NETWORK
    return str(ipaddress.ip_network((client, length), strict=False))


def _throttle_keys(email: str, address: str) -> tuple[str, str]:
    return _digest("account", _plain(email)), _digest("address", network_of(address))


def _digest(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode(errors="replace")).hexdigest()


def _seconds_to_wait(uow: UnitOfWork, key: str) -> int:
    row = uow.session.get(Throttle, key, with_for_update=True, populate_existing=True)
    if row is None or uow.now - row.last_failure_at >= _FORGOTTEN_AFTER:
        return 0
    left = row.last_failure_at + _delay(row.failures) - uow.now
    return max(0, -(-left // timedelta(seconds=1)))


def _delay(failures: int) -> timedelta:
    """Return how long to wait after so many failures: nothing for the first four, then 2, 4, 8 … seconds."""
    if failures <= _FREE_FAILURES:
        return timedelta()
    return min(_LONGEST_DELAY, timedelta(seconds=2 ** min(failures - _FREE_FAILURES, 10)))


def _count_failure(uow: UnitOfWork, key: str) -> None:
    dialect = postgresql if uow.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Throttle).values(key=key, failures=1, last_failure_at=uow.now)
    is_old = Throttle.last_failure_at <= uow.now - _FORGOTTEN_AFTER
    uow.session.execute(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": case((is_old, 1), else_=Throttle.failures + 1), "last_failure_at": uow.now},
        )
    )


def _forgive(uow: UnitOfWork, account_key: str, address_key: str) -> None:
    """Forget the account's failures; of the address's only this try, or guesses could hide behind it."""
    uow.session.execute(delete(Throttle).where(Throttle.key == account_key))
    uow.session.execute(
        update(Throttle)
        .where(Throttle.key == address_key, Throttle.failures > 0)
        .values(failures=Throttle.failures - 1)
        .execution_options(synchronize_session=False)
    )
