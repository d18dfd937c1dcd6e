"""How settings that are text of a certain kind are read: days, web and mail addresses, files, long texts."""

import re
from datetime import date
from urllib.parse import urlsplit

from lotsen.domain import contact
from lotsen.errors import SettingInvalid

LONG_LIMIT = 20_000

_VIDEO = re.compile(r"[\w-]+\.(?:mp4|webm)")
_CAPTIONS = re.compile(r"[\w-]+\.vtt")


def day(name: str, value: object) -> date | None:
    """Return the day written as 2026-11-27, or None for an empty text."""
    if value in ("", None):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise SettingInvalid(name, value, "a day such as 2026-11-27") from None


def long_text(name: str, value: object) -> str:
    """Return a text of many paragraphs, its line ends as newlines."""
    allowed = f"text of at most {LONG_LIMIT} characters"
    try:
        return contact.clean_text(_text(name, value, allowed), LONG_LIMIT)
    except contact.Unusable:
        raise SettingInvalid(name, value, allowed) from None


def web_address(name: str, value: object) -> str:
    """Return an address of the web, https only; it may be empty."""
    allowed = "an address that begins with https://"
    text = _text(name, value, allowed).strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise SettingInvalid(name, value, allowed) from None
    if parts.scheme != "https" or not parts.hostname or re.search(r"[\s<>\"']", text):
        raise SettingInvalid(name, value, allowed)
    return text


def mail_address(name: str, value: object) -> str:
    """Return a mail address; it may be empty."""
    allowed = "an e-mail address"
    text = _text(name, value, allowed)
    try:
        return contact.email(text) if text.strip() else ""
    except contact.Unusable:
        raise SettingInvalid(name, value, allowed) from None


def video(name: str, value: object) -> str:
    """Return the name of a video in the media folder, or the https address of one elsewhere."""
    text = _text(name, value, "a file name").strip()
    if not text or _VIDEO.fullmatch(text):
        return text
    if text.startswith("https://"):
        return web_address(name, text)
    raise SettingInvalid(name, value, "the name of an .mp4 or .webm file in the media folder, or https://…")


def captions(name: str, value: object) -> str:
    """Return the name of a file of captions in the media folder; it may be empty."""
    text = _text(name, value, "a file name").strip()
    if text and not _CAPTIONS.fullmatch(text):
        raise SettingInvalid(name, value, "the name of a .vtt file in the media folder")
    return text


def _text(name: str, value: object, allowed: str) -> str:
    if not isinstance(value, str):
        raise SettingInvalid(name, value, allowed)
    return value
