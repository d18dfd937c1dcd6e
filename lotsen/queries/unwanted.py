"""What a guide has asked not to be asked for."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lotsen.models import Assignment, GuideConflict, Institution

Unwanted = tuple[GuideConflict, str | None]
"""An entry, and the name of the institution if it is about one."""


def of_guide(session: Session, guide_id: int | None) -> Sequence[Unwanted]:
    """Return everything that a guide has said so of; one query."""
    found = session.execute(
        select(GuideConflict, Institution.name)
        .outerjoin(Institution, Institution.id == GuideConflict.institution_id)
        .where(GuideConflict.guide_id == guide_id, GuideConflict.by_guide)
        .order_by(Institution.name, GuideConflict.id)
    )
    return [(entry, name) for entry, name in found]


def touching(session: Session, assignment: Assignment) -> GuideConflict | None:
    """Return what the guide has said of the institution or the occasion of an assignment."""
    request = assignment.request
    return session.scalar(
        select(GuideConflict)
        .where(
            GuideConflict.guide_id == assignment.guide_id,
            GuideConflict.by_guide,
            or_(
                GuideConflict.institution_id == request.institution_id,
                GuideConflict.occasion == request.occasion,
            ),
        )
        .order_by(GuideConflict.id.desc())
        .limit(1)
    )
