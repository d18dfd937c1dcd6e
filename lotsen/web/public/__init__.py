"""Pages of the institutions: start, request, tracking."""

from lotsen.web.public import drafting, mine, start, tracking
from lotsen.web.public.blueprint import blueprint

__all__ = ["blueprint", "drafting", "mine", "start", "tracking"]
