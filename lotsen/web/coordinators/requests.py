"""One request: proposals, facts and history, and everything the office decides about it."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen import i18n
from lotsen.domain.lifecycle import REQUEST_LIFECYCLE, find
from lotsen.domain.vocabulary import AssignmentStatus, RequestStatus, RequestTrigger, UnfilledReason
from lotsen.errors import Conflict
from lotsen.i18n import N_
from lotsen.models import Assignment, GuideRequest
from lotsen.queries import costs, detail, inbox, plans, proposals
from lotsen.queries.costs import Costs
from lotsen.services import assignments, opportunity, requests
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext, locale, office, work
from lotsen.web.coordinators import collisions, history, nearly, proposing
from lotsen.web.coordinators.base import blueprint, pool_id
from lotsen.web.coordinators.forms import RejectForm, StepForm, UnfilledForm
from lotsen.web.coordinators.inbox import tags_of
from lotsen.web.forms import choices
from lotsen.web.permissions import Permission, actor, requires

TOP = 10

_DEEDS: dict[str, tuple[Callable[[UnitOfWork, int], Assignment], str]] = {
    "zusage": (assignments.accept, N_("You have entered the yes.")),
    "absage": (assignments.decline, N_("You have entered the no. The request is open again.")),
    "zurueckziehen": (assignments.call_back, N_("The person has been told. The request is open again.")),
    "ausfall": (assignments.withdraw, N_("You have entered it. The request is open again.")),
}
_ENDINGS = {
    "ablehnen": RequestTrigger.REJECT,
    "niemand-frei": RequestTrigger.MARK_UNFILLED,
    "absagen": RequestTrigger.CANCEL,
}
_FORMS: dict[RequestTrigger, type[StepForm]] = {
    RequestTrigger.REJECT: RejectForm,
    RequestTrigger.MARK_UNFILLED: UnfilledForm,
    RequestTrigger.CANCEL: StepForm,
}


@blueprint.get("/anfragen/<int:request_id>")
@requires(Permission.SEE_REQUESTS)
def request_detail(request_id: int) -> ResponseReturnValue:
    """Show a request with what its decision needs."""
    top = None if request.args.get("alle") == "1" else TOP
    zone = ZoneInfo(office(pool_id()).zone)
    asked = request.args.get("folgen") == "1"
    losses = _losses(request_id, top) if asked else None
    with work(actor()) as uow:
        found = detail.find(uow.session, pool_id(), request_id)
        row = inbox.one(uow.session, pool_id(), request_id)
        ranked, lost = None, None
        if found.request.status is RequestStatus.OPEN:
            ranked = proposals.of(
                uow.session, uow.indexes, found.request, uow.pool(), uow.settings(), uow.now, top
            )
            few = plans.open_requests(uow.session, pool_id()) <= costs.MOST_AT_ONCE
            if few or asked:
                lost = costs.of(uow.session, uow.indexes, ranked, uow.pool(), uow.settings(), uow.now)
        return render_template(
            "coordinators/request.html",
            found=found,
            request_=found.request,
            tags=tags_of(row, uow.now, zone),
            ranked=ranked,
            cards=proposing.cards(found.request, ranked, lost or {}, losses or {}, zone) if ranked else [],
            groups=proposing.groups(ranked, zone) if ranked else [],
            weighed=None if not asked else losses is not None,
            notes=nearly.notes(found, ranked, uow.now) if ranked else [],
            nearly=nearly.ways(found.request, ranked, zone) if ranked else [],
            history=[
                (one.at, history.sentence(one, actor().account_id))
                for one in reversed(found.history)
                if history.is_told(one)
            ],
            endings=[
                path
                for path, trigger in _ENDINGS.items()
                if find(REQUEST_LIFECYCLE, trigger, found.request.status) is not None
            ],
        )


def _losses(request_id: int, top: int | None) -> Costs | None:
    """Return what each proposal costs the other requests; no transaction stands open meanwhile."""
    with work(actor()) as uow:
        about = detail.find(uow.session, pool_id(), request_id).request
        if about.status is not RequestStatus.OPEN:
            return {}
        found = proposals.of(uow.session, uow.indexes, about, uow.pool(), uow.settings(), uow.now, top)
        queue = opportunity.queue(uow, pool_id(), found)
    return opportunity.losses(queue)


@blueprint.post("/anfragen/<int:request_id>/anfragen")
@requires(Permission.DECIDE_REQUESTS)
def request_ask(request_id: int) -> ResponseReturnValue:
    """Ask the guide of a proposal."""
    guide_id, window_id = _number("guide_id"), _number("window_id")
    try:
        with work(actor()) as uow:
            detail.check(uow.session, pool_id(), request_id)
            asked = assignments.offer(uow, request_id, guide_id, window_id, _number("version"))
            name, answer_by = asked.guide.name, asked.answer_by
    except Conflict as error:
        if collisions.was_mine(request_id, guide_id):
            # The same button twice: the first click has done it.
            return redirect(url_for(".request_detail", request_id=request_id))
        return collisions.page(request_id, error, guide_id=guide_id, window_id=window_id)
    flash(_asked(name, answer_by), "success")
    return redirect(url_for(".request_detail", request_id=request_id))


@blueprint.post(
    "/anfragen/<int:request_id>/termine/<int:assignment_id>"
    "/<any(zusage, absage, zurueckziehen, ausfall):deed>"
)
@requires(Permission.DECIDE_REQUESTS)
def request_assignment(request_id: int, assignment_id: int, deed: str) -> ResponseReturnValue:
    """Enter what a guide said by phone, or call the guide back."""
    act, said = _DEEDS[deed]
    try:
        with work(actor()) as uow:
            detail.check(uow.session, pool_id(), request_id, assignment_id)
            act(uow, assignment_id)
            asked = [
                one.guide.name
                for one in requests.live_assignments(uow, uow.session.get_one(GuideRequest, request_id))
                if one.status is AssignmentStatus.OFFERED and one.offered_at == uow.now
            ]
    except Conflict as error:
        return collisions.page(request_id, error)
    if asked:
        # Whoever stood by is asked with the same click, so that the request need not be open again.
        said = N_("You have entered the no. This person stood by and has been asked: %(guide)s.")
    flash(gettext(said, guide=", ".join(asked)), "success")
    return redirect(url_for(".request_detail", request_id=request_id))


@blueprint.route(
    "/anfragen/<int:request_id>/<any('ablehnen', 'niemand-frei', 'absagen'):ending>", methods=["GET", "POST"]
)
@requires(Permission.DECIDE_REQUESTS)
def request_end(request_id: int, ending: str) -> ResponseReturnValue:
    """Ask once more before a request ends, and end it."""
    trigger = _ENDINGS[ending]
    form = _FORMS[trigger]()
    if isinstance(form, UnfilledForm):
        form.reason.choices = choices(list(UnfilledReason))
    if form.validate_on_submit():
        try:
            with work(actor()) as uow:
                detail.check(uow.session, pool_id(), request_id)
                _end(uow, request_id, form)
        except Conflict as error:
            kept = form.closing_text.data if isinstance(form, RejectForm) else None
            return collisions.page(request_id, error, kept=kept or "")
        flash(gettext("The request has ended. The institution has been told."), "success")
        return redirect(url_for(".request_detail", request_id=request_id))
    with bootstrap().begin(actor(), read_only=True) as uow:
        found = detail.find(uow.session, pool_id(), request_id)
        if find(REQUEST_LIFECYCLE, trigger, found.request.status) is None:
            return redirect(url_for(".request_detail", request_id=request_id))
        if not form.is_submitted():
            form.version.data = str(found.request.version)
        page = render_template(
            "coordinators/end.html",
            request_=found.request,
            current=found.current,
            ending=ending,
            form=form,
            has_errors=bool(form.errors),
        )
    return page, 422 if form.errors else 200


def _end(uow: UnitOfWork, request_id: int, form: StepForm) -> None:
    version = _number("version")
    if isinstance(form, RejectForm):
        requests.reject(uow, request_id, form.closing_text.data or "", version)
    elif isinstance(form, UnfilledForm):
        requests.mark_unfilled(uow, request_id, UnfilledReason(form.reason.data), version)
    else:
        requests.cancel(uow, request_id, version)


def _asked(guide: str, answer_by: datetime | None) -> str:
    if answer_by is None:
        return gettext("You have asked %(guide)s.", guide=guide)
    moment = i18n.day_and_time(answer_by, locale(), ZoneInfo(office(pool_id()).zone))
    return gettext("You have asked %(guide)s. The answer is due by %(moment)s.", guide=guide, moment=moment)


def _number(field: str) -> int:
    """Return a number that the page itself had put into its form."""
    found = request.form.get(field, type=int)
    if found is None:
        abort(400)
    return found
