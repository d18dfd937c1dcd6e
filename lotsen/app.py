"""Builds the web application of an installation."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import brotli
from flask import Flask, Response, abort, g, jsonify, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from lotsen import guards, i18n
from lotsen.bootstrap import Bootstrap
from lotsen.database import make_engine
from lotsen.notifications.links import Links
from lotsen.queries import health as health_query
from lotsen.services.guide_sessions import LONGEST_PAUSE
from lotsen.web import auth, context, coordinators, errors, feeds, filters, guides, links, public
from lotsen.web.permissions import public as open_to_all

_STATIC = Path(__file__).resolve().parent / "static"
_BODY_LIMIT = 256 * 1024


class _Sessions(SecureCookieSessionInterface):
    """Keeps cookies off static files, which any cache may hand on to anybody."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Say whether this answer carries the session."""
        return request.endpoint not in ("static_file", "favicon") and super().should_set_cookie(app, session)


def make_bootstrap(config: Config) -> Bootstrap:
    """Put together what the processes of an installation share."""
    return Bootstrap(make_engine(config.database_url), Links(config.base_url, config.secret))


def create_app(config: Config, bootstrap: Bootstrap | None = None) -> Flask:
    """Build the application; refuses to start on a database without the guard against overlaps."""
    shared = bootstrap or make_bootstrap(config)
    guards.verify(shared.engine)
    app = Flask(__name__, static_folder=None)
    app.session_interface = _Sessions()
    app.config.from_mapping(
        SECRET_KEY=config.secret,
        TRUSTED_HOSTS=[config.host.partition(":")[0], "127.0.0.1", "localhost"],
        MAX_CONTENT_LENGTH=_BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=_BODY_LIMIT,
        SESSION_COOKIE_NAME="__Host-lotsen" if config.secure else "lotsen",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST_PAUSE,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=6,
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "image/svg+xml", "application/json"],
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        WTF_I18N_ENABLED=False,
        PREFERRED_URL_SCHEME="https" if config.secure else "http",
    )
    app.extensions["lotsen"] = shared
    app.extensions["lotsen_messengers"] = frozenset(config.messengers)
    app.extensions["lotsen_mail_folder"] = None if config.smtp_url else config.instance / "mail"
    app.extensions["lotsen_media_folder"] = config.instance / "media"
    CSRFProtect(app)
    Compress(app)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    _add_texts(app)
    errors.install(app)
    for blueprint in (
        links.blueprint,
        public.blueprint,
        auth.blueprint,
        coordinators.blueprint,
        guides.blueprint,
        feeds.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/static/<stamp>/<path:name>", "static_file", _static_file)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)
    app.add_url_rule("/health", "health", _health)
    app.after_request(_harden)
    return app


def _add_texts(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.install_gettext_callables(  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType]
        context.gettext, context.ngettext, newstyle=True
    )
    filters.install(app)

    @app.context_processor
    def _texts() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        code = context.locale()
        return {
            "locale": code,
            "text_direction": i18n.translator(code).direction,
            "csp_nonce": _nonce(),
            "static_url": static_url,
            "theme_css": _theme(),
            "languages_offered": _languages_offered(),
            "footer_links": public.legal.footer_links(),
            "menu": [],
            "signed_in_as": None,
            "office": context.office_or_blank(),
        }


def _languages_offered() -> list[tuple[str, str, str]]:
    target = request.path if request.method == "GET" else url_for("public.start")
    return [
        (code, i18n.locale_name(code), f"{target}?{context.LANGUAGE_PARAMETER}={code}")
        for code in context.languages()
    ]


def _nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = token_urlsafe(16)
    return str(g.csp_nonce)


@cache
def _theme() -> Markup:
    # Small enough to travel with the page; a request of its own would cost more.
    return Markup((_STATIC / "theme.css").read_text())  # noqa: S704 - our own file


@cache
def _stamp(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


def static_url(name: str) -> str:
    """Return the address of a static file; it changes with the file's content."""
    return url_for("static_file", stamp=_stamp(name), name=name)


@open_to_all
def _static_file(stamp: str, name: str) -> Response:
    if name not in _names() or stamp != _stamp(name):
        abort(404)
    return _file(name, "public, max-age=31536000, immutable")


@open_to_all
def _favicon() -> Response:
    return _file("favicon.svg", "public, max-age=86400")


def _file(name: str, caching: str) -> Response:
    # As a whole: what is streamed is compressed badly, and not at all for those who know gzip only.
    packed = _packed(name) if "br" in request.accept_encodings else None
    answer = Response(packed or _content(name), mimetype=mimetypes.guess_type(name)[0])
    answer.headers["Cache-Control"] = caching
    answer.vary.add("Accept-Encoding")
    if packed:
        answer.content_encoding = "br"
    return answer


@cache
def _packed(name: str) -> bytes | None:
    """Compress a file as well as it can be, which takes too long for pages."""
    packed = brotli.compress(_content(name), quality=11)
    return packed if len(packed) < len(_content(name)) else None


@cache
def _names() -> frozenset[str]:
    return frozenset(file.relative_to(_STATIC).as_posix() for file in _STATIC.rglob("*") if file.is_file())


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()


@open_to_all
def _health() -> Response:
    with context.work(context.SYSTEM) as uow:
        state = health_query.state(uow.session, uow.now)
    return jsonify(state)


def _harden(answer: Response) -> Response:
    if answer.mimetype == "text/html":
        nonce = f"'nonce-{_nonce()}'"
        answer.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; img-src 'self'; style-src 'self' {nonce}; script-src {nonce}; "
            "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'",
        )
        answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
