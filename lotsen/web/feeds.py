"""Where calendar programs fetch a private feed; its secret is all that they have."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from lotsen.services import feeds
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web.context import work
from lotsen.web.permissions import public

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/kalender/<secret>.ics")
@public
def feed(secret: str) -> ResponseReturnValue:
    """Give the calendar; a program that has seen it already is told so."""
    with work(ANONYMOUS) as uow:
        body = feeds.read(uow, secret)
    answer = Response(body, mimetype="text/calendar")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)
