"""What the office has of a guide's work on paper: the years against their tax-free sums, and certificates."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.domain import tax_free
from lotsen.domain.localtime import local_day
from lotsen.errors import NotFound, WrongState
from lotsen.i18n import N_
from lotsen.models import Guide
from lotsen.queries import certificates as known
from lotsen.queries import hours as done
from lotsen.services import certificates
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web import hour_fields
from lotsen.web.context import bootstrap, gettext, work
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.forms import DayField, LotsenForm, required
from lotsen.web.permissions import Permission, actor, requires
from lotsen.web.qr import qr_code

_YEARS = 3


class CertifyForm(LotsenForm):
    """From which day to which."""

    first_on = DayField(N_("First day"), [required(N_("Please give the first day."))])
    last_on = DayField(N_("Last day"), [required(N_("Please give the last day."))])


@blueprint.get("/lotsen/<int:guide_id>/nachweise")
@requires(Permission.SEE_GUIDES)
def guide_proofs(guide_id: int) -> ResponseReturnValue:
    """Show the last years of a guide and the certificates."""
    return _proofs_page(guide_id, None)


@blueprint.post("/lotsen/<int:guide_id>/nachweise")
@requires(Permission.EDIT_GUIDES)
def guide_certify(guide_id: int) -> ResponseReturnValue:
    """Make a certificate for a guide."""
    form = CertifyForm()
    if form.validate_on_submit() and form.first_on.data is not None and form.last_on.data is not None:
        try:
            with work(actor()) as uow:
                made = certificates.issue(uow, guide_id, form.first_on.data, form.last_on.data)
            return redirect(url_for(".guide_certificate", guide_id=guide_id, certificate_id=made.id), 303)
        except WrongState:
            hour_fields.say(form.last_on, gettext("There were no appointments in this time."))
    return _proofs_page(guide_id, form), 422


@blueprint.get("/lotsen/<int:guide_id>/nachweise/<int:certificate_id>")
@requires(Permission.SEE_GUIDES)
def guide_certificate(guide_id: int, certificate_id: int) -> ResponseReturnValue:
    """Show a certificate as it is printed."""
    with work(actor()) as uow:
        guide = _guide(uow, guide_id)
        found = known.one(uow.session, guide.id, certificate_id)
        address = bootstrap().links.base_url + url_for("public.certificate", code=found.code)
        return render_template(
            "coordinators/certificate.html",
            guide=guide,
            certificate=found,
            address=address,
            qr=qr_code(address),
        )


@blueprint.post("/lotsen/<int:guide_id>/nachweise/<int:certificate_id>/zurueckziehen")
@requires(Permission.EDIT_GUIDES)
def guide_certificate_revoke(guide_id: int, certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back."""
    with work(actor()) as uow:
        certificates.revoke(uow, guide_id, certificate_id)
    flash(gettext("The certificate no longer holds."), "success")
    return redirect(url_for(".guide_proofs", guide_id=guide_id), 303)


def _proofs_page(guide_id: int, form: CertifyForm | None) -> str:
    with work(actor()) as uow:
        guide, zone, settings = _guide(uow, guide_id), uow.zone(), uow.settings()
        today = local_day(uow.now, zone)
        if form is None:
            form = CertifyForm(formdata=None, first_on=today.replace(month=1, day=1), last_on=today)
        years = [
            (
                year,
                done.total(done.in_year(uow.session, guide.id, year, zone), settings),
                tax_free.limit_cents(settings.tax_free_rule, year),
            )
            for year in range(today.year, today.year - _YEARS, -1)
        ]
        return render_template(
            "coordinators/proofs.html",
            guide=guide,
            years=[
                (year, total, limit, tax_free.reached(total.allowance_cents, limit))
                for year, total, limit in years
            ],
            certificates=known.of_guide(uow.session, guide.id),
            form=form,
            has_errors=bool(form.errors),
        )


def _guide(uow: UnitOfWork, guide_id: int) -> Guide:
    found = uow.session.get(Guide, guide_id)
    if found is None or found.pool_id != pool_id():
        raise NotFound("guide")
    return found
