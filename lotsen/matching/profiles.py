"""What the matching sees: a request as a need, a guide as a candidate, and the pool's rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lotsen.domain.availability import Availability, minutes_up
from lotsen.domain.languages import Catalogue
from lotsen.domain.vocabulary import (
    CredentialKind,
    FitPart,
    Gender,
    GuideStatus,
    InstitutionKind,
    LanguageFit,
    Level,
    Mode,
    Occasion,
    WishKind,
    WishWeight,
)
from lotsen.matching.travel import Travel

Weights = Mapping[FitPart, int]


@dataclass(frozen=True, slots=True)
class Window:
    """One possible time, [start, end) in aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0) or self.end.utcoffset() != timedelta(0):
            raise ValueError(f"{self.start} to {self.end} is not aware UTC")
        if self.end <= self.start:
            raise ValueError(f"{self.start} to {self.end} ends before it begins")

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return minutes_up(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an institution wishes for: `gender` belongs to GENDER, `guide_id` to GUIDE and NOT_GUIDE.

    A wish that names neither has no effect.
    """

    kind: WishKind
    weight: WishWeight
    gender: Gender | None = None
    guide_id: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A request as the engine sees it.

    `accepted` maps each variety whose speakers may come to how well it serves the wanted one
    (`accepted_codes`).
    `district` is None for remote talks and for places outside of all known districts; it is one of the pool
    `pool_id`, which is None where guides of one pool alone are looked at.
    `credentials` are those that this kind of institution requires; the caller knows the pool's rules for
    that.
    """

    request_id: int
    reference: str
    windows: tuple[Window, ...]
    language: str
    accepted: Mapping[str, LanguageFit]
    level: Level
    german_level: Level
    mode: Mode
    district: str | None
    occasion: Occasion
    institution_id: int | None
    institution_kind: InstitutionKind
    waiting_since: datetime
    guides_needed: int = 1
    wishes: tuple[Wish, ...] = ()
    credentials: frozenset[CredentialKind] = frozenset()
    priority: int = 1
    pool_id: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Time that a guide has already given: an appointment offered, confirmed or done.

    `pool_id` is the pool of the district, or None for the guide's own.
    """

    start: datetime
    end: datetime
    district: str | None
    mode: Mode
    request_id: int
    pool_id: int | None = None

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return minutes_up(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Credential:
    """A proof and the days on which it holds, both included; `valid_until` None is without end."""

    kind: CredentialKind
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """How often a guide has been at one institution, and when last."""

    times: int
    last_on: date


@dataclass(frozen=True, slots=True)
class Candidate:
    """A guide as the engine sees it; no name, `guide_id` is the stable key.

    Districts are those of the pool `pool_id`: equal codes of two pools are two districts, with no known way
    between them. None is for where guides of one pool alone are looked at.
    Reach: `districts` that the guide has named, or at most `reach_hops` borders from `home_district`;
    either is enough, and a guide who has said neither goes everywhere.
    `paused_until` is the last day of a pause; a status of PAUSED without it has no end.
    `held` must hold everything from the first day of the month or week of the earliest window to the last
    day of that of the latest window, or the capacity cannot be counted. Capacity None is without limit.
    `asks_per_week` and `asks_this_week` count offers sent in the present ISO week.
    `histories` are by institution; `load_minutes_90` and `asks_90` look back 90 days.
    `unwanted_occasions` are those that the guide does not want to be asked for.
    `conflict_requests` are requests of families that the guide knows.
    """

    guide_id: int
    languages: tuple[tuple[str, Level], ...]
    german_level: Level
    home_district: str | None
    modes: frozenset[Mode]
    availability: Availability
    status: GuideStatus = GuideStatus.ACTIVE
    paused_until: date | None = None
    districts: frozenset[str] = frozenset()
    reach_hops: int | None = None
    held: tuple[Held, ...] = ()
    week_minutes: int | None = None
    month_minutes: int | None = None
    asks_per_week: int | None = None
    asks_this_week: int = 0
    notice_hours: int = 0
    credentials: tuple[Credential, ...] = ()
    gender: Gender | None = None
    histories: Mapping[int, History] = field(default_factory=dict[int, History])
    occasions: Mapping[Occasion, int] = field(default_factory=dict[Occasion, int])
    load_minutes_90: int = 0
    asks_90: int = 0
    blocked_institutions: frozenset[int] = frozenset()
    unwanted_occasions: frozenset[Occasion] = frozenset()
    declined_requests: frozenset[int] = frozenset()
    conflict_requests: frozenset[int] = frozenset()
    pool_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the whole pool; on `closed_days` (maybe none) no weekly pattern holds."""

    zone: ZoneInfo
    travel: Travel = field(default_factory=Travel)
    closed_days: frozenset[date] = frozenset()


def accepted_codes(catalogue: Catalogue, wanted: str, *, substitutes: bool) -> dict[str, LanguageFit]:
    """Return the varieties whose speakers may come for the wanted one, and how well each serves it."""
    served = ((language.code, catalogue.serves(language.code, wanted)) for language in catalogue)
    fits = {code: LanguageFit(quality) for code, quality in served if quality is not None}
    return {code: fit for code, fit in fits.items() if substitutes or fit is LanguageFit.EXACT}
