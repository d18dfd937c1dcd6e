"""Pages for guides."""

from lotsen.web.guides import certificates, hours
from lotsen.web.guides.pages import blueprint

__all__ = ["blueprint", "certificates", "hours"]
