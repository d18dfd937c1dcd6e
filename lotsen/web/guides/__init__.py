"""Pages for guides."""

from lotsen.web.guides import (
    absences,
    availability,
    certificates,
    data,
    devices,
    exact_times,
    hours,
    menu,
    pages,
    profile,
)
from lotsen.web.guides.blueprint import blueprint

__all__ = [
    "absences",
    "availability",
    "blueprint",
    "certificates",
    "data",
    "devices",
    "exact_times",
    "hours",
    "menu",
    "pages",
    "profile",
]
