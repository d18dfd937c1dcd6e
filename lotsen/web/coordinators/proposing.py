"""What the request's page says of each guide: a proposal with its button, or the reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lotsen import i18n
from lotsen.domain.vocabulary import ReasonCode
from lotsen.labels import label
from lotsen.matching.ranking import Excluded, Proposal
from lotsen.matching.scoring import Part
from lotsen.models import GuideRequest
from lotsen.queries.costs import Costs
from lotsen.queries.proposals import Proposals
from lotsen.web import reasons
from lotsen.web.context import gettext, locale
from lotsen.web.coordinators.forms import AskForm
from lotsen.web.reasons import Line, Place


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody who can come.

    `windows` are the (id, label) of the times to choose from, `leaves` the (id, reference) of requests that
    would have nobody left, `loses` of those that the best plan for all would leave out; None if unknown.
    """

    guide_id: int
    rank: int
    name: str
    short_name: str
    fit: str
    total: int
    lines: list[Line]
    parts: tuple[Part, ...]
    form: AskForm
    windows: list[tuple[int, str]]
    leaves: tuple[tuple[int, str], ...]
    loses: tuple[tuple[int, str], ...] | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who cannot come, and why in words; `only` if nothing else stands in the way."""

    guide_id: int
    name: str
    text: str
    only: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Everyone who fails for one reason, the nearest misses first."""

    title: str
    people: list[Person]

    @property
    def only(self) -> int:
        """How many fail for this reason alone."""
        return sum(person.only for person in self.people)


def cards(request: GuideRequest, found: Proposals, costs: Costs, losses: Costs, zone: ZoneInfo) -> list[Card]:
    """Return the proposals, best first."""
    shown = found.proposals
    first_names = [_first_name(found.guides[one.guide_id]) for one in shown]
    place = Place(zone, found.districts)
    return [
        _card(
            request,
            one,
            rank=rank,
            name=found.guides[one.guide_id],
            short_name=first if first_names.count(first) == 1 else found.guides[one.guide_id],
            place=place,
            leaves=costs.get(one.guide_id, ()),
            loses=losses.get(one.guide_id),
        )
        for rank, (one, first) in enumerate(zip(shown, first_names, strict=True), 1)
    ]


def groups(found: Proposals, zone: ZoneInfo) -> list[Group]:
    """Return who cannot come, by reason; whoever fails for several stands under each."""
    by_id = {one.guide_id: one for one in found.excluded}
    place = Place(zone, found.districts)
    return [
        Group(
            gettext(label(code)),
            [
                person
                for _, person in sorted(
                    (_person(code, by_id[guide_id], found, place) for guide_id in guide_ids),
                    key=lambda one: one[0],
                )
            ],
        )
        for code, guide_ids in found.by_reason.items()
    ]


def _card(
    request: GuideRequest,
    one: Proposal,
    *,
    rank: int,
    name: str,
    short_name: str,
    place: Place,
    leaves: tuple[tuple[int, str], ...],
    loses: tuple[tuple[int, str], ...] | None,
) -> Card:
    by_index: Mapping[int, str] = {one.window_index: reasons.fit_words(one.fit)} | {
        other.window_index: reasons.fit_words(other.fit) for other in one.others
    }
    times = request.places
    best: dict[int, int] = {}
    for index in by_index:
        # Of the many times within a flexible window the best is named, the earliest among equals.
        best.setdefault(times[index].window.id, index)
    windows = [
        (
            times[index].id,
            gettext(
                "%(span)s – %(fit)s",
                span=i18n.span(times[index].starts_at, times[index].ends_at, locale(), place.zone),
                fit=by_index[index],
            ),
        )
        for index in best.values()
    ]
    form = AskForm(
        formdata=None, guide_id=one.guide_id, version=request.version, window_id=str(windows[0][0])
    )
    form.window_id.choices = [(str(window_id), words) for window_id, words in windows]
    # Several of these forms stand on one page, and each control needs an id of its own.
    form.window_id.id = f"window-{one.guide_id}"
    return Card(
        guide_id=one.guide_id,
        rank=rank,
        name=name,
        short_name=short_name,
        fit=reasons.fit_words(one.fit),
        total=one.fit.total,
        lines=reasons.lines(one.highlights, place),
        parts=tuple(part for part in one.fit.parts if part.weight),
        form=form,
        windows=windows,
        leaves=leaves,
        loses=None if loses is None else tuple(other for other in loses if other not in leaves),
    )


def _person(
    code: ReasonCode, excluded: Excluded, found: Proposals, place: Place
) -> tuple[tuple[bool, int, str], Person]:
    index = excluded.best_window or 0
    window = found.need.windows[index]
    why = next(one for one in excluded.best_reasons if one.code is code)
    text = reasons.reason(why, window, place)
    if len(found.need.windows) > 1:
        text = gettext(
            "%(reason)s (%(moment)s)",
            reason=text,
            moment=i18n.day_and_time_short(window.start, locale(), place.zone),
        )
    only = len(excluded.best_reasons) == 1
    name = found.guides[excluded.guide_id]
    return (not only, why.margin or 0, name), Person(excluded.guide_id, name, text, only)


def _first_name(name: str) -> str:
    return name.split()[0] if name.split() else name
