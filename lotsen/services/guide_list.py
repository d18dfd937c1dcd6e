"""Reads a pool's list of guides row by row, with every error, and takes it over whole or not at all."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from lotsen.domain import contact
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.languages import Catalogue
from lotsen.domain.spelling import spellings
from lotsen.domain.vocabulary import AuditEvent, CredentialKind, Gender, Level, Mode
from lotsen.errors import Invalid
from lotsen.i18n import N_, Translator
from lotsen.models import District, Guide
from lotsen.services import guide_cells, sheets
from lotsen.services.guide_cells import CellWrong
from lotsen.services.guides import GuideInput, Proof, add_guide, as_input, update_guide
from lotsen.services.sheets import Cell, SheetRow
from lotsen.services.unit_of_work import UnitOfWork

_CERTIFICATE_YEARS: Final = 5
_REQUIRED: Final = ("name", "email", "languages")
_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("Name", "Vor- und Nachname", "Vorname Nachname"),
    "email": ("E-Mail", "Email", "Mail", "E-Mail-Adresse", "E-mail address"),
    "languages": ("Sprachen", "Sprache", "Languages", "Sprachen mit Niveau", "Languages with levels"),
    "phone": ("Telefon", "Telefonnummer", "Tel.", "Handy", "Mobil", "Phone", "Phone number"),
    "german_level": ("Deutsch", "Deutschniveau", "Niveau Deutsch", "German", "German level"),
    "home_district": ("Wohnbezirk", "Wohnstadtteil", "Wohnt in", "Home district"),
    "districts": ("Bezirke", "Stadtteile", "Einsatzorte", "Districts"),
    "reach_hops": ("Reichweite", "Reach"),
    "weekly": ("Zeiten", "Wochenzeiten", "Verfügbarkeit", "Weekly times", "Times", "Availability"),
    "gender": ("Geschlecht", "Gender"),
    "modes": ("Einsatzart", "Einsatzarten", "Art", "Modes", "Ways of working"),
    "minutes_per_week": ("Stunden pro Woche", "Stunden/Woche", "Wochenstunden", "Hours per week"),
    "locale": ("Schreibsprache", "Sprache der Mails", "Locale", "Language of mails"),
    CredentialKind.POLICE_CERTIFICATE: ("Führungszeugnis vom", "Führungszeugnis", "Police certificate"),
    CredentialKind.CONFIDENTIALITY: ("Verschwiegenheit am", "Verschwiegenheit", "Confidentiality"),
    CredentialKind.MEASLES_PROOF: ("Masernschutz gesehen am", "Masernschutz", "Measles proof"),
    CredentialKind.QUALIFICATION: ("Qualifikation vom", "Qualifikation", "Qualification"),
}
_FIELDS: Final = {
    key: name for name, headers in _HEADERS.items() for one in headers for key in spellings(one)
}

_Reader = Callable[[Cell], Any]


@dataclass(frozen=True, slots=True)
class GuideRow:
    """A guide as the list has it; None is not said. Districts are codes, () means everywhere."""

    row: int
    name: str
    email: str
    languages: tuple[tuple[str, Level], ...]
    phone: str | None = None
    german_level: Level | None = None
    home_district: str | None = None
    districts: tuple[str, ...] | None = None
    reach_hops: int | None = None
    weekly: tuple[WeeklyTime, ...] | None = None
    gender: Gender | None = None
    modes: frozenset[Mode] | None = None
    minutes_per_week: int | None = None
    locale: str | None = None
    proofs: tuple[tuple[CredentialKind, date], ...] = ()


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in a cell; without a column it is the row, with row 0 the file."""

    row: int
    column: str
    msgid: str
    params: Mapping[str, object] = field(default_factory=dict[str, object])

    def in_words(self, translator: Translator) -> str:
        """Return a sentence that names the place."""
        text = translator.gettext(self.msgid, **self.params)
        if not self.row:
            return text
        if not self.column:
            return translator.gettext(N_("Row %(row)s: %(text)s"), row=self.row, text=text)
        return translator.gettext(
            N_("Row %(row)s, %(column)s: %(text)s"), row=self.row, column=self.column, text=text
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as it was read, in the order of its rows; `ignored` are the columns without a meaning here."""

    rows: tuple[GuideRow | RowError, ...]
    ignored: tuple[str, ...] = ()

    @property
    def guides(self) -> tuple[GuideRow, ...]:
        """The rows that can be taken over."""
        return tuple(row for row in self.rows if isinstance(row, GuideRow))

    @property
    def errors(self) -> tuple[RowError, ...]:
        """All that must be put right before anything is taken over."""
        return tuple(row for row in self.rows if isinstance(row, RowError))


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of the rows, by what became of them."""

    added: tuple[int, ...]
    updated: tuple[int, ...]
    unchanged: tuple[int, ...]


def read(
    name: str, content: bytes, catalogue: Catalogue, districts: Mapping[str, str], today: date
) -> Reading:
    """Read a list; `districts` are names by code, `today` ends what can have been issued or seen.

    Never raises: what cannot be read comes back as errors. `name` is the file's name, for the words only.
    """
    try:
        header, *rows = sheets.read(content)
    except sheets.SheetRefused as error:
        return Reading((RowError(0, "", error.msgid, {"file": name, **error.params}),))
    columns = {place: _field_of(cell) for place, cell in enumerate(header.cells)}
    wrong = _header_errors(header, columns)
    if wrong:
        return Reading(wrong)
    ignored = tuple(
        guide_cells.text_of(header.cells[place])
        for place, known in columns.items()
        if known is None and header.cells[place] is not None
    )
    reader = _Rows(header, columns, _readers(catalogue, districts, today))
    found: list[GuideRow | RowError] = [one for row in rows for one in reader.read(row)]
    if not found:
        found = [RowError(0, "", N_("The list has no guides."))]
    return Reading((*found, *_repeats(found)), ignored)


def import_guides(uow: UnitOfWork, pool_id: int, reading: Reading) -> Report:
    """Add the guides of a list to a pool, or bring them up to date; who is who tells the e-mail address.

    An empty cell leaves what is known already. A list with an error is refused whole, with Invalid.
    """
    if reading.errors:
        raise Invalid({f"row-{one.row}": one.msgid for one in reading.errors})
    rows = uow.session.execute(select(District.code, District.id).where(District.pool_id == pool_id))
    ids = dict(rows.all())
    outcomes: dict[str, list[int]] = defaultdict(list)
    for row in reading.guides:
        outcomes[_take_over(uow, pool_id, row, ids)].append(row.row)
    return Report(*(tuple(outcomes[name]) for name in ("added", "updated", "unchanged")))


def _take_over(uow: UnitOfWork, pool_id: int, row: GuideRow, ids: Mapping[str, int]) -> str:
    guide = uow.session.scalar(select(Guide).where(Guide.pool_id == pool_id, Guide.email == row.email))
    if guide is None:
        new = GuideInput(name=row.name, email=row.email, languages=row.languages)
        add_guide(uow, pool_id, _merged(new, row, ids), AuditEvent.IMPORTED)
        return "added"
    data = _merged(as_input(guide), row, ids)
    return "updated" if update_guide(uow, guide.id, data, guide.version, AuditEvent.IMPORTED) else "unchanged"


def _merged(known: GuideInput, row: GuideRow, ids: Mapping[str, int]) -> GuideInput:
    said: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("phone", "german_level", "reach_hops", "weekly", "gender", "minutes_per_week", "locale")
        if getattr(row, name) is not None
    }
    if row.home_district is not None:
        said["home_district_id"] = ids[row.home_district]
    if row.districts is not None:
        said["district_ids"] = tuple(ids[code] for code in row.districts)
        if not row.districts:
            said["reach_hops"] = None
    if row.modes is not None:
        said["on_site"] = Mode.ON_SITE in row.modes
        said["by_phone"] = Mode.PHONE in row.modes
        said["by_video"] = Mode.VIDEO in row.modes
    shown = {(proof.kind, proof.issued_on or proof.seen_on) for proof in known.credentials}
    new = tuple(_proof(kind, day) for kind, day in row.proofs if (kind, day) not in shown)
    return replace(known, name=row.name, languages=row.languages, credentials=known.credentials + new, **said)


