"""The commands of `python -m lotsen`."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
import waitress

from config import Config
from lotsen import guards
from lotsen.app import create_app, make_bootstrap
from lotsen.bootstrap import Bootstrap
from lotsen.database import migrate as migrate_database
from lotsen.domain import lifecycle as lifecycle_tables
from lotsen.domain import settings as pool_settings
from lotsen.domain.localtime import local_day
from lotsen.domain.vocabulary import Role
from lotsen.errors import Conflict, LotsenError, NotFound
from lotsen.i18n import DEFAULT, translator
from lotsen.jobs import scheduler as scheduler_process
from lotsen.matching.planning import plan as planning
from lotsen.matching.planning import problem as planning_problem
from lotsen.matching.planning import process as planning_process
from lotsen.matching.planning import reading as planning_reading
from lotsen.outbox.channels import open_channel
from lotsen.outbox.messengers import Messengers
from lotsen.queries import health
from lotsen.reference import catalogue, presets
from lotsen.services import accounts, demo, guide_list, pools
from lotsen.services import settings as settings_service
from lotsen.services.unit_of_work import SYSTEM

_CONNECTION_LIMIT = 1000
_THREADS = 8
# Longer than the scheduler takes to finish the message in hand before it gives up.
_STOP_SECONDS = 75


class _JsonLines(logging.Formatter):
    """One JSON object a line, for machines that gather logs."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if error_id := getattr(record, "error_id", None):
            entry["error_id"] = error_id
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """Run the service for requests and matching of volunteer integration guides."""
    try:
        config = Config.from_env()
    except LotsenError as error:
        raise click.ClickException(str(error)) from error
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=config.log_level, handlers=[handler], force=True)
    # They name every migration step and every queued connection: nobody's business in daily work.
    for chatty in ("alembic", "waitress.queue"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    context.obj = config


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.pass_obj
def run(config: Config, host: str, port: int) -> None:
    """Migrate, then serve the pages with the scheduler beside them, until Ctrl-C."""
    migrate_database(config.database_url)
    if "LOTSEN_BASE_URL" not in os.environ:
        os.environ["LOTSEN_BASE_URL"] = f"http://{host}:{port}"
        config = Config.from_env()
    shared = make_bootstrap(config)
    _ensure_pool(shared, config)
    if config.demo:
        _load_demo(shared, config)
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_scheduler, args=(stop,), daemon=True)
    keeper.start()
    click.echo(f"\n  {config.base_url}            for institutions")
    click.echo(f"  {config.base_url}/anmelden   for the office\n")
    if config.smtp_url is None:
        click.echo(f"  No mail server is set: mails are kept in {config.instance / 'mail'}\n")
    try:
        _serve(config, shared, host, port)
    finally:
        stop.set()
        keeper.join(_STOP_SECONDS)
        click.echo("Stopped.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.pass_obj
def serve(config: Config, host: str, port: int) -> None:
    """Serve the pages only."""
    _serve(config, make_bootstrap(config), host, port)


@main.command()
@click.pass_obj
def scheduler(config: Config) -> None:
    """Send mails, remind, and end what is past; any number of these may run."""
    shared = make_bootstrap(config)
    guards.verify(shared.engine)
    scheduler_process.run(
        shared,
        open_channel(config.smtp_url, config.instance / "mail", config.mail_domain),
        mail_from=config.mail_from,
        mail_domain=config.mail_domain,
        messengers=Messengers(config.messengers),
    )


@main.command()
@click.pass_obj
def migrate(config: Config) -> None:
    """Bring the database to the newest schema; an empty one gets the pool of the preset."""
    migrate_database(config.database_url)
    shared = make_bootstrap(config)
    _ensure_pool(shared, config)
    click.echo("The database is up to date.")


@main.command(name="demo")
@click.pass_obj
def load_demo(config: Config) -> None:
    """Fill an empty pool with invented guides, institutions and requests."""
    shared = make_bootstrap(config)
    _ensure_pool(shared, config)
    if not _load_demo(shared, config):
        raise click.ClickException("The pool is not empty.")


@main.command(name="import-guides")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only report, write nothing.")
@click.pass_obj
def import_guides(config: Config, file: Path, check: bool) -> None:
    """Read a pool's list of guides from a CSV or XLSX FILE: all rows, or none."""
    words = translator(DEFAULT)
    shared = make_bootstrap(config)
    with shared.begin(SYSTEM) as uow:
        pool = pools.default_pool(uow)
        districts = pools.district_names(uow, pool.id)
        today = local_day(uow.now, uow.zone(pool.id))
        reading = guide_list.read(file.name, file.read_bytes(), catalogue(), districts, today)
        for column in reading.ignored:
            click.echo(words.gettext("Column %(column)s is not read.", column=column))
        for error in reading.errors:
            click.echo(error.in_words(words))
        if reading.errors:
            raise click.ClickException(words.gettext("Nothing was imported. Please correct the rows above."))
        if check:
            click.echo(words.gettext("The list can be imported."))
            return
        report = guide_list.import_guides(uow, pool.id, reading)
    outcomes = {
        **dict.fromkeys(report.added, words.gettext("new")),
        **dict.fromkeys(report.updated, words.gettext("changed")),
        **dict.fromkeys(report.unchanged, words.gettext("unchanged")),
    }
    for row in reading.guides:
        text = f"{row.name}, {outcomes[row.row]}"
        click.echo(words.gettext("Row %(row)s: %(text)s", row=row.row, text=text))
    click.echo(
        words.gettext(
            "Imported: %(added)s new, %(updated)s changed, %(unchanged)s unchanged.",
            added=len(report.added),
            updated=len(report.updated),
            unchanged=len(report.unchanged),
        )
    )


@main.command(name="create-coordinator")
@click.option("--email", prompt=True)
@click.option("--name", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--admin", is_flag=True)
@click.pass_obj
def create_coordinator(config: Config, email: str, name: str, password: str, admin: bool) -> None:
    """Add an account for the office."""
    with make_bootstrap(config).begin(SYSTEM) as uow:
        pool = pools.default_pool(uow)
        role = Role.ADMIN if admin else Role.COORDINATOR
        try:
            accounts.create_coordinator(uow, email, name, password, pool.id, role)
        except LotsenError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{email} can sign in now.")


@main.command()
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="NAME=@FILE reads a long text.")
@click.option("--reset", "back", multiple=True, metavar="NAME", help="Take the default again.")
@click.pass_obj
def settings(config: Config, given: tuple[str, ...], back: tuple[str, ...]) -> None:
    """Show the rules and texts of the pool, or change some: all of them, or none."""
    with make_bootstrap(config).begin(SYSTEM, read_only=not (given or back)) as uow:
        pool = pools.default_pool(uow)
        try:
            if given or back:
                values = dict(_setting(one) for one in given)
                changed = settings_service.change(uow, pool.id, values, back)
                click.echo(f"Changed: {', '.join(changed) or 'nothing'}")
                return
        except LotsenError as error:
            raise click.ClickException(str(error)) from error
        rules = uow.settings(pool.id)
    set_here = pool_settings.to_mapping(rules)
    for name, value in pool_settings.in_full(rules).items():
        mark = "*" if name in set_here else " "
        click.echo(f"{mark} {name} = {json.dumps(value, ensure_ascii=False)}")


def _setting(given: str) -> tuple[str, object]:
    name, equals, text = given.partition("=")
    if not equals:
        raise click.UsageError(f"{given}: write NAME=VALUE")
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{text[1:]}: {error}") from error
    return name, settings_service.typed(name, text)


@main.command()
def lifecycle() -> None:
    """Print both lifecycles as Mermaid diagrams."""
    click.echo(lifecycle_tables.mermaid(), nl=False)


@main.command(name="plan")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option("--quiet", is_flag=True, help="Say nothing about how far it is.")
def plan_queue(file: TextIO, quiet: bool) -> None:
    """Plan the problem in FILE, without a database; docs/plan.md describes the format."""
    try:
        problem = planning_reading.read_text(file.read())
    except UnicodeDecodeError as error:
        click.echo(f"$: is not UTF-8: {error}", err=True)
        sys.exit(2)
    except planning_problem.ProblemInvalid as error:
        click.echo(str(error), err=True)
        sys.exit(2)

    def told(stage: planning.Stage, share: float) -> None:
        if not quiet:
            click.echo(f"{stage} {share:.0%}", err=True)

    made = planning_process.run(problem, progress=told)
    click.echo(json.dumps(planning.as_json(made), ensure_ascii=False, indent=1))


@main.command()
@click.pass_obj
def check(config: Config) -> None:
    """Look whether everything that the service needs is there, and say what is not."""
    shared = make_bootstrap(config)
    guards.verify(shared.engine)
    with shared.begin(SYSTEM, read_only=True) as uow:
        pool = pools.default_pool(uow)
        state = health.state(uow.session, uow.now)
        rules = uow.settings(pool.id)
    findings: list[str] = []
    if config.smtp_url is None:
        findings.append("LOTSEN_SMTP_URL is not set: mails are kept as files, nobody receives them.")
    if not config.secure:
        findings.append("LOTSEN_BASE_URL is not https: cookies and links travel in the open.")
    if not rules.office_email:
        findings.append(f"The pool {pool.name} has no office e-mail: replies go nowhere.")
    if not (rules.imprint_text or rules.provider_address):
        findings.append("provider_address is not set: the imprint has no postal address.")
    if not (rules.privacy_text or rules.privacy_officer or rules.privacy_officer_email):
        findings.append("privacy_officer is not set: the privacy page names no data protection officer.")
    if rules.accessibility_made_on is None:
        findings.append("accessibility_made_on is not set: the declaration of accessibility has no date.")
    if state["scheduler"] != "ok":
        findings.append("No scheduler runs: nothing is sent, nobody is reminded.")
    for finding in findings:
        click.echo(finding)
    if findings:
        sys.exit(1)
    click.echo("All is well.")


def _serve(config: Config, shared: Bootstrap, host: str, port: int) -> None:
    # waitress stops on KeyboardInterrupt only, and it must stop for SIGTERM as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    waitress.serve(
        create_app(config, shared),
        host=host,
        port=port,
        threads=_THREADS,
        connection_limit=_CONNECTION_LIMIT,
        ident=None,
    )


def _keep_scheduler(stop: threading.Event) -> None:
    """Run the scheduler as a process of its own, started anew if it ends by itself."""
    while not stop.is_set():
        process = subprocess.Popen([sys.executable, "-m", "lotsen", "scheduler"])
        while process.poll() is None and not stop.wait(0.2):
            pass
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        else:
            stop.wait(1)


def _ensure_pool(shared: Bootstrap, config: Config) -> None:
    with shared.begin(SYSTEM) as uow:
        try:
            pools.default_pool(uow)
        except NotFound:
            pools.create_pool(uow, presets.preset(config.preset))


def _load_demo(shared: Bootstrap, config: Config) -> bool:
    """Fill a pool without guides and print the sign-ins, which are kept in the instance folder."""
    notes = config.instance / "demo-sign-ins.txt"
    loaded = True
    try:
        with shared.begin(SYSTEM) as uow:
            sign_ins = demo.load(uow)
        notes.touch(mode=0o600)
        notes.write_text("".join(f"  {one.email}  {one.password}\n" for one in sign_ins))
    except Conflict:
        loaded = False
    if notes.exists():
        click.echo(f"\n  Demo sign-ins:\n{notes.read_text()}")
    return loaded
