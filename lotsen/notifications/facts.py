"""What mails tell about a request and its appointment; nothing about the family, no remarks."""

from dataclasses import dataclass
from datetime import datetime

from lotsen import i18n
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Mode, Occasion
from lotsen.labels import label
from lotsen.models import Assignment, GuideRequest, Institution


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known as soon as a request is complete; `place` is empty for talks by phone and video.

    `windows` are the times that suit, with the minutes that the talk takes of each; `series` are the first
    times of the other requests that were sent with this one.
    """

    reference: str
    institution: str
    place: str
    mode: Mode
    language: str
    occasion: Occasion
    windows: tuple[tuple[datetime, datetime, int], ...]
    series: tuple[tuple[datetime, datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Appointment(Talk):
    """What an assignment adds; the allowance is in cents, `guide_phone` empty unless it is shared."""

    start: datetime
    end: datetime
    minutes: int
    allowance: int
    meeting_point: str
    on_site_name: str
    on_site_phone: str
    guide_name: str
    guide_phone: str


def talk(request: GuideRequest) -> Talk:
    """Return what a request tells; a draft raises ValueError."""
    institution = request.institution
    if (
        request.reference is None
        or institution is None
        or request.mode is None
        or request.language is None
        or request.occasion is None
    ):
        raise ValueError(f"request {request.id} is not complete")
    return Talk(
        reference=request.reference,
        institution=institution.name,
        place=_place(request, institution) if request.mode is Mode.ON_SITE else "",
        mode=request.mode,
        language=request.language,
        occasion=request.occasion,
        windows=tuple((one.starts_at, one.ends_at, one.minutes) for one in request.windows),
        series=_others(request),
    )


def appointment(request: GuideRequest, assignment: Assignment, settings: PoolSettings) -> Appointment:
    """Return what a request and its assignment tell."""
    known, guide, contact = talk(request), assignment.guide, request.contact
    minutes = (assignment.ends_at - assignment.starts_at).seconds // 60
    shared = guide.phone_shared and settings.phone_shared_if_agreed
    return Appointment(
        reference=known.reference,
        institution=known.institution,
        place=known.place,
        mode=known.mode,
        language=known.language,
        occasion=known.occasion,
        windows=known.windows,
        series=known.series,
        start=assignment.starts_at,
        end=assignment.ends_at,
        minutes=minutes,
        allowance=settings.allowance_for(minutes),
        meeting_point=request.meeting_point,
        on_site_name=request.on_site_name or (contact.name if contact else ""),
        on_site_phone=request.on_site_phone or (contact.phone if contact else ""),
        guide_name=guide.name,
        guide_phone=guide.phone if shared else "",
    )


def summary(known: Talk, locale: str) -> str:
    """Return what a calendar calls the appointment."""
    words = i18n.translator(locale)
    return words.gettext(
        "%(occasion)s in %(language)s",
        occasion=words.gettext(label(known.occasion)),
        language=i18n.language_name(known.language, locale),
    )


def location(known: Talk, locale: str) -> str:
    """Return where a calendar says that the appointment is."""
    return ", ".join((known.institution, known.place or i18n.translator(locale).gettext(label(known.mode))))


def _others(request: GuideRequest) -> tuple[tuple[datetime, datetime, int], ...]:
    if request.series is None:
        return ()
    first = (other.windows[0] for other in request.series.requests if other.id != request.id)
    return tuple((one.starts_at, one.ends_at, one.minutes) for one in first)


def _place(request: GuideRequest, institution: Institution) -> str:
    district = request.district.name if request.district else ""
    return ", ".join(part for part in (request.address or institution.address, district) if part)
