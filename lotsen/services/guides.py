"""Use cases of a guide's record: add, change the basics, note an absence."""

from collections.abc import Callable, Hashable, Iterable, MutableSequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lotsen import reference
from lotsen.domain import contact
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AuditEvent, CredentialKind, Gender, GuideStatus, Level, Subject
from lotsen.errors import Conflict, Invalid, NotFound
from lotsen.i18n import LOCALES, N_
from lotsen.models import (
    Absence,
    Credential,
    District,
    Guide,
    GuideDistrict,
    GuideLanguage,
    WeeklyAvailability,
)
from lotsen.services import audit
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.services.wording import TEXT_PROBLEMS

RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", bound=Hashable)

_MINUTES_A_WEEK = 7 * 24 * 60
_RANGES = {
    "reach_hops": (0, 20),
    "minutes_per_week": (0, _MINUTES_A_WEEK),
    "minutes_per_month": (0, 5 * _MINUTES_A_WEEK),
    "asks_per_week": (0, 50),
    "notice_hours": (0, 720),
}
# Kept in rows of their own; everything else is a column of the guide.
_IN_ROWS = frozenset({"languages", "district_ids", "weekly", "credentials"})


@dataclass(frozen=True, slots=True)
class Proof:
    """A credential as the office records it; `seen_on` is the day on which it was shown."""

    kind: CredentialKind
    seen_on: date
    issued_on: date | None = None
    valid_until: date | None = None
    seen_by: str = ""


@dataclass(frozen=True, slots=True)
class GuideInput:
    """What a coordinator edits of a guide; languages by code, limits of None mean "no limit"."""

    name: str
    email: str
    languages: tuple[tuple[str, Level], ...]
    phone: str = ""
    phone_shared: bool = False
    gender: Gender | None = None
    locale: str = "de"
    status: GuideStatus = GuideStatus.ACTIVE
    paused_until: date | None = None
    german_level: Level = Level.B2
    home_district_id: int | None = None
    reach_hops: int | None = None
    district_ids: tuple[int, ...] = ()
    on_site: bool = True
    by_phone: bool = True
    by_video: bool = False
    minutes_per_week: int | None = None
    minutes_per_month: int | None = None
    asks_per_week: int | None = None
    notice_hours: int = 0
    weekly: tuple[WeeklyTime, ...] = ()
    credentials: tuple[Proof, ...] = ()
    notes: str = ""


def add_guide(
    uow: UnitOfWork, pool_id: int, data: GuideInput, event: AuditEvent = AuditEvent.CREATED
) -> Guide:
    """Add a guide to a pool; raises Invalid by field."""
    clean = _checked(uow, pool_id, None, data)
    guide = Guide(pool_id=pool_id, created_at=uow.now)
    _write(guide, clean)
    uow.session.add(guide)
    _flush(uow)
    uow.guides_changed.add(guide.id)
    audit.record(uow, event, Subject.GUIDE, guide.id, pool_id=pool_id)
    return guide


def update_guide(
    uow: UnitOfWork,
    guide_id: int,
    data: GuideInput,
    seen_version: int,
    event: AuditEvent = AuditEvent.CHANGED,
) -> bool:
    """Change a guide's record, unless it changed since `seen_version`: then Conflict; Invalid by field.

    Returns False where everything is as it was. The history learns the names of the changed fields only.
    """
    guide = lock(uow, guide_id)
    if guide.version != seen_version:
        raise Conflict("the record of the guide has changed")
    before = as_input(guide)
    clean = _checked(uow, guide.pool_id, guide, data)
    changed = [
        one.name for one in fields(GuideInput) if getattr(clean, one.name) != getattr(before, one.name)
    ]
    if not changed:
        return False
    _write(guide, clean)
    guide.version += 1
    _flush(uow)
    uow.guides_changed.add(guide.id)
    audit.record(uow, event, Subject.GUIDE, guide.id, pool_id=guide.pool_id, fields=changed)
    return True


def add_absence(uow: UnitOfWork, guide_id: int, first_on: date, last_on: date) -> Absence:
    """Note whole days on which a guide is away, both ends included."""
    guide = lock(uow, guide_id)
    if last_on < first_on:
        raise Invalid({"last_on": N_("The last day must not be before the first.")})
    absence = Absence(first_on=first_on, last_on=last_on)
    guide.absences.append(absence)
    guide.version += 1
    uow.session.flush()
    uow.guides_changed.add(guide.id)
    audit.record(uow, AuditEvent.CHANGED, Subject.GUIDE, guide.id, pool_id=guide.pool_id, fields=["absences"])
    return absence


def as_input(guide: Guide) -> GuideInput:
    """Return a guide's record as it is now, to fill a form or to compare with."""
    columns = {one.name: getattr(guide, one.name) for one in fields(GuideInput) if one.name not in _IN_ROWS}
    return _in_order(
        GuideInput(
            **columns,
            languages=tuple((one.language, one.level) for one in guide.languages),
            district_ids=tuple(one.district_id for one in guide.districts),
            weekly=tuple(WeeklyTime(one.weekday, one.starts_at, one.ends_at) for one in guide.weekly),
            credentials=tuple(_proof(one) for one in guide.credentials),
        )
    )


def lock(uow: UnitOfWork, guide_id: int) -> Guide:
    """Return a guide of the actor's pool with a lock on the row; raises NotFound."""
    guide = uow.session.scalar(
        select(Guide).where(Guide.id == guide_id).with_for_update().execution_options(populate_existing=True)
    )
    if guide is None or uow.actor.pool_id not in (None, guide.pool_id):
        raise NotFound("guide")
    return guide


