"""The start page, and the search words of the language picker."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache

from flask import Response, abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen import i18n
from lotsen.domain.calendar import add_working_days
from lotsen.domain.localtime import local_day
from lotsen.domain.settings import PoolSettings
from lotsen.i18n import N_
from lotsen.reference import catalogue
from lotsen.reference.presets import PRESETS, preset
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web.context import gettext, locale, office, work
from lotsen.web.permissions import public
from lotsen.web.public.blueprint import blueprint

# What a pool says of itself that has no texts of its own.
_TEXTS: Mapping[str, Sequence[str]] = {
    "intro": (
        N_("Integration guides accompany talks with families."),
        N_("They speak German and at least one other language."),
    ),
    "we_do": (
        N_("We accompany talks at schools, day care, offices and advice centres."),
        N_("We interpret what is said and explain cultural questions."),
        N_("We come to you. Phone and video are possible too."),
    ),
    "we_do_not": (
        N_("Our team is not sworn in."),
        N_("We do not translate letters or certificates."),
        N_("We sign nothing."),
    ),
    "at_hand": (
        N_("The family's language, if possible with the dialect"),
        N_("Day, time and length"),
        N_("The address of the talk"),
        N_("One or two other dates"),
        N_("Name, e-mail and phone of your institution"),
    ),
}


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """Say what can be asked for, until when, and what one needs for it."""
    here = office()
    with work(ANONYMOUS) as uow:
        slug, zone, now = uow.pool(here.pool_id).slug, uow.zone(here.pool_id), uow.now
    rules = here.settings
    return render_template(
        "public/start.html",
        texts=_texts(slug, rules),
        earliest=add_working_days(
            local_day(now, zone), rules.lead_working_days, rules.country, rules.subdivision
        ),
        rules=rules,
    )


def _texts(slug: str, settings: PoolSettings) -> dict[str, Sequence[str]]:
    texts: dict[str, Sequence[str]] = {
        key: tuple(gettext(line) for line in lines) for key, lines in _TEXTS.items()
    }
    texts["out_of_scope"] = settings.out_of_scope
    if slug in PRESETS:
        town = preset(slug)
        own = dict(town.texts.get(locale(), town.texts[i18n.DEFAULT]))
        # The translation of the list holds as long as the pool has not changed it.
        if settings.out_of_scope != town.settings.out_of_scope:
            own.pop("out_of_scope", None)
        texts |= own
    if settings.scope_text:
        texts["intro"] = _paragraphs(settings.scope_text)
    return texts


def _paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, which blank lines part."""
    return tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


@blueprint.get("/sprachen/<stamp>.json")
@public
def language_words(stamp: str) -> Response:
    """Give the words by which the language picker finds languages; fetched when somebody begins to search."""
    if stamp != _words_stamp():
        abort(404)
    answer = make_response(_words())
    answer.content_type = "application/json"
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def language_words_url() -> str:
    """Return the address of the search words; it changes with them."""
    return url_for("public.language_words", stamp=_words_stamp())


@cache
def _words_stamp() -> str:
    return hashlib.sha256(_words().encode()).hexdigest()[:12]


@cache
def _words() -> str:
    known = catalogue()
    joined = {code: "|".join(found) for code, found in known.search_words().items()}
    told = {"words": joined, "several": known.several()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
