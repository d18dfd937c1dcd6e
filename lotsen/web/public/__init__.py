"""Pages of the institutions: start, request, tracking; and what the law asks of public pages."""

from lotsen.web.public import barriers, drafting, legal, start, tracking
from lotsen.web.public.blueprint import blueprint

__all__ = ["barriers", "blueprint", "drafting", "legal", "start", "tracking"]
