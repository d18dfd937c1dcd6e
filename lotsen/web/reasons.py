"""Says in the page's language what the matching found: why somebody suits, and why somebody cannot come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from lotsen import i18n
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import (
    CredentialKind,
    Gender,
    GuideStatus,
    HighlightCode,
    Level,
    Mode,
    Occasion,
    ReasonCode,
    WishKind,
)
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.matching.highlights import Highlight
from lotsen.matching.profiles import Window
from lotsen.matching.rules import Fact, Reason
from lotsen.matching.scoring import Fit
from lotsen.web.context import gettext, locale, ngettext

Facts = Mapping[str, Fact]

_FITS = (
    (80, N_("Fits very well")),
    (60, N_("Fits well")),
    (40, N_("Fits quite well")),
    (0, N_("Fits less well")),
)
_MODES = {
    Mode.ON_SITE: N_("Does not work on site"),
    Mode.PHONE: N_("Does not work by phone"),
    Mode.VIDEO: N_("Does not work by video"),
}
_CONFLICTS = {
    "blocked_institution": N_("Must not go to this institution"),
    "knows_family": N_("Knows the family"),
    "declined": N_("Has already declined this request"),
    "already_asked": N_("Has already been asked for this request"),
}
_WISHES_MET = {
    WishKind.GENDER: N_("Is a woman or a man, as wished"),
    WishKind.GUIDE: N_("Is the person who was wished for"),
    WishKind.NOT_GUIDE: N_("Is not the person whom they do not want"),
}
_WISHES_NOT_MET = {
    WishKind.GENDER: N_("The wish for a woman or a man is not met"),
    WishKind.GUIDE: N_("Is not the person who was wished for"),
    WishKind.NOT_GUIDE: N_("The institution would rather have another person"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list of reasons, as `ui.reasons` shows it: plus, minus or attention."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """What the words need besides the facts: the pool's zone and its districts' names by code."""

    zone: ZoneInfo
    districts: Mapping[str, str]

    def district(self, code: Fact) -> str:
        """Return the name of a district."""
        return gettext("unknown place") if code is None else self.districts.get(str(code), str(code))

    def clock(self, at: Fact) -> str:
        """Return "9:50 Uhr"."""
        return i18n.time_short(cast(datetime, at), locale(), self.zone)

    def span(self, facts: Facts) -> str:
        """Return "Freitag, 27. November 2026, 10:00 bis 11:00 Uhr"."""
        return i18n.span(cast(datetime, facts["start"]), cast(datetime, facts["end"]), locale(), self.zone)


def fit_words(fit: Fit) -> str:
    """Say in words how well somebody suits."""
    return gettext(next(words for least, words in _FITS if fit.total >= least))


def lines(highlights: tuple[Highlight, ...], place: Place) -> list[Line]:
    """Say what speaks for somebody, then what to mind."""
    return [Line("attention" if one.attention else "plus", highlight(one, place)) for one in highlights]


def highlight(one: Highlight, place: Place) -> str:
    """Say one thing that is worth knowing about somebody who can come."""
    return _HIGHLIGHTS[one.code](one.parameters, place)


def reason(one: Reason, window: Window, place: Place) -> str:
    """Say why somebody cannot come in this window, and by how much."""
    return _REASONS[one.code](one, window, place)


def _level(level: Fact) -> str:
    return gettext(label(Level(str(level))))


def _language(code: Fact) -> str:
    return i18n.language_name(str(code), locale())


def _minutes(number: Fact) -> str:
    return i18n.minutes_in_words(_number(number), locale())


def _number(fact: Fact) -> int:
    return fact if isinstance(fact, int) else 0


def _day(day: Fact) -> str:
    return i18n.date_long(cast(date, day), locale())


def _kinds(fact: Fact) -> tuple[str, ...]:
    return fact if isinstance(fact, tuple) else ()


def _speaks(facts: Facts, _place: Place) -> str:
    if facts["level"] == Level.NATIVE:
        return gettext("Speaks %(language)s as a native language", language=_language(facts["code"]))
    return gettext(
        "Speaks %(language)s, level %(level)s",
        language=_language(facts["code"]),
        level=_level(facts["level"]),
    )


def _speaks_substitute(facts: Facts, _place: Place) -> str:
    words = {
        "well": N_("Speaks %(language)s (%(level)s), which goes well for this language"),
        "fairly": N_("Speaks %(language)s (%(level)s), which goes fairly well for this language"),
        "barely": N_("Speaks %(language)s (%(level)s), which helps only a little with this language"),
    }
    return gettext(words[str(facts["as"])], language=_language(facts["code"]), level=_level(facts["level"]))


def _free(facts: Facts, place: Place) -> str:
    start, end = cast(datetime, facts["start"]), cast(datetime, facts["end"])
    if local_day(start, place.zone) != local_day(end, place.zone):
        return gettext("Is free all day")
    return gettext("Is free from %(start)s to %(end)s", start=_hour(start, place), end=place.clock(end))


def _hour(at: datetime, place: Place) -> str:
    local = at.astimezone(place.zone)
    return f"{local.hour}:{local.minute:02}"


def _same_district(facts: Facts, place: Place) -> str:
    return gettext("Lives in the same district (%(district)s)", district=place.district(facts["home"]))


def _district_near(facts: Facts, place: Place) -> str:
    if facts["hops"] == 1:
        return gettext(
            "Lives in the neighbouring district (%(district)s)", district=place.district(facts["home"])
        )
    return gettext("Lives two districts away (%(district)s)", district=place.district(facts["home"]))


def _knows_institution(facts: Facts, _place: Place) -> str:
    times, last = _number(facts["times"]), _day(facts["last_on"])
    return ngettext(
        "Has been at this institution %(num)s time, on %(day)s",
        "Has been at this institution %(num)s times, last on %(day)s",
        times,
        day=last,
    )


def _knows_occasion(facts: Facts, _place: Place) -> str:
    return ngettext(
        "Has helped with this %(num)s time: %(occasion)s",
        "Has helped with this %(num)s times: %(occasion)s",
        _number(facts["times"]),
        occasion=gettext(label(Occasion(str(facts["occasion"])))),
    )


def _seldom_asked(facts: Facts, _place: Place) -> str:
    asks = _number(facts["asks"])
    if not asks:
        return gettext("Has not been asked in the last three months")
    return ngettext(
        "Has been asked only once in the last three months",
        "Has been asked only %(num)s times in the last three months",
        asks,
    )


def _wish_met(facts: Facts, _place: Place) -> str:
    return "; ".join(gettext(_WISHES_MET[WishKind(kind)]) for kind in _kinds(facts["kinds"]))


def _wish_not_met(facts: Facts, _place: Place) -> str:
    return "; ".join(gettext(_WISHES_NOT_MET[WishKind(kind)]) for kind in _kinds(facts["kinds"]))


def _appointments_this_week(facts: Facts, _place: Place) -> str:
    return ngettext(
        "Already has one appointment in that week",
        "Already has %(num)s appointments in that week",
        _number(facts["appointments"]),
    )


def _comes_from(facts: Facts, place: Place) -> str:
    return gettext(
        "Comes from another appointment that ends at %(time)s (way: %(minutes)s)",
        time=place.clock(facts["at"]),
        minutes=_minutes(facts["travel"]),
    )


def _goes_on_to(facts: Facts, place: Place) -> str:
    return gettext(
        "Has another appointment afterwards at %(time)s (way: %(minutes)s)",
        time=place.clock(facts["at"]),
        minutes=_minutes(facts["travel"]),
    )


_HIGHLIGHTS: dict[HighlightCode, Callable[[Facts, Place], str]] = {
    HighlightCode.SPEAKS: _speaks,
    HighlightCode.SPEAKS_SUBSTITUTE: _speaks_substitute,
    HighlightCode.FREE: _free,
    HighlightCode.SAME_DISTRICT: _same_district,
    HighlightCode.DISTRICT_NEAR: _district_near,
    HighlightCode.KNOWS_INSTITUTION: _knows_institution,
    HighlightCode.KNOWS_OCCASION: _knows_occasion,
    HighlightCode.SELDOM_ASKED: _seldom_asked,
    HighlightCode.WISH_MET: _wish_met,
    HighlightCode.WISH_NOT_MET: _wish_not_met,
    HighlightCode.APPOINTMENTS_THIS_WEEK: _appointments_this_week,
    HighlightCode.COMES_FROM: _comes_from,
    HighlightCode.GOES_ON_TO: _goes_on_to,
}


def _not_active(one: Reason, _window: Window, _place: Place) -> str:
    until = one.parameters["until"]
    if one.parameters["status"] == GuideStatus.LEFT:
        return gettext("Has left the team")
    if until is None:
        return gettext("Takes a break")
    return gettext("Takes a break until %(day)s", day=_day(until))


def _lacks_language(one: Reason, _window: Window, _place: Place) -> str:
    return gettext("Does not speak %(language)s", language=_language(one.parameters["wanted"]))


def _lacks_level(one: Reason, _window: Window, _place: Place) -> str:
    facts = one.parameters
    return gettext(
        "%(language)s: %(level)s, asked for is %(asked)s",
        language=_language(facts["code"]),
        level=_level(facts["level"]),
        asked=_level(facts["asked"]),
    )


def _lacks_german(one: Reason, _window: Window, _place: Place) -> str:
    facts = one.parameters
    return gettext(
        "German: %(level)s, asked for is %(asked)s",
        level=_level(facts["level"]),
        asked=_level(facts["asked"]),
    )


def _wrong_mode(one: Reason, _window: Window, _place: Place) -> str:
    return gettext(_MODES[Mode(str(one.parameters["mode"]))])


def _too_far(one: Reason, _window: Window, place: Place) -> str:
    home = one.parameters["home"]
    if one.margin is None:
        return gettext("The way is too far")
    if home is None:
        return ngettext("One district too far", "%(num)s districts too far", one.margin)
    return ngettext(
        "%(num)s district too far, lives in %(district)s",
        "%(num)s districts too far, lives in %(district)s",
        one.margin,
        district=place.district(home),
    )


def _not_available(one: Reason, window: Window, _place: Place) -> str:
    if one.margin is None or one.margin >= window.minutes:
        return gettext("Is not free at this time")
    return gettext("Is free for part of the time only, %(minutes)s are missing", minutes=_minutes(one.margin))


def _absent(one: Reason, _window: Window, _place: Place) -> str:
    first, last = one.parameters["first"], one.parameters["last"]
    if first == last:
        return gettext("Is away on %(day)s", day=_day(first))
    return gettext("Is away from %(first)s to %(last)s", first=_day(first), last=_day(last))


def _overlap(one: Reason, _window: Window, place: Place) -> str:
    return gettext("Has another appointment: %(span)s", span=place.span(one.parameters))


def _travel(one: Reason, window: Window, place: Place) -> str:
    facts = one.parameters
    values = {"short": _minutes(one.margin), "way": _minutes(facts["travel"])}
    if cast(datetime, facts["end"]) <= window.start:
        return gettext(
            "%(short)s too little for the way (%(way)s) from an appointment that ends at %(time)s",
            time=place.clock(facts["end"]),
            **values,
        )
    return gettext(
        "%(short)s too little for the way (%(way)s) to an appointment at %(time)s",
        time=place.clock(facts["start"]),
        **values,
    )


def _credential(one: Reason, window: Window, place: Place) -> str:
    facts = one.parameters
    proof = gettext(label(CredentialKind(str(facts["worst"]))))
    until = facts["until"]
    if one.margin is None:
        proofs = (gettext(label(CredentialKind(kind))) for kind in _kinds(facts["kinds"]))
        return gettext("Missing: %(proofs)s", proofs=", ".join(proofs))
    if isinstance(until, date) and until < local_day(window.start, place.zone):
        return ngettext(
            "%(proof)s ends %(num)s day before",
            "%(proof)s ends %(num)s days before",
            one.margin,
            proof=proof,
        )
    return ngettext(
        "%(proof)s is valid from %(num)s day later only",
        "%(proof)s is valid from %(num)s days later only",
        one.margin,
        proof=proof,
    )


def _wish_gender(one: Reason, _window: Window, _place: Place) -> str:
    wanted = (gettext(label(Gender(kind))) for kind in _kinds(one.parameters["wanted"]))
    return gettext("Must be: %(wanted)s", wanted=", ".join(wanted))


def _by_label(one: Reason, _window: Window, _place: Place) -> str:
    return gettext(label(one.code))


def _conflict(one: Reason, _window: Window, _place: Place) -> str:
    return "; ".join(gettext(_CONFLICTS[kind]) for kind in _kinds(one.parameters["kinds"]))


def _week_full(one: Reason, _window: Window, _place: Place) -> str:
    return gettext(
        "%(minutes)s more than this person can do in a week (%(limit)s)",
        minutes=_minutes(one.margin),
        limit=_minutes(one.parameters["limit"]),
    )


def _month_full(one: Reason, _window: Window, _place: Place) -> str:
    return gettext(
        "%(minutes)s more than this person can do in a month (%(limit)s)",
        minutes=_minutes(one.margin),
        limit=_minutes(one.parameters["limit"]),
    )


def _asked_often(one: Reason, _window: Window, _place: Place) -> str:
    return ngettext(
        "Has been asked %(num)s time this week, the limit is %(limit)s",
        "Has been asked %(num)s times this week, the limit is %(limit)s",
        _number(one.parameters["used"]),
        limit=_number(one.parameters["limit"]),
    )


def _short_notice(one: Reason, _window: Window, _place: Place) -> str:
    hours = _number(one.parameters["hours"])
    if not hours:
        return gettext("The time is over")
    return ngettext(
        "Wants to know one hour before",
        "Wants to know %(num)s hours before",
        hours,
    )


_REASONS: dict[ReasonCode, Callable[[Reason, Window, Place], str]] = {
    ReasonCode.NOT_ACTIVE: _not_active,
    ReasonCode.LANGUAGE: _lacks_language,
    ReasonCode.LANGUAGE_LEVEL: _lacks_level,
    ReasonCode.GERMAN_LEVEL: _lacks_german,
    ReasonCode.MODE: _wrong_mode,
    ReasonCode.DISTRICT: _too_far,
    ReasonCode.NOT_AVAILABLE: _not_available,
    ReasonCode.ABSENT: _absent,
    ReasonCode.OVERLAP: _overlap,
    ReasonCode.TRAVEL: _travel,
    ReasonCode.CREDENTIAL: _credential,
    ReasonCode.WISH_GENDER: _wish_gender,
    ReasonCode.WISH_GUIDE: _by_label,
    ReasonCode.WISH_NOT_GUIDE: _by_label,
    ReasonCode.CONFLICT: _conflict,
    ReasonCode.CAPACITY_WEEK: _week_full,
    ReasonCode.CAPACITY_MONTH: _month_full,
    ReasonCode.ASKS: _asked_often,
    ReasonCode.NOTICE: _short_notice,
}
