"""What a web request works with: language, office, actor, and units of work."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request, session
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lotsen import i18n
from lotsen.bootstrap import Bootstrap
from lotsen.domain.settings import PoolSettings, from_mapping
from lotsen.errors import NotFound
from lotsen.models import Pool
from lotsen.services.unit_of_work import SYSTEM, Actor, UnitOfWork

LANGUAGE_PARAMETER = "sprache"


@dataclass(frozen=True)
class Office:
    """What every page says of the office."""

    pool_id: int
    name: str
    phone: str
    email: str
    hours: str
    zone: str
    settings: PoolSettings


def bootstrap() -> Bootstrap:
    """Return what this installation's processes share."""
    return cast(Bootstrap, current_app.extensions["lotsen"])


@contextmanager
def work(actor: Actor) -> Generator[UnitOfWork]:
    """Open the unit of work of this request; GET and HEAD can only read."""
    with bootstrap().begin(actor, read_only=request.method in ("GET", "HEAD")) as uow:
        yield uow


def locale() -> str:
    """Return the page's language: asked for in the address, chosen before, the browser's wish, or German."""
    if "locale" not in g:
        asked, here = request.args.get(LANGUAGE_PARAMETER), languages()
        if asked in here:
            session["locale"] = asked
        chosen = cast("str | None", session.get("locale"))
        g.locale = i18n.known(chosen if chosen in here else request.accept_languages.best_match(here), here)
    return cast(str, g.locale)


def languages() -> tuple[str, ...]:
    """Return in which languages this page is offered."""
    return i18n.OFFICE if request.blueprint == "coordinators" else i18n.LOCALES


@contextmanager
def speaking(code: str) -> Generator[None]:
    """Say what follows in another language than the page's: words for somebody else."""
    before = locale()
    g.locale = i18n.known(code)
    try:
        yield
    finally:
        g.locale = before


def gettext(msgid: str, **params: object) -> str:
    """Return a text in the page's language."""
    return i18n.translator(locale()).gettext(msgid, **params)


def ngettext(singular: str, plural: str, num: int, **params: object) -> str:
    """Return the form of a text that fits a number, in the page's language."""
    return i18n.translator(locale()).ngettext(singular, plural, num, **params)


def office(pool_id: int | None = None) -> Office:
    """Return the office of a pool; without one, that of the pool whose public pages these are."""
    known = cast("dict[int | None, Office]", g.setdefault("offices", {}))
    if pool_id not in known:
        with bootstrap().begin(SYSTEM, read_only=True) as uow:
            statement = select(Pool).order_by(Pool.id).limit(1)
            if pool_id is not None:
                statement = statement.where(Pool.id == pool_id)
            pool = uow.session.scalar(statement)
            if pool is None:
                raise NotFound("pool")
            settings = from_mapping(pool.settings)
            known[pool_id] = Office(
                pool_id=pool.id,
                name=settings.office_name or pool.name,
                phone=settings.office_phone,
                email=settings.office_email,
                hours=settings.office_hours,
                zone=pool.zone,
                settings=settings,
            )
    return known[pool_id]


def office_or_blank() -> Office:
    """Return the office of these pages, or a blank one if that fails, so that errors can be shown."""
    try:
        return office()
    except (NotFound, SQLAlchemyError):
        return Office(0, "lotsen", "", "", "", "Europe/Berlin", PoolSettings())
