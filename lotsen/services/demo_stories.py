"""How far each invented request has come: what institution, office and guide did, one step after the other.

A story is a generator: it yields the moment of its next step and is resumed when all that happened before, in
the other stories too, is done. So references, history and messages stand in the order of time.
"""

import heapq
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final, TypeAlias, TypeVar

from lotsen.domain.localtime import local_datetime, local_day
from lotsen.domain.vocabulary import (
    ActorKind,
    DeclineReason,
    Gender,
    InstitutionKind,
    Mode,
    Occasion,
    Role,
    UnfilledReason,
    WishWeight,
)
from lotsen.models import Assignment, GuideRequest
from lotsen.services import assignments, decline, feedback, reports, requests
from lotsen.services.demo_plan import InstitutionEntry, Plan, Planner, RequestEntry
from lotsen.services.reports import Said
from lotsen.services.requests import RequestInput
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM, Actor, UnitOfWork

ResultT = TypeVar("ResultT")
Telling: TypeAlias = Generator[datetime, None, ResultT]
Story: TypeAlias = Telling[None]
Teller: TypeAlias = "Callable[[Scene], Story]"
Agreed: TypeAlias = tuple[GuideRequest, list[Assignment]]

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_OFFICE_OPENS: Final = time(8, 40)
_AWAKE_FROM, _AWAKE_UNTIL = time(8), time(20)


@dataclass(frozen=True)
class Scene:
    """One request with its plan, and the hands that move it; `number` spreads the steps over the day."""

    uow: UnitOfWork
    planner: Planner
    number: int
    entry: RequestEntry
    institution: InstitutionEntry
    plan: Plan
    account_id: int

    @property
    def office(self) -> Actor:
        """The coordinator."""
        return Actor(
            ActorKind.ACCOUNT, self.planner.pool_id, account_id=self.account_id, role=Role.COORDINATOR
        )

    @property
    def end(self) -> datetime:
        """When the talk is over."""
        return self.plan.windows[0][1]

    def institution_of(self, request: GuideRequest) -> Actor:
        """Return the holder of the link to a request."""
        return Actor(ActorKind.INSTITUTION, self.planner.pool_id, request_id=request.id)

    def as_(self, actor: Actor, moment: datetime) -> UnitOfWork:
        """Let somebody act at a moment, all within the one transaction of the demo."""
        return replace(self.uow, actor=actor, now=moment)

    def morning(self, days: int) -> datetime:
        """Return a moment of the morning so many working days after the request was sent."""
        day = self.planner.workday(days, self.plan.sent_on)
        opens = local_datetime(day, _OFFICE_OPENS, self.planner.zone).moment
        return opens + self.number * 3 * _MINUTE

    def lately(self) -> datetime:
        """Return a moment of the last hours at which people are awake."""
        now, zone = self.uow.now, self.planner.zone
        moment = now - (30 + 20 * (self.number % 5)) * _MINUTE
        if _AWAKE_FROM <= moment.astimezone(zone).time() < _AWAKE_UNTIL:
            return moment
        evenings = (
            local_datetime(local_day(now, zone) - days * _DAY, _AWAKE_UNTIL, zone).moment for days in (0, 1)
        )
        return max(evening for evening in evenings if evening < now) - (10 + self.number % 5 * 20) * _MINUTE

    def data(self) -> RequestInput:
        """Return what the institution asks for."""
        entry, institution = self.entry, self.institution
        wished = entry.get("gender_wish")
        return RequestInput(
            institution_name=institution["name"],
            institution_kind=InstitutionKind(institution["kind"]),
            contact_name=institution["contact"],
            email=institution["email"],
            phone=institution["phone"],
            unit=institution["unit"],
            language=entry["language"],
            occasion=Occasion(entry["occasion"]),
            mode=Mode(entry.get("mode", Mode.ON_SITE)),
            windows=self.plan.windows,
            district_id=self.planner.districts[entry.get("district", institution["district"])],
            address=entry.get("address", institution["address"]),
            substitutes_accepted=entry.get("substitutes", True),
            participants=entry.get("participants"),
            guides_needed=entry.get("guides_needed", 1),
            gender_wish=Gender(wished) if wished else None,
            gender_weight=WishWeight(entry.get("gender_weight", WishWeight.NICE)),
            urgency_reason=entry.get("urgency_reason", ""),
            remarks=entry.get("remarks", ""),
            locale=institution.get("locale", "de"),
        )

    def offer(self, request: GuideRequest, place: int, moment: datetime) -> Assignment:
        """Ask one of the guides for the preferred time."""
        uow = self.as_(self.office, moment)
        return assignments.offer(uow, request.id, self.plan.guide_ids[place], request.windows[0].id)

    def accept(self, assignment: Assignment, moment: datetime) -> None:
        """Let the guide say yes."""
        assignments.accept(self.as_(self.guide_of(assignment), moment), assignment.id)

    def decline(self, assignment: Assignment, moment: datetime) -> None:
        """Let the guide say no, and why."""
        uow = self.as_(self.guide_of(assignment), moment)
        assignments.decline(uow, assignment.id)
        # Those after which a guide can still be asked for everything else.
        reasons = (DeclineReason.TIME, DeclineReason.DISTRICT, DeclineReason.TOO_MUCH, DeclineReason.OTHER)
        decline.give_reason(uow, assignment.id, reasons[self.number % len(reasons)])

    def withdraw(self, assignment: Assignment, moment: datetime) -> None:
        """Let the guide step back."""
        assignments.withdraw(self.as_(self.guide_of(assignment), moment), assignment.id)

    def guide_of(self, assignment: Assignment) -> Actor:
        """Return the guide of an appointment."""
        return Actor(ActorKind.GUIDE, self.planner.pool_id, guide_id=assignment.guide_id)


def run(stories: Iterable[Story]) -> None:
    """Tell all stories to their ends, each step in its time."""
    waiting: list[tuple[datetime, int, Story]] = []
    for number, story in enumerate(stories):
        waiting.append((next(story), number, story))
    heapq.heapify(waiting)
    while waiting:
        _, number, story = heapq.heappop(waiting)
        moment = next(story, None)
        if moment is not None:
            heapq.heappush(waiting, (moment, number, story))


def guides_asked(entry: RequestEntry) -> int:
    """Return how many guides a story needs."""
    return STORIES[entry["story"]][1] + entry.get("guides_needed", 1) - 1


def tell(scene: Scene) -> Story:
    """Return the story of a scene."""
    return STORIES[scene.entry["story"]][0](scene)


def _typed(scene: Scene, moment: datetime) -> Telling[GuideRequest]:
    yield moment
    answers = {"institution_name": scene.institution["name"], "institution_kind": scene.institution["kind"]}
    uow = scene.as_(ANONYMOUS, moment)
    return requests.start_draft(uow, scene.planner.pool_id, f"demo-{scene.number}", answers, "de")


def _sent(scene: Scene, moment: datetime) -> Telling[GuideRequest]:
    draft = yield from _typed(scene, moment)
    yield (moment := moment + 9 * _MINUTE)
    return requests.submit(scene.as_(ANONYMOUS, moment), draft.id, scene.data())


def _opened(scene: Scene) -> Telling[GuideRequest]:
    request = yield from _sent(scene, scene.morning(0))
    yield (moment := scene.morning(0) + 15 * _MINUTE)
    return requests.confirm_address(scene.as_(scene.institution_of(request), moment), request.id)


def _agreed(
    scene: Scene, first: int = 0, day: int = 1, request: GuideRequest | None = None
) -> Telling[Agreed]:
    """Ask as many guides as are needed, from the place `first` on; all say yes."""
    if request is None:
        request = yield from _opened(scene)
    held: list[Assignment] = []
    for more in range(request.guides_needed):
        yield (moment := scene.morning(day) + (5 + 4 * more) * _MINUTE)
        held.append(scene.offer(request, first + more, moment))
    for more, assignment in enumerate(held):
        yield (moment := scene.morning(day) + (2 + more) * _HOUR)
        scene.accept(assignment, moment)
    return request, held


def _declined(scene: Scene) -> Telling[GuideRequest]:
    request = yield from _opened(scene)
    yield (moment := scene.morning(1))
    assignment = scene.offer(request, 0, moment)
    yield (moment := moment + 3 * _HOUR)
    scene.decline(assignment, moment)
    return request


def _expired(scene: Scene) -> Telling[GuideRequest]:
    request = yield from _opened(scene)
    yield (moment := scene.morning(1))
    assignment = scene.offer(request, 0, moment)
    yield (moment := (assignment.answer_by or moment) + _MINUTE)
    assignments.expire(scene.as_(SYSTEM, moment), assignment.id)
    return request


def _done(scene: Scene, agreed: Agreed) -> Telling[None]:
    for more, assignment in enumerate(agreed[1]):
        yield (moment := scene.end + (20 + more) * _MINUTE)
        assignments.complete(scene.as_(SYSTEM, moment), assignment.id)
    yield from _afterwards(scene, agreed)


def _afterwards(scene: Scene, agreed: Agreed) -> Telling[None]:
    """Let both sides say how long it took: nobody, both alike, each something else, or the guide only."""
    request, held = agreed
    way = scene.number % 4
    if way == 0 or scene.end + _DAY > scene.uow.now:
        return
    longer = timedelta(minutes=30 if way == 2 else 0)
    for assignment in held:
        said = Said(assignment.starts_at, assignment.ends_at + longer, travel_km=6 if scene.number % 2 else 0)
        yield (moment := scene.end + 3 * _HOUR)
        reports.report(scene.as_(scene.guide_of(assignment), moment), assignment.id, said, 0)
        if way == 3:
            continue
        yield (moment := scene.end + 20 * _HOUR)
        institution = scene.as_(scene.institution_of(request), moment)
        reports.confirm(institution, assignment.id, assignment.starts_at, assignment.ends_at, 1)
        feedback.give(institution, assignment.id, 5 if way == 1 else 4, 5, "")


def _draft(scene: Scene) -> Story:
    yield from _typed(scene, scene.morning(0))


def _submitted(scene: Scene) -> Story:
    # An address that is not confirmed for days lapses.
    yield from _sent(scene, scene.lately())


def _open(scene: Scene) -> Story:
    yield from _opened(scene)


def _open_declined(scene: Scene) -> Story:
    yield from _declined(scene)


def _open_expired(scene: Scene) -> Story:
    yield from _expired(scene)


def _open_withdrawn(scene: Scene) -> Story:
    _, held = yield from _agreed(scene)
    yield (moment := scene.morning(4))
    scene.withdraw(held[0], moment)


def _offered(scene: Scene) -> Story:
    request = yield from _opened(scene)
    yield (moment := scene.lately())
    scene.offer(request, 0, moment)


def _offered_second(scene: Scene) -> Story:
    request = yield from _declined(scene)
    yield (moment := scene.lately())
    scene.offer(request, 1, moment)


def _confirmed(scene: Scene) -> Story:
    yield from _agreed(scene)


def _confirmed_second(scene: Scene) -> Story:
    request = yield from _declined(scene)
    yield from _agreed(scene, 1, 2, request)


def _completed(scene: Scene) -> Story:
    agreed = yield from _agreed(scene)
    yield from _done(scene, agreed)


def _completed_second(scene: Scene) -> Story:
    request = yield from _declined(scene)
    agreed = yield from _agreed(scene, 1, 2, request)
    yield from _done(scene, agreed)


def _completed_late_answer(scene: Scene) -> Story:
    request = yield from _expired(scene)
    agreed = yield from _agreed(scene, 1, 5, request)
    yield from _done(scene, agreed)


def _rejected(scene: Scene) -> Story:
    request = yield from _opened(scene)
    yield (moment := scene.morning(1))
    requests.reject(scene.as_(scene.office, moment), request.id, scene.entry.get("closing_text", ""))


def _cancelled(scene: Scene) -> Story:
    request = yield from _opened(scene)
    yield (moment := scene.morning(2))
    requests.cancel(scene.as_(scene.institution_of(request), moment), request.id)


def _cancelled_confirmed(scene: Scene) -> Story:
    request, _ = yield from _agreed(scene)
    yield (moment := scene.morning(3))
    requests.cancel(scene.as_(scene.institution_of(request), moment), request.id)


def _unfilled(reason: UnfilledReason) -> Teller:
    def story(scene: Scene) -> Story:
        request = yield from _opened(scene)
        yield (moment := scene.morning(3))
        requests.mark_unfilled(scene.as_(scene.office, moment), request.id, reason)

    return story


def _lapsed_submitted(scene: Scene) -> Story:
    request = yield from _sent(scene, scene.morning(0))
    hours = scene.planner.settings.confirm_address_hours
    yield (moment := scene.morning(0) + (hours + 1) * _HOUR)
    requests.lapse(scene.as_(SYSTEM, moment), request.id)


def _lapsed_open(scene: Scene) -> Story:
    request = yield from _opened(scene)
    yield (moment := scene.end + _MINUTE)
    requests.lapse(scene.as_(SYSTEM, moment), request.id)


# With each story how many guides must be able to come, where a single one is needed at a time.
STORIES: Final[Mapping[str, tuple[Teller, int]]] = {
    "draft": (_draft, 0),
    "submitted": (_submitted, 0),
    "open": (_open, 1),
    "open_nobody": (_open, 0),
    "open_declined": (_open_declined, 1),
    "open_expired": (_open_expired, 1),
    "open_withdrawn": (_open_withdrawn, 1),
    "offered": (_offered, 1),
    "offered_second": (_offered_second, 2),
    "confirmed": (_confirmed, 1),
    "confirmed_second": (_confirmed_second, 2),
    "completed": (_completed, 1),
    "completed_second": (_completed_second, 2),
    "completed_late_answer": (_completed_late_answer, 2),
    "rejected": (_rejected, 0),
    "cancelled": (_cancelled, 0),
    "cancelled_confirmed": (_cancelled_confirmed, 1),
    "unfilled_no_speaker": (_unfilled(UnfilledReason.NO_SPEAKER), 0),
    "unfilled_nobody_free": (_unfilled(UnfilledReason.NOBODY_FREE), 0),
    "lapsed_submitted": (_lapsed_submitted, 0),
    "lapsed_open": (_lapsed_open, 0),
}
