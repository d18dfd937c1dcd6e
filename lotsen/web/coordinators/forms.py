"""The forms by which the office decides about a request."""

from wtforms import HiddenField

from lotsen.i18n import N_
from lotsen.web.forms import AreaField, LotsenForm, RadiosField, required


class StepForm(LotsenForm):
    """A step that needs no entry; `version` is that of the request on the page."""

    version = HiddenField()


class AskForm(StepForm):
    """Asks one guide."""

    guide_id = HiddenField()
    window_id = RadiosField(N_("When?"))


class RejectForm(StepForm):
    """Turns a request down."""

    closing_text = AreaField(N_("Why? The institution reads this text."), [required(N_("Please say why."))])


class UnfilledForm(StepForm):
    """Ends a request for which nobody was found."""

    reason = RadiosField(N_("Why was nobody found?"), [required(N_("Please choose a reason."))])
