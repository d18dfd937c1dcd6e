"""The draft behind the pages of a request: what was typed, kept on the server as it was typed.

`GuideRequest.answers` maps each field's name to the typed string; `pages` lists the pages that were sent,
`filled` those that were filled in from the request `from`, but have yet to be looked at.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from uuid import uuid4

from flask import session
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, FormField

from lotsen.domain.vocabulary import Gender, InstitutionKind, Level, Mode, Occasion, WishKind, WishWeight
from lotsen.models import GuideRequest
from lotsen.queries import known_people, tracking
from lotsen.services import requests
from lotsen.services.requests import RequestInput
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import identity
from lotsen.web.context import locale, office
from lotsen.web.public.forms import (
    OTHER_LANGUAGE,
    AppointmentForm,
    Facts,
    InstitutionForm,
    LanguageForm,
    StepForm,
    WishesForm,
)


class Step(StrEnum):
    """The pages of a request, as their addresses name them."""

    INSTITUTION = "einrichtung"
    LANGUAGE = "sprache"
    APPOINTMENT = "termin"
    WISHES = "wuensche"

    @property
    def number(self) -> int:
        """Position, from 1."""
        return STEPS.index(self) + 1


STEPS: tuple[Step, ...] = tuple(Step)
FORMS: dict[Step, type[StepForm]] = {
    Step.INSTITUTION: InstitutionForm,
    Step.LANGUAGE: LanguageForm,
    Step.APPOINTMENT: AppointmentForm,
    Step.WISHES: WishesForm,
}
_DRAFT = "draft"
_SENT = "sent"
_PAGES = "pages"
_FILLED = "filled"
_FROM = "from"
_WISHES = {
    WishKind.GENDER: ("gender_wish", "gender_weight"),
    WishKind.GUIDE: ("guide_wish", "guide_weight"),
    WishKind.NOT_GUIDE: ("not_guide", "not_guide_weight"),
}
_KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Forms:
    """All pages of a draft, read and checked."""

    institution: InstitutionForm
    language: LanguageForm
    appointment: AppointmentForm
    wishes: WishesForm

    def by_step(self) -> tuple[tuple[Step, StepForm], ...]:
        """Return each page with its form, in order."""
        return tuple(
            zip(STEPS, (self.institution, self.language, self.appointment, self.wishes), strict=True)
        )


def facts(uow: UnitOfWork, draft: GuideRequest | None = None) -> Facts:
    """Return what the forms need to know; with a draft also whom its contact has had."""
    pool_id = office().pool_id
    return Facts(
        uow.now,
        uow.zone(pool_id),
        uow.settings(pool_id),
        tracking.districts(uow.session, pool_id),
        () if draft is None else _people(uow, pool_id, answer(draft, "email")),
    )


def _people(uow: UnitOfWork, pool_id: int, typed: str) -> tuple[tuple[str, str], ...]:
    """Return whom a contact has had, if this browser has shown that it is the contact's."""
    address = typed.strip().casefold()
    if not address or address not in identity.known_addresses(uow):
        return ()
    return tuple(
        (str(key), name) for key, name in known_people.had_by(uow.session, pool_id, address, uow.now)
    )


def current(uow: UnitOfWork) -> GuideRequest | None:
    """Return the draft of this browser."""
    draft_id = session.get(_DRAFT)
    return tracking.draft(uow.session, office().pool_id, draft_id) if isinstance(draft_id, int) else None


def take_up(draft_id: int) -> None:
    """Let this browser go on with a draft."""
    session[_DRAFT] = draft_id


def leave() -> None:
    """Forget the draft in this browser."""
    session.pop(_DRAFT, None)


def remember_sent(request_id: int) -> None:
    """Let this browser see the page that says what comes next."""
    leave()
    session[_SENT] = request_id


def sent_id() -> int | None:
    """Return the request that this browser sent last."""
    found = session.get(_SENT)
    return found if isinstance(found, int) else None


def sent_a_moment_ago(uow: UnitOfWork) -> int | None:
    """Return the request that this browser's draft has become, for the second of two clicks."""
    draft_id = session.get(_DRAFT)
    if not isinstance(draft_id, int):
        return sent_id()
    found = tracking.sent(uow.session, office().pool_id, draft_id)
    return found.id if found is not None else None


def keep(uow: UnitOfWork, step: Step, form: StepForm, posted: Mapping[str, str], key: str) -> GuideRequest:
    """Keep what was typed on a page; `key` makes two clicks on the first page one draft."""
    known = current(uow)
    answers = _answers(known)
    for name in _names(form):
        answers.pop(name, None)
        if name in posted:
            answers[name] = posted[name]
    answers[_PAGES] = [*dict.fromkeys([*answers.get(_PAGES, []), step.value])]
    if known is not None:
        return requests.keep_answers(uow, known.id, answers, locale())
    fresh = key if _KEY.fullmatch(key) else uuid4().hex
    return requests.start_draft(uow, office().pool_id, fresh, answers, locale())


def _names(fields: Iterable[Field]) -> Iterable[str]:
    for field in fields:
        if isinstance(field, FieldList):
            yield from _names(cast("list[Field]", field.entries))
        elif isinstance(field, FormField):
            yield from _names(cast("Iterable[Field]", field.form))
        else:
            yield field.name


def _answers(draft: GuideRequest | None) -> dict[str, Any]:
    return dict(draft.answers or {}) if draft is not None else {}


def answer(draft: GuideRequest, name: str) -> str:
    """Return what was typed into a field."""
    return str(_answers(draft).get(name, ""))


