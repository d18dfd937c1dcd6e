"""Pages of the institutions: start, request, tracking, changes; and what the law asks of public pages."""

from lotsen.web.public import (
    afterwards,
    barriers,
    certificates,
    changes,
    drafting,
    feed,
    legal,
    mine,
    start,
    tracking,
    ways,
)
from lotsen.web.public.blueprint import blueprint

__all__ = [
    "afterwards",
    "barriers",
    "blueprint",
    "certificates",
    "changes",
    "drafting",
    "feed",
    "legal",
    "mine",
    "start",
    "tracking",
    "ways",
]
