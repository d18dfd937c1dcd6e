"""What a coordinator should know about a proposal: the list of reasons, drawn from the fit itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from lotsen.domain.localtime import local_spans
from lotsen.domain.vocabulary import FitPart, HighlightCode, LanguageFit
from lotsen.matching.question import MINUTE, Question
from lotsen.matching.reasons import Fact, district_of, held_near
from lotsen.matching.scoring import Fit
from lotsen.matching.table import DAY_MINUTES, CandidateTable, moment_of

_MANY_APPOINTMENTS = 2
_SELDOM_ASKED = 2
_NEAR_HOPS = 2
# A free hour beyond the way is room enough not to mention the appointment before or after.
_ROOM_BETWEEN = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Highlight:
    """One line of the list of reasons; `attention` marks what speaks for caution."""

    code: HighlightCode
    parameters: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    attention: bool = False


def highlights(
    asked: Question, window: int, table: CandidateTable, row: int, fit: Fit
) -> tuple[Highlight, ...]:
    """Return what speaks for this guide in this window, then what to mind."""
    found = (
        *_language(fit),
        *_free(asked, window, table, row),
        *_from_fit(fit),
        *_beside(asked, window, table, row),
    )
    return tuple(sorted(found, key=lambda one: one.attention))


def _language(fit: Fit) -> Iterator[Highlight]:
    facts = fit.part(FitPart.LANGUAGE).facts
    if facts.get("as") == LanguageFit.EXACT:
        yield Highlight(HighlightCode.SPEAKS, facts)
    elif facts:
        yield Highlight(HighlightCode.SPEAKS_SUBSTITUTE, facts, attention=True)


def _free(asked: Question, window: int, table: CandidateTable, row: int) -> Iterator[Highlight]:
    """Yield the free stretch around the window, at most from midnight to midnight."""
    slot = asked.slots[window]
    spans: list[tuple[datetime, datetime]] = []
    for since, until in sorted(
        span
        for day, closed in dict.fromkeys((piece.day, piece.closed) for piece in slot.pieces)
        for opens, closes in table.open_minutes(row, day, closed)
        for span in local_spans(date.fromordinal(day), _wall(opens), _wall(closes), asked.rules.zone)
    ):
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(until, spans[-1][1]))
        else:
            spans.append((since, until))
    for start, end in spans:
        if start <= slot.window.start and slot.window.end <= end:
            yield Highlight(HighlightCode.FREE, {"start": start, "end": end})


def _wall(minutes: int) -> time:
    return time.min if minutes == DAY_MINUTES else time(*divmod(minutes, 60))


def _from_fit(fit: Fit) -> Iterator[Highlight]:
    facts = {part.part: part.facts for part in fit.parts}
    near = facts[FitPart.NEARNESS]
    hops = near.get("hops")
    if hops == 0:
        yield Highlight(HighlightCode.SAME_DISTRICT, near)
    elif isinstance(hops, int) and hops <= _NEAR_HOPS:
        yield Highlight(HighlightCode.DISTRICT_NEAR, near)

    if facts[FitPart.CONTINUITY]["times"]:
        yield Highlight(HighlightCode.KNOWS_INSTITUTION, facts[FitPart.CONTINUITY])
    if facts[FitPart.EXPERIENCE]["times"]:
        yield Highlight(HighlightCode.KNOWS_OCCASION, facts[FitPart.EXPERIENCE])
    asks = facts[FitPart.ASKS]["asks"]
    if isinstance(asks, int) and asks <= _SELDOM_ASKED:
        yield Highlight(HighlightCode.SELDOM_ASKED, facts[FitPart.ASKS])

    wishes = facts[FitPart.WISHES]
    if wishes["met"]:
        yield Highlight(HighlightCode.WISH_MET, {"kinds": wishes["met"]})
    if wishes["not_met"]:
        yield Highlight(HighlightCode.WISH_NOT_MET, {"kinds": wishes["not_met"]}, attention=True)

    room = facts[FitPart.ROOM]
    appointments = room["appointments"]
    if isinstance(appointments, int) and appointments >= _MANY_APPOINTMENTS:
        yield Highlight(HighlightCode.APPOINTMENTS_THIS_WEEK, room, attention=True)


def _beside(asked: Question, window: int, table: CandidateTable, row: int) -> Iterator[Highlight]:
    """Yield the nearest appointment before and after, if little time lies between."""
    slot = asked.slots[window]
    near = tuple(held_near(asked, slot, table, row))
    before = [(gap, one[4], one[1], one[2], way) for one, gap, way in near if one[1] <= slot.start]
    after = [(gap, one[4], one[0], one[2], way) for one, gap, way in near if one[0] >= slot.end]
    for code, found in ((HighlightCode.COMES_FROM, before), (HighlightCode.GOES_ON_TO, after)):
        if not found:
            continue
        gap, _, at, district, way = min(found)
        if gap < way * MINUTE + _ROOM_BETWEEN:
            facts: dict[str, Fact] = {
                "at": moment_of(at),
                "district": district_of(table, district),
                "travel": way,
            }
            yield Highlight(code, facts, attention=True)
