"""A guide's certificates of service: make one, print it, take it back."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain.localtime import local_day
from lotsen.errors import WrongState
from lotsen.i18n import N_
from lotsen.queries import certificates as known
from lotsen.services import certificates
from lotsen.web import hour_fields
from lotsen.web.context import bootstrap, gettext, office, work
from lotsen.web.forms import DayField, LotsenForm, required
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.qr import qr_code


class PeriodForm(LotsenForm):
    """From which day to which."""

    first_on = DayField(N_("First day"), [required(N_("Please give the first day."))])
    last_on = DayField(N_("Last day"), [required(N_("Please give the last day."))])


@blueprint.route("/meine-bescheinigungen", methods=["GET", "POST"])
@requires(Permission.REPORT_HOURS)
def certificates_mine() -> ResponseReturnValue:
    """List what there is, and make a new one for a period."""
    form = PeriodForm()
    if form.validate_on_submit() and form.first_on.data is not None and form.last_on.data is not None:
        try:
            with work(actor()) as uow:
                made = certificates.issue(uow, actor().guide_id or 0, form.first_on.data, form.last_on.data)
            return redirect(url_for("guides.certificate", certificate_id=made.id), 303)
        except WrongState:
            hour_fields.say(form.last_on, gettext("You had no appointments in this time."))
    with work(actor()) as uow:
        today = local_day(uow.now, uow.zone())
        if not form.is_submitted():
            form = PeriodForm(formdata=None, first_on=today.replace(month=1, day=1), last_on=today)
        page = render_template(
            "guides/certificates.html",
            certificates=known.of_guide(uow.session, actor().guide_id),
            form=form,
            has_errors=bool(form.errors),
            **_office(),
        )
    return page, 422 if form.errors else 200


@blueprint.get("/meine-bescheinigungen/<int:certificate_id>")
@requires(Permission.REPORT_HOURS)
def certificate(certificate_id: int) -> ResponseReturnValue:
    """Show a certificate as it is printed."""
    with work(actor()) as uow:
        found = known.one(uow.session, actor().guide_id, certificate_id)
        address = bootstrap().links.base_url + url_for("public.certificate", code=found.code)
        return render_template(
            "guides/certificate.html",
            certificate=found,
            address=address,
            qr=qr_code(address),
            **_office(),
        )


@blueprint.post("/meine-bescheinigungen/<int:certificate_id>/zurueckziehen")
@requires(Permission.REPORT_HOURS)
def certificate_revoke(certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back."""
    with work(actor()) as uow:
        certificates.revoke(uow, actor().guide_id or 0, certificate_id)
    flash(gettext("The certificate no longer holds."), "success")
    return redirect(url_for("guides.certificates_mine"), 303)


def _office() -> dict[str, object]:
    return {"office": office(actor().pool_id), "home_url": url_for("guides.mine")}
