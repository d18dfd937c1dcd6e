"""The devices on which a guide is signed in: listed, and signed out one by one or all at once."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.services import guide_sessions
from lotsen.web import identity
from lotsen.web.context import gettext, work
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires


@blueprint.get("/profil/geraete")
@requires(Permission.OWN_RECORD)
def devices() -> ResponseReturnValue:
    """List where the guide is signed in."""
    with work(actor()) as uow:
        return render_template(
            "guides/devices.html", devices=guide_sessions.own(uow), this=identity.guide_login_id()
        )


@blueprint.post("/profil/geraete/<int:login_id>/abmelden")
@requires(Permission.OWN_RECORD)
def end_device(login_id: int) -> ResponseReturnValue:
    """Sign one device out."""
    if login_id == identity.guide_login_id():
        return sign_out()
    with work(actor()) as uow:
        guide_sessions.end(uow, login_id)
    flash(gettext("The device is signed out."), "success")
    return redirect(url_for(".devices"), 303)


@blueprint.post("/profil/geraete/alle-abmelden")
@requires(Permission.OWN_RECORD)
def end_all_devices() -> ResponseReturnValue:
    """Sign all devices out, this one too."""
    with work(actor()) as uow:
        guide_sessions.end_all(uow)
    return _gone()


@blueprint.post("/profil/abmelden")
@requires(Permission.OWN_RECORD)
def sign_out() -> ResponseReturnValue:
    """Sign this device out."""
    raw = identity.guide_token()
    if raw is not None:
        with work(actor()) as uow:
            guide_sessions.end_raw(uow, raw)
    return _gone()


def _gone() -> ResponseReturnValue:
    identity.forget_guide()
    flash(gettext("You have signed out."), "success")
    return redirect(url_for("auth.by_mail"), 303)
