"""The composition root: puts engine, links and clock together and hands out units of work."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from lotsen import clock
from lotsen.database import transaction
from lotsen.notifications.links import Links
from lotsen.queries.indexes import Indexes
from lotsen.services import guide_changes
from lotsen.services.unit_of_work import Actor, UnitOfWork


@dataclass(frozen=True)
class Bootstrap:
    """What the threads of a process share; `clock` is replaced by tests and by the demo."""

    engine: Engine
    links: Links
    clock: Callable[[], datetime] = clock.now
    indexes: Indexes = field(default_factory=Indexes)

    @contextmanager
    def begin(self, actor: Actor, *, read_only: bool = False) -> Generator[UnitOfWork]:
        """Open a unit of work; leaving it commits, an exception rolls back."""
        with transaction(self.engine, read_only=read_only) as session:
            uow = UnitOfWork(session, actor, self.clock(), self.links, self.indexes)
            yield uow
            guide_changes.publish(uow)
