"""Brings a town to where every mail of lotsen stands in its outbox, and reads the links in them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain import tokens
from lotsen.domain.vocabulary import ActorKind, Audience, Level, Notice, RequestField, UnfilledReason
from lotsen.models import Assignment, Guide, GuideRequest, OutboxMessage, Pool, Token
from lotsen.services import (
    assignments,
    board,
    deadlines,
    feedback,
    links,
    on_the_day,
    reminders,
    reports,
    request_changes,
    requests,
    self_service,
    sign_in_links,
)
from lotsen.services.reports import Said
from lotsen.services.request_changes import Wanted
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor
from tests import factories
from tests.factories import acting, asked, holder, office
from tests.web.conftest import Clock

_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Mail:
    """A mail with the paths that its links lead to."""

    notice: Notice
    audience: Audience
    to: str
    request_id: int | None
    assignment_id: int | None
    links: tuple[str, ...]


def write_all(bootstrap: Bootstrap, clock: Clock) -> None:
    """Let everything happen of which somebody is told by mail."""
    with bootstrap.begin(SYSTEM) as uow:
        pool = factories.add_pool(uow)
        guides = [factories.add_guide(uow, pool.id, asks_per_week=20) for _ in range(3)]
        starts = [clock.now + timedelta(days=20 + number, hours=1) for number in range(10)]
        opened = [factories.open_request(uow, pool.id, start) for start in starts]
        waiting, expiring, withdrawn, remembered, cancelled, given_back, unfilled, rejected, changed, _ = (
            opened
        )
        factories.offered(uow, waiting, guides[0])
        left = factories.offered(uow, expiring, guides[1])
        factories.offered(uow, withdrawn, guides[2])
        kept = factories.confirmed(uow, remembered, guides[0])
        factories.confirmed(uow, cancelled, guides[1])
        returned = factories.confirmed(uow, given_back, guides[2])
        for request in (withdrawn, cancelled):
            with acting(uow, holder(request)) as institution:
                requests.cancel(institution, request.id)
        factories.confirmed(uow, changed, guides[0])
        with acting(uow, holder(changed)) as institution:
            wanted = Wanted({RequestField.LANGUAGE: "uk"})
            request_changes.revise(institution, changed.id, wanted)
        with acting(uow, asked(returned)) as guide:
            assignments.withdraw(guide, returned.id)
        with acting(uow, office(pool.id)) as coordinator:
            requests.mark_unfilled(coordinator, unfilled.id, UnfilledReason.NOBODY_FREE)
            requests.reject(coordinator, rejected.id, "Das ist ein Termin bei Gericht.")
        expired_id, kept_id, answer_by = left.id, kept.id, left.answer_by
        kept_start = kept.starts_at
    assert answer_by is not None
    clock.now = answer_by - timedelta(minutes=5)
    with bootstrap.begin(SYSTEM) as uow:
        deadlines.remind_of_offer(uow, expired_id)
    clock.now = answer_by
    with bootstrap.begin(SYSTEM) as uow:
        assignments.expire(uow, expired_id)
    clock.now = kept_start - timedelta(hours=16)
    with bootstrap.begin(SYSTEM) as uow:
        deadlines.remind_of_appointment(uow, kept_id)
    _on_the_day(bootstrap, clock, kept_id)
    after_the_talk(bootstrap, clock, kept_id, pool.id)
    with bootstrap.begin(SYSTEM) as uow:
        later = clock.now + timedelta(days=30)
        factories.submitted_request(uow, pool.id, later, email="nicht.bestaetigt@schule.example")
        links.send_draft_link(uow, factories.draft(uow, pool.id), "spaeter@schule.example")
    write_personal(bootstrap)
    with bootstrap.begin(office(pool.id)) as uow:
        posted = uow.session.get_one(GuideRequest, opened[-1].id)
        assert board.open_up(uow, posted.id, posted.version, tell_all=True)
    with bootstrap.begin(ANONYMOUS) as uow:
        for statement in (
            select(Token.id).where(Token.assignment_id == kept_id),
            select(Token.id).where(Token.request_id == unfilled.id),
        ):
            assert links.renew(uow, uow.session.scalars(statement.limit(1)).one())


def after_the_talk(bootstrap: Bootstrap, clock: Clock, assignment_id: int, pool_id: int) -> None:
    """Let both sides say something else about an appointment, and the office be told of all of it."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        one = uow.session.get_one(Assignment, assignment_id)
        request, start, end = one.request, one.starts_at, one.ends_at
    clock.now = end
    with bootstrap.begin(SYSTEM) as uow:
        assignments.complete(uow, assignment_id)
        pool = uow.session.get_one(Pool, pool_id)
        # So that one appointment is enough for the warning.
        pool.settings = {**pool.settings, "allowance_further_hour_cents": 5000, "allowance_cents": 10000}
    clock.pass_by(days=2)
    with bootstrap.begin(SYSTEM) as uow:
        reminders.ask_for_hours(uow, assignment_id)
    with bootstrap.begin(asked(one)) as uow:
        said = Said(start - timedelta(hours=10), end, travel_km=4)
        reports.report(uow, assignment_id, said, 0)
    clock.pass_by(days=2)
    with bootstrap.begin(SYSTEM) as uow:
        reminders.ask_for_hours(uow, assignment_id)
        reminders.ask_for_feedback(uow, assignment_id)
    with bootstrap.begin(holder(request)) as uow:
        reports.confirm(uow, assignment_id, start, end, 1)
        feedback.complain(uow, request.id, "Das Telefon war lange besetzt.")
        feedback.report_no_show(uow, assignment_id)
    with bootstrap.begin(office(pool_id)) as uow:
        feedback.undo_no_show(uow, assignment_id)
        reports.decide(uow, assignment_id, 18 * 60, 2)


