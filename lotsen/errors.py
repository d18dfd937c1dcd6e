"""Every error that lotsen raises on purpose; only `web.errors` knows what HTTP makes of them."""

from collections.abc import Mapping


class LotsenError(Exception):
    """Root of all errors that carry a meaning for the people who use lotsen."""


class NotFound(LotsenError):
    """The object does not exist, or not for this actor."""


class NotAllowed(LotsenError):
    """The actor lacks the permission."""


class Throttled(LotsenError):
    """Too many tries; `seconds` says when the next one may come."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class WrongCredentials(LotsenError):
    """E-mail and password do not belong together."""


class LinkInvalid(LotsenError):
    """The link's token was never issued, or was altered on its way."""


class LinkEnded(LotsenError):
    """The link's token was good once; `token_id` lets its owner ask for a new one."""

    def __init__(self, token_id: int) -> None:
        super().__init__("link ended")
        self.token_id = token_id


class Conflict(LotsenError):
    """Somebody else was faster; the state in the message is the true one now."""


class StaleIndex(Conflict):
    """The guides have changed since they were ranked, or since the index was built."""


class WrongState(Conflict):
    """A trigger does not apply in the present state."""

    def __init__(self, subject: str, status: str, trigger: str) -> None:
        super().__init__(f"{subject} is {status}: {trigger} does not apply")
        self.subject = subject
        self.status = status
        self.trigger = trigger


class GuideTaken(Conflict):
    """The guide was asked or booked for an overlapping time a moment ago."""


class NoLongerFits(Conflict):
    """The guide no longer meets the hard rules; `codes` names the reasons."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


class Invalid(LotsenError):
    """Input that breaks a rule; `fields` maps a field's name to a msgid."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = dict(fields)


class SettingInvalid(LotsenError):
    """A setting's value lies outside its range."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name} = {value!r}: allowed is {allowed}")
        self.name = name
        self.value = value
        self.allowed = allowed


class ConfigInvalid(LotsenError):
    """An environment variable cannot be used as it is."""


class UnknownLanguage(LotsenError):
    """No entry of the language catalogue has this code."""


class GuardMissing(LotsenError):
    """The database lacks the guard against overlapping appointments."""


class TemporaryFailure(LotsenError):
    """The mail server did not take the message now; later it may."""


class ChannelDown(TemporaryFailure):
    """The mail server takes nothing from this installation at present, whatever the message."""


class PermanentFailure(LotsenError):
    """The mail server will never take this message for this address."""


class HoursInvalid(LotsenError):
    """Reported hours that cannot be true; `problem` says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
