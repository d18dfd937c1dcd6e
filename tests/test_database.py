from datetime import UTC, datetime, timedelta, timezone
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from lotsen.database import transaction
from lotsen.domain.vocabulary import InstitutionKind
from lotsen.models import Heartbeat, Institution, Pool, ReferenceCounter

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def beat(name: str = "one", at: datetime = NOW) -> Heartbeat:
    return Heartbeat(name=name, beat_at=at)


def beats(engine: Engine) -> int:
    with transaction(engine, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Heartbeat)) or 0


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        NOW.astimezone(ZoneInfo("Europe/Berlin")),
        (NOW + timedelta(hours=1)).astimezone(ZoneInfo("Europe/Berlin")),
        NOW.astimezone(timezone(timedelta(hours=-5))),
    ],
)
def test_moments_come_back_as_aware_utc(engine: Engine, moment: datetime) -> None:
    with transaction(engine) as session:
        session.add(beat(at=moment))
    with transaction(engine, read_only=True) as session:
        kept = session.get_one(Heartbeat, "one").beat_at
        latest = session.scalars(select(func.max(Heartbeat.beat_at))).one()
    # Python calls an ambiguous wall time of another zone equal to nothing.
    assert kept == latest == moment.astimezone(UTC)
    assert kept.tzinfo is UTC


def test_both_hours_that_have_one_name_stay_apart(engine: Engine) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (
        datetime(2026, 10, 25, 2, 30, tzinfo=berlin),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin),
    )
    with transaction(engine) as session:
        session.add_all([beat("first", first), beat("second", second)])
    with transaction(engine, read_only=True) as session:
        found = session.scalars(select(Heartbeat.beat_at).order_by(Heartbeat.beat_at)).all()
    assert found[1] - found[0] == timedelta(hours=1)


def test_moments_without_zone_are_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="naive"), transaction(engine) as session:
        session.add(beat(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is what must be refused


def test_an_enum_column_admits_its_words_only(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(Pool(id=1, slug="p", name="P", created_at=NOW))
    with transaction(engine) as session:
        session.add(
            Institution(pool_id=1, kind=InstitutionKind.SCHOOL, name="S", name_key="s", created_at=NOW)
        )
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("UPDATE institution SET kind = 'SCHOOL'"))
    with transaction(engine, read_only=True) as session:
        assert session.scalars(select(Institution.kind)).one() is InstitutionKind.SCHOOL


def test_leaving_a_transaction_saves(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(beat())
    assert beats(engine) == 1


def fail_after_writing(session: Session) -> None:
    session.add(beat())
    session.flush()
    raise ZeroDivisionError


def test_an_error_undoes_everything(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as session:
        fail_after_writing(session)
    assert beats(engine) == 0


def test_a_reading_transaction_saves_nothing(engine: Engine) -> None:
    with transaction(engine, read_only=True) as session:
        session.add(beat())
        session.flush()
    assert beats(engine) == 0


def test_what_was_read_can_be_used_after_the_end(engine: Engine) -> None:
    with transaction(engine) as session:
        row = beat()
        session.add(row)
    assert row.name == "one"


def test_a_savepoint_undoes_its_part_only(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(beat("one"))
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text("INSERT INTO reference_counter (pool_id, year, last) VALUES (99, 2026, 1)"))
        session.add(beat("two"))
    assert beats(engine) == 2
    with transaction(engine, read_only=True) as session:
        assert not session.scalars(select(ReferenceCounter)).all()


@pytest.mark.only_db("sqlite")
def test_reading_does_not_wait_for_a_writer(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(beat())
        session.flush()
        assert beats(engine) == 0


@pytest.mark.only_db("sqlite")
def test_a_second_writer_waits_from_its_first_statement(engine: Engine) -> None:
    started, order = Event(), list[str]()

    def second() -> None:
        started.set()
        with transaction(engine) as session:
            session.execute(select(Heartbeat))
            order.append("second reads")

    with transaction(engine) as session:
        session.execute(select(Heartbeat))
        waiting = Thread(target=second)
        waiting.start()
        started.wait()
        waiting.join(0.3)
        order.append("first ends")
    waiting.join(10)
    assert order == ["first ends", "second reads"]


@pytest.mark.only_db("sqlite")
def test_sqlite_is_set_up_to_lose_nothing(engine: Engine) -> None:
    with transaction(engine, read_only=True) as session:
        values = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        }
    assert values == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000}


@pytest.mark.only_db("postgresql")
def test_postgresql_decides_on_what_is_saved_at_each_statement(engine: Engine) -> None:
    with transaction(engine) as session:
        assert session.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_an_unknown_table_is_an_error_of_the_database(engine: Engine) -> None:
    with pytest.raises(DBAPIError), transaction(engine) as session:
        session.execute(text("SELECT * FROM nowhere"))
