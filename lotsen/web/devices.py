"""Says roughly which device a browser runs on, so that people find it again in a list of theirs."""

from typing import Final

# The first that fits counts: phones name several systems and several browsers.
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS: Final = (
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def name(user_agent: str) -> str:
    """Return "Chrome, Android", with no version and nothing that tells two phones of a kind apart."""
    return ", ".join(found for names in (_BROWSERS, _SYSTEMS) if (found := _first(names, user_agent)))


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((known for mark, known in names if mark in user_agent), "")
