"""Who sits before the browser: an account that signed in, or the holder of mailed links.

The signed session cookie keeps the ids of the links that this browser has opened; each is looked up again
with every request, so that a link that ended opens nothing any more. Opening a link writes no row.
"""

from typing import cast

from flask import current_app, g, session
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from lotsen.domain import tokens
from lotsen.domain.vocabulary import ActorKind, TokenPurpose
from lotsen.errors import LinkEnded, LinkInvalid, NotAllowed
from lotsen.models import Assignment, Contact, GuideRequest, Token
from lotsen.services import accounts
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor, UnitOfWork
from lotsen.web.context import bootstrap

_LINKS = "links"
_MOST_LINKS = 40
_LOGIN = "login"


def open_link(raw: str) -> Token:
    """Return the token behind a link and remember it in this browser; raises LinkInvalid or LinkEnded."""
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        token = uow.session.scalar(select(Token).where(Token.token_hash == tokens.digest(raw)))
        if token is None:
            raise LinkInvalid("unknown")
        _check(token, uow)
    remember(token.id)
    return token


def remember(token_id: int) -> None:
    """Let this browser use a link from now on."""
    known = [one for one in _known() if one != token_id]
    session[_LINKS] = [*known, token_id][-_MOST_LINKS:]


def known_addresses(uow: UnitOfWork) -> frozenset[str]:
    """Return the mail addresses whose owner sits here, who has opened a link to a request of theirs."""
    return frozenset(
        uow.session.scalars(
            select(Contact.email)
            .join(GuideRequest, GuideRequest.contact_id == Contact.id)
            .join(Token, Token.request_id == GuideRequest.id)
            .where(
                Token.id.in_(_known()),
                Token.purpose == TokenPurpose.TRACKING,
                Token.revoked_at.is_(None),
                Token.expires_at > uow.now,
            )
        )
    )


def slip(token_id: int) -> str:
    """Return what the page of an ended link carries: only who held the link may ask for a new one."""
    return _slips().dumps(token_id)


def read_slip(text: str) -> int | None:
    """Return the id of the token that a slip names; None if it is none of ours."""
    try:
        found: object = _slips().loads(text)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def request_holder(arguments: dict[str, int]) -> Actor:
    """Return the actor who may follow the request in the address."""
    return _for_request(arguments["request_id"], TokenPurpose.TRACKING)


def address_holder(arguments: dict[str, int]) -> Actor:
    """Return the actor who may confirm the mail address of the request in the address."""
    return _for_request(arguments["request_id"], TokenPurpose.CONFIRM_ADDRESS)


def draft_holder(arguments: dict[str, int]) -> Actor:
    """Return the actor who may go on with the draft in the address."""
    return _for_request(arguments["request_id"], TokenPurpose.DRAFT)


def asked_guide(arguments: dict[str, int]) -> Actor:
    """Return the guide who was asked by the assignment in the address."""
    asked = select(Assignment.guide_id).where(Assignment.id == arguments["assignment_id"]).scalar_subquery()
    return _guide(Assignment.guide_id == asked)


def guide(_arguments: dict[str, int]) -> Actor:
    """Return the guide whose link this browser opened last."""
    return _guide()


def remember_login(raw: str) -> None:
    """Keep a new sign-in in this browser; nothing from before survives but the language."""
    language = session.get("locale")
    session.clear()
    session[_LOGIN] = raw
    if language is not None:
        session["locale"] = language


def forget_login() -> None:
    """Forget the sign-in of this browser; the language and the opened links stay."""
    session.pop(_LOGIN, None)


def login_token() -> str | None:
    """Return the secret of this browser's sign-in."""
    return cast("str | None", session.get(_LOGIN))


def account() -> Actor | None:
    """Return the signed-in account in its pool, or None."""
    if "account" not in g:
        g.account = _account()
    return cast("Actor | None", g.account)


def _account() -> Actor | None:
    raw = login_token()
    if raw is None:
        return None
    with bootstrap().begin(SYSTEM, read_only=True) as uow:
        found = accounts.find_session(uow, raw)
        if found is None or not found[0].memberships:
            return None
        account, login = found
        membership = account.memberships[0]
        g.account_name = account.name
        actor = Actor(
            ActorKind.ACCOUNT,
            pool_id=membership.pool_id,
            account_id=membership.account_id,
            role=membership.role,
        )
        renewed = login.id if accounts.needs_renewal(uow, login) else None
    if renewed is not None:
        with bootstrap().begin(SYSTEM) as uow:
            accounts.renew_session(uow, renewed)
    return actor


def _slips() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="renew-link")


def _known() -> list[int]:
    return [one for one in cast("list[object]", session.get(_LINKS, [])) if isinstance(one, int)]


def _for_request(request_id: int, purpose: TokenPurpose) -> Actor:
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        about = Token.request_id == request_id
        if purpose is TokenPurpose.TRACKING:
            # A series was sent as one: the link to one of its requests opens the others as well.
            one, other = aliased(GuideRequest), aliased(GuideRequest)
            together = select(other.id).join(one, one.series_id == other.series_id)
            about = or_(about, Token.request_id.in_(together.where(one.id == request_id)))
        token = _newest(uow, about, Token.purpose == purpose)
        pool_id = uow.session.scalar(select(GuideRequest.pool_id).where(GuideRequest.id == request_id))
        _check(token, uow)
    return Actor(ActorKind.INSTITUTION, pool_id=pool_id, request_id=request_id)


def _guide(*conditions: ColumnElement[bool]) -> Actor:
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        mine = select(Assignment.id).where(*conditions).scalar_subquery()
        token = _newest(uow, Token.purpose == TokenPurpose.OFFER, Token.assignment_id.in_(mine))
        _check(token, uow)
        assignment = uow.session.get_one(Assignment, token.assignment_id)
    return Actor(ActorKind.GUIDE, pool_id=assignment.pool_id, guide_id=assignment.guide_id)


def _newest(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> Token:
    """Return the token that this browser opened last among those that fit; NotAllowed if there is none."""
    known = _known()
    found = uow.session.scalars(select(Token).where(Token.id.in_(known), *conditions)).all()
    if not found:
        raise NotAllowed("no link")
    return max(found, key=lambda token: (token.revoked_at is None, known.index(token.id)))


def _check(token: Token, uow: UnitOfWork) -> None:
    if token.revoked_at is not None or token.expires_at <= uow.now:
        raise LinkEnded(token.id)
