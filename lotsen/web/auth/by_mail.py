"""Sign-in without a password: a mailed link for guides and institutions, and what a guide's link leads to."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen.errors import Throttled
from lotsen.i18n import N_
from lotsen.services import guide_sessions, sign_in_links
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web import devices, identity
from lotsen.web.auth.pages import blueprint
from lotsen.web.context import gettext, office, work
from lotsen.web.forms import EmailField, LotsenForm, required
from lotsen.web.permissions import Permission, actor, public, requires


class AddressForm(LotsenForm):
    """Where the link goes."""

    email = EmailField(N_("E-mail address"), [required(N_("Please give your e-mail address."))])


class ConfirmForm(LotsenForm):
    """Nothing but the button."""


@blueprint.route("/anmelden-per-mail", methods=["GET", "POST"])
@public
def by_mail() -> ResponseReturnValue:
    """Mail a link to sign in; an unknown address gets the same answer."""
    form = AddressForm()
    if not form.validate_on_submit():
        page = render_template("auth/by_mail.html", form=form, has_errors=bool(form.errors))
        return make_response(page, 422 if form.errors else 200)
    try:
        with work(ANONYMOUS) as uow:
            sign_in_links.send(uow, form.email.data or "", request.remote_addr or "")
    except Throttled as error:
        form.email.errors = [gettext("There were too many tries. Please try again a little later.")]
        answer = make_response(render_template("auth/by_mail.html", form=form, has_errors=True), 429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    return redirect(url_for(".mail_sent"), 303)


@blueprint.get("/anmelden-per-mail/gesendet")
@public
def mail_sent() -> ResponseReturnValue:
    """Say where the link is, if there is one."""
    return render_template("auth/mail_sent.html")


@blueprint.route("/anmelden-per-mail/<int:token_id>", methods=["GET", "POST"])
@requires(Permission.SIGN_IN_BY_LINK)
def by_link(token_id: int) -> ResponseReturnValue:
    """Ask before signing a guide in: programs that look into mails open links, too."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return render_template("auth/by_link.html", form=form, office=office(actor().pool_id))
    old = identity.guide_token()
    with work(actor()) as uow:
        raw = guide_sessions.sign_in(uow, token_id, devices.name(request.user_agent.string))
        if old is not None and old != raw:
            guide_sessions.end_raw(uow, old)
    identity.remember_guide(raw)
    flash(gettext("You are signed in on this device."), "success")
    return redirect(url_for("guides.mine"), 303)
