"""Takes in what people report about barriers on the pages."""

from lotsen.domain import tokens
from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.notifications import barrier
from lotsen.notifications.barrier import Report
from lotsen.services import audit, limits
from lotsen.services.unit_of_work import UnitOfWork

_KEY_LENGTH = 32


def report(uow: UnitOfWork, pool_id: int, told: Report, *, key: str, client: str) -> None:
    """Mail a report to the office; one that was sent twice arrives once.

    `key` names the form that was filled in, `client` is the network address it came from. Raises Throttled.
    """
    limits.check_barriers(uow, pool_id, client)
    pool = uow.pool(pool_id)
    new = barrier.tell_office(
        uow.session, told, pool, key=tokens.digest(key)[:_KEY_LENGTH], now=uow.now, links=uow.links
    )
    if new:
        audit.record(
            uow,
            AuditEvent.BARRIER_REPORTED,
            Subject.POOL,
            pool.id,
            pool_id=pool.id,
            answer_wanted=bool(told.address),
        )
