"""What guides change of their own record: times, absences, limits, languages; nobody acts here on another."""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any, Final, TypeVar

from lotsen import reference
from lotsen.domain import contact
from lotsen.domain.availability import ExtraTime, WeeklyTime
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import Audience, AuditEvent, GuideStatus, Level, Notice, Subject
from lotsen.errors import Conflict, Invalid, NotFound
from lotsen.i18n import N_
from lotsen.models import Absence, ExtraAvailability, Guide, GuideLanguage
from lotsen.notifications import personal
from lotsen.services import audit, guides
from lotsen.services.guide_sessions import guide_id
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.services.wording import TEXT_PROBLEMS

RowT = TypeVar("RowT", ExtraAvailability, Absence)

# A year with a summer on both sides.
_FURTHEST: Final = timedelta(days=550)
_MOST_ROWS: Final = 60
_MOST_LANGUAGES: Final = 12
_HANDLE: Final = re.compile(r"[\w@.+:#-]{2,120}")


def set_weekly(uow: UnitOfWork, weekly: tuple[WeeklyTime, ...], seen_version: int) -> None:
    """Set when the guide is free every week."""
    _change(uow, seen_version, weekly=weekly)


def set_contact(uow: UnitOfWork, seen_version: int, *, phone: str, phone_shared: bool, locale: str) -> None:
    """Set the phone number, whether institutions may have it, and the language of mails; Invalid by field."""
    _change(uow, seen_version, phone=phone, phone_shared=phone_shared, locale=locale)


def set_work(
    uow: UnitOfWork,
    seen_version: int,
    *,
    on_site: bool,
    by_phone: bool,
    by_video: bool,
    minutes_per_week: int | None,
    asks_per_week: int | None,
    reach_hops: int | None,
    district_ids: tuple[int, ...],
) -> None:
    """Set how, how much and where the guide works; raises Invalid by field."""
    if not (on_site or by_phone or by_video):
        raise Invalid({"on_site": N_("Please choose at least one way.")})
    _change(
        uow,
        seen_version,
        on_site=on_site,
        by_phone=by_phone,
        by_video=by_video,
        minutes_per_week=minutes_per_week,
        asks_per_week=asks_per_week,
        reach_hops=reach_hops,
        district_ids=district_ids,
    )


def pause(uow: UnitOfWork, until: date) -> None:
    """Let nobody ask the guide up to this day, which counts; raises Invalid."""
    _check_day(uow, "until", until)
    _set_status(uow, GuideStatus.PAUSED, until)


def end_pause(uow: UnitOfWork) -> None:
    """Let the guide be asked again from now on."""
    _set_status(uow, GuideStatus.ACTIVE, None)


def set_quiet(uow: UnitOfWork, hours: tuple[time, time] | None, seen_version: int) -> None:
    """Set when the guide wants no messages, besides the quiet hours of the pool."""
    me = _me(uow, seen_version)
    if hours is not None and hours[0] == hours[1]:
        raise Invalid({"quiet_until": N_("Please give two different times.")})
    me.quiet_from, me.quiet_until = hours or (None, None)
    _note(uow, me, "quiet_from")


def set_messenger(uow: UnitOfWork, way: str, address: str, seen_version: int) -> None:
    """Set by which way of the pool short messages come besides the mails, "" for none.

    The guide is told there and by mail, so that a wrong number comes to light. Raises Invalid by field.
    """
    me = _me(uow, seen_version)
    if way not in ("", *uow.settings().messengers):
        raise Invalid({"messenger": N_("Please choose a way from the list.")})
    wanted = (way, _messenger_address(address)) if way else (None, None)
    if wanted == (me.messenger, me.messenger_address):
        return
    me.messenger, me.messenger_address = wanted
    _note(uow, me, "messenger")
    if way:
        personal.tell(
            uow.session,
            Notice.MESSENGER_SET,
            Audience.GUIDE,
            me,
            me.pool_id,
            now=uow.now,
            links=uow.links,
        )


def add_extra(uow: UnitOfWork, extra: ExtraTime) -> None:
    """Add a single date on which the guide is free besides the weekly times; raises Invalid."""
    _check_day(uow, "day", extra.day)
    me = _me(uow)
    if len(me.extra) >= _MOST_ROWS:
        raise Invalid({"day": N_("There are too many dates. Please delete old ones first.")})
    same = ExtraAvailability(on=extra.day, starts_at=extra.start, ends_at=extra.end)
    if not any(
        (one.on, one.starts_at, one.ends_at) == (same.on, same.starts_at, same.ends_at) for one in me.extra
    ):
        me.extra.append(same)
        _note(uow, me, "extra")


def remove_extra(uow: UnitOfWork, extra_id: int) -> None:
    """Take a single date away; one that is gone already is not found."""
    me = _me(uow)
    me.extra.remove(_own_row(me.extra, extra_id))
    _note(uow, me, "extra")


def add_absence(uow: UnitOfWork, first_on: date, last_on: date) -> Absence:
    """Note days on which the guide is away, both ends included; raises Invalid by field."""
    _check_day(uow, "first_on", first_on)
    _check_day(uow, "last_on", last_on)
    me = _me(uow)
    known = next((one for one in me.absences if (one.first_on, one.last_on) == (first_on, last_on)), None)
    if known is not None:
        return known
    if len(me.absences) >= _MOST_ROWS:
        raise Invalid({"first_on": N_("There are too many dates. Please delete old ones first.")})
    return guides.add_absence(uow, me.id, first_on, last_on)


