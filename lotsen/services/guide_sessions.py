"""Signs guides in by mailed link, for as long as they like, and lists and ends their sign-ins."""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update

from lotsen.domain import tokens
from lotsen.domain.vocabulary import ActorKind, AuditEvent, GuideStatus, Subject, TokenPurpose
from lotsen.errors import LinkEnded, NotAllowed, NotFound
from lotsen.models import Guide, LoginSession, Token
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork

LONGEST_PAUSE: Final = timedelta(days=400)
"""Browsers keep no cookie for longer; each use begins it anew."""

# Long enough for a double click, too short for a link that was passed on.
_USED_LINK_LASTS: Final = timedelta(minutes=2)
_RENEW_AFTER: Final = timedelta(hours=12)
_DEVICE_LONGEST: Final = 60


def sign_in(uow: UnitOfWork, token_id: int, device: str) -> str:
    """Sign the guide of a mailed link in and return the raw token for the cookie; raises LinkEnded.

    The link works once: its secret gives the sign-in's, so that a double click is one sign-in.
    """
    token = uow.session.get(Token, token_id, with_for_update=True, populate_existing=True)
    if token is None or token.purpose is not TokenPurpose.SIGN_IN or token.guide_id is None:
        raise NotAllowed("no link to sign in")
    guide = uow.session.get_one(Guide, token.guide_id)
    raw = tokens.derive(uow.links.secret, token.purpose, f"{token.nonce}.session")
    known = uow.session.scalar(select(LoginSession).where(LoginSession.token_hash == tokens.digest(raw)))
    over = token.revoked_at is not None or token.expires_at <= uow.now or guide.status is GuideStatus.LEFT
    if over or (known is not None and known.revoked_at is not None):
        raise LinkEnded(token.id)
    if known is None:
        uow.session.add(
            LoginSession(
                token_hash=tokens.digest(raw),
                guide_id=guide.id,
                device=device[:_DEVICE_LONGEST],
                created_at=uow.now,
                last_seen_at=uow.now,
                expires_at=uow.now + LONGEST_PAUSE,
            )
        )
        token.expires_at = min(token.expires_at, uow.now + _USED_LINK_LASTS)
        audit.record(uow, AuditEvent.SIGNED_IN, Subject.GUIDE, guide.id, pool_id=guide.pool_id)
    return raw


def find(uow: UnitOfWork, raw: str) -> tuple[Guide, LoginSession] | None:
    """Return who a token signs in; None if the sign-in has ended. Only reads."""
    found = uow.session.execute(
        select(Guide, LoginSession)
        .join(LoginSession, LoginSession.guide_id == Guide.id)
        .where(
            LoginSession.token_hash == tokens.digest(raw),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > uow.now,
            Guide.status != GuideStatus.LEFT,
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def needs_renewal(uow: UnitOfWork, login: LoginSession) -> bool:
    """Say whether it is time to note that a sign-in is in use."""
    return uow.now - login.last_seen_at >= _RENEW_AFTER


def renew(uow: UnitOfWork, login_id: int) -> None:
    """Note that a sign-in is in use."""
    uow.session.execute(
        update(LoginSession)
        .where(LoginSession.id == login_id)
        .values(last_seen_at=uow.now, expires_at=uow.now + LONGEST_PAUSE)
    )


def own(uow: UnitOfWork) -> tuple[LoginSession, ...]:
    """Return the sign-ins of the acting guide, the one used last first."""
    return tuple(
        uow.session.scalars(
            select(LoginSession)
            .where(
                LoginSession.guide_id == guide_id(uow),
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > uow.now,
            )
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
        )
    )


def end(uow: UnitOfWork, login_id: int) -> None:
    """End one sign-in of the acting guide; one that has ended stays ended, another guide's is not found."""
    me = guide_id(uow)
    login = uow.session.get(LoginSession, login_id)
    if login is None or login.guide_id != me:
        raise NotFound("sign-in")
    _end(uow, me, LoginSession.id == login_id)


def end_all(uow: UnitOfWork) -> None:
    """End all sign-ins of the acting guide, and the links that could bring new ones."""
    me = guide_id(uow)
    _end(uow, me, LoginSession.guide_id == me)
    uow.session.execute(
        update(Token)
        .where(Token.guide_id == me, Token.purpose == TokenPurpose.SIGN_IN, Token.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def end_raw(uow: UnitOfWork, raw: str) -> None:
    """End the sign-in of a browser; a token that has ended changes nothing."""
    login = uow.session.scalar(select(LoginSession).where(LoginSession.token_hash == tokens.digest(raw)))
    if login is not None and login.guide_id is not None:
        _end(uow, login.guide_id, LoginSession.id == login.id)


def guide_id(uow: UnitOfWork) -> int:
    """Return the id of the acting guide; raises NotAllowed for anybody else."""
    if uow.actor.kind is not ActorKind.GUIDE or uow.actor.guide_id is None:
        raise NotAllowed("only a guide")
    return uow.actor.guide_id


def _end(uow: UnitOfWork, owner: int, which: ColumnElement[bool]) -> None:
    ended = uow.session.scalars(
        update(LoginSession)
        .where(which, LoginSession.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        pool_id = uow.session.get_one(Guide, owner).pool_id
        audit.record(uow, AuditEvent.SIGNED_OUT, Subject.GUIDE, owner, pool_id=pool_id)
