"""Pages of the institutions: start, request, tracking, changes."""

from lotsen.web.public import changes, drafting, start, tracking, ways
from lotsen.web.public.blueprint import blueprint

__all__ = ["blueprint", "changes", "drafting", "start", "tracking", "ways"]
