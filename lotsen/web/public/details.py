"""A request that was sent in words, part by part, and what a change makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from flask import url_for
from markupsafe import Markup

from lotsen.domain.vocabulary import Consequence, RequestField
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.models import GuideRequest
from lotsen.services.refitting import Fields
from lotsen.services.request_changes import Outlook, current
from lotsen.web import filters
from lotsen.web.context import gettext
from lotsen.web.public.change_forms import Part, Wish
from lotsen.web.public.forms import language_label
from lotsen.web.public.summary import Row, Section

TITLES: dict[Part, str] = {
    Part.TIME: N_("Appointment"),
    Part.PLACE: N_("Place"),
    Part.LANGUAGE: N_("Language and occasion"),
    Part.CONTACT: N_("Contact on site"),
    Part.MORE: N_("Wishes and notes"),
}
_FIELDS: dict[Part, tuple[RequestField, ...]] = {
    Part.TIME: (RequestField.WINDOWS,),
    Part.PLACE: (
        RequestField.MODE,
        RequestField.DISTRICT,
        RequestField.ADDRESS,
        RequestField.MEETING_POINT,
    ),
    Part.LANGUAGE: (
        RequestField.LANGUAGE,
        RequestField.SUBSTITUTES,
        RequestField.LANGUAGE_LEVEL,
        RequestField.OCCASION,
    ),
    Part.CONTACT: (RequestField.ON_SITE_NAME, RequestField.ON_SITE_PHONE),
    Part.MORE: (
        RequestField.WISHES,
        RequestField.PARTICIPANTS,
        RequestField.BILLING_NOTE,
        RequestField.REMARKS,
    ),
}
_NOW_AND_BEFORE, _NO_LONGER = N_("%(now)s (before: %(before)s)"), N_("no longer (before: %(before)s)")


@dataclass(frozen=True)
class Names:
    """What ids mean that stand in a request: districts, and the guides of wishes."""

    districts: Mapping[int, str]
    people: Mapping[int, str]


def sections(
    request: GuideRequest, people: Mapping[int, str], *, agreed: bool, may_change: bool
) -> tuple[Section, ...]:
    """Return the parts of a request; once a time is agreed the page says it above all others.

    `people` are the names of the guides whom its wishes name.
    """
    districts = {request.district.id: request.district.name} if request.district is not None else {}
    names = Names(districts, people)
    return tuple(
        Section(
            gettext(title),
            url_for("public.change", request_id=request.id, part=part) if may_change else "",
            () if agreed and part is Part.TIME else (*_rows(request, part, names), *_number(request, part)),
        )
        for part, title in TITLES.items()
    )


def _rows(request: GuideRequest, part: Part, names: Names) -> tuple[Row, ...]:
    said = ((field, words(field, current(request, field), names)) for field in _FIELDS[part])
    return tuple(Row(gettext(label(field)), value) for field, value in said if value)


def _number(request: GuideRequest, part: Part) -> tuple[Row, ...]:
    """Say how many guides are to come, where that is more than one."""
    if part is not Part.MORE or request.guides_needed == 1:
        return ()
    return (Row(gettext("How many guides do you need?"), str(request.guides_needed)),)


def changed_rows(request: GuideRequest, changes: Fields, names: Names) -> tuple[Row, ...]:
    """Return what is to be other than it is, as it is to be and as it is."""
    rows: list[Row] = []
    for field in RequestField:
        if field in changes:
            now, before = (words(field, one, names) for one in (changes[field], current(request, field)))
            rows.append(Row(gettext(label(field)), _was(now, before)))
    return tuple(rows)


def _was(now: str | Markup, before: str | Markup) -> Markup:
    if not before:
        return Markup("%s") % now
    text = _NOW_AND_BEFORE if now else _NO_LONGER
    return Markup(gettext(text)) % {"now": now, "before": before}  # noqa: S704 - the catalogue's text is ours


def words(field: RequestField, value: Any, names: Names) -> str | Markup:
    """Return the value of a field as people read it; empty if there is none."""
    if value is None or value == "" or value == ():
        return ""
    if field is RequestField.WINDOWS:
        times = cast("tuple[tuple[datetime, datetime, int], ...]", value)
        return Markup("<br>").join(filters.room(*one) for one in times)
    if field is RequestField.LANGUAGE:
        return language_label(str(value))
    if field is RequestField.SUBSTITUTES:
        return gettext("Possible too") if value else gettext("Not possible")
    if field is RequestField.DISTRICT:
        return names.districts.get(value, "")
    if field is RequestField.WISHES:
        return Markup("<br>").join(_wish(wish, names) for wish in value)
    if isinstance(value, StrEnum):
        return gettext(label(value))
    return Markup("<br>").join(Markup("<bdi>%s</bdi>") % line for line in str(value).split("\n"))


def _wish(wish: Wish, names: Names) -> Markup:
    kind, weight, gender, guide_id = wish
    said = gettext(
        "%(wish)s (%(weight)s)", wish=gettext(label(gender or kind)), weight=gettext(label(weight))
    )
    if guide_id is None:
        return Markup("%s") % said
    return Markup("%s: <bdi>%s</bdi>") % (said, names.people.get(guide_id, ""))


def meaning(outlook: Outlook, *, late: bool) -> list[str]:
    """Say what a change does to whoever was asked or has agreed, and what comes next."""
    agreed = {one.consequence for one in outlook.concerned if one.agreed}
    asked = {one.consequence for one in outlook.concerned if not one.agreed}
    said: list[str] = []
    if Consequence.ASKED_AGAIN in agreed:
        said.append(gettext("We ask the same person first, because the agreement was for something else."))
        said.append(gettext("Until the person says yes, the appointment is open again."))
    if Consequence.RELEASED in agreed:
        said.append(gettext("The person who agreed cannot come then. We look for another person."))
    if agreed == {Consequence.STAYS}:
        said.append(gettext("The person who agreed still comes. We tell the person."))
    if Consequence.RELEASED in asked:
        said.append(gettext("The person whom we asked cannot come then. We look for another person."))
    elif Consequence.ASKED_AGAIN in asked:
        said.append(gettext("We ask the same person first."))
    if late:
        said.append(
            gettext("This is late: if the person does not come then, the person gets money for one hour.")
        )
    return said or [gettext("Nobody has been asked yet. We go on looking.")]
