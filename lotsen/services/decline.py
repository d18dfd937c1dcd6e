"""What follows from the reason that a guide gives for a no: nothing, a wish of the guide's, or a pause.

Nothing of it lowers a guide's rank. What is kept stands among the hard rules, where the office sees it as a
reason, and the guide can take it back.
"""

from datetime import date

from sqlalchemy import select

from lotsen.domain.vocabulary import (
    AssignmentStatus,
    AuditEvent,
    DeclineReason,
    Occasion,
    Subject,
)
from lotsen.errors import NotFound, WrongState
from lotsen.models import Assignment, Guide, GuideConflict
from lotsen.services import assignments, audit, guides, self_service
from lotsen.services.unit_of_work import UnitOfWork


def give_reason(
    uow: UnitOfWork, assignment_id: int, reason: DeclineReason, pause_until: date | None = None
) -> Assignment:
    """Keep why a guide said no, and do what the reason asks for.

    An institution or an occasion that does not suit is not asked for again; `pause_until` counts for "too
    much" only. Raises Invalid for a day on which no pause can end.
    """
    request, assignment = assignments.lock(uow, assignment_id)
    if assignment.status is not AssignmentStatus.DECLINED:
        raise WrongState(Subject.ASSIGNMENT, assignment.status, "give_reason")
    guide = guides.lock(uow, assignment.guide_id)
    if reason is DeclineReason.TOO_MUCH and pause_until is not None:
        self_service.pause(uow, pause_until)
    if reason is DeclineReason.INSTITUTION:
        _keep(uow, guide, institution_id=request.institution_id)
    if reason is DeclineReason.OCCASION:
        _keep(uow, guide, occasion=request.occasion)
    if assignment.decline_reason is not reason:
        assignment.decline_reason = reason
        audit.record(
            uow,
            AuditEvent.REASON_GIVEN,
            Subject.ASSIGNMENT,
            assignment.id,
            pool_id=assignment.pool_id,
            request_id=assignment.request_id,
            guide_id=assignment.guide_id,
            reason=reason,
        )
    return assignment


def take_back(uow: UnitOfWork, conflict_id: int) -> None:
    """Let a guide be asked again for what they did not want; somebody else's entry is not found."""
    found = uow.session.get(GuideConflict, conflict_id)
    if found is None or not found.by_guide or uow.actor.guide_id != found.guide_id:
        raise NotFound("conflict")
    guide = guides.lock(uow, found.guide_id)
    uow.session.delete(found)
    _changed(uow, guide)


def _keep(
    uow: UnitOfWork, guide: Guide, *, institution_id: int | None = None, occasion: Occasion | None = None
) -> None:
    """Note what a guide does not want, unless it stands there already, whoever has noted it."""
    there = select(GuideConflict.id).where(
        GuideConflict.guide_id == guide.id,
        GuideConflict.institution_id == institution_id
        if institution_id is not None
        else GuideConflict.occasion == occasion,
    )
    if uow.session.scalar(there) is not None:
        return
    uow.session.add(
        GuideConflict(guide_id=guide.id, institution_id=institution_id, occasion=occasion, by_guide=True)
    )
    _changed(uow, guide)


def _changed(uow: UnitOfWork, guide: Guide) -> None:
    guide.version += 1
    uow.session.flush()
    uow.guides_changed.add(guide.id)
    audit.record(
        uow, AuditEvent.CHANGED, Subject.GUIDE, guide.id, pool_id=guide.pool_id, fields=["not_wanted"]
    )
