"""What the forms of a guide's own record share: the record, and the version of it that stood on the page."""

from collections.abc import Mapping
from datetime import date

from wtforms import HiddenField

from lotsen.domain.localtime import local_day
from lotsen.errors import Conflict, Invalid
from lotsen.i18n import N_
from lotsen.models import Guide
from lotsen.services.guide_sessions import guide_id
from lotsen.services.unit_of_work import UnitOfWork
from lotsen.web.context import bootstrap, gettext
from lotsen.web.forms import LotsenForm
from lotsen.web.permissions import actor

SAVED = N_("Your entries are saved.")


class OwnForm(LotsenForm):
    """A form about the guide's own record; `version` is that of the record on the page."""

    version = HiddenField(default="0")

    def seen_version(self) -> int:
        """Return the version of the record that the guide has seen."""
        typed = self.version.data or ""
        return int(typed) if typed.isdecimal() else 0

    def complain(self, error: Invalid | Conflict) -> None:
        """Say beside the fields what the service refused; after a conflict the next try counts."""
        if isinstance(error, Invalid):
            put_errors(self, error.fields)
            return
        with bootstrap().begin(actor(), read_only=True) as uow:
            self.version.data = str(me(uow).version)
        self.form_errors = [
            gettext("Your record has changed in the meantime. If you save now, your entries count.")
        ]


def put_errors(form: LotsenForm, wrong: Mapping[str, str]) -> None:
    """Put what the service refused beside its fields."""
    for name, msgid in wrong.items():
        field = form._fields.get(name)
        if field is None:
            form.form_errors = [*form.form_errors, gettext(msgid)]
        else:
            field.errors = [*field.errors, gettext(msgid)]


def me(uow: UnitOfWork) -> Guide:
    """Return the record of the acting guide."""
    return uow.session.get_one(Guide, guide_id(uow))


def today(uow: UnitOfWork) -> date:
    """Return the day that it is where the pool is."""
    return local_day(uow.now, uow.zone())