def _proof(kind: CredentialKind, day: date) -> Proof:
    if kind is CredentialKind.MEASLES_PROOF:
        return Proof(kind, seen_on=day)
    ends = _years_after(day, _CERTIFICATE_YEARS) if kind is CredentialKind.POLICE_CERTIFICATE else None
    return Proof(kind, seen_on=day, issued_on=day, valid_until=ends)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _field_of(header: Cell) -> str | None:
    keys = spellings(guide_cells.text_of(header))
    return next((_FIELDS[key] for key in sorted(keys) if key in _FIELDS), None)


def _header_errors(header: SheetRow, columns: Mapping[int, str | None]) -> tuple[RowError, ...]:
    found = [known for known in columns.values() if known is not None]
    titles = ", ".join(guide_cells.text_of(cell) for cell in header.cells if cell is not None)
    wrong = [
        RowError(
            header.number,
            "",
            N_("The column “%(column)s” is missing. The first row has: %(found)s."),
            {"column": _HEADERS[name][0], "found": titles},
        )
        for name in _REQUIRED
        if name not in found
    ]
    wrong += [
        RowError(
            header.number, "", N_("The column “%(column)s” is there twice."), {"column": _HEADERS[name][0]}
        )
        for name in dict.fromkeys(found)
        if found.count(name) > 1
    ]
    return tuple(wrong)


