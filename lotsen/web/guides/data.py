"""A guide's right to a copy of all own data, and to have them deleted."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lotsen.i18n import N_
from lotsen.labels import SHOWN
from lotsen.queries import own_data
from lotsen.services import self_service
from lotsen.services.guide_sessions import guide_id
from lotsen.web import filters
from lotsen.web.context import gettext, work
from lotsen.web.guides import week_words
from lotsen.web.guides.blueprint import blueprint
from lotsen.web.guides.own import me
from lotsen.web.permissions import Permission, actor, requires

# Sections and values without a name here show that of the database.
_SECTIONS: Final[Mapping[str, str]] = {
    "guide": N_("Your record"),
    "guide_language": N_("Languages"),
    "guide_district": N_("Districts"),
    "weekly_availability": N_("Free every week"),
    "extra_availability": N_("Also free"),
    "absence": N_("Away"),
    "credential": N_("Proofs"),
    "guide_conflict": N_("For what we do not ask you"),
    "login_session": N_("Devices"),
    "assignment": N_("Appointments"),
    "service_report": N_("Hours"),
    "feedback": N_("Feedback"),
    "outbox_message": N_("E-mails to you"),
    "audit_entry": N_("History"),
}
_VALUES: Final[Mapping[str, str]] = {
    "name": N_("Name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "phone_shared": N_("The institution may have the phone number"),
    "locale": N_("Language of the e-mails"),
    "gender": N_("Woman or man"),
    "status": N_("State"),
    "paused_until": N_("Takes a break until"),
    "german_level": N_("Level of German"),
    "home_district": N_("Lives in"),
    "reach_hops": N_("How many districts further?"),
    "on_site": N_("On site"),
    "by_phone": N_("By phone"),
    "by_video": N_("By video"),
    "minutes_per_week": N_("Minutes in a week, at most"),
    "minutes_per_month": N_("Minutes in a month, at most"),
    "asks_per_week": N_("Questions in a week, at most"),
    "notice_hours": N_("Wants to know how many hours before?"),
    "notes": N_("Notes of the office"),
    "quiet_from": N_("No messages from"),
    "quiet_until": N_("No messages until"),
    "deletion_asked_at": N_("Deletion asked for"),
    "created_at": N_("Entered on"),
    "language": N_("Language"),
    "level": N_("Level"),
    "approved": N_("Checked by the office"),
    "wanted_level": N_("Level that is not checked yet"),
    "weekday": N_("Day of the week"),
    "on": N_("Day"),
    "starts_at": N_("From"),
    "ends_at": N_("To"),
    "first_on": N_("First day"),
    "last_on": N_("Last day"),
    "kind": N_("Kind"),
    "issued_on": N_("Date of the proof"),
    "seen_on": N_("Seen on"),
    "seen_by": N_("Seen by"),
    "valid_until": N_("Valid until"),
    "device": N_("Device"),
    "last_seen_at": N_("Last used"),
    "expires_at": N_("Ends at"),
    "revoked_at": N_("Signed out at"),
    "offered_at": N_("Asked at"),
    "answered_at": N_("Answered at"),
    "decline_reason": N_("Reason for the no"),
    "reference": N_("Request"),
    "occasion": N_("Occasion"),
    "institution": N_("Institution"),
    "sent_at": N_("Sent at"),
    "subject": N_("About"),
    "at": N_("When"),
    "event": N_("What"),
    "trigger": N_("Step"),
}


@blueprint.get("/profil/daten")
@requires(Permission.OWN_RECORD)
def data() -> ResponseReturnValue:
    """Offer the copy and the deletion."""
    with work(actor()) as uow:
        return render_template("guides/data.html", asked_at=me(uow).deletion_asked_at)


@blueprint.post("/profil/daten/lesen")
@requires(Permission.OWN_RECORD)
def read_data() -> ResponseReturnValue:
    """Show all own data as a page."""
    with work(actor()) as uow:
        self_service.note_export(uow)
        found = own_data.of_guide(uow.session, guide_id(uow))
        zone = uow.pool().zone
    sections = [
        (
            gettext(_SECTIONS[name]) if name in _SECTIONS else name,
            [[(_label(key), _words(key, value, zone)) for key, value in row.items()] for row in rows],
        )
        for name, rows in found.items()
        if rows
    ]
    return render_template("guides/data_page.html", sections=sections)


@blueprint.post("/profil/daten/datei")
@requires(Permission.OWN_RECORD)
def download_data() -> ResponseReturnValue:
    """Hand out all own data as a file that other programs read."""
    with work(actor()) as uow:
        self_service.note_export(uow)
        found = own_data.of_guide(uow.session, guide_id(uow))
    body = json.dumps(found, ensure_ascii=False, indent=1, default=_plain)
    disposition = "attachment; filename=lotsen.json"
    return Response(body, mimetype="application/json", headers={"Content-Disposition": disposition})


@blueprint.post("/profil/loeschung")
@requires(Permission.OWN_RECORD)
def ask_for_deletion() -> ResponseReturnValue:
    """Tell the office that all data should go."""
    with work(actor()) as uow:
        self_service.ask_for_deletion(uow)
    flash(gettext("The office has got your wish. It writes to you."), "success")
    return redirect(url_for(".data"), 303)


@blueprint.post("/profil/loeschung/zurueck")
@requires(Permission.OWN_RECORD)
def take_back_deletion() -> ResponseReturnValue:
    """Take the wish back."""
    with work(actor()) as uow:
        self_service.take_back_deletion(uow)
    flash(gettext("We keep your data."), "success")
    return redirect(url_for(".data"), 303)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _label(key: str) -> str:
    return gettext(_VALUES[key]) if key in _VALUES else key


def _words(key: str, value: object, zone: str) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return filters.moment(value, zone)
    if isinstance(value, date):
        return filters.day(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, StrEnum):
        return filters.word(value) if type(value) in SHOWN else value.value
    if key == "weekday":
        return week_words.days()[int(str(value))][2]
    return filters.language_name(str(value)) if key == "language" else str(value)
