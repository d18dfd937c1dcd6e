"""The history of a request in sentences: who did what."""

from dataclasses import dataclass

from lotsen.domain.vocabulary import (
    ActorKind,
    AssignmentStatus,
    AssignmentTrigger,
    AuditEvent,
    RequestTrigger,
    Subject,
)
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.queries.detail import Happening
from lotsen.web.context import gettext


@dataclass(frozen=True, slots=True)
class _Words:
    """One happening as told of the reader, of a colleague by name, and of everybody else."""

    you: str
    colleague: str
    others: str


def _alike(words: str) -> _Words:
    return _Words(words, words, words)


_OF_REQUEST = {
    RequestTrigger.SUBMIT: _alike(N_("The institution has sent the request.")),
    RequestTrigger.CONFIRM_ADDRESS: _alike(N_("The institution has confirmed its e-mail address.")),
    RequestTrigger.JOIN_SERIES: _alike(N_("The institution has sent the request.")),
    RequestTrigger.OPEN_SERIES: _alike(N_("The institution has confirmed its e-mail address.")),
    RequestTrigger.ENTER: _Words(
        N_("You have entered the request."),
        N_("%(who)s has entered the request."),
        N_("The request was entered."),
    ),
    RequestTrigger.CONFIRM: _alike(N_("The request is confirmed.")),
    RequestTrigger.REOPEN: _alike(N_("The request is open again.")),
    RequestTrigger.COMPLETE: _alike(N_("The request is done.")),
    RequestTrigger.REJECT: _Words(
        N_("You have turned the request down."),
        N_("%(who)s has turned the request down."),
        N_("The request was turned down."),
    ),
    RequestTrigger.CANCEL: _Words(
        N_("You have called the request off."),
        N_("%(who)s has called the request off."),
        N_("The institution has called the request off."),
    ),
    RequestTrigger.MARK_UNFILLED: _Words(
        N_("You have ended the request: nobody found."),
        N_("%(who)s has ended the request: nobody found."),
        N_("The request has ended: nobody found."),
    ),
    RequestTrigger.LAPSE: _alike(N_("The time is over. The request has ended.")),
    RequestTrigger.CHANGE: _alike(N_("After the change the request is open again.")),
}
_OF_ASSIGNMENT = {
    AssignmentTrigger.OFFER: _Words(
        N_("You have asked %(guide)s."),
        N_("%(who)s has asked %(guide)s."),
        N_("%(guide)s was asked."),
    ),
    AssignmentTrigger.STAND_BY: _Words(
        N_("You have put %(guide)s on stand-by."),
        N_("%(who)s has put %(guide)s on stand-by."),
        N_("%(guide)s is on stand-by."),
    ),
    AssignmentTrigger.ACCEPT: _Words(
        N_("%(guide)s has said yes. You have entered it."),
        N_("%(guide)s has said yes. %(who)s has entered it."),
        N_("%(guide)s has said yes."),
    ),
    AssignmentTrigger.DECLINE: _Words(
        N_("%(guide)s has said no. You have entered it."),
        N_("%(guide)s has said no. %(who)s has entered it."),
        N_("%(guide)s has said no."),
    ),
    AssignmentTrigger.EXPIRE: _alike(N_("%(guide)s has not answered in time.")),
    AssignmentTrigger.WITHDRAW: _Words(
        N_("%(guide)s has called off. You have entered it."),
        N_("%(guide)s has called off. %(who)s has entered it."),
        N_("%(guide)s has called off."),
    ),
    AssignmentTrigger.COMPLETE: _alike(N_("The appointment with %(guide)s is over.")),
    AssignmentTrigger.TAKE: _alike(N_("%(guide)s has taken it from the board.")),
    AssignmentTrigger.REPORT_NO_SHOW: _alike(N_("%(guide)s did not come.")),
    AssignmentTrigger.UNDO_NO_SHOW: _Words(
        N_("You have entered that %(guide)s came after all."),
        N_("%(who)s has entered that %(guide)s came after all."),
        N_("%(guide)s came after all."),
    ),
    AssignmentTrigger.RELEASE: _alike(N_("What %(guide)s was asked for has changed.")),
}
_TAKEN_BACK = _Words(
    N_("You have taken back the question to %(guide)s."),
    N_("%(who)s has taken back the question to %(guide)s."),
    N_("The question to %(guide)s was taken back."),
)
_TAKEN_OFF = _Words(
    N_("You have taken %(guide)s off stand-by."),
    N_("%(who)s has taken %(guide)s off stand-by."),
    N_("%(guide)s is no longer on stand-by."),
)
_CALLED_OFF = _Words(
    N_("You have called off the appointment with %(guide)s."),
    N_("%(who)s has called off the appointment with %(guide)s."),
    N_("The appointment with %(guide)s was called off."),
)
# Told already by what was done with the guides.
_SILENT = frozenset({RequestTrigger.OFFER})


def is_told(one: Happening) -> bool:
    """Say whether an entry tells something that no other entry tells."""
    if one.event is AuditEvent.CREATED and one.subject is Subject.REQUEST:
        return False
    return not (one.subject is Subject.REQUEST and one.trigger in _SILENT)


def sentence(one: Happening, reader: int | None) -> str:
    """Tell what happened; the reader is the account with this id."""
    words = _words(one)
    if one.changed:
        fields = ", ".join(gettext(label(field)) for field in one.changed)
        return gettext("The request was changed: %(fields)s.", fields=fields)
    if words is None:
        return gettext(label(one.event))
    guide = one.guide_name or gettext("a person")
    if one.actor_kind is not ActorKind.ACCOUNT:
        return _told(words.others, guide=guide)
    if one.account_id is not None and one.account_id == reader:
        return _told(words.you, guide=guide)
    return _told(words.colleague, guide=guide, who=one.actor_name or gettext("The office"))


def _told(msgid: str, **names: str) -> str:
    return gettext(msgid, **names)


def _words(one: Happening) -> _Words | None:
    if one.event is not AuditEvent.STATUS or one.trigger is None:
        return None
    if one.subject is Subject.REQUEST:
        return _OF_REQUEST.get(RequestTrigger(one.trigger))
    trigger = AssignmentTrigger(one.trigger)
    if one.source == AssignmentStatus.STANDBY and trigger is AssignmentTrigger.CANCEL:
        return _TAKEN_OFF
    if trigger is AssignmentTrigger.CANCEL:
        return _CALLED_OFF if one.source == AssignmentStatus.CONFIRMED else _TAKEN_BACK
    return _OF_ASSIGNMENT.get(trigger)
