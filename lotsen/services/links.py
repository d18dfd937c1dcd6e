"""Gives out links that no change of state brings: in place of one that ended, to a draft, to a browser."""

from datetime import timedelta

from sqlalchemy import func, select

from lotsen.domain import tokens
from lotsen.domain.vocabulary import Audience, AuditEvent, Notice, OutboxStatus, Subject, TokenPurpose
from lotsen.models import Assignment, GuideRequest, OutboxMessage, Token
from lotsen.notifications import notifier
from lotsen.notifications.recipients import Recipient
from lotsen.services import audit, limits, sign_in_links
from lotsen.services.unit_of_work import UnitOfWork

_PAUSE = timedelta(minutes=10)


def renew(uow: UnitOfWork, token_id: int) -> bool:
    """Send a new link to whoever got the old one, at most one in ten minutes; False if none was sent."""
    token = uow.session.get(Token, token_id)
    if token is None:
        return False
    if token.purpose in (TokenPurpose.SIGN_IN, TokenPurpose.MY_REQUESTS):
        sign_in_links.send_again(uow, token)
        return True
    assignment = uow.session.get(Assignment, token.assignment_id) if token.assignment_id is not None else None
    request = (
        assignment.request
        if assignment is not None
        else uow.session.get(GuideRequest, token.request_id)
        if token.request_id is not None
        else None
    )
    audience = Audience.GUIDE if token.purpose is TokenPurpose.OFFER else Audience.INSTITUTION
    if request is None or request.reference is None or _sent_lately(uow, request.id, audience):
        return False
    notifier.notify(
        uow.session,
        Notice.NEW_LINK,
        audience,
        request=request,
        assignment=assignment,
        now=uow.now,
        links=uow.links,
    )
    audit.record(uow, AuditEvent.LINK_SENT, Subject.REQUEST, request.id, pool_id=request.pool_id)
    return True


def send_draft_link(uow: UnitOfWork, draft: GuideRequest, address: str) -> None:
    """Mail the link to a draft to whoever types it; the key keeps two addresses of one draft apart."""
    limits.check_draft_links(uow, address)
    notifier.notify(
        uow.session,
        Notice.DRAFT_LINK,
        Audience.INSTITUTION,
        request=draft,
        now=uow.now,
        links=uow.links,
        to=Recipient(tokens.digest(address)[:16], "", address, draft.locale),
    )


def open_tracking(uow: UnitOfWork, request: GuideRequest) -> int:
    """Create a tracking link for the browser that has just shown whose it is, and return its id."""
    last = max(request.ends_at or uow.now, uow.now)
    address = uow.links.issue(
        uow.session,
        TokenPurpose.TRACKING,
        now=uow.now,
        expires_at=last + timedelta(days=uow.settings(request.pool_id).tracking_days),
        request_id=request.id,
    )
    return tokens.placeholders(address).pop()


def _sent_lately(uow: UnitOfWork, request_id: int, audience: Audience) -> bool:
    return bool(
        uow.session.scalar(
            select(func.count())
            .select_from(OutboxMessage)
            .where(
                OutboxMessage.request_id == request_id,
                OutboxMessage.notice == Notice.NEW_LINK,
                OutboxMessage.audience == audience,
                OutboxMessage.created_at > uow.now - _PAUSE,
                OutboxMessage.status != OutboxStatus.DEAD,
            )
        )
    )
