"""A guide's record is changed by one at a time, and the history learns what, never to what."""

from collections.abc import Generator
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import (
    AuditEvent,
    CredentialKind,
    Gender,
    GuideStatus,
    Level,
    Subject,
)
from lotsen.errors import Conflict, Invalid, NotFound
from lotsen.models import AuditEntry, Guide, GuideLanguage
from lotsen.services import guides
from lotsen.services.guides import GuideInput, Proof
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import add_pool, bootstrap, district, office

ANNA = GuideInput(
    name=" Anna  Muster ",
    email="Anna@Lotsen.Example",
    phone="+49 221 4710131",
    languages=(("fr", Level.B2), ("ar", Level.NATIVE)),
    weekly=(WeeklyTime(1, time(9), time(12)), WeeklyTime(0, time(8), time(12))),
    credentials=(Proof(CredentialKind.CONFIDENTIALITY, date(2026, 1, 5), date(2026, 1, 5)),),
)


@pytest.fixture
def uow(engine: Engine) -> Generator[UnitOfWork]:
    with bootstrap(engine).begin(SYSTEM) as unit:
        yield unit


@pytest.fixture
def pool_id(uow: UnitOfWork) -> int:
    return add_pool(uow).id


def changes_of(uow: UnitOfWork, guide: Guide) -> list[AuditEntry]:
    """Return the history of a guide."""
    return list(
        uow.session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == Subject.GUIDE, AuditEntry.subject_id == guide.id)
            .order_by(AuditEntry.id)
        )
    )


def test_a_new_guide_is_kept_clean_and_in_order(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    uow.session.expire_all()
    kept = guides.as_input(guide)
    assert (kept.name, kept.email, kept.phone) == ("Anna Muster", "anna@lotsen.example", "0221 4710131")
    assert kept.languages == (("ar", Level.NATIVE), ("fr", Level.B2))
    assert [one.weekday for one in kept.weekly] == [0, 1]
    assert kept.credentials == ANNA.credentials
    assert [one.event for one in changes_of(uow, guide)] == [AuditEvent.CREATED]


def test_the_history_names_fields_and_no_values(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    home = district(uow, pool_id, "07")
    data = replace(
        guides.as_input(guide),
        name="Anna Neu",
        gender=Gender.FEMALE,
        home_district_id=home,
        reach_hops=2,
        district_ids=(district(uow, pool_id, "01"), home),
        languages=(("ar", Level.C2), ("so", Level.C1)),
        weekly=(WeeklyTime(0, time(8), time(12)), WeeklyTime(4, time(18), time(0))),
        status=GuideStatus.PAUSED,
        paused_until=date(2027, 1, 31),
    )
    assert guides.update_guide(uow, guide.id, data, seen_version=1)
    uow.session.expire_all()
    assert guides.as_input(guide) == data
    assert guide.version == 2
    entry = changes_of(uow, guide)[-1]
    assert entry.event is AuditEvent.CHANGED
    assert set(entry.data["fields"]) == {
        "name", "gender", "home_district_id", "reach_hops", "district_ids", "languages", "weekly", "status",
        "paused_until",
    }  # fmt: skip
    assert "Neu" not in str(entry.data)


def test_nothing_changed_is_no_change(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    assert not guides.update_guide(uow, guide.id, ANNA, seen_version=1)
    assert guide.version == 1
    assert len(changes_of(uow, guide)) == 1


def test_a_language_that_stays_keeps_its_approval(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    row = uow.session.scalars(select(GuideLanguage).where(GuideLanguage.language == "fr")).one()
    row.approved = False
    data = replace(ANNA, languages=(("fr", Level.C1), ("en", Level.B2)))
    guides.update_guide(uow, guide.id, data, seen_version=1)
    uow.session.expire_all()
    assert {one.language: (one.level, one.approved) for one in guide.languages} == {
        "fr": (Level.C1, False),
        "en": (Level.B2, True),
    }


def test_who_saw_an_older_version_is_told(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    guides.update_guide(uow, guide.id, replace(ANNA, notes="Ruft gern zurück."), seen_version=1)
    with pytest.raises(Conflict):
        guides.update_guide(uow, guide.id, replace(ANNA, name="Anna Spät"), seen_version=1)


def test_the_guides_of_another_pool_are_not_there(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    stranger = replace(uow, actor=office(pool_id + 1))
    with pytest.raises(NotFound):
        guides.update_guide(stranger, guide.id, ANNA, seen_version=1)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": "", "email": "x", "phone": "12"}, {"name", "email", "phone"}),
        ({"name": "A\u202eB"}, {"name"}),
        ({"languages": ()}, {"languages"}),
        ({"languages": (("xx", Level.C1),)}, {"languages"}),
        ({"languages": (("ar", Level.C1), ("ar", Level.C2))}, {"languages"}),
        ({"reach_hops": 21, "asks_per_week": -1}, {"reach_hops", "asks_per_week"}),
        ({"notice_hours": 721}, {"notice_hours"}),
        ({"minutes_per_week": 10081}, {"minutes_per_week"}),
        ({"home_district_id": 99999}, {"home_district_id"}),
        ({"district_ids": (99999,)}, {"district_ids"}),
        ({"locale": "xx"}, {"locale"}),
        ({"paused_until": date(2027, 1, 1)}, {"paused_until"}),
        ({"credentials": (Proof(CredentialKind.QUALIFICATION, date(2030, 1, 1)),)}, {"credentials"}),
        (
            {"credentials": (Proof(CredentialKind.QUALIFICATION, date(2026, 1, 1), None, date(2025, 1, 1)),)},
            {"credentials"},
        ),
    ],
)  # fmt: skip
def test_each_wrong_field_is_named(uow: UnitOfWork, pool_id: int, changes: dict[str, Any], fields: set[str]):
    with pytest.raises(Invalid) as caught:
        guides.add_guide(uow, pool_id, replace(ANNA, **changes))
    assert set(caught.value.fields) == fields


def test_an_address_belongs_to_one_guide_of_the_pool(uow: UnitOfWork, pool_id: int):
    guides.add_guide(uow, pool_id, ANNA)
    with pytest.raises(Invalid) as caught:
        guides.add_guide(uow, pool_id, replace(ANNA, email="ANNA@lotsen.example"))
    assert set(caught.value.fields) == {"email"}


def test_an_absence_is_noted(uow: UnitOfWork, pool_id: int):
    guide = guides.add_guide(uow, pool_id, ANNA)
    guides.add_absence(uow, guide.id, date(2026, 12, 1), date(2026, 12, 24))
    assert [(one.first_on, one.last_on) for one in guide.absences] == [
        (date(2026, 12, 1), date(2026, 12, 24))
    ]
    with pytest.raises(Invalid):
        guides.add_absence(uow, guide.id, date(2026, 12, 2), date(2026, 12, 1))