def _flush(uow: UnitOfWork) -> None:
    try:
        uow.session.flush()
    except IntegrityError as error:
        if "email" not in str(error.orig):
            raise
        raise Conflict("somebody saved a guide with this e-mail address a moment ago") from error


def _checked(uow: UnitOfWork, pool_id: int, guide: Guide | None, data: GuideInput) -> GuideInput:
    wrong: dict[str, str] = {}

    def cleaned(name: str, clean: Callable[[str], str]) -> str:
        try:
            return clean(getattr(data, name))
        except contact.Unusable as error:
            wrong[name] = TEXT_PROBLEMS[error.problem]
            return ""

    clean = replace(
        data,
        name=cleaned("name", contact.clean_name),
        email=cleaned("email", contact.email),
        phone=cleaned("phone", contact.phone),
        notes=cleaned("notes", contact.clean_text),
    )
    for name, (low, high) in _RANGES.items():
        value = getattr(clean, name)
        if value is not None and not low <= value <= high:
            wrong[name] = N_("Please give a number within the range.")
    wrong |= _wrong_choices(uow, pool_id, clean)
    if any(_is_wrong(proof, local_day(uow.now, uow.zone(pool_id))) for proof in clean.credentials):
        wrong["credentials"] = N_("Please check the dates: seen today or before, and valid after that.")
    if "email" not in wrong and _is_taken(uow, pool_id, guide, clean.email):
        wrong["email"] = N_("Another guide of the pool has this e-mail address.")
    if wrong:
        raise Invalid(wrong)
    return _in_order(clean)


def _wrong_choices(uow: UnitOfWork, pool_id: int, data: GuideInput) -> dict[str, str]:
    wrong: dict[str, str] = {}
    codes = [code for code, _ in data.languages]
    if not codes:
        wrong["languages"] = N_("Please choose at least one language.")
    elif any(code not in reference.catalogue() for code in codes):
        wrong["languages"] = N_("Please choose a language from the list.")
    elif len(codes) > len(set(codes)):
        wrong["languages"] = N_("Please give each language only once.")
    if data.locale not in LOCALES:
        wrong["locale"] = N_("Please choose a language from the list.")
    if data.paused_until is not None and data.status is not GuideStatus.PAUSED:
        wrong["paused_until"] = N_("Only a guide who pauses has a last day of the pause.")
    ours = set(uow.session.scalars(select(District.id).where(District.pool_id == pool_id)))
    if data.home_district_id is not None and data.home_district_id not in ours:
        wrong["home_district_id"] = N_("Please choose a district from the list.")
    if not ours.issuperset(data.district_ids):
        wrong["district_ids"] = N_("Please choose a district from the list.")
    return wrong


def _is_wrong(proof: Proof, today: date) -> bool:
    issued = proof.issued_on or proof.seen_on
    return not issued <= proof.seen_on <= today or (
        proof.valid_until is not None and proof.valid_until < proof.seen_on
    )


def _is_taken(uow: UnitOfWork, pool_id: int, guide: Guide | None, email: str) -> bool:
    owner = uow.session.scalar(select(Guide.id).where(Guide.pool_id == pool_id, Guide.email == email))
    return owner is not None and (guide is None or owner != guide.id)


def _in_order(data: GuideInput) -> GuideInput:
    """Bring what has no order of its own into one, so that equal records compare equal."""
    return replace(
        data,
        languages=tuple(sorted(data.languages, key=lambda one: (-one[1].rank, one[0]))),
        district_ids=tuple(sorted(set(data.district_ids))),
        weekly=tuple(sorted(set(data.weekly), key=lambda one: (one.weekday, one.start, one.end))),
        credentials=tuple(sorted(set(data.credentials), key=lambda one: (one.kind, one.seen_on, str(one)))),
    )


def _write(guide: Guide, data: GuideInput) -> None:
    for one in fields(GuideInput):
        if one.name not in _IN_ROWS:
            setattr(guide, one.name, getattr(data, one.name))
    levels = dict(data.languages)
    _reconcile(
        guide.languages,
        levels,
        lambda row: row.language,
        lambda code: GuideLanguage(language=code, level=levels[code], approved=True),
    )
    for spoken in guide.languages:
        spoken.level = levels[spoken.language]
    _reconcile(
        guide.districts,
        data.district_ids,
        lambda row: row.district_id,
        lambda district_id: GuideDistrict(district_id=district_id),
    )
    _reconcile(
        guide.weekly,
        data.weekly,
        lambda row: WeeklyTime(row.weekday, row.starts_at, row.ends_at),
        lambda one: WeeklyAvailability(weekday=one.weekday, starts_at=one.start, ends_at=one.end),
    )
    _reconcile(
        guide.credentials,
        data.credentials,
        _proof,
        lambda one: Credential(
            kind=one.kind,
            issued_on=one.issued_on,
            seen_on=one.seen_on,
            seen_by=one.seen_by,
            valid_until=one.valid_until,
        ),
    )


def _proof(row: Credential) -> Proof:
    return Proof(row.kind, row.seen_on, row.issued_on, row.valid_until, row.seen_by)


def _reconcile(
    rows: MutableSequence[RowT],
    wanted: Iterable[KeyT],
    key_of: Callable[[RowT], KeyT],
    make: Callable[[KeyT], RowT],
) -> None:
    """Leave the rows that stay, so that none is deleted and inserted under the same unique key."""
    missing = dict.fromkeys(wanted)
    for row in tuple(rows):
        if key_of(row) in missing:
            del missing[key_of(row)]
        else:
            rows.remove(row)
    rows.extend(make(key) for key in missing)
