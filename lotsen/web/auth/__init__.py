"""Signing in and out of the office."""

from lotsen.web.auth.pages import blueprint

__all__ = ["blueprint"]
