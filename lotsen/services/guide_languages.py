"""The office's yes or no to a language or a level that a guide has entered."""

from lotsen.domain.vocabulary import AuditEvent, Level, Subject
from lotsen.errors import Conflict
from lotsen.services import audit, guides
from lotsen.services.unit_of_work import UnitOfWork


def decide(uow: UnitOfWork, guide_id: int, language: str, level: Level, *, yes: bool) -> None:
    """Agree to a language at the level that was seen, or refuse it; Conflict if that does not wait any more.

    A refused level leaves the one agreed before, a refused language goes.
    """
    guide = guides.lock(uow, guide_id)
    row = next((one for one in guide.languages if one.language == language), None)
    if row is None or (row.approved and row.wanted_level is None) or (row.wanted_level or row.level) != level:
        raise Conflict("this does not wait any more")
    if yes:
        row.level, row.approved = level, True
    elif not row.approved:
        guide.languages.remove(row)
    row.wanted_level = None
    guide.version += 1
    uow.session.flush()
    uow.guides_changed.add(guide.id)
    event = AuditEvent.APPROVED if yes else AuditEvent.REFUSED
    audit.record(uow, event, Subject.GUIDE, guide.id, pool_id=guide.pool_id, language=language, level=level)
