"""Where the code on a certificate of service leads: the same words as on the paper, for whoever holds it."""

from flask import Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.queries import certificates
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web.context import office, work
from lotsen.web.permissions import public
from lotsen.web.public.blueprint import blueprint


@blueprint.get("/bescheinigung/<code>")
@public
def certificate(code: str) -> ResponseReturnValue:
    """Show what a certificate says, that it was taken back, or that there is none with this code."""
    with work(ANONYMOUS) as uow:
        found = certificates.by_code(uow.session, code)
        if found is None:
            return _unlisted(render_template("public/certificate.html", certificate=None), 404)
        page = render_template(
            "public/certificate.html",
            certificate=found,
            office=office(found.pool_id),
            home_url=url_for("public.start"),
        )
        return _unlisted(page, 200 if found.revoked_at is None else 410)


def _unlisted(page: str, status: int) -> Response:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
