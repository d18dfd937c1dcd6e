"""What of a request was changed since the guide was asked, in words."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lotsen import i18n
from lotsen.domain.vocabulary import Mode, Occasion
from lotsen.i18n import N_
from lotsen.models import Assignment, District
from lotsen.queries import changes
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import filters
from lotsen.web.context import gettext, locale, office

# What a guide need not know of is left out: wishes, levels and the bill.
_NAMES = {
    "windows": N_("Time"),
    "mode": N_("Kind of talk"),
    "district_id": N_("District"),
    "address": N_("Address"),
    "meeting_point": N_("Meeting point"),
    "language": N_("Language"),
    "occasion": N_("Occasion"),
    "on_site_name": N_("Contact person"),
    "on_site_phone": N_("Phone"),
    "participants": N_("Participants"),
    "remarks": N_("Remarks"),
}


def rows(uow: UnitOfWork, assignment: Assignment) -> list[tuple[str, str, str]]:
    """Return (what, how it is, how it was); both are empty where the history does not keep the words."""
    found = [one for one in changes.since_asked(uow.session, assignment) if one.field in _NAMES]
    return [
        (
            gettext(_NAMES[one.field]),
            _said(uow, assignment, one.field, one.after),
            _said(uow, assignment, one.field, one.before),
        )
        for one in found
    ]


def _said(uow: UnitOfWork, assignment: Assignment, field: str, value: Any) -> str:
    match field, value:
        case _, None:
            return ""
        case "windows", _:
            return _times(value, office(assignment.pool_id).zone)
        case "mode", _:
            return filters.word(Mode(value))
        case "occasion", _:
            return filters.word(Occasion(value))
        case "language", _:
            return filters.language_name(value)
        case "district_id", _:
            return _district(uow, value)
        case _:
            return str(value)


def _times(value: list[list[Any]], zone: str) -> str:
    times = [
        (datetime.fromisoformat(start), datetime.fromisoformat(end), minutes) for start, end, minutes in value
    ]
    known = locale(), ZoneInfo(zone)
    return "; ".join(i18n.window(*one, *known) for one in times)


def _district(uow: UnitOfWork, district_id: int) -> str:
    return uow.session.scalar(select(District.name).where(District.id == district_id)) or ""
