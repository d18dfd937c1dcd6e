"""How a mailed link's secret is derived, recognised, and kept out of everything that is stored."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable

from lotsen.domain.vocabulary import TokenPurpose

_PLACEHOLDER = re.compile(r"~token:(\d+)~")


def fresh_nonce() -> str:
    """Return 32 random hexadecimal characters."""
    return secrets.token_hex(16)


def derive(secret: str, purpose: TokenPurpose, nonce: str) -> str:
    """Return the 43 URL-safe characters of a link, the same for the same nonce."""
    mac = hmac.new(secret.encode(), f"link:{purpose.value}:{nonce}".encode(), hashlib.sha256)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def derive_feed(secret: str, nonce: str) -> str:
    """Return the 43 URL-safe characters of a calendar feed's address; a new nonce gives another."""
    mac = hmac.new(secret.encode(), f"feed:{nonce}".encode(), hashlib.sha256)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def digest(raw: str) -> str:
    """Return the SHA-256 by which the database knows a link."""
    return hashlib.sha256(raw.encode()).hexdigest()


def placeholder(token_id: int) -> str:
    """Return what stands for the link's secret in a stored message."""
    return f"~token:{token_id}~"


def placeholders(text: str) -> set[int]:
    """Return the ids of the tokens that a stored message names."""
    return {int(found) for found in _PLACEHOLDER.findall(text)}


def reveal(text: str, raw_of: Callable[[int], str]) -> str:
    """Put the secrets in the places of their placeholders, just before the message leaves."""
    return _PLACEHOLDER.sub(lambda match: raw_of(int(match.group(1))), text)
