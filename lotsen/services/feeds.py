"""Use cases of the private calendar feeds: set one up, give it a new address, show more or less, read it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lotsen.domain import tokens
from lotsen.domain.vocabulary import AuditEvent, GuideStatus, Subject
from lotsen.errors import LinkInvalid, NotFound
from lotsen.models import CalendarFeed, Contact, Guide, Institution
from lotsen.notifications import feeds as writing
from lotsen.queries import feeds
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose feed it is: a guide or a contact."""

    guide_id: int | None = None
    contact_id: int | None = None


def find(uow: UnitOfWork, owner: Owner) -> CalendarFeed | None:
    """Return the feed of an owner, if there is one."""
    return uow.session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.guide_id == owner.guide_id
            if owner.guide_id is not None
            else CalendarFeed.contact_id == owner.contact_id
        )
    )


def address(uow: UnitOfWork, feed: CalendarFeed) -> str:
    """Return the address of a feed; it lies nowhere, and can be worked out only here."""
    secret = tokens.derive_feed(uow.links.secret, feed.nonce)
    return f"{uow.links.base_url}/kalender/{secret}.ics"


def renew(uow: UnitOfWork, owner: Owner) -> CalendarFeed:
    """Give a feed a new address, or set it up; the old address opens nothing from now on."""
    nonce = tokens.fresh_nonce()
    digest = tokens.digest(tokens.derive_feed(uow.links.secret, nonce))
    feed = find(uow, owner)
    if feed is None:
        feed = CalendarFeed(
            guide_id=owner.guide_id,
            contact_id=owner.contact_id,
            nonce=nonce,
            secret_hash=digest,
            created_at=uow.now,
        )
        try:
            with uow.session.begin_nested():
                uow.session.add(feed)
        except IntegrityError:
            # A double click: the feed stands there already.
            feed = find(uow, owner)
            if feed is None:
                raise NotFound("owner") from None
            return feed
    else:
        feed.nonce, feed.secret_hash, feed.created_at = nonce, digest, uow.now
    _record(uow, feed, "address")
    return feed


def end(uow: UnitOfWork, owner: Owner) -> None:
    """Take a feed away; without one nothing changes."""
    feed = find(uow, owner)
    if feed is not None:
        _record(uow, feed, "ended")
        uow.session.delete(feed)


def show_details(uow: UnitOfWork, owner: Owner, with_details: bool) -> CalendarFeed:
    """Let a feed say where and what, or the times only."""
    feed = find(uow, owner)
    if feed is None:
        raise NotFound("feed")
    if feed.with_details != with_details:
        feed.with_details = with_details
        _record(uow, feed, "details")
    return feed


def read(uow: UnitOfWork, secret: str) -> str:
    """Return the calendar behind a secret; LinkInvalid for one that is none, or is none any more."""
    feed = uow.session.scalar(select(CalendarFeed).where(CalendarFeed.secret_hash == tokens.digest(secret)))
    if feed is None or _has_left(uow, feed):
        raise LinkInvalid("feed")
    pool_id, locale = _home(uow, feed)
    office = uow.settings(pool_id).office_name or uow.pool(pool_id).name
    return writing.write(
        uow.links.base_url,
        office,
        locale,
        feeds.appointments(uow.session, feed, uow.now),
        of_guide=feed.guide_id is not None,
        with_details=feed.with_details,
    )


def _has_left(uow: UnitOfWork, feed: CalendarFeed) -> bool:
    if feed.guide_id is None:
        return False
    return uow.session.get_one(Guide, feed.guide_id).status is GuideStatus.LEFT


def _home(uow: UnitOfWork, feed: CalendarFeed) -> tuple[int, str]:
    """Return the pool and the language of a feed's owner."""
    statement = (
        select(Guide.pool_id, Guide.locale).where(Guide.id == feed.guide_id)
        if feed.guide_id is not None
        else select(Institution.pool_id, Contact.locale)
        .join(Contact, Contact.institution_id == Institution.id)
        .where(Contact.id == feed.contact_id)
    )
    pool_id, locale = uow.session.execute(statement).one()
    return pool_id, locale


def _record(uow: UnitOfWork, feed: CalendarFeed, what: str) -> None:
    pool_id, _ = _home(uow, feed)
    of_guide = feed.guide_id is not None
    audit.record(
        uow,
        AuditEvent.CHANGED,
        Subject.GUIDE if of_guide else Subject.INSTITUTION,
        feed.guide_id if of_guide else None,
        pool_id=pool_id,
        fields=["calendar_feed"],
        what=what,
    )
