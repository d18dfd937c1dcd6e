"""Loads an invented town in full work: guides, institutions, requests in every state, two accounts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Final, cast

from sqlalchemy import select, update

from lotsen import reference
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import GuideStatus, InstitutionKind, OutboxStatus, Role
from lotsen.errors import Conflict
from lotsen.models import Guide, Institution, OutboxMessage, Pool
from lotsen.reference.presets import preset
from lotsen.services import accounts, demo_stories, guide_list, guides, institutions, pools
from lotsen.services.demo_plan import InstitutionEntry, Planner, RequestEntry
from lotsen.services.guide_list import Reading
from lotsen.services.unit_of_work import UnitOfWork

COORDINATOR_EMAIL: Final = "koordination@lotsen-demo.example"
ADMIN_EMAIL: Final = "leitung@lotsen-demo.example"

_PRESET: Final = "neuss"
_GUIDES: Final = "guides.csv"
# The day on which the dates of the guides' proofs were written; they move on with the calendar.
_WRITTEN_ON: Final = date(2026, 11, 22)
_ABSENT: Final = {
    "joao.exemplo@lotsen-demo.example": (3, 17),
    "dragana.primeric@lotsen-demo.example": (-2, 6),
    "hiwa.nimuna@lotsen-demo.example": (20, 34),
    "grace.ejima@lotsen-demo.example": (10, 10),
}
_PAUSED: Final = "linh.vidu@lotsen-demo.example"
_PAUSED_DAYS: Final = 40
_OLD_MAIL: Final = timedelta(hours=20)
# No letters that look alike, in groups that can be read out.
_LETTERS: Final = "abcdefghkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """An account of the demo with its password, which is kept nowhere else."""

    email: str
    password: str
    role: Role


def load(uow: UnitOfWork) -> tuple[DemoSignIn, ...]:
    """Load the demo in this one transaction, all or nothing; Conflict if there are guides already.

    Mails of the past are marked as sent, so that nobody gets them; those of the last hours wait.
    """
    pool = pools.create_pool(uow, preset(_PRESET))
    if uow.session.scalar(select(Guide.id).limit(1)) is not None:
        raise Conflict("the demo needs a database without guides")
    today = local_day(uow.now, uow.zone(pool.id))
    _load_guides(uow, pool, today)
    sign_ins = (DemoSignIn(COORDINATOR_EMAIL, _password(), Role.COORDINATOR),)
    sign_ins += (DemoSignIn(ADMIN_EMAIL, _password(), Role.ADMIN),)
    names = ("Maria Muster-Koordination", "Lena Muster-Leitung")
    account_ids = [
        accounts.create_coordinator(uow, one.email, name, one.password, pool.id, one.role).id
        for one, name in zip(sign_ins, names, strict=True)
    ]
    _load_requests(uow, pool, today, account_ids[0])
    _settle_old_mail(uow)
    return sign_ins


def _load_guides(uow: UnitOfWork, pool: Pool, today: date) -> None:
    content = files(reference).joinpath("demo", _GUIDES).read_bytes()
    districts = pools.district_names(uow, pool.id)
    reading = guide_list.read(_GUIDES, content, reference.catalogue(), districts, _WRITTEN_ON)
    guide_list.import_guides(uow, pool.id, _moved(reading, today - _WRITTEN_ON))
    ids = dict(uow.session.execute(select(Guide.email, Guide.id).where(Guide.pool_id == pool.id)).all())
    for email, (first, last) in _ABSENT.items():
        guides.add_absence(uow, ids[email], today + timedelta(days=first), today + timedelta(days=last))
    paused = uow.session.get_one(Guide, ids[_PAUSED])
    until = today + timedelta(days=_PAUSED_DAYS)
    record = replace(guides.as_input(paused), status=GuideStatus.PAUSED, paused_until=until)
    guides.update_guide(uow, paused.id, record, paused.version)


def _moved(reading: Reading, by: timedelta) -> Reading:
    rows = (
        replace(row, proofs=tuple((kind, day + by) for kind, day in row.proofs)) for row in reading.guides
    )
    return replace(reading, rows=(*rows, *reading.errors))


def _load_requests(uow: UnitOfWork, pool: Pool, today: date, account_id: int) -> None:
    entries = cast(Mapping[str, InstitutionEntry], reference.read_toml("demo/institutions.toml"))
    requests = cast(list[RequestEntry], reference.read_toml("demo/requests.toml")["requests"])
    planner = Planner(uow, pool.id, today)
    for entry in entries.values():
        _add_institution(uow, pool, entry, planner.districts[entry["district"]])
    scenes: list[demo_stories.Scene] = []
    for number, entry in enumerate(requests):
        institution = entries[entry["institution"]]
        kind, place = InstitutionKind(institution["kind"]), entry.get("district", institution["district"])
        plan = planner.plan(entry, kind, place, demo_stories.guides_asked(entry))
        scenes.append(demo_stories.Scene(uow, planner, number, entry, institution, plan, account_id))
    demo_stories.run(demo_stories.tell(scene) for scene in scenes)


def _add_institution(uow: UnitOfWork, pool: Pool, entry: InstitutionEntry, district_id: int) -> None:
    contact = institutions.contact_for(
        uow,
        pool.id,
        institution_name=entry["name"],
        kind=InstitutionKind(entry["kind"]),
        unit=entry["unit"],
        name=entry["contact"],
        email=entry["email"],
        phone=entry["phone"],
        locale=entry.get("locale", "de"),
    )
    institution = uow.session.get_one(Institution, contact.institution_id)
    institution.district_id, institution.address = district_id, entry["address"]


def _settle_old_mail(uow: UnitOfWork) -> None:
    uow.session.flush()
    uow.session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.status == OutboxStatus.WAITING,
            OutboxMessage.created_at < uow.now - _OLD_MAIL,
            OutboxMessage.next_attempt_at <= uow.now,
        )
        .values(status=OutboxStatus.SENT, attempts=1, sent_at=OutboxMessage.next_attempt_at)
        .execution_options(synchronize_session=False)
    )


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
