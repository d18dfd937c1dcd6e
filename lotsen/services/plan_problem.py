"""Writes the open requests of a pool as the planner's question, with the version of everything in it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from lotsen.domain.settings import PoolSettings
from lotsen.domain.urgency import planning_weight
from lotsen.domain.vocabulary import Mode
from lotsen.matching import eligibility
from lotsen.matching.profiles import Candidate, Held
from lotsen.matching.question import MINUTE, Question, question
from lotsen.matching.table import micros
from lotsen.queries.eligibility import Field, Wanted

Json = dict[str, Any]

# An appointment that ended this long ago is in nobody's way.
_PAST = timedelta(days=1)


def describe(field: Field, settings: PoolSettings, now: datetime, previous: list[Json] | None) -> Json:
    """Return the question in the documented format, and beside it the stamp of versions.

    Ids are those of the database as texts, times are minutes since 1970.
    """
    questions = [question(one.need, field.rules, now) for one in field.wanted]
    options = list(_options(field, questions, settings))
    able = {option["guide"] for option in options}
    guides = [one for one in field.candidates if str(one.guide_id) in able]
    places = {one.need.district for one in field.wanted} | {
        _district(held, one) for one in guides for held in one.held
    }
    travel = field.rules.travel
    return {
        "problem": {
            "guides": [_guide(one, questions, now) for one in guides],
            "requests": [_request(one, now) for one in field.wanted],
            "travel": {
                "default": travel.default,
                "same": travel.same,
                "pairs": [
                    [here, there, way]
                    for here, there in combinations(sorted(place for place in places if place), 2)
                    if (way := travel.way(here, there)) is not None
                ],
            },
            "options": options,
            "fit_band": settings.plan_fit_band,
            "fairness": settings.plan_fairness,
            "limit_seconds": settings.plan_seconds,
            "previous": previous,
        },
        "stamp": {
            "at": now.isoformat(),
            "guides": {str(one.guide_id): field.guide_versions[one.guide_id] for one in field.candidates},
            "requests": {
                str(one.request.id): {
                    "version": one.request.version,
                    "windows": [place.id for place in one.places],
                    "past": bool(one.places) and all(place.starts_at <= now for place in one.places),
                }
                for one in field.wanted
            },
        },
    }


def _options(field: Field, questions: list[Question], settings: PoolSettings) -> Iterator[Json]:
    found = eligibility.options(questions, field.table, settings.weights())
    ids: list[int] = field.table.guide_id[found.row].tolist()
    places: list[tuple[int, int, int]] = list(
        zip(found.request.tolist(), found.window.tolist(), found.fit.tolist(), strict=True)
    )
    for guide_id, (request, window, fit) in zip(ids, places, strict=True):
        yield {
            "request": str(field.wanted[request].request.id),
            "window": window,
            "guide": str(guide_id),
            "fit": fit,
            "takes": questions[request].slots[window].minutes,
        }


def _request(one: Wanted, now: datetime) -> Json:
    request = one.request
    weight = planning_weight(
        now, one.need.waiting_since, request.due_at, urgent=request.urgency_reason is not None
    )
    return {
        "id": str(request.id),
        "needs": one.missing,
        "priority": max(weight, request.priority),
        "place": _place(one.need.district, one.need.mode),
        "windows": [_span(window.start, window.end) for window in one.need.windows],
    }


def _guide(one: Candidate, questions: list[Question], now: datetime) -> Json:
    slots = [slot for asked in questions for slot in asked.slots]
    limits = {
        **_left(one, {slot.week for slot in slots}, one.week_minutes),
        **_left(one, {slot.month for slot in slots}, one.month_minutes),
    }
    return {
        "id": str(one.guide_id),
        "load": one.load_minutes_90,
        "held": [
            {**_span(held.start, held.end), "place": _place(_district(held, one), held.mode)}
            for held in one.held
            if held.end > now - _PAST
        ],
        "capacity": [
            {"from": since // MINUTE, "to": until // MINUTE, "minutes": minutes}
            for (since, until), minutes in sorted(limits.items())
        ],
        **({} if one.asks_per_week is None else {"asks": max(0, one.asks_per_week - one.asks_this_week)}),
    }


def _left(one: Candidate, spans: set[tuple[int, int]], limit: int | None) -> Mapping[tuple[int, int], int]:
    """Return the minutes left in each week or month; none if the guide has set no limit."""
    if limit is None:
        return {}
    return {span: max(0, limit - _used(one.held, *span)) for span in spans}


def _used(held: tuple[Held, ...], since: int, until: int) -> int:
    return sum(one.minutes for one in held if since <= micros(one.start) < until)


def _place(district: str | None, mode: Mode) -> str | None:
    return district if mode is Mode.ON_SITE else None


def _district(held: Held, one: Candidate) -> str | None:
    """Name the district of an appointment; equal codes of two pools are two districts."""
    if held.district is None or held.pool_id in (None, one.pool_id):
        return held.district
    return f"{held.pool_id}/{held.district}"


def _span(start: datetime, end: datetime) -> Json:
    return {"start": micros(start) // MINUTE, "end": -(-micros(end) // MINUTE)}
