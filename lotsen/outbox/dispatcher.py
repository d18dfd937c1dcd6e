"""Takes due messages from the queue, sends them outside of any transaction, and records what came of each."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lotsen.database import transaction
from lotsen.domain import tokens
from lotsen.domain.vocabulary import Channel as Way
from lotsen.domain.vocabulary import OutboxStatus
from lotsen.errors import ChannelDown, LotsenError, PermanentFailure, TemporaryFailure
from lotsen.models import OutboxMessage, Token
from lotsen.outbox import queue
from lotsen.outbox.channels import SEND_SECONDS, Channel
from lotsen.outbox.message import build_email
from lotsen.outbox.messengers import Messengers

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sender:
    """What this installation puts on its mails; `secret` turns placeholders into links."""

    address: str
    mail_domain: str
    secret: str


@dataclass(frozen=True)
class Pace:
    """How many messages are claimed at once and for how long; `one` is the most that one message may take."""

    batch: int = 20
    one: timedelta = timedelta(seconds=SEND_SECONDS)
    lease: timedelta = timedelta(seconds=SEND_SECONDS + 300)


@dataclass(frozen=True)
class Dispatcher:
    """Sends for one `owner`, a name that no other process bears; one run at a time.

    A message is claimed with a lease, so that it goes out by another if its dispatcher dies. Only a death
    between the channel's yes and its record repeats a message, and then to the byte.
    """

    engine: Engine
    channel: Channel
    sender: Sender
    owner: str
    clock: Callable[[], datetime]
    pace: Pace = Pace()
    messengers: Messengers = field(default_factory=lambda: Messengers({}))

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Counter[OutboxStatus]:
        """Send what is due and count what came of it; end early if `stopping` or if the channel is down."""
        counts: Counter[OutboxStatus] = Counter()
        try:
            while not stopping():
                # Before the claim, so that the lease ends rather later than is assumed here.
                last_start = time.monotonic() + (self.pace.lease - self.pace.one).total_seconds()
                with transaction(self.engine) as session:
                    claimed = queue.claim(session, self.owner, self.clock(), self.pace.batch, self.pace.lease)
                if not claimed:
                    break
                for position, message_id in enumerate(claimed):
                    if stopping() or time.monotonic() > last_start:
                        with transaction(self.engine) as session:
                            queue.release(session, claimed[position:], self.owner)
                        break
                    try:
                        counts[self._deliver(message_id)] += 1
                    except ChannelDown as down:
                        # The others would fare no better: they wait as if they had been tried.
                        for one in claimed[position:]:
                            counts[self._failed(one, down)] += 1
                        return counts
        finally:
            self.channel.close()
        return counts

    def _deliver(self, message_id: int) -> OutboxStatus:
        try:
            with transaction(self.engine, read_only=True) as session:
                hand_over = self._prepare(session, message_id)
            if hand_over is None:
                with transaction(self.engine) as session:
                    queue.settle_dropped(session, message_id, self.owner)
                return OutboxStatus.DROPPED
            _send(hand_over)
        except ChannelDown:
            raise
        except TemporaryFailure as failure:
            return self._failed(message_id, failure)
        except PermanentFailure as failure:
            with transaction(self.engine) as session:
                queue.settle_dead(session, message_id, self.owner, str(failure))
            return OutboxStatus.DEAD
        with transaction(self.engine) as session:
            if not queue.settle_sent(session, message_id, self.owner, self.clock()):
                _log.warning("message %d left after its lease had gone to another", message_id)
        return OutboxStatus.SENT

    def _prepare(self, session: Session, message_id: int) -> Callable[[], None] | None:
        row = session.get(OutboxMessage, message_id)
        if row is None or row.lease_owner != self.owner or not queue.still_true(session, row, self.clock()):
            return None
        bodies = f"{row.text_body}{row.html_body}{row.calendar_body or ''}"
        held = session.scalars(select(Token).where(Token.id.in_(tokens.placeholders(bodies)))).all()
        raw = {token.id: tokens.derive(self.sender.secret, token.purpose, token.nonce) for token in held}
        try:
            if row.channel is Way.MESSENGER:
                words = tokens.reveal(row.text_body, raw.__getitem__)
                return partial(self.messengers.send, row.messenger or "", row.to_address, words)
            email = build_email(row, raw.__getitem__, self.sender.address, self.sender.mail_domain)
        except Exception as error:  # one bad row must not keep the others
            raise PermanentFailure(f"{type(error).__name__}: {error}") from error
        return partial(self.channel.send, email)

    def _failed(self, message_id: int, failure: TemporaryFailure) -> OutboxStatus:
        with transaction(self.engine) as session:
            queue.settle_failed(session, message_id, self.owner, self.clock(), str(failure))
        return OutboxStatus.WAITING


def _send(hand_over: Callable[[], None]) -> None:
    try:
        hand_over()
    except LotsenError:
        raise
    except Exception as error:
        raise TemporaryFailure(f"{type(error).__name__}: {error}") from error