def _on_the_day(bootstrap: Bootstrap, clock: Clock, assignment_id: int) -> None:
    """Let a guide come later and find nobody."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        agreed = uow.session.get_one(Assignment, assignment_id)
        guide = asked(agreed)
    clock.now = agreed.starts_at - timedelta(minutes=30)
    with bootstrap.begin(guide) as uow:
        on_the_day.late(uow, assignment_id, 15)
    clock.now = agreed.starts_at + timedelta(minutes=30)
    with bootstrap.begin(guide) as uow:
        on_the_day.nobody_there(uow, assignment_id)


def write_personal(bootstrap: Bootstrap) -> None:
    """Let everything happen that is told of a person and no request."""
    with bootstrap.begin(SYSTEM) as uow:
        guide = uow.session.scalars(select(Guide).order_by(Guide.id).limit(1)).one()
        me = Actor(ActorKind.GUIDE, pool_id=guide.pool_id, guide_id=guide.id)
        with acting(uow, me) as acts:
            self_service.set_languages(acts, (("ar", Level.NATIVE), ("ti", Level.C1)), guide.version)
            self_service.ask_for_deletion(acts)
        pool = uow.session.get_one(Pool, guide.pool_id)
        pool.settings = {**pool.settings, "messengers": ["SMS"]}
    with bootstrap.begin(me) as uow:
        self_service.set_messenger(uow, "SMS", "0221 4710155", uow.session.get_one(Guide, guide.id).version)
    with bootstrap.begin(SYSTEM) as uow:
        for address in (guide.email, "ada@schule.example"):
            sign_in_links.send(uow, address, "192.0.2.1")


def read_all(bootstrap: Bootstrap) -> list[Mail]:
    """Return every mail in the outbox as its recipient gets it."""
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        raw = {
            one.id: tokens.derive(bootstrap.links.secret, one.purpose, one.nonce)
            for one in uow.session.scalars(select(Token))
        }
        return [
            Mail(
                one.notice,
                one.audience,
                one.to_address,
                one.request_id,
                one.assignment_id,
                tuple(
                    dict.fromkeys(
                        _path(link)
                        for body in (one.text_body, one.html_body)
                        for link in _LINK.findall(tokens.reveal(body, raw.__getitem__))
                        if link.startswith(bootstrap.links.base_url)
                    )
                ),
            )
            for one in uow.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        ]


def find(mails: list[Mail], notice: Notice, audience: Audience) -> Mail:
    """Return the first mail of a notice."""
    return next(mail for mail in mails if (mail.notice, mail.audience) == (notice, audience))


def _path(link: str) -> str:
    parts = urlsplit(link.rstrip(".,)"))
    return parts.path + (f"?{parts.query}" if parts.query else "")
