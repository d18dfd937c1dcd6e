"""What the law asks of public pages: imprint, privacy, accessibility, Leichte Sprache, sign language."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import Response, abort, current_app, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.settings import PoolSettings
from lotsen.i18n import N_
from lotsen.web.context import gettext, office, office_or_blank
from lotsen.web.permissions import public
from lotsen.web.public.blueprint import blueprint

_MEDIA_NAME = re.compile(r"[\w-]+\.(?:mp4|webm|vtt)")
_MEDIA_SECONDS = 3600
_MEGABYTE = 1_000_000
# Words of our own addresses. Whatever else stands in an address may be somebody's secret.
_PLAIN_WORD = re.compile(r"[a-z-]{1,24}|\d{1,9}")
_PART = re.compile(r"<(?:[^<>:]+:)?(\w+)>")


@dataclass(frozen=True)
class Gap:
    """What is not accessible, why, and what serves instead."""

    what: str
    why: str
    instead: str


_NO_VIDEO = Gap(
    N_("There is no video in German Sign Language yet."),
    N_("We have not had it made yet."),
    N_("The page about sign language says how to reach us."),
)
_GAPS = (
    Gap(
        N_("Some texts come from other people, for example remarks and names of places."),
        N_("They can be in another language than the page. A screen reader does not notice that."),
        N_("We read such texts to you on the phone."),
    ),
    Gap(
        N_("Some texts are not translated yet. They then stand there in German."),
        N_("Translations take time. A screen reader may read these texts in the wrong language."),
        N_("Please choose German or English. These are complete."),
    ),
)


@dataclass(frozen=True)
class _Video:
    """The film in sign language: shown if the file lies here, else only linked."""

    url: str
    here: bool
    captions: str | None
    megabytes: str | None


@blueprint.get("/impressum")
@public
def imprint() -> ResponseReturnValue:
    """Say who answers for these pages; the pool's own text takes the place of ours."""
    rules = office().settings
    return render_template("public/imprint.html", own=rules.imprint_text, rules=rules)


@blueprint.get("/datenschutz")
@public
def privacy() -> ResponseReturnValue:
    """Say what becomes of people's data; the pool's own text takes the place of ours."""
    rules = office().settings
    return render_template("public/privacy.html", own=rules.privacy_text, rules=rules)


@blueprint.get("/barrierefreiheit")
@public
def accessibility() -> ResponseReturnValue:
    """Declare how accessible these pages are, as BITVNRW asks."""
    rules = office().settings
    return render_template("public/accessibility.html", rules=rules, gaps=_gaps(rules))


@blueprint.get("/leichte-sprache")
@public
def easy_language() -> ResponseReturnValue:
    """Say in Leichte Sprache what we do; it exists in German only."""
    rules = office().settings
    return render_template("public/easy_language.html", own=rules.easy_language_text, rules=rules)


@blueprint.get("/gebaerdensprache")
@public
def sign_language() -> ResponseReturnValue:
    """Show the film in German Sign Language; without one, what it would say."""
    rules = office().settings
    return render_template("public/sign_language.html", own=rules.sign_language_text, video=_video(rules))


@blueprint.get("/medien/<name>")
@public
def media(name: str) -> Response:
    """Give a film or its captions out of the media folder, in parts if the browser wishes."""
    if not _MEDIA_NAME.fullmatch(name):
        abort(404)
    return send_from_directory(_media_folder(), name, conditional=True, max_age=_MEDIA_SECONDS)


def footer_links() -> list[dict[str, str]]:
    """Return what stands at the foot of every page; sign language only where there is something to see."""
    rules = office_or_blank().settings
    links = [
        (N_("My requests and appointments"), url_for("auth.by_mail")),
        (N_("Imprint"), url_for("public.imprint")),
        (N_("Privacy"), url_for("public.privacy")),
        (N_("Accessibility"), url_for("public.accessibility")),
        (N_("Report a barrier"), url_for("public.report_barrier", seite=_this_page())),
        (N_("Plain language (Leichte Sprache)"), url_for("public.easy_language")),
    ]
    if rules.sign_language_video or rules.sign_language_text:
        links.append((N_("German Sign Language"), url_for("public.sign_language")))
    return [{"label": gettext(label), "url": url} for label, url in links]


def _this_page() -> str | None:
    """Return the path of the page that is being shown, without anything that may be a secret."""
    if request.url_rule is None or request.endpoint == "public.report_barrier":
        return None
    given = request.view_args or {}
    return _PART.sub(lambda part: _plain(str(given.get(part[1], ""))), request.url_rule.rule)


def _plain(word: str) -> str:
    return word if _PLAIN_WORD.fullmatch(word) else "…"


def _gaps(rules: PoolSettings) -> list[Gap]:
    if rules.accessibility_gaps:
        return [Gap(text, "", "") for text in rules.accessibility_gaps]
    known = _GAPS if rules.sign_language_video else (_NO_VIDEO, *_GAPS)
    return [Gap(gettext(one.what), gettext(one.why), gettext(one.instead)) for one in known]


def _video(rules: PoolSettings) -> _Video | None:
    name = rules.sign_language_video
    if name.startswith("https://"):
        return _Video(name, here=False, captions=None, megabytes=None)
    if not name or not (_media_folder() / name).is_file():
        return None
    captions = rules.sign_language_captions
    size = (_media_folder() / name).stat().st_size / _MEGABYTE
    return _Video(
        url_for("public.media", name=name),
        here=True,
        captions=url_for("public.media", name=captions) if captions else None,
        megabytes=f"{max(size, 0.1):.1f}",
    )


def _media_folder() -> Path:
    return cast(Path, current_app.extensions["lotsen_media_folder"])