def remove_absence(uow: UnitOfWork, absence_id: int) -> None:
    """Take an absence away; one that is gone already is not found."""
    me = _me(uow)
    me.absences.remove(_own_row(me.absences, absence_id))
    _note(uow, me, "absences")


def set_languages(uow: UnitOfWork, spoken: tuple[tuple[str, Level], ...], seen_version: int) -> bool:
    """Set languages and levels; return whether something new or higher waits for the office's yes.

    Until then the guide is asked for what was agreed before. Raises Invalid and Conflict.
    """
    levels = dict(spoken)
    if not levels:
        raise Invalid({"languages": N_("Please choose at least one language.")})
    if any(code not in reference.catalogue() for code in levels):
        raise Invalid({"languages": N_("Please choose a language from the list.")})
    if len(levels) < len(spoken):
        raise Invalid({"languages": N_("Please give each language only once.")})
    if len(levels) > _MOST_LANGUAGES:
        raise Invalid({"languages": N_("There are too many languages. Please leave some out.")})
    me = _me(uow, seen_version)
    waited = _waiting(me)
    before = {(one.language, one.level, one.wanted_level) for one in me.languages}
    for row in tuple(me.languages):
        if row.language in levels:
            _set_level(row, levels.pop(row.language))
        else:
            me.languages.remove(row)
    me.languages += [
        GuideLanguage(language=code, level=level, approved=False) for code, level in levels.items()
    ]
    if before != {(one.language, one.level, one.wanted_level) for one in me.languages}:
        _note(uow, me, "languages")
    new = _waiting(me) - waited
    if new:
        personal.tell(
            uow.session,
            Notice.LANGUAGES_WAITING,
            Audience.OFFICE,
            me,
            me.pool_id,
            now=uow.now,
            links=uow.links,
        )
    return bool(new)


def ask_for_deletion(uow: UnitOfWork) -> None:
    """Tell the office that the guide wants all data to be deleted; asked twice, it is told once."""
    me = _me(uow)
    if me.deletion_asked_at is not None:
        return
    me.deletion_asked_at = uow.now
    personal.tell(
        uow.session,
        Notice.DELETION_ASKED,
        Audience.OFFICE,
        me,
        me.pool_id,
        now=uow.now,
        links=uow.links,
    )
    audit.record(uow, AuditEvent.DELETION_ASKED, Subject.GUIDE, me.id, pool_id=me.pool_id)


def take_back_deletion(uow: UnitOfWork) -> None:
    """Take the wish to be deleted back."""
    me = _me(uow)
    if me.deletion_asked_at is not None:
        me.deletion_asked_at = None
        audit.record(uow, AuditEvent.DELETION_TAKEN_BACK, Subject.GUIDE, me.id, pool_id=me.pool_id)


def note_export(uow: UnitOfWork) -> None:
    """Record that the guide has taken a copy of all own data."""
    me = _me(uow)
    audit.record(uow, AuditEvent.EXPORTED, Subject.GUIDE, me.id, pool_id=me.pool_id)


def _messenger_address(typed: str) -> str:
    """Return a phone number as gateways want it, or a name as it was typed."""
    text = typed.strip()
    if not text:
        raise Invalid({"messenger_address": N_("Please give your number or name there.")})
    if not any(letter.isalpha() for letter in text):
        try:
            return contact.phone_for_machines(text)
        except contact.Unusable as error:
            raise Invalid({"messenger_address": TEXT_PROBLEMS[error.problem]}) from error
    if not _HANDLE.fullmatch(text):
        raise Invalid({"messenger_address": N_("Please write the name without blanks and special signs.")})
    return text


def _me(uow: UnitOfWork, seen_version: int | None = None) -> Guide:
    me = guides.lock(uow, guide_id(uow))
    if seen_version is not None and me.version != seen_version:
        raise Conflict("the record of the guide has changed")
    return me


def _change(uow: UnitOfWork, seen_version: int, **changes: Any) -> None:
    me = _me(uow)
    guides.update_guide(uow, me.id, replace(guides.as_input(me), **changes), seen_version)


def _set_status(uow: UnitOfWork, status: GuideStatus, until: date | None) -> None:
    me = _me(uow)
    _change(uow, me.version, status=status, paused_until=until)


def _note(uow: UnitOfWork, me: Guide, field: str) -> None:
    me.version += 1
    uow.session.flush()
    uow.guides_changed.add(me.id)
    audit.record(uow, AuditEvent.CHANGED, Subject.GUIDE, me.id, pool_id=me.pool_id, fields=[field])


def _own_row(rows: list[RowT], row_id: int) -> RowT:
    found = next((one for one in rows if one.id == row_id), None)
    if found is None:
        raise NotFound("row")
    return found


def _check_day(uow: UnitOfWork, field: str, day: date) -> None:
    today = local_day(uow.now, uow.zone())
    if day < today:
        raise Invalid({field: N_("Please give a day that is still to come.")})
    if day > today + _FURTHEST:
        raise Invalid({field: N_("Please give a day within the next 18 months.")})


def _set_level(row: GuideLanguage, level: Level) -> None:
    if not row.approved or level.rank <= row.level.rank:
        row.level, row.wanted_level = level, None
    else:
        row.wanted_level = level


def _waiting(me: Guide) -> set[tuple[str, Level]]:
    return {
        (one.language, one.wanted_level or one.level)
        for one in me.languages
        if not one.approved or one.wanted_level is not None
    }
