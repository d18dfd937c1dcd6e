"""The only place that knows which HTTP answer an error deserves, and what the page says to do next."""

import logging
from dataclasses import dataclass
from uuid import uuid4

from flask import Flask, Response, g, make_response, render_template, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from lotsen import errors
from lotsen.i18n import N_
from lotsen.web import identity
from lotsen.web.context import gettext

_LOG = logging.getLogger("lotsen.web")


@dataclass(frozen=True)
class _Page:
    title: str
    text: str


_HOME = N_("To the start page")
_NEEDS_LINK = 403

_PAGES: dict[int, _Page] = {
    400: _Page(
        N_("We could not read your entry"),
        N_("The page was perhaps open for too long. Please go back and send it once more."),
    ),
    403: _Page(
        N_("This page needs your link"),
        N_("Please open the link in our latest e-mail to you. Then the page opens."),
    ),
    404: _Page(
        N_("We do not find this page"),
        N_("Perhaps the address is not complete. Please check it, or begin at the start page."),
    ),
    405: _Page(
        N_("This page cannot be opened that way"),
        N_("Please go back and use the button on the page."),
    ),
    409: _Page(
        N_("Somebody was faster"),
        N_("This has changed in the meantime. Please look at the page once more. Nothing is lost."),
    ),
    410: _Page(
        N_("This link has ended"),
        N_("Links in our e-mails end after some time. We can send you a new one."),
    ),
    413: _Page(
        N_("That is too much text"),
        N_("Please go back and shorten your entries. Then send them once more."),
    ),
    429: _Page(
        N_("Please wait a moment"),
        N_("There were too many tries. Please try again a little later."),
    ),
    500: _Page(
        N_("That did not work"),
        N_("The mistake is ours. Please try again in a few minutes, or call us."),
    ),
    503: _Page(
        N_("We are busy right now"),
        N_("Please try again in a few minutes. What was saved before is safe."),
    ),
}

_CODES: dict[type[errors.LotsenError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.Throttled: 429,
    errors.LinkInvalid: 404,
    errors.LinkEnded: 410,
    errors.Conflict: 409,
    errors.Invalid: 400,
}


def install(app: Flask) -> None:
    """Answer every error with a page that helps; never with a stack trace."""
    app.register_error_handler(CSRFError, lambda _: error_page(400))
    app.register_error_handler(SecurityError, _strange_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(errors.LotsenError, _known)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unknown)


def error_page(code: int, *, title: str | None = None, text: str | None = None, **values: object) -> Response:
    """Render the page of an error; `title` and `text` are msgids and replace the general ones."""
    page = _PAGES.get(code, _PAGES[500])
    body = render_template(
        "errors/error.html",
        code=code,
        title=gettext(title or page.title),
        text=gettext(text or page.text),
        what_next=_what_next(code),
        **values,
    )
    return make_response(body, code)


def _what_next(code: int) -> list[dict[str, str]]:
    home = {"label": gettext(_HOME), "url": url_for("public.start")}
    if code == _NEEDS_LINK:
        return [{"label": gettext(N_("Get a link by e-mail")), "url": url_for("auth.by_mail")}, home]
    return [home]


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    code = error.code or 500
    answer = error_page(code if code in _PAGES else (500 if code >= 500 else 400))
    answer.status_code = code
    return answer


def _strange_host(_: SecurityError) -> Response:
    # Without a host to trust no address can be built, and so no page of ours.
    answer = make_response(gettext(_PAGES[400].title), 400)
    answer.mimetype = "text/plain"
    return answer


def _known(error: errors.LotsenError) -> Response:
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
    if code is None:
        return _unknown(error)
    if isinstance(error, errors.LinkEnded):
        return error_page(410, ended_token=identity.slip(error.token_id))
    if isinstance(error, errors.GuideTaken):
        return error_page(
            409,
            title=N_("This person was asked a moment ago"),
            text=N_("The time is no longer free. Please choose another person."),
        )
    answer = error_page(code)
    if isinstance(error, errors.Throttled):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _database(error: OperationalError) -> Response:
    _LOG.error("database", exc_info=error, extra={"error_id": _error_id()})
    return error_page(503, error_id=_error_id())


def _unknown(error: Exception) -> Response:
    _LOG.error("unexpected", exc_info=error, extra={"error_id": _error_id()})
    return error_page(500, error_id=_error_id())


def _error_id() -> str:
    if "error_id" not in g:
        g.error_id = uuid4().hex[:8]
    return str(g.error_id)
