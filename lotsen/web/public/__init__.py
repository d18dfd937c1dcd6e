"""Pages of the institutions: start, request, tracking."""

from lotsen.web.public import afterwards, certificates, drafting, feed, mine, start, tracking
from lotsen.web.public.blueprint import blueprint

__all__ = [
    "afterwards",
    "blueprint",
    "certificates",
    "drafting",
    "feed",
    "mine",
    "start",
    "tracking",
]
