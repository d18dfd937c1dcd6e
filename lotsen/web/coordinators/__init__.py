"""Pages for the office; each module adds its own to the blueprint."""

from lotsen.web.coordinators import (
    board,
    guides,
    inbox,
    outbox,
    plans,
    proofs,
    reports,
    requests,
    stand_by,
)
from lotsen.web.coordinators.base import blueprint

__all__ = [
    "blueprint",
    "board",
    "guides",
    "inbox",
    "outbox",
    "plans",
    "proofs",
    "reports",
    "requests",
    "stand_by",
]
