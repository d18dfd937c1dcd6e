"""What differs from installation to installation, read once from the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lotsen.errors import ConfigInvalid

_ROOT = Path(__file__).resolve().parent
_NAME_LIMIT = 40


@dataclass(frozen=True)
class Config:
    """All values an installation may set; `from_env` documents each where it is read."""

    instance: Path
    database_url: str
    secret: str = field(repr=False)
    base_url: str
    smtp_url: str | None = field(repr=False)
    messengers: Mapping[str, str] = field(repr=False)
    mail_from: str
    trusted_proxies: int
    demo: bool
    preset: str
    log_level: str

    @property
    def secure(self) -> bool:
        """Whether people reach this installation by HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port by which people reach this installation."""
        return urlsplit(self.base_url).netloc

    @property
    def mail_domain(self) -> str:
        """The part behind the @ of each Message-ID."""
        return urlsplit(self.base_url).hostname or "localhost"

    @staticmethod
    def from_env(environ: Mapping[str, str] | None = None) -> "Config":
        """Read the environment; a value that cannot work raises ConfigInvalid and names its variable."""
        env = os.environ if environ is None else environ
        # Folder for the SQLite file, the secret, and mails kept as files.
        instance = Path(env.get("LOTSEN_INSTANCE", str(_ROOT / "instance"))).absolute()
        instance.mkdir(parents=True, exist_ok=True)
        # The address people type; mailed links begin with it. HTTPS switches on secure cookies.
        base_url = env.get("LOTSEN_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
            raise ConfigInvalid("LOTSEN_BASE_URL must look like https://lotsen.example.org")
        return Config(
            instance=instance,
            # SQLite in the instance folder, or postgresql+psycopg://user:password@host/name.
            database_url=_database_url(env.get("LOTSEN_DATABASE_URL", f"sqlite:///{instance / 'lotsen.db'}")),
            # Signs cookies and links; kept in the instance folder if the environment sets none.
            secret=_secret(env.get("LOTSEN_SECRET"), instance),
            base_url=base_url,
            # smtp://, smtp+starttls:// or smtps://, with user:password@ if needed; unset: mails become files.
            smtp_url=_smtp_url(env.get("LOTSEN_SMTP_URL")),
            # Ways besides e-mail, as NAME=ADDRESS apart by blanks; addresses of apprise with {to} in them.
            messengers=_messengers(env.get("LOTSEN_MESSENGERS", "")),
            # Sender of all mails; replies go to the office of the pool.
            mail_from=env.get("LOTSEN_MAIL_FROM", f"lotsen@{urlsplit(base_url).hostname}"),
            # How many reverse proxies stand in front; their X-Forwarded headers are believed.
            trusted_proxies=_whole(env, "LOTSEN_TRUSTED_PROXIES", 0, 0, 5),
            # 1 fills an empty database with the invented demo pool.
            demo=env.get("LOTSEN_DEMO", "0") == "1",
            # Which preset an empty database starts from.
            preset=env.get("LOTSEN_PRESET", "neuss"),
            log_level=env.get("LOTSEN_LOG_LEVEL", "INFO"),
        )


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigInvalid(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _database_url(url: str) -> str:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigInvalid("LOTSEN_DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _smtp_url(url: str | None) -> str | None:
    if url and urlsplit(url).scheme not in ("smtp", "smtp+starttls", "smtps"):
        raise ConfigInvalid("LOTSEN_SMTP_URL must begin with smtp://, smtp+starttls:// or smtps://")
    return url or None


def _messengers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split():
        name, _, address = part.partition("=")
        if not 0 < len(name) <= _NAME_LIMIT or "://" not in address or "{to}" not in address:
            raise ConfigInvalid("LOTSEN_MESSENGERS must look like SMS=provider://key@sender/{to}")
        found[name] = address
    return found


def _secret(given: str | None, instance: Path) -> str:
    if given is not None:
        if len(given) < 32:
            raise ConfigInvalid("LOTSEN_SECRET must have at least 32 characters")
        return given
    file = instance / "secret"
    if not file.exists():
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        # A link fails if another process was first: then its secret is the one.
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()
