"""Pages for guides."""

from lotsen.web.guides.pages import blueprint

__all__ = ["blueprint"]
