"""The part of the date page that says whether a talk repeats, and on which days."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from wtforms import Field

from lotsen.domain.localtime import Span, local_day
from lotsen.domain.request_rules import Times, WindowProblem, further_days, on_day, problems
from lotsen.domain.settings import PoolSettings
from lotsen.domain.vocabulary import Rhythm
from lotsen.i18n import N_
from lotsen.web import filters
from lotsen.web.context import gettext, ngettext
from lotsen.web.forms import AreaField, ChoiceField, NumberField, PartForm, choices, read_day

_LONGEST = 1000
_MOST = 52
_IMPOSSIBLE = N_("This day cannot be asked for: %(day)s")
_PROBLEMS = {
    WindowProblem.PAST: N_("This day is over: %(day)s"),
    WindowProblem.TOO_SOON: N_("This day is too soon: %(day)s"),
    WindowProblem.TOO_FAR: N_("This day is too far away: %(day)s"),
}


class RepeatForm(PartForm):
    """How often, and on which further days; `spans` are the later times that were understood."""

    kind = ChoiceField(N_("Does the talk take place several times?"))
    count = NumberField(N_("How many appointments in all?"), low=2, high=_MOST)
    days = AreaField(N_("Which further days?"), limit=_LONGEST)
    spans: tuple[Span, ...] = ()

    def prepare(self) -> None:
        """List the ways to repeat."""
        self.kind.choices = [("", gettext("No, once")), *choices(tuple(Rhythm))]

    @property
    def is_open(self) -> bool:
        """Whether there is something here to be seen."""
        return bool(self.kind.data or self.errors)

    def read(self, first: Span, minutes: int, now: datetime, zone: ZoneInfo, settings: PoolSettings) -> bool:
        """Work out the further times from the first one; say beside a field what cannot be."""
        if not self.kind.data or self.kind.errors:
            return not self.kind.errors
        before = local_day(first[0], zone)
        rhythm = Rhythm(str(self.kind.data))
        asked = self.days if rhythm is Rhythm.CHOSEN else self.count
        if asked.errors:
            return False
        days = tuple(self._chosen(before) if rhythm is Rhythm.CHOSEN else self._counted(before, rhythm))
        if not days and not asked.errors:
            _add(asked, gettext("Please give the further days.") if asked is self.days else _how_many())
        most = max(1, settings.series_max)
        if len(days) >= most:
            _add(
                asked,
                ngettext(
                    "At most %(num)s appointment is possible in one request.",
                    "At most %(num)s appointments are possible in one request.",
                    most,
                ),
            )
        if asked.errors:
            return False
        self.spans = tuple(self._at(days, first, zone, asked))
        for position, problem in problems(Times(self.spans, minutes), now, settings).items():
            words = _PROBLEMS.get(problem, _IMPOSSIBLE)
            _add(asked, gettext(words, day=filters.day(self.spans[position][0])))
        return not asked.errors

    def _counted(self, before: date, rhythm: Rhythm) -> tuple[date, ...]:
        return further_days(before, rhythm, self.count.data or 1)

    def _chosen(self, before: date) -> Iterator[date]:
        known = {before}
        for line in str(self.days.data or "").replace(";", "\n").splitlines():
            if not line.strip():
                continue
            day = read_day(line, before)
            if day is None:
                _add(self.days, gettext("We do not understand this day: %(typed)s", typed=line.strip()))
            elif day in known:
                _add(self.days, gettext("This day stands here twice: %(day)s", day=filters.day(day)))
            else:
                known.add(day)
                yield day

    def _at(self, days: tuple[date, ...], first: Span, zone: ZoneInfo, asked: Field) -> Iterator[Span]:
        for day in sorted(days):
            span = on_day(first, day, zone)
            if span is None:
                words = gettext("The clocks change on this day, so that it lacks this time: %(day)s")
                _add(asked, words % {"day": filters.day(day)})
            else:
                yield span


def _how_many() -> str:
    return gettext("Please say how many appointments there are, for example 4.")


def _add(field: Field, words: str) -> None:
    field.errors = [*cast("list[str]", field.errors), words]
