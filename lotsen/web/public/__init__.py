"""Pages of the institutions: start, request, tracking."""

from lotsen.web.public import afterwards, certificates, drafting, mine, start, tracking
from lotsen.web.public.blueprint import blueprint

__all__ = ["afterwards", "blueprint", "certificates", "drafting", "mine", "start", "tracking"]
