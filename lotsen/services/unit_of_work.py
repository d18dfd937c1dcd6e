"""What a use case works with: the session, the actor, the moment, and the pool's rules."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lotsen.domain import settings as pool_settings
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import ActorKind, Role
from lotsen.errors import NotFound
from lotsen.models import Pool
from lotsen.notifications.links import Links
from lotsen.queries.indexes import Indexes


@dataclass(frozen=True)
class Actor:
    """Who acts, and in which pool.

    `request_id` for the holder of a tracking link, `contact_id` for who may see all requests of an address.
    """

    kind: ActorKind
    pool_id: int | None = None
    account_id: int | None = None
    role: Role | None = None
    guide_id: int | None = None
    request_id: int | None = None
    contact_id: int | None = None

    @property
    def id(self) -> int | None:
        """The id that the history records for this kind of actor."""
        return self.account_id or self.guide_id


ANONYMOUS = Actor(ActorKind.ANONYMOUS)
SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass
class UnitOfWork:
    """One transaction of one actor; `now` does not move within it.

    `guides_changed` gathers about whom the matching has to learn anew (`services.guide_changes`).
    """

    session: Session
    actor: Actor
    now: datetime
    links: Links
    indexes: Indexes = field(default_factory=Indexes)
    guides_changed: set[int] = field(default_factory=set[int])
    _rules: dict[int, PoolSettings] = field(default_factory=dict[int, PoolSettings])

    def pool(self, pool_id: int | None = None) -> Pool:
        """Return a pool, the actor's own if none is named."""
        wanted = self.actor.pool_id if pool_id is None else pool_id
        found = self.session.get(Pool, wanted) if wanted is not None else None
        if found is None:
            raise NotFound("pool")
        return found

    def settings(self, pool_id: int | None = None) -> PoolSettings:
        """Return the rules of a pool."""
        pool = self.pool(pool_id)
        if pool.id not in self._rules:
            self._rules[pool.id] = pool_settings.from_mapping(pool.settings)
        return self._rules[pool.id]

    def zone(self, pool_id: int | None = None) -> ZoneInfo:
        """Return the time zone of a pool."""
        return ZoneInfo(self.pool(pool_id).zone)
