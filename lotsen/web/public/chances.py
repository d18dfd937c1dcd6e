"""The sentence under the date of a request: how good the chance is, and one better time to take."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from lotsen import i18n
from lotsen.domain.localtime import Span
from lotsen.domain.request_rules import Times, places, problems
from lotsen.domain.vocabulary import (
    ChanceBand,
    ChangeKind,
    Gender,
    InstitutionKind,
    Level,
    Mode,
    Occasion,
    WishKind,
    WishWeight,
)
from lotsen.matching.alternatives import Alternative
from lotsen.matching.chance import Chance
from lotsen.matching.profiles import Need, Window, Wish
from lotsen.models import GuideRequest
from lotsen.queries import chances, needs
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import alternatives
from lotsen.web.context import gettext, locale, office
from lotsen.web.public import draft as drafts
from lotsen.web.public.change_forms import TimesForm
from lotsen.web.public.draft import Step
from lotsen.web.public.forms import AppointmentForm, Facts, InstitutionForm, LanguageForm, WishesForm
from lotsen.web.reasons import Place

TAKE: Final = "nimm"
_MODES: Final = {ChangeKind.PHONE: Mode.PHONE, ChangeKind.VIDEO: Mode.VIDEO}
_TIME: Final = re.compile(r"([0-4])/(\d{1,10})/(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Told:
    """What to say, and the better way as (value, words) of a button, if there is one on this page."""

    lines: list[str]
    better: tuple[str, str] | None = None


def too_often() -> Told:
    """Say that somebody has asked too often."""
    return Told([gettext("You have asked this very often. Please wait a few minutes.")])


def tell(uow: UnitOfWork, draft: GuideRequest | None, typed: Mapping[str, str]) -> Told:
    """Say how good the chance is of what a draft and its date page ask for; reads only."""
    known = drafts.facts(uow, draft)
    form = AppointmentForm(formdata=MultiDict(typed))
    form.prepare(known)
    form.validate()
    needs_of_days = [] if draft is None else _needs(draft, form, known)
    if not needs_of_days:
        return Told([gettext("Please give day, time and place. Then we can say how good the chance is.")])
    on_site = needs_of_days[0].mode is Mode.ON_SITE
    district_id = int(str(form.district_id.data)) if on_site else None
    return _told(uow, needs_of_days, district_id, form, _wishes_for_people(draft, known))


def tell_moved(uow: UnitOfWork, one: GuideRequest, form: TimesForm) -> Told:
    """Say how good the chance of a request that was sent is at the times that a form has read."""
    if form.minutes.errors or not form.spans:
        return Told([gettext("Please give day and time. Then we can say how good the chance is.")])
    known = needs.need_of(one, form.facts.settings)
    anybody = tuple(wish for wish in known.wishes if wish.guide_id is None)
    moved = replace(known, windows=_windows(form), wishes=anybody)
    return _told(uow, [moved], one.district_id, form, len(anybody) < len(known.wishes))


def _told(
    uow: UnitOfWork,
    needs_of_days: Sequence[Need],
    district_id: int | None,
    form: AppointmentForm | TimesForm,
    wishes_for_people: bool,
) -> Told:
    need, known = needs_of_days[0], form.facts
    pool_id = office().pool_id
    found = chances.of(
        uow.session, uow.indexes, needs_of_days, district_id, uow.pool(pool_id), known.settings, uow.now
    )
    first, *later = found.chances
    lines = [*alternatives.verdict(first), *_worst(first, later, needs_of_days[1:], known.zone)]
    if wishes_for_people:
        lines.append(gettext("Your wishes for a certain person do not count here."))
    best = first.best
    if best is None or not _is_allowed(best, known):
        return Told(lines)
    place = Place(known.zone, found.districts)
    value = _value(best, form)
    if value is None:
        said = gettext("This would help: %(change)s.", change=alternatives.changes(best, place, {}))
        return Told([*lines, said])
    return Told(lines, (value, _offer(best, form, need, place)))


def _worst(first: Chance, later: Sequence[Chance], days: Sequence[Need], zone: ZoneInfo) -> list[str]:
    """Say how the other dates of a series stand: the same, or the worst of them."""
    if not later:
        return []
    order = tuple(ChanceBand)
    at, worst = max(enumerate(later), key=lambda one: order.index(one[1].band))
    if order.index(worst.band) <= order.index(first.band):
        return [gettext("The other appointments are no worse.")]
    day = i18n.date_long(days[at].windows[0].start.astimezone(zone).date(), locale())
    return [gettext("This is the most difficult date: %(day)s.", day=day), *alternatives.verdict(worst)]


def _offer(best: Alternative, form: AppointmentForm | TimesForm, need: Need, place: Place) -> str:
    """Say a better way; "later" and "earlier" mean something only beside one fixed time."""
    fixed = all(entry.form.ends is None for entry in form.windows.entries)
    return alternatives.offer(best, need.windows if fixed else (), place)


def take(typed: Mapping[str, str], value: str, zone: ZoneInfo) -> dict[str, str]:
    """Return what was typed with a better way in place of it; a value that is none changes nothing."""
    taken = dict(typed)
    if value in _MODES.values():
        return taken | {"mode": value}
    found = _TIME.fullmatch(value)
    if found is None:
        return taken
    entry, seconds, minutes = found.groups()
    start = datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)
    return taken | {
        f"windows-{entry}-day-day": str(start.day),
        f"windows-{entry}-day-month": str(start.month),
        f"windows-{entry}-day-year": str(start.year),
        f"windows-{entry}-start": f"{start:%H:%M}",
        f"windows-{entry}-until": "",
        "minutes": minutes,
    }


def _needs(draft: GuideRequest, form: AppointmentForm, known: Facts) -> list[Need]:
    """Return what is asked for on the first date, then on each further one; nothing if too little is said."""
    first = _need(draft, form, known)
    if first is None:
        return []
    return [first, *(replace(first, windows=_places(span, form)) for span in form.further)]


def _places(span: Span, form: AppointmentForm | TimesForm) -> tuple[Window, ...]:
    return tuple(Window(start, end) for start, end in places(*span, form.length))


def _windows(form: AppointmentForm | TimesForm) -> tuple[Window, ...]:
    return tuple(place for span in form.spans for place in _places(span, form))


def _need(draft: GuideRequest, form: AppointmentForm, known: Facts) -> Need | None:
    """Return what is asked for so far; None if the date page or one before it does not say enough."""
    who, talk = drafts.form_of(draft, Step.INSTITUTION, known), drafts.form_of(draft, Step.LANGUAGE, known)
    if not isinstance(who, InstitutionForm) or not isinstance(talk, LanguageForm) or not talk.validate():
        return None
    who.validate()
    on_site = form.mode.data == Mode.ON_SITE
    if form.minutes.errors or form.mode.errors or who.institution_kind.errors or not form.spans:
        return None
    if on_site and (form.district_id.errors or not form.district_id.data):
        return None
    kind = InstitutionKind(str(who.institution_kind.data))
    wishes, guides_needed = _wishes(draft, known)
    return Need(
        request_id=draft.id,
        reference="",
        windows=_windows(form),
        language=talk.language,
        accepted=needs.accepted(talk.language, substitutes=bool(talk.substitutes_accepted.data)),
        level=Level(str(talk.language_level.data)),
        german_level=known.settings.german_level,
        mode=Mode(str(form.mode.data)),
        district=None,
        occasion=Occasion(str(talk.occasion.data)),
        institution_id=None,
        institution_kind=kind,
        waiting_since=known.now,
        guides_needed=guides_needed,
        wishes=wishes,
        credentials=needs.required_credentials(known.settings, kind),
    )


def _wishes(draft: GuideRequest, known: Facts) -> tuple[tuple[Wish, ...], int]:
    """Return the wishes and the number of guides, where their page was filled in before."""
    form = drafts.form_of(draft, Step.WISHES, known)
    if not drafts.is_sent(draft, Step.WISHES) or not isinstance(form, WishesForm) or not form.validate():
        return (), 1
    gender = str(form.gender_wish.data or "")
    weight = WishWeight(str(form.gender_weight.data))
    wishes = (Wish(WishKind.GENDER, weight, Gender(gender)),) if gender else ()
    return wishes, int(str(form.guides_needed.data))


def _wishes_for_people(draft: GuideRequest | None, known: Facts) -> bool:
    """Tell whether somebody is wished for; whether one person is free must not show."""
    form = drafts.form_of(draft, Step.WISHES, known)
    return isinstance(form, WishesForm) and bool(form.guide_wish.data or form.not_guide.data)


def _is_allowed(best: Alternative, known: Facts) -> bool:
    """Say whether the pool takes requests for that time."""
    spans = tuple((one.window.start, one.window.end) for one in best.changes if one.window is not None)
    return not spans or not problems(Times(spans), known.now, known.settings)


def _value(best: Alternative, form: AppointmentForm | TimesForm) -> str | None:
    """Return what a button on this page sends for a change; None if the change belongs to another page."""
    change, *others = best.changes
    if others:
        return None
    if change.kind in _MODES and isinstance(form, AppointmentForm):
        return _MODES[change.kind].value
    if change.window is None or change.window_index is None:
        return None
    entries = [place for place, entry in enumerate(form.windows.entries) if entry.form.at is not None]
    # Each window stands among the times as often as the talk can begin in it.
    understood = [entry for entry, span in zip(entries, form.spans, strict=True) for _ in _places(span, form)]
    minutes = (change.window.end - change.window.start) // timedelta(minutes=1)
    if str(minutes) not in {choice[0] for choice in form.minutes.choices or ()}:
        return None
    return f"{understood[change.window_index]}/{int(change.window.start.timestamp())}/{minutes}"
