"""Needs and candidates that fit each other unless a test says otherwise: Friday 27 Nov 2026, 10 to 11."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from lotsen.domain.availability import Availability, WeeklyTime
from lotsen.domain.localtime import local_datetime
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import InstitutionKind, LanguageFit, Level, Mode, Occasion
from lotsen.matching.profiles import Candidate, Held, Need, Rules, Window
from lotsen.matching.travel import Travel

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRIDAY = date(2026, 11, 27)
ALWAYS = Availability(weekly=tuple(WeeklyTime(day, time.min, time.min) for day in range(7)))
WEIGHTS = PoolSettings().weights()
# 01 - 02 - 14 - 15, and 09 with no known neighbour
TRAVEL = Travel(
    neighbours={"01": frozenset({"02"}), "02": frozenset({"14"}), "14": frozenset({"15"}), "09": frozenset()},
    pairs={("15", "01"): 50},
)
RULES = Rules(zone=BERLIN, travel=TRAVEL)


def at(hour: int, minute: int = 0, day: date = FRIDAY) -> datetime:
    """Return the moment of a Berlin wall time."""
    return local_datetime(day, time(hour, minute), BERLIN).moment


def window(start: int = 10, end: int = 11, day: date = FRIDAY) -> Window:
    """Return a window of whole hours."""
    return Window(at(start, day=day), at(end, day=day))


def need(**changes: Any) -> Need:
    """Return an ordinary request."""
    values: dict[str, Any] = {
        "request_id": 417,
        "reference": "L-2026-0417",
        "windows": (window(),),
        "language": "ar",
        "accepted": {"ar": LanguageFit.EXACT, "arz": LanguageFit.WELL, "ary": LanguageFit.BARELY},
        "level": Level.B2,
        "german_level": Level.B2,
        "mode": Mode.ON_SITE,
        "district": "01",
        "occasion": Occasion.PARENT_TALK,
        "institution_id": 7,
        "institution_kind": InstitutionKind.SCHOOL,
        "waiting_since": NOW,
    }
    return Need(**(values | changes))


def candidate(guide_id: int = 1, **changes: Any) -> Candidate:
    """Return a guide whom nothing keeps from the ordinary request."""
    values: dict[str, Any] = {
        "guide_id": guide_id,
        "languages": (("ar", Level.NATIVE),),
        "german_level": Level.C1,
        "home_district": "01",
        "modes": frozenset(Mode),
        "availability": ALWAYS,
    }
    if (history := changes.pop("history", None)) is not None:
        changes["histories"] = {7: history}
    return Candidate(**(values | changes))


def held(start: datetime, end: datetime, **changes: Any) -> Held:
    """Return an appointment on site in district 01."""
    values: dict[str, Any] = {"district": "01", "mode": Mode.ON_SITE, "request_id": 400}
    return Held(start, end, **(values | changes))
