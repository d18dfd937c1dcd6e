"""A request in words: on the check page before it is sent, and on its page afterwards."""

from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup
from wtforms import Field, SelectField

from lotsen import i18n
from lotsen.domain.calendar import is_public_holiday, school_time
from lotsen.domain.localtime import Span, local_day
from lotsen.domain.vocabulary import Mode, SchoolTime
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.models import GuideRequest
from lotsen.web import filters
from lotsen.web.context import gettext, locale, ngettext
from lotsen.web.public.draft import Forms, Step
from lotsen.web.public.forms import AppointmentForm, language_label, window_title

TITLES: dict[Step, str] = {
    Step.INSTITUTION: N_("Who asks for a guide?"),
    Step.LANGUAGE: N_("Which language does the talk need?"),
    Step.APPOINTMENT: N_("When and where is the talk?"),
    Step.WISHES: N_("What else is important?"),
}
_NO_WORDS = N_("Not stated")


@dataclass(frozen=True)
class Row:
    """One fact; what people typed stands in its own direction."""

    label: str
    value: str | Markup


@dataclass(frozen=True)
class Section:
    """The facts of one page, and the way back to it."""

    title: str
    change_url: str
    rows: tuple[Row, ...]


def sections(forms: Forms) -> tuple[Section, ...]:
    """Return what was typed on the four pages, as it was understood."""
    rows = {
        Step.INSTITUTION: _typed(*forms.institution),
        Step.LANGUAGE: _language(forms),
        Step.APPOINTMENT: _appointment(forms),
        Step.WISHES: _wishes(forms),
    }
    return tuple(
        Section(gettext(TITLES[step]), url_for("public.step", step=step, pruefen=1), found)
        for step, found in rows.items()
    )


def request_rows(request: GuideRequest, agreed: bool) -> tuple[Row, ...]:
    """Return the facts of a request that was sent; once a time is agreed the asked ones are left out."""
    rows: list[Row] = []
    if request.language is not None:
        rows.append(Row(gettext("Language"), language_label(request.language)))
    if not agreed:
        rows += [Row(window_title(window.position), filters.window(window)) for window in request.windows]
    if request.occasion is not None:
        rows.append(Row(gettext("Occasion"), gettext(label(request.occasion))))
    if request.mode is not None:
        rows.append(Row(gettext("Kind of talk"), gettext(label(request.mode))))
    district = request.district.name if request.district is not None else ""
    institution = request.institution.name if request.institution is not None else ""
    for name, typed in (
        (N_("Institution"), institution),
        (N_("Address"), ", ".join(part for part in (request.address, district) if part)),
        (N_("Meeting point"), request.meeting_point),
        (N_("Contact person on site"), request.on_site_name),
    ):
        if typed:
            rows.append(Row(gettext(name), _bdi(typed)))
    return tuple(rows)


def _bdi(text: str) -> Markup:
    lines = (Markup("<bdi>%s</bdi>") % line for line in text.split("\n"))
    return Markup("<br>").join(lines)


def _typed(*fields: Field) -> tuple[Row, ...]:
    return tuple(Row(field.label.text, _words(field)) for field in fields if field.data)


def _words(field: Field) -> str | Markup:
    if isinstance(field, SelectField):
        return next((str(one[1]) for one in field.iter_choices() if one[0] == field.data), "")
    return _bdi(str(field.data))


def _language(forms: Forms) -> tuple[Row, ...]:
    form = forms.language
    known = form.language and not form.language_other.errors and not form.language_first.errors
    similar = N_("Possible too") if form.substitutes_accepted.data else N_("Not possible")
    return (
        Row(gettext("Language"), language_label(form.language) if known else gettext(_NO_WORDS)),
        Row(gettext("Similar language"), gettext(similar)),
        *_typed(form.language_level, form.occasion),
    )


def _appointment(forms: Forms) -> tuple[Row, ...]:
    form = forms.appointment
    on_site = form.mode.data == Mode.ON_SITE
    place = (form.district_id, form.address) if on_site else ()
    return (
        *(Row(window_title(n), _time(span, form)) for n, span in enumerate(form.spans)),
        *_further(form),
        *(_typed(form.urgency_reason) if form.urgent else ()),
        *_typed(form.minutes, form.mode, *place, form.meeting_point, form.on_site_name, form.on_site_phone),
    )


def _further(form: AppointmentForm) -> tuple[Row, ...]:
    """Return every date of a series by its weekday; what is closed on it is said."""
    if not form.further:
        return ()
    lines = Markup("").join(Markup("<li>%s</li>") % _time(span, form) for span in form.further)
    title = ngettext("%(num)s further appointment", "%(num)s further appointments", len(form.further))
    return (Row(title, Markup("<ul>%s</ul>") % lines),)


def _time(span: Span, form: AppointmentForm) -> str:
    """Return a time in words, and whether its day is a holiday."""
    zone, settings = form.facts.zone, form.facts.settings
    words = i18n.window(*span, form.length, locale(), zone)
    day = local_day(span[0], zone)
    if is_public_holiday(day, settings.country, settings.subdivision):
        return gettext("%(time)s – this is a public holiday", time=words)
    if school_time(day, settings.country, settings.subdivision) is SchoolTime.HOLIDAYS:
        return gettext("%(time)s – in the school holidays", time=words)
    return words


def _wishes(forms: Forms) -> tuple[Row, ...]:
    form = forms.wishes
    rows = [
        Row(
            wish.label.text,
            gettext("%(wish)s (%(weight)s)", wish=_words(wish), weight=_words(weight)),
        )
        for wish, weight in (
            (form.gender_wish, form.gender_weight),
            (form.guide_wish, form.guide_weight),
            (form.not_guide, form.not_guide_weight),
        )
        if wish.data
    ]
    return (*rows, *_typed(form.participants, form.guides_needed, form.billing_note, form.remarks))
