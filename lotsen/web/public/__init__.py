"""Pages of the institutions: start, request, tracking."""

from lotsen.web.public import drafting, feed, mine, start, tracking
from lotsen.web.public.blueprint import blueprint

__all__ = ["blueprint", "drafting", "feed", "mine", "start", "tracking"]
