"""Pages for guides; each module adds its own to the blueprint."""

from lotsen.web.guides import appointments, board, feed, unwanted
from lotsen.web.guides.pages import blueprint

__all__ = ["appointments", "blueprint", "board", "feed", "unwanted"]
