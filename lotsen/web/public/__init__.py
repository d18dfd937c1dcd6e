"""Pages of the institutions: start, request, tracking, changes."""

from lotsen.web.public import (
    afterwards,
    certificates,
    changes,
    drafting,
    feed,
    mine,
    start,
    tracking,
    ways,
)
from lotsen.web.public.blueprint import blueprint

__all__ = [
    "afterwards",
    "blueprint",
    "certificates",
    "changes",
    "drafting",
    "feed",
    "mine",
    "start",
    "tracking",
    "ways",
]
