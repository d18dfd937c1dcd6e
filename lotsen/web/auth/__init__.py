"""Signing in: the office by password, guides and institutions by mailed link."""

from lotsen.web.auth import by_mail
from lotsen.web.auth.pages import blueprint

__all__ = ["blueprint", "by_mail"]
