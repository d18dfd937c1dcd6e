"""Who sits before the browser: an account or a guide who signed in, or the holder of mailed links.

The signed session cookie keeps the ids of the links that this browser has opened; each is looked up again
with every request, so that a link that ended opens nothing any more. Opening a link writes no row.
"""

from typing import cast

from flask import current_app, g, session
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from lotsen.domain import tokens
from lotsen.domain.vocabulary import ActorKind, RequestStatus, TokenPurpose
from lotsen.errors import LinkEnded, LinkInvalid, NotAllowed
from lotsen.models import Assignment, Contact, Guide, GuideRequest, Institution, Token
from lotsen.services import accounts, guide_sessions
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor, UnitOfWork
from lotsen.web.context import bootstrap

_LINKS = "links"
_MOST_LINKS = 40
_LOGIN = "login"
_GUIDE = "guide"


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


def leads_home(token_id: int) -> bool:
    """Say whether a link that ended has signed in the guide who sits here."""
    me = guide_session()
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        token = uow.session.get(Token, token_id)
        return me is not None and token is not None and token.guide_id == me.guide_id


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
    request_id = arguments["request_id"]
    return _by_my_requests(request_id) or _for_request(request_id, TokenPurpose.TRACKING)


def address_holder(arguments: dict[str, int]) -> Actor:
    """Return the actor who may confirm the mail address of the request in the address."""
    return _for_request(arguments["request_id"], TokenPurpose.CONFIRM_ADDRESS)


def draft_holder(arguments: dict[str, int]) -> Actor:
    """Return the actor who may go on with the draft in the address."""
    return _for_request(arguments["request_id"], TokenPurpose.DRAFT)


def my_requests(_arguments: dict[str, int]) -> Actor:
    """Return the actor who may see all requests of the mail address whose link this browser opened last."""
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        token = _newest(uow, Token.purpose == TokenPurpose.MY_REQUESTS)
        _check(token, uow)
        contact = uow.session.get_one(Contact, token.contact_id)
        pool_id = uow.session.get_one(Institution, contact.institution_id).pool_id
    return Actor(ActorKind.INSTITUTION, pool_id=pool_id, contact_id=contact.id)


def link_to_sign_in(arguments: dict[str, int]) -> Actor:
    """Return the guide whom the link in the address would sign in."""
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        token = _newest(uow, Token.purpose == TokenPurpose.SIGN_IN, Token.id == arguments["token_id"])
        _check(token, uow)
        found = uow.session.get_one(Guide, token.guide_id)
    return Actor(ActorKind.GUIDE, pool_id=found.pool_id, guide_id=found.id)


def asked_guide(arguments: dict[str, int]) -> Actor:
    """Return the guide who was asked by the assignment in the address."""
    signed_in = guide_session()
    if signed_in is not None:
        with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
            mine = uow.session.scalar(
                select(Assignment.id).where(
                    Assignment.id == arguments["assignment_id"], Assignment.guide_id == signed_in.guide_id
                )
            )
        if mine is not None:
            return signed_in
    asked = select(Assignment.guide_id).where(Assignment.id == arguments["assignment_id"]).scalar_subquery()
    return _guide(Assignment.guide_id == asked)


def guide(_arguments: dict[str, int]) -> Actor:
    """Return the guide who signed in here, or else the one whose link this browser opened last."""
    return guide_session() or _guide()


def signed_in_guide(_arguments: dict[str, int]) -> Actor:
    """Return the guide who signed in here; a link to one appointment is not enough."""
    found = guide_session()
    if found is None:
        raise NotAllowed("not signed in")
    return found


def guide_session() -> Actor | None:
    """Return the guide who signed in here, or None."""
    if "guide_session" not in g:
        g.guide_session = _guide_session()
    return cast("Actor | None", g.guide_session)


def guide_name() -> str:
    """Return the name of the guide who signed in here."""
    return cast(str, g.get("guide_name", ""))


def guide_login_id() -> int | None:
    """Return the id of this browser's sign-in of a guide."""
    return cast("int | None", g.get("guide_login_id"))


def guide_token() -> str | None:
    """Return the secret of this browser's sign-in of a guide."""
    return cast("str | None", session.get(_GUIDE))


def remember_guide(raw: str) -> None:
    """Keep a guide's sign-in in this browser, also after it was closed."""
    session.permanent = True
    session[_GUIDE] = raw


def forget_guide() -> None:
    """Forget the guide's sign-in of this browser."""
    session.pop(_GUIDE, None)


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


def _guide_session() -> Actor | None:
    raw = guide_token()
    if raw is None:
        return None
    with bootstrap().begin(SYSTEM, read_only=True) as uow:
        found = guide_sessions.find(uow, raw)
        if found is None:
            return None
        one, login = found
        renewed = guide_sessions.needs_renewal(uow, login)
    g.guide_name, g.guide_login_id = one.name, login.id
    if renewed:
        with bootstrap().begin(SYSTEM) as uow:
            guide_sessions.renew(uow, login.id)
    return Actor(ActorKind.GUIDE, pool_id=one.pool_id, guide_id=one.id)


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


def _by_my_requests(request_id: int) -> Actor | None:
    """Return who may follow a request because it came from the address of a link that opens all of them."""
    known = _known()
    with bootstrap().begin(ANONYMOUS, read_only=True) as uow:
        holder = aliased(Contact)
        pool_id = uow.session.scalar(
            select(GuideRequest.pool_id)
            .join(Contact, Contact.id == GuideRequest.contact_id)
            .join(holder, holder.email == Contact.email)
            .join(Institution, Institution.id == holder.institution_id)
            .join(Token, Token.contact_id == holder.id)
            .where(
                GuideRequest.id == request_id,
                GuideRequest.status != RequestStatus.DRAFT,
                GuideRequest.pool_id == Institution.pool_id,
                Token.id.in_(known),
                Token.purpose == TokenPurpose.MY_REQUESTS,
                Token.revoked_at.is_(None),
                Token.expires_at > uow.now,
            )
            .limit(1)
        )
    if pool_id is None:
        return None
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
