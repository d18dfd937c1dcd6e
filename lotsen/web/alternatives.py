"""Says in the page's language which small change would help, and how good the chance of a request is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from lotsen import i18n
from lotsen.domain.vocabulary import ChanceBand, ChangeKind, Level, ReasonCode, WishKind
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.matching.alternatives import Alternative, Change
from lotsen.matching.chance import Chance
from lotsen.matching.profiles import Window
from lotsen.web.context import gettext, locale, ngettext
from lotsen.web.reasons import Place

Pools = Mapping[int, str]

_PLAIN = {
    ChangeKind.FURTHER: N_("if somebody goes one district further"),
    ChangeKind.PHONE: N_("by phone"),
    ChangeKind.VIDEO: N_("by video"),
}
_WISHES = {
    WishKind.GENDER: N_("if a woman or a man is only a wish"),
    WishKind.GUIDE: N_("if another person may come too"),
    WishKind.NOT_GUIDE: N_("if this person may come too"),
}
_BANDS = {
    ChanceBand.SEVERAL: N_("Several people could come then."),
    ChanceBand.FEW: N_("Only a few people could come then."),
    ChanceBand.NOBODY: N_("So far we see hardly anybody for this."),
}
_REASONS = {
    ReasonCode.LANGUAGE: N_("Hardly anybody in the team speaks this language."),
    ReasonCode.LANGUAGE_LEVEL: N_("Most speak the language less well than you ask for."),
    ReasonCode.GERMAN_LEVEL: N_("Most speak German less well than you ask for."),
    ReasonCode.MODE: N_("Most do not work in this way."),
    ReasonCode.DISTRICT: N_("For most the way is too far."),
    ReasonCode.NOT_AVAILABLE: N_("Most are not free at this time."),
    ReasonCode.CREDENTIAL: N_("Most still lack a proof that you need."),
    ReasonCode.WISH_GENDER: N_("Most do not match your wish for a woman or a man."),
    ReasonCode.WISH_GUIDE: N_("The person whom you wish for cannot come then."),
    ReasonCode.NOTICE: N_("The appointment is too soon for most."),
}


def alternative(one: Alternative, place: Place, pools: Pools) -> str:
    """Say what would have to change and how many more people could come then."""
    return ngettext(
        "%(change)s: %(num)s more person could come.",
        "%(change)s: %(num)s more people could come.",
        one.opens,
        change=changes(one, place, pools),
    )


def changes(one: Alternative, place: Place, pools: Pools) -> str:
    """Say what would have to change, without a full stop."""
    said = [_CHANGES[change.kind](change, place, pools) for change in one.changes]
    if len(said) == 1:
        return said[0]
    return gettext("%(one)s, and %(other)s", one=said[0], other=said[1])


def chance(one: Chance, place: Place, pools: Pools) -> list[str]:
    """Say how good the chance is; where it is low, why, and what would help best."""
    said = verdict(one)
    if one.best is not None:
        said.append(gettext("This would help: %(change)s.", change=changes(one.best, place, pools)))
    return said


def verdict(one: Chance) -> list[str]:
    """Say how good the chance is, and where it is low, why."""
    said = [gettext(_BANDS[one.band])]
    if one.reason is not None and one.reason in _REASONS:
        said.append(gettext(_REASONS[one.reason]))
    return said


def offer(one: Alternative, windows: Sequence[Window], place: Place) -> str:
    """Say a change of a request with these windows, and how many people could come then."""
    return ngettext(
        "%(change)s: %(num)s person",
        "%(change)s: %(num)s people",
        one.count,
        change=_later(one.changes[0], windows) or changes(one, place, {}),
    )


def _later(change: Change, windows: Sequence[Window]) -> str | None:
    """Say a shift within a day as "30 minutes later"; None for other changes."""
    if change.kind is not ChangeKind.SHIFTED or change.window is None or change.window_index is None:
        return None
    if change.window_index >= len(windows):
        return None
    moved = change.window.start - windows[change.window_index].start
    length = i18n.minutes_in_words(abs(moved) // timedelta(minutes=1), locale())
    if moved > timedelta(0):
        return gettext("%(length)s later", length=length)
    return gettext("%(length)s earlier", length=length)


def _time(change: Change, place: Place, _pools: Pools) -> str:
    if change.window is None:
        return ""
    return i18n.span(change.window.start, change.window.end, locale(), place.zone)


def _shorter(change: Change, _place: Place, _pools: Pools) -> str:
    minutes = 0 if change.window is None else change.window.minutes
    return gettext("only %(length)s long", length=i18n.minutes_in_words(minutes, locale()))


def _level(change: Change, _place: Place, _pools: Pools) -> str:
    return gettext("if level %(level)s is enough", level=_level_name(change.level))


def _german(change: Change, _place: Place, _pools: Pools) -> str:
    return gettext("if German at level %(level)s is enough", level=_level_name(change.level))


def _level_name(level: Level | None) -> str:
    return "" if level is None else gettext(label(level))


def _wish(change: Change, _place: Place, _pools: Pools) -> str:
    return gettext(_WISHES[change.wish or WishKind.GUIDE])


def _substitute(change: Change, _place: Place, _pools: Pools) -> str:
    names = ", ".join(i18n.language_name(code, locale()) for code in change.languages)
    return gettext("if a related language is enough (%(languages)s)", languages=names)


def _pool(change: Change, _place: Place, pools: Pools) -> str:
    return gettext("with help from %(pool)s", pool=pools.get(change.pool_id or 0, ""))


def _plain(change: Change, _place: Place, _pools: Pools) -> str:
    return gettext(_PLAIN[change.kind])


_CHANGES: dict[ChangeKind, Callable[[Change, Place, Pools], str]] = {
    ChangeKind.SHIFTED: _time,
    ChangeKind.OTHER_DAY: _time,
    ChangeKind.SHORTER: _shorter,
    ChangeKind.LOWER_LEVEL: _level,
    ChangeKind.LOWER_GERMAN: _german,
    ChangeKind.WISH: _wish,
    ChangeKind.FURTHER: _plain,
    ChangeKind.SUBSTITUTE: _substitute,
    ChangeKind.PHONE: _plain,
    ChangeKind.VIDEO: _plain,
    ChangeKind.OTHER_POOL: _pool,
}
