"""Fields for what is said after an appointment: from when to when, a sum of money, a day."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wtforms import Field, IntegerField
from wtforms.widgets import HiddenInput, TextInput

from lotsen.domain.hours import KM_MOST, MOST_HOURS, TICKET_MOST
from lotsen.domain.localtime import Span, local_datetime, local_day
from lotsen.domain.vocabulary import HoursProblem
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.web import filters
from lotsen.web.context import gettext
from lotsen.web.forms import ClockField, LotsenForm, required

_EUROS = re.compile(r"(\d{1,4})(?:[.,](\d{1,2}))?\s*(?:€|euro|eur)?", re.IGNORECASE)
_ONE_DAY = timedelta(days=1)


class EuroField(Field):
    """A sum as people write it: "3", "3,10", "3.10 €"; its data is the number of cents, 0 for nothing."""

    widget = TextInput()
    data: int | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Understand the sum."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = 0
        if not typed:
            return
        found = _EUROS.fullmatch(typed)
        if found is None:
            self.data = None
            raise ValueError(gettext("Please write the sum like 3 or 3,10."))
        self.data = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return as_typed(self.data or 0)


class SpanForm(LotsenForm):
    """From when to when an appointment really went; `version` is that of what stood on the page."""

    start = ClockField(N_("Start"), [required(N_("Please give the start."))])
    end = ClockField(N_("End"), [required(N_("Please give the end."))])
    version = IntegerField(widget=HiddenInput())

    def span(self, planned: Span, zone: ZoneInfo) -> Span | None:
        """Return the moments that were meant, on the day of the plan; None for a time that does not exist."""
        start, end = self.start.data, self.end.data
        if start is None or end is None:
            return None
        first, last = (local_day(moment, zone) for moment in planned)
        begins = local_datetime(first, start, zone)
        # Only what was planned over midnight may end on the next day: all else is a slip.
        ends = local_datetime(first if end > start or first == last else first + _ONE_DAY, end, zone)
        for field, moment in ((self.start, begins), (self.end, ends)):
            if not moment.exists:
                say(field, gettext("This time does not exist on that day, because the clocks change."))
        return begins.moment, ends.moment

    def seen_version(self) -> int:
        """Return the version that stood on the page; one that never was if somebody has altered it."""
        return -1 if self.version.data is None else int(self.version.data)


def say(field: Field, words: str) -> None:
    """Say beside a field what is wrong with it."""
    field.errors = [*field.errors, words]


def words(problem: str) -> str:
    """Return what is wrong with reported hours, with the limits that hold."""
    most = filters.euros(TICKET_MOST)
    return gettext(label(HoursProblem(problem)), hours=MOST_HOURS, low=0, high=KM_MOST, most=most)


def as_typed(cents: int) -> str:
    """Return a sum as somebody would type it: "3,10"; nothing for nothing."""
    return f"{cents // 100},{cents % 100:02}" if cents else ""


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time as somebody would type it: "10:30"."""
    return moment.astimezone(zone).strftime("%H:%M")
