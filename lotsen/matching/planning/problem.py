"""The plain problem that the planner solves: guides, requests, ways and who could take what.

Times are whole minutes from any origin. Options are kept as columns, since there can be a million of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lotsen.errors import LotsenError

Column = npt.NDArray[np.int64]

DEFAULT_FIT_BAND = 10


class ProblemInvalid(LotsenError):
    """A problem cannot be read; `path` names the field, as in `requests[3].windows[0].end`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """What a guide can still be charged, beyond what is held, for appointments that start in [start, end)."""

    start: int
    end: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment that is offered or confirmed and stays; without a place there is no way to it."""

    start: int
    end: int
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide, with the minutes of the last 90 days as `load`, who may still be asked `asks` times."""

    id: str
    capacity: tuple[Span, ...] = ()
    load: int = 0
    held: tuple[Held, ...] = ()
    asks: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A possible time of a request, [start, end)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request that needs `needs` different guides in one of its windows; without a place it is remote."""

    id: str
    windows: tuple[Window, ...]
    needs: int = 1
    priority: int = 1
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """Minutes between two places in either direction; `default` holds where no pair is known."""

    default: int = 0
    same: int = 0
    pairs: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One window of one request with the guides who take it, or stand by for it."""

    request: str
    window: int
    guides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """Columns of equal length: who could take what, by position in the problem's requests and guides."""

    request: Column
    window: Column
    guide: Column
    fit: Column
    takes: Column

    @staticmethod
    def of(rows: Iterable[tuple[int, int, int, int, int]]) -> "Options":
        """Turn rows of request, window, guide, fit and minutes charged into columns."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 5)
        return Options(*(np.ascontiguousarray(table[:, at]) for at in range(5)))


def _none() -> Options:
    return Options.of(())


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything that the planner may know; `previous` is the proposal that somebody has already seen."""

    guides: tuple[Guide, ...] = ()
    requests: tuple[Request, ...] = ()
    ways: Ways = Ways()
    options: Options = field(default_factory=_none)
    fit_band: int = DEFAULT_FIT_BAND
    fairness: bool = True
    limit_seconds: float | None = None
    previous: tuple[Choice, ...] | None = None
