"""What a request lacks, as its page says it: how it stands, and which change would open somebody."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from lotsen import i18n
from lotsen.domain.lifecycle import HOLDING
from lotsen.domain.vocabulary import ChangeKind
from lotsen.matching.alternatives import Alternative
from lotsen.models import GuideRequest
from lotsen.queries.detail import Detail
from lotsen.queries.proposals import Proposals
from lotsen.web import alternatives
from lotsen.web.context import gettext, locale, ngettext, office, speaking
from lotsen.web.reasons import Place

# To go further is asked of the guides; everything else the institution has to agree to.
_ASKED_OF_GUIDES = frozenset({ChangeKind.FURTHER})


@dataclass(frozen=True, slots=True)
class Way:
    """A change that would help, whom it opens as (id, name), and the address of a mail that asks for it."""

    text: str
    people: list[tuple[int, str]]
    mail: str | None
    single: bool


def notes(about: Detail, found: Proposals, now: datetime) -> list[str]:
    """Say what keeps the request from having all its guides, the root of it first; nothing if it can."""
    request = about.request
    missing = request.guides_needed - sum(one.status in HOLDING for one in about.current)
    if all(window.end <= now for window in found.need.windows):
        return [gettext("All times of this request are over. It needs a new time.")]
    if not found.size:
        return [gettext("There are no guides in the team yet.")]
    if not found.speakers:
        language = i18n.language_name(found.need.language, locale())
        return [gettext("Nobody in the team speaks %(language)s so far.", language=language)]
    if not found.eligible:
        return [gettext("Nobody can come at these times.")]
    if found.at_once < missing:
        return [
            ngettext(
                "%(missing)s people are needed. Only one can come at the same time.",
                "%(missing)s people are needed. Only %(num)s can come at the same time.",
                found.at_once,
                missing=missing,
            )
        ]
    return []


def ways(request: GuideRequest, found: Proposals, zone: ZoneInfo) -> list[Way]:
    """Return the changes that would open somebody, the smallest of each kind, with their names."""
    place = Place(zone, found.districts)
    return [
        Way(
            text=alternatives.alternative(one, place, {}),
            people=sorted(
                ((guide, found.guides[guide]) for guide in one.guide_ids if guide not in found.eligible),
                key=lambda person: (person[1], person[0]),
            ),
            mail=_mail(request, one, place),
            single=len(one.changes) == 1,
        )
        for one in found.alternatives
    ]


def _mail(request: GuideRequest, one: Alternative, place: Place) -> str | None:
    """Return a mail to the institution, ready but for a look at it; in its language, without names in it."""
    asked_of_guides = all(change.kind in _ASKED_OF_GUIDES for change in one.changes)
    if request.contact is None or asked_of_guides:
        return None
    with speaking(request.locale):
        subject = gettext("Your request %(reference)s", reference=request.reference)
        body = "\n\n".join(
            (
                gettext("Good day,"),
                gettext("we have not found enough people for the time that you asked for."),
                gettext("This would help: %(change)s.", change=alternatives.changes(one, place, {})),
                gettext("Does this suit you? Please answer this e-mail."),
                office(request.pool_id).name,
            )
        )
    return f"mailto:{quote(request.contact.email, safe='@')}?subject={quote(subject)}&body={quote(body)}"
