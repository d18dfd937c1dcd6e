"""Sign-in by password: right, wrong, throttled, ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, func, select, update

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import AuditEvent, Role
from lotsen.errors import Invalid, Throttled, WrongCredentials
from lotsen.models import Account, AuditEntry, LoginSession, Throttle
from lotsen.services import accounts
from lotsen.services.unit_of_work import ANONYMOUS, SYSTEM
from tests.factories import NOW, add_pool, bootstrap

EMAIL, PASSWORD, ADDRESS = "anna@lotsen.example", "ein langes Passwort", "192.0.2.7"
WRONG = "ein anderes Passwort"

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def office(engine: Engine) -> Bootstrap:
    """Return an installation with one account."""
    installation = bootstrap(engine)
    with installation.begin(SYSTEM) as uow:
        accounts.create_coordinator(uow, "Anna@Lotsen.example", "Anna Muster", PASSWORD, add_pool(uow).id)
    return installation


def later(office: Bootstrap, **units: int) -> Bootstrap:
    """Return the same installation after some time."""
    moment = office.clock() + timedelta(**units)
    return replace(office, clock=lambda: moment)


def fail(office: Bootstrap, times: int, email: str = EMAIL, address: str = ADDRESS) -> None:
    """Try a wrong password so many times."""
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            accounts.check_password(office.begin, email, WRONG, address)


def test_the_right_password_signs_in(office: Bootstrap):
    account_id = accounts.check_password(office.begin, " ANNA@lotsen.example", PASSWORD, ADDRESS)
    with office.begin(ANONYMOUS) as uow:
        raw = accounts.start_session(uow, account_id)
    with office.begin(ANONYMOUS, read_only=True) as uow:
        found = accounts.find_session(uow, raw)
        assert found is not None
        account, login = found
        assert (account.id, account.email) == (account_id, EMAIL)
        assert [one.role for one in account.memberships] == [Role.COORDINATOR]
        assert raw not in (login.token_hash, account.password_hash)
        assert account.password_hash.startswith("$argon2id$")
        events = set(uow.session.scalars(select(AuditEntry.event)))
        assert AuditEvent.SIGNED_IN in events


def test_a_wrong_password_and_an_unknown_account_are_told_alike(office: Bootstrap):
    with pytest.raises(WrongCredentials) as wrong:
        accounts.check_password(office.begin, EMAIL, WRONG, ADDRESS)
    with pytest.raises(WrongCredentials) as unknown:
        accounts.check_password(office.begin, "niemand@lotsen.example", PASSWORD, ADDRESS)
    assert str(wrong.value) == str(unknown.value)
    with office.begin(ANONYMOUS, read_only=True) as uow:
        failed = uow.session.scalars(
            select(AuditEntry.subject_id).where(AuditEntry.event == AuditEvent.SIGN_IN_FAILED)
        ).all()
        assert len(failed) == 2
        assert None in failed


def test_delays_grow_for_the_account_wherever_the_tries_come_from(office: Bootstrap):
    for number in range(4):
        fail(office, 1, address=f"192.0.2.{number + 10}")
    fail(office, 1, address="192.0.2.20")
    with pytest.raises(Throttled) as caught:
        accounts.check_password(office.begin, EMAIL, PASSWORD, "192.0.2.21")
    assert caught.value.seconds == 2
    fail(later(office, seconds=2), 1, address="192.0.2.22")
    with pytest.raises(Throttled) as caught:
        accounts.check_password(later(office, seconds=3).begin, EMAIL, PASSWORD, "192.0.2.23")
    assert caught.value.seconds == 3


def test_delays_grow_for_the_address_whatever_account_is_tried(office: Bootstrap):
    for number in range(5):
        fail(office, 1, email=f"guess{number}@lotsen.example")
    with pytest.raises(Throttled):
        accounts.check_password(office.begin, "guess9@lotsen.example", WRONG, ADDRESS)


def test_one_ipv6_network_is_one_address(office: Bootstrap):
    for number in range(5):
        fail(office, 1, email=f"guess{number}@lotsen.example", address=f"2001:db8:0:1::{number + 1:x}")
    with pytest.raises(Throttled):
        accounts.check_password(office.begin, "guess9@lotsen.example", WRONG, "2001:db8:0:1:ffff::1")
    fail(office, 1, email="guess9@lotsen.example", address="2001:db8:0:2::1")


def test_the_delay_never_exceeds_a_quarter_of_an_hour_and_is_forgotten_after_a_day(office: Bootstrap):
    fail(office, 1)
    with office.begin(SYSTEM) as uow:
        uow.session.execute(update(Throttle).values(failures=1000))
    with pytest.raises(Throttled) as caught:
        accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)
    assert caught.value.seconds == 900
    fail(later(office, hours=24), 4)


def test_success_forgives_the_account_but_not_the_guesses_of_its_address(office: Bootstrap):
    fail(office, 3)
    accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)
    with office.begin(ANONYMOUS, read_only=True) as uow:
        assert uow.session.scalars(select(Throttle.failures)).all() == [3]


def test_throttling_keeps_no_address_in_the_clear(office: Bootstrap):
    fail(office, 1)
    with office.begin(ANONYMOUS, read_only=True) as uow:
        keys = uow.session.scalars(select(Throttle.key)).all()
    assert len(keys) == 2
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


def test_a_weak_old_hash_is_renewed(office: Bootstrap):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with office.begin(SYSTEM) as uow:
        uow.session.scalars(select(Account)).one().password_hash = weak
    accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)
    with office.begin(SYSTEM, read_only=True) as uow:
        renewed = uow.session.scalars(select(Account.password_hash)).one()
    assert renewed != weak
    accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)


def test_a_disabled_account_is_out(office: Bootstrap):
    account_id = accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)
    with office.begin(SYSTEM) as uow:
        raw = accounts.start_session(uow, account_id)
        uow.session.get_one(Account, account_id).disabled_at = uow.now
    with office.begin(ANONYMOUS, read_only=True) as uow:
        assert accounts.find_session(uow, raw) is None
    fail(office, 1)
    with pytest.raises(WrongCredentials):
        accounts.check_password(office.begin, EMAIL, PASSWORD, ADDRESS)


def test_a_sign_in_ends_when_idle_and_after_eight_hours(office: Bootstrap):
    with office.begin(SYSTEM) as uow:
        raw = accounts.start_session(uow, uow.session.scalars(select(Account.id)).one())
    with later(office, minutes=30).begin(ANONYMOUS, read_only=True) as uow:
        assert accounts.find_session(uow, raw) is None
    for minutes in range(20, 480, 20):
        with later(office, minutes=minutes).begin(ANONYMOUS) as uow:
            found = accounts.find_session(uow, raw)
            assert found is not None
            assert accounts.needs_renewal(uow, found[1])
            accounts.renew_session(uow, found[1].id)
    with later(office, hours=8).begin(ANONYMOUS, read_only=True) as uow:
        assert accounts.find_session(uow, raw) is None


def test_who_signs_out_is_out(office: Bootstrap):
    with office.begin(SYSTEM) as uow:
        raw = accounts.start_session(uow, uow.session.scalars(select(Account.id)).one())
        accounts.end_session(uow, raw)
        accounts.end_session(uow, raw)
        accounts.end_session(uow, "never issued")
        assert accounts.find_session(uow, raw) is None
        assert uow.session.scalars(select(LoginSession.revoked_at)).all() == [NOW]
        ended = select(func.count()).where(AuditEntry.event == AuditEvent.SIGNED_OUT)
        assert uow.session.scalar(ended) == 1


@pytest.mark.parametrize(
    ("email", "name", "password", "fields"),
    [
        ("keine", "", "zu kurz", {"email", "name", "password"}),
        ("neu@lotsen.example", "Neu", "elf Zeichen", {"password"}),
        ("neu@lotsen.example", "Neu", "x" * 501, {"password"}),
        (EMAIL, "Zweite", PASSWORD, {"email"}),
    ],
)
def test_accounts_that_cannot_be_created(
    office: Bootstrap, email: str, name: str, password: str, fields: set[str]
):
    with office.begin(SYSTEM) as uow, pytest.raises(Invalid) as caught:
        accounts.create_coordinator(uow, email, name, password, add_pool(uow).id)
    assert set(caught.value.fields) == fields
