"""What mails tell about a request that was changed: how it was, how it is, and what that means for whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotsen.domain.vocabulary import Consequence, Mode, Occasion, RequestField
from lotsen.models import GuideRequest
from lotsen.notifications import facts

_PLACE = frozenset({RequestField.MODE, RequestField.DISTRICT, RequestField.ADDRESS})
# Not the times: whoever stays does so at the time that stands in the calendar.
IN_CALENDARS = _PLACE | {RequestField.LANGUAGE, RequestField.OCCASION}
_FOR_GUIDES = IN_CALENDARS | {
    RequestField.MEETING_POINT,
    RequestField.PARTICIPANTS,
    RequestField.REMARKS,
}
_FOR_THOSE_WHO_COME = frozenset({RequestField.ON_SITE_NAME, RequestField.ON_SITE_PHONE})


@dataclass(frozen=True, slots=True)
class Version:
    """A request as it stood at one moment, as far as mails may tell of it."""

    reference: str
    windows: tuple[tuple[datetime, datetime, int], ...]
    mode: Mode
    place: str
    meeting_point: str
    on_site_name: str
    on_site_phone: str
    language: str
    occasion: Occasion
    participants: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is told to one side.

    `agreed` says that the guide had said yes; `consequence` is what becomes of the guide, None if that is no
    matter of the reader's.
    """

    before: Version
    after: Version
    fields: frozenset[RequestField]
    consequence: Consequence | None = None
    agreed: bool = False

    @property
    def moved(self) -> bool:
        """Whether the talk takes place elsewhere, or in another way."""
        return bool(self.fields & _PLACE)

    @property
    def concerns_guide(self) -> bool:
        """Whether the guide has to know of it; whom to meet there is told to those who have agreed."""
        return bool(self.fields & (_FOR_GUIDES | _FOR_THOSE_WHO_COME if self.agreed else _FOR_GUIDES))

    @property
    def stays(self) -> bool:
        """Whether the guide is still asked, or still comes."""
        return self.consequence is Consequence.STAYS

    @property
    def waits_for_answer(self) -> bool:
        """Whether the guide's answer to the question from before is still awaited."""
        return self.stays and not self.agreed

    @property
    def calendar(self) -> Literal["enter", "remove"] | None:
        """What happens to the appointment in the calendars of those who had it."""
        if not self.agreed:
            return None
        if not self.stays:
            return "remove"
        return "enter" if self.in_calendars else None

    @property
    def in_calendars(self) -> bool:
        """Whether calendars show anything of what was changed."""
        return bool(self.fields & IN_CALENDARS)


def version(request: GuideRequest) -> Version:
    """Return how a complete request stands now."""
    known = facts.talk(request)
    return Version(
        reference=known.reference,
        windows=known.windows,
        mode=known.mode,
        place=known.place,
        meeting_point=request.meeting_point,
        on_site_name=request.on_site_name,
        on_site_phone=request.on_site_phone,
        language=known.language,
        occasion=known.occasion,
        participants=request.participants,
    )
