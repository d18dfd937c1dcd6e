"""The list of requests, in tabs."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lotsen import i18n
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import AssignmentStatus, InboxTab, RequestStatus
from lotsen.i18n import N_
from lotsen.labels import label
from lotsen.queries import inbox as query
from lotsen.web.context import gettext, locale, ngettext, office, work
from lotsen.web.coordinators.base import PAGE_SIZE, blueprint, pages, pool_id
from lotsen.web.permissions import Permission, actor, requires

_TABS = {
    InboxTab.TO_DO: ("zu-tun", N_("To do")),
    InboxTab.WAITING: ("wartet", N_("Waiting")),
    InboxTab.CONFIRMED: ("bestaetigt", N_("Confirmed")),
    InboxTab.NOBODY: ("niemand-frei", N_("Nobody free")),
    InboxTab.DONE: ("erledigt", N_("Done")),
}
_BY_SLUG = {slug: tab for tab, (slug, _) in _TABS.items()}


@dataclass(frozen=True, slots=True)
class Tag:
    """A state in words, and how loud it is."""

    text: str
    kind: str = "neutral"


@blueprint.get("/")
@requires(Permission.SEE_REQUESTS)
def start() -> ResponseReturnValue:
    """Lead to the list of requests."""
    return redirect(url_for(".inbox"))


@blueprint.get("/anfragen")
@requires(Permission.SEE_REQUESTS)
def inbox() -> ResponseReturnValue:
    """List the requests of one tab."""
    slug = request.args.get("stand", _TABS[InboxTab.TO_DO][0])
    if slug not in _BY_SLUG:
        abort(404)
    tab = _BY_SLUG[slug]
    with work(actor()) as uow:
        counts = query.counts(uow.session, pool_id())
        page = pages(counts[tab], stand=slug)
        rows = query.rows(uow.session, pool_id(), tab, offset=page.offset, limit=PAGE_SIZE)
        next_deadline = None if rows else query.next_deadline(uow.session, pool_id())
        now = uow.now
    zone = ZoneInfo(office(pool_id()).zone)
    return render_template(
        "coordinators/inbox.html",
        tabs=[
            {
                "label": gettext(title),
                "url": url_for(".inbox", stand=path),
                "count": counts[one],
                "current": one is tab,
            }
            for one, (path, title) in _TABS.items()
        ],
        tab=tab,
        title=gettext(_TABS[tab][1]),
        rows=[(row, tags_of(row, now, zone)) for row in rows],
        page=page,
        next_deadline=next_deadline,
    )


def tags_of(row: query.Row, now: datetime, zone: ZoneInfo) -> list[Tag]:
    """Say where a request stands, and how pressing it is."""
    tags: list[Tag] = []
    if row.urgent and row.status in (RequestStatus.OPEN, RequestStatus.OFFERED):
        tags.append(Tag(gettext("urgent"), "error"))
    if row.status is RequestStatus.OPEN:
        tags += [_deadline(row.due_at, now, zone), *_partly(row)]
    elif row.status is RequestStatus.OFFERED:
        tags.append(_awaited(row, now, zone))
    elif row.status is RequestStatus.CONFIRMED:
        tags.append(Tag(_names(row, AssignmentStatus.CONFIRMED), "success"))
    elif row.status is RequestStatus.COMPLETED:
        tags.append(Tag(gettext(label(row.status)), "success"))
    elif row.unfilled_reason is not None:
        tags.append(Tag(gettext(label(row.unfilled_reason)), "warning"))
    else:
        tags.append(Tag(gettext(label(row.status))))
    return tags


def _deadline(due_at: datetime | None, now: datetime, zone: ZoneInfo) -> Tag:
    if due_at is None:
        return Tag(gettext(label(RequestStatus.OPEN)))
    if due_at <= now:
        return Tag(gettext("overdue"), "error")
    days = (local_day(due_at, zone) - local_day(now, zone)).days
    if not days:
        return Tag(gettext("due today"), "warning")
    text = ngettext("%(num)s day left", "%(num)s days left", days)
    return Tag(text, "warning" if days == 1 else "info")


def _partly(row: query.Row) -> list[Tag]:
    """Say how far a request for several people has come."""
    if row.guides_needed == 1:
        return []
    agreed = sum(one.status is AssignmentStatus.CONFIRMED for one in row.involved)
    return [Tag(gettext("%(agreed)s of %(needed)s people agreed", agreed=agreed, needed=row.guides_needed))]


def _awaited(row: query.Row, now: datetime, zone: ZoneInfo) -> Tag:
    names = _names(row, AssignmentStatus.OFFERED)
    if row.answer_by is None:
        return Tag(names)
    if row.answer_by <= now:
        return Tag(gettext("%(names)s: no answer in time", names=names), "warning")
    until = i18n.day_and_time_short(row.answer_by, locale(), zone)
    return Tag(gettext("%(names)s: answer by %(moment)s", names=names, moment=until), "info")


def _names(row: query.Row, status: AssignmentStatus) -> str:
    return ", ".join(one.name for one in row.involved if one.status is status)
