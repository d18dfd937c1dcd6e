"""Turns a notice and its facts into subject, plain text and HTML, the recipient's language first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lotsen import i18n, labels
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import Notice

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_TEXT, _HTML = "emails/base.txt", "emails/base.html"


@dataclass(frozen=True, slots=True)
class Office:
    """Who signs the mails."""

    name: str
    phone: str = ""
    email: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words; text and HTML say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Part:
    locale: str
    direction: str
    content: str


class _Base(Protocol):
    """The macros of base.txt and base.html that frame a mail."""

    def part(self, body: str, office: Office) -> str: ...

    def page(self, subject: str, parts: list[_Part]) -> str: ...


def render(
    notice: Notice, locale: str, zone: ZoneInfo, office: Office, values: Mapping[str, object]
) -> Rendered:
    """Write the mail of a notice in a locale, and below it in German if that is another."""
    locales = list(dict.fromkeys((locale, i18n.DEFAULT)))
    template = _environment(_TEXT, locale, zone).get_template(f"emails/{notice}/subject.txt")
    subject = " ".join(template.render(values, office=office).split())
    text, html = (_body(base, notice, locales, zone, office, subject, values) for base in (_TEXT, _HTML))
    return Rendered(subject, text, html)


def _body(
    base: str,
    notice: Notice,
    locales: list[str],
    zone: ZoneInfo,
    office: Office,
    subject: str,
    values: Mapping[str, object],
) -> str:
    parts: list[_Part] = []
    for locale in locales:
        environment = _environment(base, locale, zone)
        body = environment.get_template(f"emails/{notice}/body.jinja").render(values, office=office)
        content = _macros(environment, base).part(_safe(base, body.strip()), office)
        parts.append(_Part(locale, i18n.translator(locale).direction, content))
    return _macros(_environment(base, locales[0], zone), base).page(subject, parts).strip() + "\n"


def _safe(base: str, rendered: str) -> str:
    return Markup(rendered) if base == _HTML else rendered  # noqa: S704 - escaped by its template


def _macros(environment: Environment, base: str) -> _Base:
    return cast(_Base, environment.get_template(base).module)


@cache
def _environment(base: str, locale: str, zone: ZoneInfo) -> Environment:
    """Return Jinja with the words of a locale; both bases read the same body."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=base == _HTML,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translator = i18n.translator(locale)
    words: dict[str, object] = {
        "_": _gettext(translator, markup=base == _HTML),
        "base": base,
        "direction": translator.direction,
        "label": labels.label,
        "language": partial(i18n.language_name, locale=locale),
        "minutes": partial(i18n.minutes_in_words, locale=locale),
        "euros": partial(i18n.euros, locale=locale),
        "span": partial(i18n.span, locale=locale, zone=zone),
        "window": partial(i18n.window, locale=locale, zone=zone),
        "day_and_time": partial(i18n.day_and_time, locale=locale, zone=zone),
        "day_and_time_short": partial(i18n.day_and_time_short, locale=locale, zone=zone),
        "date_long": partial(_date_long, locale=locale, zone=zone),
    }
    cast(dict[str, object], environment.globals).update(words)
    return environment


def _gettext(translator: i18n.Translator, *, markup: bool) -> Callable[..., str]:
    def gettext(msgid: str, **params: object) -> str:
        if markup:
            # What stands in the placeholders is escaped by Markup.
            return Markup(translator.gettext(msgid)) % params  # noqa: S704 - the catalogue's text is ours
        return translator.gettext(msgid, **params)

    return gettext


def _date_long(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    return i18n.date_long(local_day(moment, zone), locale)
