"""Pages for guides; each module adds its own to the blueprint."""

from lotsen.web.guides import (
    absences,
    appointments,
    availability,
    board,
    certificates,
    data,
    devices,
    exact_times,
    feed,
    hours,
    menu,
    pages,
    profile,
    unwanted,
)
from lotsen.web.guides.blueprint import blueprint

__all__ = [
    "absences",
    "appointments",
    "availability",
    "blueprint",
    "board",
    "certificates",
    "data",
    "devices",
    "exact_times",
    "feed",
    "hours",
    "menu",
    "pages",
    "profile",
    "unwanted",
]
