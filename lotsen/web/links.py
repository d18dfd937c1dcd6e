"""Where mailed links arrive: a link opens a page, and a link that ended can be renewed."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from lotsen.domain.vocabulary import TokenPurpose
from lotsen.errors import LinkEnded
from lotsen.services import links as link_service
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web import identity
from lotsen.web.context import work
from lotsen.web.permissions import public

blueprint = Blueprint("links", __name__)


@blueprint.get("/l/<raw>")
@public
def arrive(raw: str) -> ResponseReturnValue:
    """Trade a link for this browser's cookie and a clean address; changes nothing in the database."""
    home = "guides.board" if request.args.get("weiter") == "aushang" else "guides.mine"
    try:
        token = identity.open_link(raw)
    except LinkEnded as ended:
        if identity.leads_home(ended.token_id):
            return redirect(url_for(home))
        raise
    if token.purpose is TokenPurpose.OFFER and request.args.get("weiter") == "stunden":
        return redirect(url_for("guides.hours"))
    if token.purpose is TokenPurpose.OFFER:
        return redirect(url_for("guides.offer", assignment_id=token.assignment_id))
    if token.purpose is TokenPurpose.CONFIRM_ADDRESS:
        return redirect(url_for("public.confirm", request_id=token.request_id))
    if token.purpose is TokenPurpose.DRAFT:
        return redirect(url_for("public.resume", request_id=token.request_id))
    if token.purpose is TokenPurpose.SIGN_IN:
        if home == "guides.board" and identity.leads_home(token.id):
            # Signed in already: nothing to ask before the board.
            return redirect(url_for(home))
        return redirect(url_for("auth.by_link", token_id=token.id))
    if token.purpose is TokenPurpose.MY_REQUESTS:
        return redirect(url_for("public.mine"))
    return redirect(url_for("public.track", request_id=token.request_id))


@blueprint.post("/l/neu")
@public
def renew() -> ResponseReturnValue:
    """Mail a fresh link in place of one that ended, to the address that got the old one."""
    form = FlaskForm()
    token_id = identity.read_slip(request.form.get("token", ""))
    if form.validate_on_submit() and token_id is not None:
        with work(ANONYMOUS) as uow:
            link_service.renew(uow, token_id)
    # The same answer whether the link existed or not.
    return render_template("public/link_sent.html")
