import os
import stat
from pathlib import Path

import pytest

from config import Config
from lotsen.errors import ConfigInvalid

SECRET = "a secret for tests only, 32 letters or more"


def read(tmp_path: Path, **env: str) -> Config:
    return Config.from_env({"LOTSEN_INSTANCE": str(tmp_path), **env})


def test_without_any_variable_it_runs_on_this_machine(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path / 'lotsen.db'}"
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.smtp_url is None
    assert not config.secure
    assert not config.demo
    assert config.trusted_proxies == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOTSEN_BASE_URL", "lotsen.example"),
        ("LOTSEN_BASE_URL", "ftp://lotsen.example"),
        ("LOTSEN_DATABASE_URL", "mysql://lotsen.example/lotsen"),
        ("LOTSEN_DATABASE_URL", "lotsen.db"),
        ("LOTSEN_SMTP_URL", "mail.example"),
        ("LOTSEN_MESSENGERS", "sms77://key/{to}"),
        ("LOTSEN_MESSENGERS", "SMS=sms77://key/"),
        ("LOTSEN_SECRET", "short"),
        ("LOTSEN_SECRET", ""),
        ("LOTSEN_TRUSTED_PROXIES", "-1"),
        ("LOTSEN_TRUSTED_PROXIES", "6"),
        ("LOTSEN_TRUSTED_PROXIES", "one"),
    ],
)
def test_what_cannot_work_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigInvalid, match=name):
        read(tmp_path, **{name: value})


def test_postgresql_gets_its_driver(tmp_path: Path) -> None:
    config = read(tmp_path, LOTSEN_DATABASE_URL="postgresql://lotsen@db.example/lotsen")
    assert config.database_url == "postgresql+psycopg://lotsen@db.example/lotsen"


def test_the_address_decides_on_cookies_host_and_mail_domain(tmp_path: Path) -> None:
    config = read(tmp_path, LOTSEN_BASE_URL="https://lotsen.example:8443/", LOTSEN_SECRET=SECRET)
    assert config.secure
    assert config.base_url == "https://lotsen.example:8443"
    assert (config.host, config.mail_domain) == ("lotsen.example:8443", "lotsen.example")
    assert config.mail_from == "lotsen@lotsen.example"


def test_the_secret_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret == second.secret
    assert len(first.secret) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208 - names are what is compared


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    assert read(tmp_path / "one").secret != read(tmp_path / "two").secret


def test_secrets_do_not_show_when_the_configuration_is_printed(tmp_path: Path) -> None:
    config = read(tmp_path, LOTSEN_SECRET=SECRET, LOTSEN_SMTP_URL="smtps://user:password@mail.example")
    assert SECRET not in repr(config)
    assert "password" not in repr(config)


def test_ways_besides_mail_have_names(tmp_path: Path) -> None:
    config = read(tmp_path, LOTSEN_MESSENGERS="SMS=sms77://key/{to} Signal=signal://host/+49170/{to}")
    assert config.messengers == {"SMS": "sms77://key/{to}", "Signal": "signal://host/+49170/{to}"}
    assert "key" not in repr(config)
