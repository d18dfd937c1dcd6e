"""Settings are changed all together or not at all, and the history knows which."""

import pytest
from sqlalchemy import Engine, select

from lotsen.domain.vocabulary import AuditEvent, Subject
from lotsen.errors import NotFound, SettingInvalid
from lotsen.models import AuditEntry
from lotsen.services import settings
from lotsen.services.unit_of_work import SYSTEM
from tests.factories import add_pool, bootstrap


def test_settings_change_together_and_the_history_names_them(engine: Engine) -> None:
    shared = bootstrap(engine)
    with shared.begin(SYSTEM) as uow:
        pool = add_pool(uow)
        before = dict(pool.settings)
        changed = settings.change(uow, pool.id, {"lead_working_days": 7, "office_hours": "Montag"})
        assert changed == ("lead_working_days", "office_hours")
        assert settings.change(uow, pool.id, {"lead_working_days": 7}) == ()
    with shared.begin(SYSTEM) as uow:
        assert uow.settings(pool.id).lead_working_days == 7
        with pytest.raises(SettingInvalid):
            settings.change(uow, pool.id, {"office_hours": "nie", "lead_working_days": 99})
        with pytest.raises(SettingInvalid):
            settings.change(uow, pool.id, {}, back=["no_such"])
        with pytest.raises(NotFound):
            settings.change(uow, 99, {"lead_working_days": 7})
        assert settings.change(uow, pool.id, {}, back=["lead_working_days"]) == ("lead_working_days",)
    with shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.pool(pool.id).settings == before | {"office_hours": "Montag"}
        found = select(AuditEntry).where(
            AuditEntry.subject == Subject.POOL, AuditEntry.event == AuditEvent.CHANGED
        )
        names = [one.data for one in uow.session.scalars(found.order_by(AuditEntry.id))]
        assert names == [{"names": ["lead_working_days", "office_hours"]}, {"names": ["lead_working_days"]}]


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lead_working_days", "7", 7),
        ("plan_fairness", "false", False),
        ("out_of_scope", '["Umzüge"]', ["Umzüge"]),
        ("office_name", "7", "7"),
        ("quiet_from", "20:30", "20:30"),
        ("no_such", "x", "x"),
    ],
)
def test_what_is_typed_is_read_by_its_kind(name: str, text: str, value: object) -> None:
    assert settings.typed(name, text) == value


@pytest.mark.only_db("sqlite")
@pytest.mark.parametrize("name", ["lead_working_days", "out_of_scope"])
def test_what_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        settings.typed(name, "Umzüge")