def is_filled(draft: GuideRequest, step: Step) -> bool:
    """Tell whether a page was filled in from an earlier request and not sent since."""
    return step.value in _answers(draft).get(_FILLED, []) and not is_sent(draft, step)


def is_begun_from(draft: GuideRequest, before: GuideRequest) -> bool:
    """Tell whether a draft was filled in from a request and nothing was done with it since."""
    return _answers(draft).get(_FROM) == before.id and is_filled(draft, Step.APPOINTMENT)


def begin_like(uow: UnitOfWork, before: GuideRequest) -> GuideRequest:
    """Start a draft with all that was asked for in an earlier request but its times."""
    talked = before.windows[0].minutes
    contact, institution = before.contact, before.institution
    typed: dict[str, object] = {
        "institution_name": institution.name if institution is not None else "",
        "institution_kind": before.institution_kind,
        "substitutes_accepted": "y" if before.substitutes_accepted else None,
        **_spoken(before.language or ""),
        "language_level": before.language_level,
        "occasion": before.occasion,
        "minutes": talked,
        "mode": before.mode,
        "district_id": before.district_id,
        "address": before.address,
        "meeting_point": before.meeting_point,
        "on_site_name": before.on_site_name,
        "on_site_phone": before.on_site_phone,
        "participants": before.participants,
        "guides_needed": before.guides_needed,
        "billing_note": before.billing_note,
        "remarks": before.remarks,
    }
    if contact is not None:
        typed |= {
            "contact_name": contact.name,
            "unit": contact.unit,
            "email": contact.email,
            "phone": contact.phone,
        }
    for wish in before.wishes:
        name, weight = _WISHES[wish.kind]
        typed |= {name: wish.gender or wish.guide_id, weight: wish.weight}
    answers: dict[str, Any] = {name: str(value) for name, value in typed.items() if value not in (None, "")}
    answers[_PAGES] = [Step.INSTITUTION.value, Step.LANGUAGE.value]
    answers[_FILLED] = [Step.APPOINTMENT.value, Step.WISHES.value]
    answers[_FROM] = before.id
    return requests.start_draft(uow, before.pool_id, uuid4().hex, answers, locale())


def _spoken(code: str) -> dict[str, str]:
    if code in office().settings.languages_first:
        return {"language_first": code}
    return {"language_first": OTHER_LANGUAGE, "language_other": code}


def is_sent(draft: GuideRequest | None, step: Step) -> bool:
    """Tell whether a page of the draft was sent before."""
    return step.value in _answers(draft).get(_PAGES, [])


def first_missing(draft: GuideRequest | None) -> Step | None:
    """Return the first page that was never sent; None if all were."""
    return next((step for step in STEPS if not is_sent(draft, step)), None)


def form_of(draft: GuideRequest | None, step: Step, known: Facts) -> StepForm:
    """Return the form of a page with what was typed there, not checked."""
    typed = _answers(draft)
    known_before = is_sent(draft, step) or step.value in typed.get(_FILLED, [])
    for name in (_PAGES, _FILLED, _FROM):
        typed.pop(name, None)
    form = FORMS[step](formdata=MultiDict(typed) if known_before else None)
    form.prepare(known)
    return form


def forms_of(draft: GuideRequest, known: Facts) -> Forms:
    """Return all pages, checked: each form knows its errors."""
    found = {step: form_of(draft, step, known) for step in STEPS}
    for form in found.values():
        form.validate()
    return Forms(
        cast(InstitutionForm, found[Step.INSTITUTION]),
        cast(LanguageForm, found[Step.LANGUAGE]),
        cast(AppointmentForm, found[Step.APPOINTMENT]),
        cast(WishesForm, found[Step.WISHES]),
    )


def read(forms: Forms) -> RequestInput:
    """Turn forms without errors into what is asked for."""
    who, talk, when, wishes = forms.institution, forms.language, forms.appointment, forms.wishes
    on_site = when.mode.data == Mode.ON_SITE
    return RequestInput(
        institution_name=_text(who.institution_name),
        institution_kind=InstitutionKind(_text(who.institution_kind)),
        unit=_text(who.unit),
        contact_name=_text(who.contact_name),
        email=_text(who.email),
        phone=_text(who.phone),
        language=talk.language,
        language_level=Level(_text(talk.language_level)),
        german_level=when.facts.settings.german_level,
        substitutes_accepted=bool(talk.substitutes_accepted.data),
        occasion=Occasion(_text(talk.occasion)),
        mode=Mode(_text(when.mode)),
        windows=when.spans,
        minutes=when.length,
        further=when.further,
        district_id=int(_text(when.district_id)) if on_site else None,
        address=_text(when.address) if on_site else "",
        meeting_point=_text(when.meeting_point),
        on_site_name=_text(when.on_site_name),
        on_site_phone=_text(when.on_site_phone),
        urgency_reason=_text(when.urgency_reason) if when.urgent else "",
        participants=wishes.participants.data,
        guides_needed=int(_text(wishes.guides_needed)),
        gender_wish=Gender(_text(wishes.gender_wish)) if wishes.gender_wish.data else None,
        gender_weight=WishWeight(_text(wishes.gender_weight)),
        guide_wish=_number(wishes.guide_wish),
        guide_weight=WishWeight(_text(wishes.guide_weight)),
        not_guide=_number(wishes.not_guide),
        not_guide_weight=WishWeight(_text(wishes.not_guide_weight)),
        billing_note=_text(wishes.billing_note),
        remarks=_text(wishes.remarks),
        locale=locale(),
    )


def _number(field: Field) -> int | None:
    return int(str(field.data)) if field.data else None


def _text(field: Field) -> str:
    return str(field.data or "")
