"""The messages of the office; without a mail server, also the mails themselves with their links."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import cast

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from lotsen.domain.vocabulary import OutboxStatus
from lotsen.errors import NotFound
from lotsen.labels import label
from lotsen.models import OutboxMessage
from lotsen.queries import outbox as query
from lotsen.web.context import gettext, work
from lotsen.web.coordinators.base import PAGE_SIZE, blueprint, pages, pool_id
from lotsen.web.permissions import Permission, actor, requires

_HIDDEN_LINK = re.compile(r"\S*~token:\d+~\S*")
_LINK = re.compile(r"https?://[^\s<>\"]+")


@blueprint.get("/postausgang")
@requires(Permission.SEE_OUTBOX)
def outbox() -> ResponseReturnValue:
    """List the messages, the newest first."""
    asked = request.args.get("stand", "")
    status = OutboxStatus(asked) if asked in set(OutboxStatus) else None
    with work(actor()) as uow:
        counts = query.counts(uow.session, pool_id())
        total = sum(counts.values()) if status is None else counts.get(status, 0)
        page = pages(total, stand="" if status is None else status.value)
        rows = query.rows(uow.session, pool_id(), status, offset=page.offset, limit=PAGE_SIZE)
    shown: list[tuple[OutboxStatus | None, str, int]] = [(None, gettext("All"), sum(counts.values()))]
    shown += [(one, gettext(label(one)), counts[one]) for one in OutboxStatus if counts.get(one)]
    tabs = [
        {
            "label": title,
            "url": url_for(".outbox", stand=one),
            "count": count,
            "current": one is status,
        }
        for one, title, count in shown
    ]
    return render_template("coordinators/outbox.html", tabs=tabs, rows=rows, page=page)


@blueprint.get("/postausgang/<int:message_id>")
@requires(Permission.SEE_OUTBOX)
def message(message_id: int) -> ResponseReturnValue:
    """Show one message; its links only where it never left this installation."""
    with work(actor()) as uow:
        found = query.find(uow.session, pool_id(), message_id)
        file = _file(found)
        return render_template(
            "coordinators/message.html",
            message=found,
            lines=(
                _HIDDEN_LINK.sub(f"[{gettext('Link')}]", found.text_body).splitlines()
                if file is None
                else _with_links(file.read_bytes())
            ),
            in_files=_folder() is not None,
            is_mail=file is not None,
        )


@blueprint.get("/postausgang/<int:message_id>/mail.eml")
@requires(Permission.SEE_OUTBOX)
def message_file(message_id: int) -> ResponseReturnValue:
    """Return the mail as the file that was written instead of sending it."""
    with work(actor()) as uow:
        file = _file(query.find(uow.session, pool_id(), message_id))
        if file is None:
            raise NotFound("mail file")
    return Response(
        file.read_bytes(),
        mimetype="message/rfc822",
        headers={"Content-Disposition": f"attachment; filename=mail-{message_id}.eml"},
    )


def _folder() -> Path | None:
    return cast("Path | None", current_app.extensions["lotsen_mail_folder"])


def _file(found: OutboxMessage) -> Path | None:
    folder = _folder()
    file = None if folder is None else folder / f"{found.dedup_key}.eml"
    return file if file is not None and file.is_file() else None


def _with_links(content: bytes) -> list[Markup]:
    """Return the text of a mail, line by line, with links that can be followed."""
    body = message_from_bytes(content, policy=default).get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    return [_linked(line) for line in text.splitlines()]


def _linked(line: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in _LINK.finditer(line):
        parts += [escape(line[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(found.group())]
        end = found.end()
    return Markup().join([*parts, escape(line[end:])])
