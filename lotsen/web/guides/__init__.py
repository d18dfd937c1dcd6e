"""Pages for guides."""

from lotsen.web.guides import absences, availability, data, devices, exact_times, menu, pages, profile
from lotsen.web.guides.blueprint import blueprint

__all__ = [
    "absences",
    "availability",
    "blueprint",
    "data",
    "devices",
    "exact_times",
    "menu",
    "pages",
    "profile",
]
