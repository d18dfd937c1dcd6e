"""Finds a time and the right guides for each invented request, whenever the demo is loaded."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, NotRequired, TypedDict

from sqlalchemy import select

from lotsen import reference
from lotsen.domain.calendar import is_working_day, public_holidays, school_time
from lotsen.domain.localtime import local_datetime, local_day
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import (
    Gender,
    InstitutionKind,
    LanguageFit,
    Level,
    Mode,
    Occasion,
    SchoolTime,
    WishKind,
    WishWeight,
)
from lotsen.matching import rules
from lotsen.matching.profiles import Candidate, Need, Rules, Window, Wish, accepted_codes
from lotsen.matching.table import CandidateTable
from lotsen.models import District
from lotsen.queries import candidates, needs
from lotsen.services.unit_of_work import UnitOfWork

_DAY: Final = timedelta(days=1)
# How many working days a talk may be moved, and the hours in which it may take place.
_MOVES: Final = 15
_OPENS, _CLOSES = time(8), time(17)
_HALF_HOURS: Final = 18
# Enough to get from any district to any other.
_GAP: Final = timedelta(minutes=90)
_FITS: Final = tuple(LanguageFit)
_TEACHING: Final = frozenset({InstitutionKind.SCHOOL, InstitutionKind.DAYCARE})


class InstitutionEntry(TypedDict):
    """An institution of the demo, as its file has it."""

    name: str
    kind: str
    district: str
    address: str
    unit: str
    contact: str
    email: str
    phone: str
    locale: NotRequired[str]


class RequestEntry(TypedDict):
    """A request of the demo, as its file has it; the file says what each key means."""

    institution: str
    language: str
    occasion: str
    day: int
    story: str
    at: NotRequired[str]
    minutes: NotRequired[int]
    sent: NotRequired[int]
    lead: NotRequired[int]
    windows: NotRequired[int]
    mode: NotRequired[str]
    district: NotRequired[str]
    address: NotRequired[str]
    substitutes: NotRequired[bool]
    participants: NotRequired[int]
    guides_needed: NotRequired[int]
    gender_wish: NotRequired[str]
    gender_weight: NotRequired[str]
    urgency_reason: NotRequired[str]
    remarks: NotRequired[str]
    closing_text: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """When a request was sent and asked for, and the guides who will be asked, in this order."""

    sent_on: date
    windows: tuple[tuple[datetime, datetime], ...]
    guide_ids: tuple[int, ...]


@dataclass
class Planner:
    """Plans one request after the other and remembers whose time is given."""

    uow: UnitOfWork
    pool_id: int
    today: date
    _busy: dict[int, list[Window]] = field(default_factory=lambda: defaultdict[int, list[Window]](list))
    _asks: Counter[tuple[int, date]] = field(default_factory=Counter[tuple[int, date]])

    def __post_init__(self) -> None:
        self.settings: PoolSettings = self.uow.settings(self.pool_id)
        self.zone = self.uow.zone(self.pool_id)
        self.districts = dict(
            self.uow.session.execute(
                select(District.code, District.id).where(District.pool_id == self.pool_id)
            ).all()
        )
        self._rules = Rules(
            zone=self.zone,
            travel=needs.travel_of(self.uow.session, self.pool_id, self.settings),
            closed_days=public_holidays(
                self.today - 200 * _DAY,
                self.today + 200 * _DAY,
                self.settings.country,
                self.settings.subdivision,
            ),
        )
        self._guides: list[Candidate] | None = None
        self._table = CandidateTable()

    def workday(self, count: int, since: date | None = None) -> date:
        """Return the working day so many working days after a day, or before it."""
        day, step = since or self.today, _DAY if count > 0 else -_DAY
        while count:
            day += step
            if self._is_open(day):
                count += -1 if count > 0 else 1
        return day

    def plan(self, entry: RequestEntry, kind: InstitutionKind, district: str, asked: int) -> Plan:
        """Return times that suit `asked` guides, and hold their time; LookupError if there are none."""
        at, minutes = time.fromisoformat(entry.get("at", "10:00")), entry.get("minutes", 60)
        for day in self._days(entry["day"], kind):
            sent_on = self._sent_on(entry, day)
            for window in self._windows(day, at, minutes):
                free = self._free(self._need(entry, kind, district, window), window, sent_on)
                if len(free) < asked:
                    continue
                chosen = tuple(free[:asked])
                for guide_id in chosen:
                    self._busy[guide_id].append(window)
                    self._asks[guide_id, _monday(self.workday(1, sent_on))] += 1
                others = self._others(day, window, entry.get("windows", 1) - 1)
                return Plan(sent_on, ((window.start, window.end), *others), chosen)
        raise LookupError(f"nobody for {entry}")

    def _sent_on(self, entry: RequestEntry, day: date) -> date:
        if entry["day"] > 0:
            return self.workday(-entry.get("sent", 3))
        return self.workday(-entry.get("lead", 8), day)

    def _days(self, count: int, kind: InstitutionKind) -> list[date]:
        further = 1 if count > 0 else -1
        days = [self.workday(count + further * more) for more in range(_MOVES)]
        if kind in _TEACHING:
            # In the summer there may be no other days than those of the holidays.
            days.sort(key=self._is_school_holiday)
        return days

    def _is_school_holiday(self, day: date) -> bool:
        found = school_time(day, self.settings.country, self.settings.subdivision)
        return found in (SchoolTime.HOLIDAYS, SchoolTime.FREE_DAY)

    def _is_open(self, day: date) -> bool:
        return is_working_day(day, self.settings.country, self.settings.subdivision)

    def _windows(self, day: date, at: time, minutes: int) -> Iterator[Window]:
        wished = datetime.combine(day, at)
        steps = sorted(range(-_HALF_HOURS, _HALF_HOURS + 1), key=lambda step: (abs(step), step))
        for start in (wished + timedelta(minutes=30 * step) for step in steps):
            end = start + timedelta(minutes=minutes)
            if start.date() == end.date() == day and start.time() >= _OPENS and end.time() <= _CLOSES:
                yield Window(
                    local_datetime(day, start.time(), self.zone).moment,
                    local_datetime(day, end.time(), self.zone).moment,
                )

    def _others(self, day: date, window: Window, count: int) -> Iterator[tuple[datetime, datetime]]:
        clock_time, length = window.start.astimezone(self.zone).time(), window.end - window.start
        for later in range(1, count + 1):
            start = local_datetime(self.workday(later, day), clock_time, self.zone).moment
            yield start, start + length

    def _need(self, entry: RequestEntry, kind: InstitutionKind, district: str, window: Window) -> Need:
        wished = entry.get("gender_wish")
        wishes = () if wished is None else (Wish(WishKind.GENDER, WishWeight.MUST, Gender(wished)),)
        return Need(
            request_id=0,
            reference="",
            windows=(window,),
            language=entry["language"],
            accepted=accepted_codes(
                reference.catalogue(), entry["language"], substitutes=entry.get("substitutes", True)
            ),
            level=Level.B2,
            german_level=Level.B2,
            mode=Mode(entry.get("mode", Mode.ON_SITE)),
            district=district,
            occasion=Occasion(entry["occasion"]),
            institution_id=None,
            institution_kind=kind,
            waiting_since=self.uow.now,
            wishes=wishes,
            credentials=needs.required_credentials(self.settings, kind),
        )

    def _free(self, need: Need, window: Window, sent_on: date) -> list[int]:
        """Return who can come, best in the language first, then those who were asked least."""
        if self._guides is None:
            # Nobody has an appointment yet, so that one look at the guides serves all requests.
            self._guides = candidates.load(
                self.uow.session, self.pool_id, self.zone, self.settings, self.uow.now
            )
            self._table = CandidateTable(self._guides)
        asked_at = local_datetime(sent_on, _OPENS, self.zone).moment
        able = rules.able(need, window, self._table, self._rules, asked_at)
        fit = [
            guide
            for guide in self._guides
            if guide.guide_id in able and self._has_room(guide, window, sent_on)
        ]
        asked = Counter(guide_id for guide_id, _ in self._asks.elements())
        fit.sort(key=lambda one: (_distance(one, need), asked[one.guide_id], one.guide_id))
        return [guide.guide_id for guide in fit]

    def _has_room(self, guide: Candidate, window: Window, sent_on: date) -> bool:
        week = _monday(self.workday(1, sent_on))
        if guide.asks_per_week is not None and self._asks[guide.guide_id, week] >= guide.asks_per_week:
            return False
        held = self._busy[guide.guide_id]
        if any(one.start - _GAP < window.end and window.start < one.end + _GAP for one in held):
            return False
        same_week = [one for one in held if self._week(one) == self._week(window)]
        minutes = window.minutes + sum(one.minutes for one in same_week)
        return guide.week_minutes is None or minutes <= guide.week_minutes

    def _week(self, window: Window) -> date:
        return _monday(local_day(window.start, self.zone))


def _distance(guide: Candidate, need: Need) -> int:
    """Return how far a guide's variety is from the one asked for; 0 is the same."""
    return min(_FITS.index(need.accepted[code]) for code, _ in guide.languages if code in need.accepted)


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY
