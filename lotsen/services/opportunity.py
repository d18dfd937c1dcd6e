"""Says which open requests the best plan for all of them would leave with nobody, if a guide took one now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from lotsen.matching.planning import process
from lotsen.matching.planning.problem import Choice, Problem
from lotsen.matching.planning.reading import read
from lotsen.queries import eligibility
from lotsen.queries.costs import Costs
from lotsen.queries.proposals import Proposals
from lotsen.services import plan_problem
from lotsen.services.unit_of_work import UnitOfWork

# Somebody waits before the page.
_SECONDS = 8.0
# Each look takes a core for a moment; whoever comes meanwhile waits in line.
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Queue:
    """The open requests as the planner sees them, and what each candidate of one request would take."""

    problem: Problem
    choices: Mapping[int, Choice]
    references: Mapping[str, tuple[int, str]]


def queue(uow: UnitOfWork, pool_id: int, found: Proposals) -> Queue:
    """Read the open requests of a pool, and the choices that the proposals for one of them stand for."""
    settings = uow.settings(pool_id)
    field = eligibility.field(uow.session, uow.pool(pool_id), settings, uow.now)
    described = plan_problem.describe(field, settings, uow.now, None)["problem"]
    here = next((one for one in field.wanted if one.request.id == found.need.request_id), None)
    windows = {} if here is None else {window: at for at, window in enumerate(here.need.windows)}
    taken = {one.guide_id: windows.get(found.need.windows[one.window_index]) for one in found.proposals}
    return Queue(
        replace(read(described), fairness=False, limit_seconds=_SECONDS),
        {
            guide: Choice(str(found.need.request_id), window, (str(guide),))
            for guide, window in taken.items()
            if window is not None
        },
        {str(one.request.id): (one.request.id, str(one.request.reference)) for one in field.wanted},
    )


def losses(asked: Queue) -> Costs | None:
    """Return by guide the (id, reference) of requests that are lost; None if that is not known exactly."""
    if not asked.choices:
        return {}
    try:
        with _one_at_a_time:
            found = process.losses(asked.problem, list(asked.choices.values()))
    except process.PlannerFailed:
        return None
    if not all(one.exact for one in found):
        return None
    return {
        guide: tuple(asked.references[request] for request in one.requests)
        for guide, one in zip(asked.choices, found, strict=True)
        if not one.impossible
    }
