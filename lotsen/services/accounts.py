"""Accounts of the office: created, let in by password at a pace too slow for guessing, and out again."""

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
from sqlalchemy import delete, select, update
from sqlalchemy.orm import selectinload

from lotsen.domain import contact, tokens
from lotsen.domain.vocabulary import AuditEvent, Role, Subject
from lotsen.errors import Invalid, Throttled, WrongCredentials
from lotsen.i18n import N_
from lotsen.models import Account, LoginSession, Membership, Throttle
from lotsen.services import audit, throttle
from lotsen.services.unit_of_work import ANONYMOUS, Actor, UnitOfWork
from lotsen.services.wording import TEXT_PROBLEMS

Begin: TypeAlias = Callable[[Actor], AbstractContextManager[UnitOfWork]]

PASSWORD_SHORTEST: Final = 12
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=8)

# Longer input only keeps the hasher busy.
_PASSWORD_LONGEST: Final = 500
_FREE_FAILURES: Final = 4
# A click more often than this does not renew a sign-in, so that most pages only read.
_RENEW_AFTER: Final = timedelta(minutes=1)
_TOKEN_BYTES: Final = 32


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
        seconds = max(throttle.seconds_to_wait(uow, key, _FREE_FAILURES) for key in keys)
        if not seconds:
            for key in keys:
                throttle.count(uow, key)
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


def _throttle_keys(email: str, address: str) -> tuple[str, str]:
    return throttle.key("account", _plain(email)), throttle.network_key("address", address)


def _forgive(uow: UnitOfWork, account_key: str, address_key: str) -> None:
    """Forget the account's failures; of the address's only this try, or guesses could hide behind it."""
    uow.session.execute(delete(Throttle).where(Throttle.key == account_key))
    uow.session.execute(
        update(Throttle)
        .where(Throttle.key == address_key, Throttle.failures > 0)
        .values(failures=Throttle.failures - 1)
        .execution_options(synchronize_session=False)
    )
