"""What a coordinator should know about a proposal: the list of reasons, drawn from the fit itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta

from lotsen.domain.availability import free_spans
from lotsen.domain.localtime import local_days, local_spans
from lotsen.domain.vocabulary import FitPart, HighlightCode, LanguageFit
from lotsen.matching.profiles import Candidate, Need, Rules, Window
from lotsen.matching.rules import Fact, neighbouring
from lotsen.matching.scoring import Fit

_MANY_APPOINTMENTS = 2
_SELDOM_ASKED = 2
_NEAR_HOPS = 2
# A free hour beyond the way is room enough not to mention the appointment before or after.
_ROOM_BETWEEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Highlight:
    """One line of the list of reasons; `attention` marks what speaks for caution."""

    code: HighlightCode
    parameters: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
    attention: bool = False


def highlights(
    need: Need, window: Window, candidate: Candidate, rules: Rules, fit: Fit
) -> tuple[Highlight, ...]:
    """Return what speaks for this guide in this window, then what to mind."""
    found = (
        *_language(fit),
        *_free(window, candidate, rules),
        *_from_fit(fit),
        *_beside(need, window, candidate, rules),
    )
    return tuple(sorted(found, key=lambda one: one.attention))


def _language(fit: Fit) -> Iterator[Highlight]:
    facts = fit.part(FitPart.LANGUAGE).facts
    if facts.get("as") == LanguageFit.EXACT:
        yield Highlight(HighlightCode.SPEAKS, facts)
    elif facts:
        yield Highlight(HighlightCode.SPEAKS_SUBSTITUTE, facts, attention=True)


def _free(window: Window, candidate: Candidate, rules: Rules) -> Iterator[Highlight]:
    """Yield the free stretch around the window, at most from midnight to midnight."""
    days = tuple(local_days(window.start, window.end, rules.zone))
    first = local_spans(days[0], time.min, time.min, rules.zone)[0][0]
    last = local_spans(days[-1], time.min, time.min, rules.zone)[-1][1]
    for start, end in free_spans(candidate.availability, first, last, rules.zone, rules.closed_days):
        if start <= window.start and window.end <= end:
            yield Highlight(HighlightCode.FREE, {"start": start, "end": end})


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


def _beside(need: Need, window: Window, candidate: Candidate, rules: Rules) -> Iterator[Highlight]:
    """Yield the nearest appointment before and after, if little time lies between."""
    near = neighbouring(need, window, candidate)
    before = [(gap, held.end, held) for held, gap in near if held.end <= window.start]
    after = [(gap, held.start, held) for held, gap in near if held.start >= window.end]
    for code, found in ((HighlightCode.COMES_FROM, before), (HighlightCode.GOES_ON_TO, after)):
        if not found:
            continue
        gap, at, held = min(found, key=lambda one: (one[0], one[2].request_id))
        way = rules.travel.minutes(held.district, need.district)
        if gap < timedelta(minutes=way) + _ROOM_BETWEEN:
            yield Highlight(code, {"at": at, "district": held.district, "travel": way}, attention=True)
