"""What an institution is told whose request moved on while its page stood open."""

from lotsen.domain.vocabulary import RequestStatus
from lotsen.i18n import N_
from lotsen.web.context import gettext

_WORDS: dict[RequestStatus, str] = {
    RequestStatus.OPEN: N_("In the meantime we are looking for a person again."),
    RequestStatus.OFFERED: N_("In the meantime we have asked a person."),
    RequestStatus.CONFIRMED: N_("In the meantime a person has agreed."),
}


def words(status: RequestStatus) -> str:
    """Say how the request stands now."""
    return gettext(_WORDS.get(status, N_("In the meantime something has changed.")))
