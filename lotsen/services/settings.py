"""Changes the rules and texts that a pool sets for itself."""

import json
from collections.abc import Collection, Mapping

from lotsen.domain import settings as pool_settings
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.errors import NotFound, SettingInvalid
from lotsen.models import Pool
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork


def change(
    uow: UnitOfWork, pool_id: int, values: Mapping[str, object], back: Collection[str] = ()
) -> tuple[str, ...]:
    """Set some settings and take others `back` to their default; return the names of what has changed.

    Raises SettingInvalid, and then nothing is changed.
    """
    pool = uow.session.get(Pool, pool_id, with_for_update=True, populate_existing=True)
    if pool is None:
        raise NotFound("pool")
    # Read, so that a name that nobody knows is noticed.
    pool_settings.from_mapping({name: getattr(PoolSettings(), name, None) for name in back})
    wanted = {name: value for name, value in {**pool.settings, **values}.items() if name not in back}
    new = pool_settings.to_mapping(pool_settings.from_mapping(wanted))
    changed = tuple(
        sorted(name for name in {*new, *pool.settings} if new.get(name) != pool.settings.get(name))
    )
    if changed:
        pool.settings = new
        audit.record(uow, AuditEvent.CHANGED, Subject.POOL, pool.id, pool_id=pool.id, names=changed)
    return changed


def typed(name: str, text: str) -> object:
    """Return the value that somebody typed: numbers, true or false and lists as JSON, all else as it is."""
    if not isinstance(getattr(PoolSettings(), name, None), bool | int | tuple):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        raise SettingInvalid(name, text, 'JSON: a number, true or false, or ["a list", "of texts"]') from None
    return value
