"""Sign-in with e-mail and password, at a pace too slow for guessing, and sign-out."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, PasswordField, StringField

from lotsen.errors import Throttled, WrongCredentials
from lotsen.i18n import N_
from lotsen.services import accounts
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web import identity
from lotsen.web.context import bootstrap, gettext, ngettext, work
from lotsen.web.forms import LotsenForm, required
from lotsen.web.permissions import Permission, actor, public, requires

blueprint = Blueprint("auth", __name__)

_EMAIL_LONGEST = 254


class SignInForm(LotsenForm):
    """Who wants to come in; `weiter` is the page that they wanted."""

    weiter = HiddenField()
    email = StringField(N_("E-mail"), [required(N_("Please give your e-mail address."))])
    password = PasswordField(N_("Password"), [required(N_("Please give your password."))])


@blueprint.route("/anmelden", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Let somebody in; an unknown account and a wrong password get the same answer."""
    form = SignInForm()
    if request.method != "POST":
        if identity.account() is not None:
            return redirect(_target(request.args.get("weiter")))
        form.weiter.data = request.args.get("weiter", "")
        return render_template("auth/sign_in.html", form=form)
    status = 422
    seconds = 0
    if form.validate_on_submit():
        try:
            raw = _check(form)
        except WrongCredentials:
            _complain(form, gettext("E-mail address and password do not belong together."))
        except Throttled as error:
            _complain(form, _wait(error.seconds))
            status, seconds = 429, error.seconds
        else:
            identity.remember_login(raw)
            return redirect(_target(form.weiter.data))
    answer = make_response(render_template("auth/sign_in.html", form=form, has_errors=True), status)
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


@blueprint.post("/abmelden")
@requires(Permission.SIGN_OUT)
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in."""
    raw = identity.login_token()
    if raw is not None:
        with work(actor()) as uow:
            accounts.end_session(uow, raw)
    identity.forget_login()
    flash(gettext("You have signed out."), "success")
    return redirect(url_for(".sign_in"))


def _check(form: SignInForm) -> str:
    account_id = accounts.check_password(
        bootstrap().begin,
        (form.email.data or "")[:_EMAIL_LONGEST],
        form.password.data or "",
        request.remote_addr or "",
    )
    old = identity.login_token()
    with work(ANONYMOUS) as uow:
        if old is not None:
            accounts.end_session(uow, old)
        return accounts.start_session(uow, account_id)


def _complain(form: SignInForm, words: str) -> None:
    form.email.errors = [*form.email.errors, words]


def _wait(seconds: int) -> str:
    if seconds < 60:
        return ngettext(
            "There were too many tries. Please wait one second.",
            "There were too many tries. Please wait %(num)s seconds.",
            seconds,
        )
    return ngettext(
        "There were too many tries. Please wait one minute.",
        "There were too many tries. Please wait %(num)s minutes.",
        -(-seconds // 60),
    )


def _target(wanted: str | None) -> str:
    """Return the page to go on to: only a path on this site, so that no link leads elsewhere."""
    home = url_for("coordinators.inbox")
    # Browsers read a backslash as a slash, and leave out tabs and line ends.
    if not wanted or not wanted.startswith("/") or any(letter == "\\" or letter < " " for letter in wanted):
        return home
    parts = urlsplit(wanted)
    return home if parts.scheme or parts.netloc or wanted.startswith("//") else wanted