def _readers(catalogue: Catalogue, districts: Mapping[str, str], today: date) -> Mapping[str, _Reader]:
    proofs: dict[str, _Reader] = {kind: lambda cell: guide_cells.day(cell, today) for kind in CredentialKind}
    return {
        "name": guide_cells.typed(contact.clean_name),
        "email": guide_cells.typed(contact.email),
        "languages": lambda cell: guide_cells.languages(cell, catalogue),
        "phone": guide_cells.phone,
        "german_level": guide_cells.level,
        "home_district": lambda cell: guide_cells.district(cell, districts),
        "districts": lambda cell: guide_cells.districts(cell, districts),
        "reach_hops": guide_cells.reach,
        "weekly": guide_cells.weekly,
        "gender": guide_cells.gender,
        "modes": guide_cells.modes,
        "minutes_per_week": guide_cells.minutes,
        "locale": lambda cell: guide_cells.locale(cell, catalogue),
        **proofs,
    }


@dataclass(frozen=True, slots=True)
class _Rows:
    """Reads rows below one header."""

    header: SheetRow
    columns: Mapping[int, str | None]
    readers: Mapping[str, _Reader]

    def read(self, row: SheetRow) -> list[GuideRow | RowError]:
        """Return the guide of a row, or everything that is wrong with it."""
        values: dict[str, Any] = {}
        proofs: list[tuple[CredentialKind, date]] = []
        wrong: list[GuideRow | RowError] = []
        for place, name in self.columns.items():
            cell = row.cells[place] if place < len(row.cells) else None
            if name is None or (cell is None and name not in _REQUIRED):
                continue
            try:
                value = self.readers[name](cell)
            except CellWrong as error:
                title = guide_cells.text_of(self.header.cells[place])
                wrong.append(RowError(row.number, title, error.msgid, error.params))
                continue
            if isinstance(name, CredentialKind):
                proofs.append((name, value))
            else:
                values[name] = value
        return wrong or [GuideRow(row=row.number, proofs=tuple(proofs), **values)]


def _repeats(rows: list[GuideRow | RowError]) -> list[RowError]:
    first: dict[str, int] = {}
    wrong: list[RowError] = []
    for row in rows:
        if not isinstance(row, GuideRow):
            continue
        if row.email in first:
            wrong.append(
                RowError(
                    row.row,
                    "",
                    N_("The e-mail address stands in row %(other)s already."),
                    {"other": first[row.email]},
                )
            )
        first.setdefault(row.email, row.row)
    return wrong
