"""The form by which anybody reports a barrier on these pages."""

from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from lotsen.domain import contact
from lotsen.errors import Throttled
from lotsen.i18n import N_
from lotsen.notifications.barrier import Report
from lotsen.services import barriers
from lotsen.services.unit_of_work import ANONYMOUS
from lotsen.web.context import gettext, office, work
from lotsen.web.forms import AreaField, EmailField, KeyedForm, TextField, required
from lotsen.web.permissions import public
from lotsen.web.public.blueprint import blueprint

_PAGE_LIMIT = 200
_KEY_LIMIT = 64


def _path(typed: str, limit: int) -> str:
    """Return the path alone of an address that somebody typed: the rest may hold a secret."""
    line = contact.clean_line(typed, limit)
    try:
        path = urlsplit(line).path
    except ValueError:
        return ""
    return "/l/…" if path.startswith("/l/") else path


class BarrierForm(KeyedForm):
    """What is the barrier, and where; an address only for who wants an answer."""

    what = AreaField(
        N_("What is the barrier?"), validators=[required(N_("Please say what you could not read or use."))]
    )
    page = TextField(N_("On which page?"), read=_path, limit=_PAGE_LIMIT)
    email = EmailField(N_("Your e-mail address"))
    # People never see it. Programs that fill in every field do not know that.
    website = StringField()


@blueprint.route("/barriere-melden", methods=["GET", "POST"])
@public
def report_barrier() -> ResponseReturnValue:
    """Ask what the barrier is; POST mails it to the office."""
    form = BarrierForm()
    status = 200
    if request.method == "GET":
        form.page.process(None, _asked_page())
    elif not form.validate():
        status = 422
    elif form.website.data:
        text = gettext("We are not sure that this came from you. Please send it once more.")
        status = _again(form, text, 422)
    else:
        try:
            with work(ANONYMOUS) as uow:
                barriers.report(uow, office().pool_id, _read(form), key=_key(form), client=_client())
        except Throttled:
            text = gettext("Too many messages have come in. Please try again in ten minutes, or call us.")
            status = _again(form, text, 429)
        else:
            return redirect(url_for("public.barrier_reported", antwort=1 if form.email.data else None), 303)
    return render_template("public/barrier.html", form=form, has_errors=bool(form.errors)), status


@blueprint.get("/barriere-melden/danke")
@public
def barrier_reported() -> ResponseReturnValue:
    """Say that the report has arrived, and what comes next."""
    return render_template("public/barrier_reported.html", answer="antwort" in request.args)


def _again(form: BarrierForm, words: str, status: int) -> int:
    form.website.data = ""
    form.form_errors.append(words)
    return status


def _asked_page() -> str:
    try:
        return _path(request.args.get("seite", ""), _PAGE_LIMIT)
    except contact.Unusable:
        return ""


def _read(form: BarrierForm) -> Report:
    return Report(str(form.what.data), str(form.page.data or ""), str(form.email.data or ""))


def _key(form: BarrierForm) -> str:
    # Who goes back and writes something else reports once more; a double click does not.
    return f"{(form.key.data or '')[:_KEY_LIMIT]}:{form.what.data}"


def _client() -> str:
    return request.remote_addr or ""
