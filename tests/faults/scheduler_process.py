"""A real scheduler process with a short lease, and two that do it wrong, to show that the test would notice.

Arguments: variant, URL of the database, URL of the mail server.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine, transaction
from lotsen.domain.vocabulary import OutboxStatus
from lotsen.jobs import scheduler
from lotsen.models import OutboxMessage
from lotsen.notifications.links import Links
from lotsen.outbox.channels import SmtpChannel
from lotsen.outbox.dispatcher import Dispatcher, Pace

_SECRET = "a secret for tests only, 32 letters or more"


class SettlesFirst(Dispatcher):
    """Records a batch as sent before it sends it."""

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Counter[OutboxStatus]:
        sends: list[Callable[[], None]] = [lambda: None]
        while sends and not stopping():
            with transaction(self.engine) as session:
                sends = [self._taken(session, row) for row in session.scalars(_due(self.pace.batch)).all()]
            for send in sends:
                send()
        return Counter()

    def _taken(self, session: Session, row: OutboxMessage) -> Callable[[], None]:
        row.lease_owner = self.owner
        send = self._prepare(session, row.id)
        assert send is not None
        row.status = OutboxStatus.SENT
        return send


class SendsInside(SettlesFirst):
    """Sends a batch inside of the transaction that records it."""

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Counter[OutboxStatus]:
        rows: Sequence[OutboxMessage | None] = [None]
        while rows and not stopping():
            with transaction(self.engine) as session:
                rows = session.scalars(_due(self.pace.batch)).all()
                for row in rows:
                    self._taken(session, row)()
        return Counter()


VARIANTS = {variant.__name__: variant for variant in (Dispatcher, SettlesFirst, SendsInside)}


def _due(limit: int) -> Select[tuple[OutboxMessage]]:
    return (
        select(OutboxMessage)
        .where(OutboxMessage.status == OutboxStatus.WAITING)
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def main(variant: str, database_url: str, smtp_url: str) -> None:
    scheduler.Dispatcher = VARIANTS[variant]
    scheduler.run(
        Bootstrap(make_engine(database_url), Links("https://lotsen.example", _SECRET)),
        SmtpChannel(smtp_url, "lotsen.example"),
        mail_from="post@lotsen.example",
        mail_domain="lotsen.example",
        pace=Pace(batch=20, one=timedelta(seconds=1), lease=timedelta(seconds=2)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
