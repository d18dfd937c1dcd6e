"""What guides do with their own record: only with their own, checked, told and in the history."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import Engine, select

from lotsen.domain.availability import ExtraTime, WeeklyTime
from lotsen.domain.vocabulary import ActorKind, Audience, AuditEvent, GuideStatus, Level, Notice, Subject
from lotsen.errors import Conflict, Invalid, NotAllowed, NotFound
from lotsen.models import AuditEntry, Guide, OutboxMessage
from lotsen.queries import candidates, own_data
from lotsen.services import assignments, guide_languages, self_service
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork
from tests import factories
from tests.factories import NOW, acting, bootstrap, office

TODAY = NOW.date()


def as_guide(guide: Guide) -> Actor:
    return Actor(ActorKind.GUIDE, pool_id=guide.pool_id, guide_id=guide.id)


def history(uow: UnitOfWork, guide: Guide) -> list[tuple[AuditEvent, ActorKind]]:
    uow.session.flush()
    rows = uow.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == Subject.GUIDE, AuditEntry.subject_id == guide.id)
        .order_by(AuditEntry.id)
    )
    return [(row.event, row.actor_kind) for row in rows]


def test_a_guide_changes_times_and_limits_and_the_matching_learns_of_it(engine: Engine) -> None:
    shared = bootstrap(engine)
    with shared.begin(SYSTEM) as uow:
        _, guide, _ = factories.town(uow)
    with shared.begin(as_guide(guide)) as uow:
        self_service.set_weekly(uow, (WeeklyTime(2, time(9), time(11)),), guide.version)
        self_service.pause(uow, TODAY + timedelta(days=9))
        self_service.add_extra(uow, ExtraTime(TODAY + timedelta(days=5), time(9), time(12)))
        first = self_service.add_absence(uow, TODAY, TODAY + timedelta(days=1))
        assert self_service.add_absence(uow, TODAY, TODAY + timedelta(days=1)) is first
        assert uow.guides_changed == {guide.id}
    with shared.begin(as_guide(guide)) as uow:
        mine = uow.session.get_one(Guide, guide.id)
        assert [(one.weekday, one.starts_at) for one in mine.weekly] == [(2, time(9))]
        assert (mine.status, mine.paused_until) == (GuideStatus.PAUSED, TODAY + timedelta(days=9))
        self_service.end_pause(uow)
        self_service.remove_extra(uow, mine.extra[0].id)
        self_service.remove_absence(uow, mine.absences[0].id)
        with pytest.raises(NotFound):
            self_service.remove_absence(uow, first.id)
        with pytest.raises(Conflict):
            self_service.set_weekly(uow, (), guide.version)
        assert (mine.status, mine.paused_until) == (GuideStatus.ACTIVE, None)
        assert not mine.extra
        assert not mine.absences
        told = history(uow, mine)
        assert told.count((AuditEvent.CHANGED, ActorKind.GUIDE)) == 7
    with shared.begin(SYSTEM, read_only=True) as uow:
        assert uow.pool(guide.pool_id).guide_changes[-1][1] == [guide.id]


@pytest.mark.only_db("sqlite")
def test_what_cannot_be_is_refused_by_field(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        _, guide, _ = factories.town(uow)
        yesterday, far = TODAY - timedelta(days=1), TODAY + timedelta(days=600)
        with acting(uow, as_guide(guide)) as me:
            for act, field in (
                (lambda: self_service.pause(me, yesterday), "until"),
                (lambda: self_service.add_absence(me, TODAY, yesterday), "last_on"),
                (lambda: self_service.add_absence(me, TODAY + timedelta(days=2), TODAY), "last_on"),
                (lambda: self_service.add_absence(me, far, far), "first_on"),
                (lambda: self_service.add_extra(me, ExtraTime(far, time(8), time(9))), "day"),
                (lambda: self_service.set_languages(me, (), guide.version), "languages"),
                (lambda: self_service.set_languages(me, (("xx", Level.B2),), guide.version), "languages"),
                (lambda: self_service.set_languages(me, (("ar", Level.B2),) * 2, guide.version), "languages"),
                (lambda: self_service.set_quiet(me, (time(9), time(9)), guide.version), "quiet_until"),
            ):
                with pytest.raises(Invalid) as refused:
                    act()
                assert set(refused.value.fields) == {field}
        with pytest.raises(NotAllowed), acting(uow, office(guide.pool_id)) as other:
            self_service.pause(other, TODAY)


def test_new_and_higher_languages_wait_for_the_office_and_the_old_ones_stay(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        pool = factories.town(uow)[0]
        guide = factories.add_guide(uow, pool.id, languages=(("ar", Level.B2), ("fr", Level.C1)))
        with acting(uow, as_guide(guide)) as me:
            wanted = (("ar", Level.C2), ("fr", Level.B1), ("ti", Level.NATIVE))
            assert self_service.set_languages(me, wanted, guide.version)
            assert not self_service.set_languages(me, wanted, guide.version)
        found = candidates.load(
            uow.session, pool.id, uow.zone(pool.id), uow.settings(pool.id), uow.now, [guide.id]
        )
        assert dict(found[0].languages) == {"ar": Level.B2, "fr": Level.B1}
        rows = {one.language: one for one in guide.languages}
        assert (rows["ar"].level, rows["ar"].wanted_level) == (Level.B2, Level.C2)
        assert rows["fr"].level is Level.B1
        assert not rows["ti"].approved
        mails = uow.session.scalars(
            select(OutboxMessage).where(OutboxMessage.notice == Notice.LANGUAGES_WAITING)
        ).all()
        assert {(one.audience, guide.name in one.subject) for one in mails} <= {(Audience.OFFICE, False)}
        with acting(uow, office(pool.id)) as coordinator:
            guide_languages.decide(coordinator, guide.id, "ar", Level.C2, yes=True)
            for language, level in (("ar", Level.C2), ("ti", Level.B2), ("pl", Level.B2)):
                with pytest.raises(Conflict):
                    guide_languages.decide(coordinator, guide.id, language, level, yes=True)
            guide_languages.decide(coordinator, guide.id, "ti", Level.NATIVE, yes=False)
        assert {one.language: one.level for one in guide.languages} == {"ar": Level.C2, "fr": Level.B1}
        assert all(one.approved and one.wanted_level is None for one in guide.languages)
        assert [event for event, _ in history(uow, guide)][-2:] == [AuditEvent.APPROVED, AuditEvent.REFUSED]
        other = Actor(ActorKind.ACCOUNT, pool_id=pool.id + 1, account_id=1)
        with pytest.raises(NotFound), acting(uow, other) as stranger:
            guide_languages.decide(stranger, guide.id, "ar", Level.C2, yes=True)


def test_the_wish_to_be_deleted_is_told_once_and_can_be_taken_back(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        pool, guide, _ = factories.town(uow)
        pool.settings = {**pool.settings, "office_email": "buero@lotsen.example"}
        uow.session.flush()
        with acting(uow, as_guide(guide)) as me:
            for _ in range(2):
                self_service.ask_for_deletion(me)
            (mail,) = uow.session.scalars(
                select(OutboxMessage).where(OutboxMessage.notice == Notice.DELETION_ASKED)
            )
            assert mail.to_address == "buero@lotsen.example"
            assert f"/buero/lotsen/{guide.id}" in mail.text_body
            assert guide.deletion_asked_at == NOW
            self_service.take_back_deletion(me)
        assert guide.deletion_asked_at is None
        assert [event for event, _ in history(uow, guide)][-2:] == [
            AuditEvent.DELETION_ASKED,
            AuditEvent.DELETION_TAKEN_BACK,
        ]


def test_the_copy_of_all_data_holds_everything_of_one_guide_and_nothing_of_another(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        other = factories.add_guide(uow, pool.id, phone="0221 4710 199", notes="Of the other.")
        assignment = factories.offered(uow, request, guide)
        with acting(uow, as_guide(guide)) as me:
            self_service.add_absence(me, date(2026, 12, 24), date(2026, 12, 26))
            assignments.decline(me, assignment.id)
            self_service.note_export(me)
            found = own_data.of_guide(me.session, guide.id)
    assert found["guide"][0]["email"] == guide.email
    assert found["absence"] == [{"first_on": date(2026, 12, 24), "last_on": date(2026, 12, 26)}]
    assert found["assignment"][0]["institution"] == "Grundschule am Beispielweg"
    assert {row["language"] for row in found["guide_language"]} == {"ar"}
    assert len(found["weekly_availability"]) == 7
    assert len(found["credential"]) == 2
    assert AuditEvent.EXPORTED in [row["event"] for row in found["audit_entry"]]
    assert found["outbox_message"]
    for secret in (other.email, other.name, "4710 199", "Of the other.", "Ada Beispiel", "token_hash"):
        assert secret not in str(found)


def test_own_quiet_hours_put_an_offer_off(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        _, guide, request = factories.town(uow)
        with acting(uow, as_guide(guide)) as me:
            self_service.set_quiet(me, (time(9), time(14)), guide.version)
        factories.offered(uow, request, guide)
        offer = uow.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == Notice.OFFER)).one()
        # Ten o'clock in Neuss is within them.
        assert offer.next_attempt_at == NOW + timedelta(hours=4)
        with acting(uow, as_guide(guide)) as me:
            self_service.set_quiet(me, None, guide.version)
        assert guide.quiet_from is None


def test_a_way_besides_mail_is_checked_and_told_there_too(engine: Engine) -> None:
    with bootstrap(engine).begin(SYSTEM) as uow:
        pool, guide, _ = factories.town(uow)
        pool.settings = {**pool.settings, "messengers": ["SMS", "Signal"]}
    with bootstrap(engine).begin(SYSTEM) as uow:
        guide = uow.session.get_one(Guide, guide.id)
        with acting(uow, as_guide(guide)) as me:
            for way, address, field in (
                ("Fax", "0170 1234567", "messenger"),
                ("SMS", " ", "messenger_address"),
                ("SMS", "12", "messenger_address"),
                ("Signal", "zwei Worte", "messenger_address"),
            ):
                with pytest.raises(Invalid) as refused:
                    self_service.set_messenger(me, way, address, guide.version)
                assert set(refused.value.fields) == {field}
            self_service.set_messenger(me, "SMS", "0170 1234567", guide.version)
        assert (guide.messenger, guide.messenger_address) == ("SMS", "+491701234567")
        told = uow.session.scalars(
            select(OutboxMessage).where(OutboxMessage.notice == Notice.MESSENGER_SET)
        ).all()
        assert [(one.messenger, one.to_address) for one in told] == [
            (None, guide.email),
            ("SMS", "+491701234567"),
        ]
        with acting(uow, as_guide(guide)) as me:
            self_service.set_messenger(me, "", "", guide.version)
        assert (guide.messenger, guide.messenger_address) == (None, None)
