"""A town's own list comes in whole or not at all, with a reason for each cell that does not fit."""

import csv
import io
import random
import zipfile
from collections.abc import Generator
from datetime import date, datetime, time
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import Engine, func, select

from lotsen import reference
from lotsen.domain.availability import WeeklyTime
from lotsen.domain.vocabulary import AuditEvent, CredentialKind, Gender, Level, Mode
from lotsen.errors import Invalid
from lotsen.i18n import translator
from lotsen.models import AuditEntry, Guide
from lotsen.reference.presets import preset
from lotsen.services import guide_list, guides, pools, sheets
from lotsen.services.guide_list import GuideRow, Reading
from lotsen.services.unit_of_work import SYSTEM, UnitOfWork
from tests.factories import add_pool, bootstrap

TODAY = date(2026, 11, 23)
DISTRICTS = {one.code: one.name for one in preset("neuss").districts}
HEADER = ["Name", "E-Mail", "Sprachen"]
ANNA = ["Anna Muster", "anna@lotsen.example", "Arabisch (Muttersprache), Französisch B2"]


def read(content: bytes | str, name: str = "liste.csv") -> Reading:
    content = content.encode() if isinstance(content, str) else content
    return guide_list.read(name, content, reference.catalogue(), DISTRICTS, TODAY)


def as_csv(*rows: list[str], delimiter: str = ";") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def as_xlsx(*rows: list[Any]) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def only(reading: Reading) -> GuideRow:
    assert [one.in_words(translator("en")) for one in reading.errors] == []
    assert len(reading.guides) == 1
    return reading.guides[0]


def words(reading: Reading) -> list[str]:
    return [one.in_words(translator("en")) for one in reading.errors]


def one_cell(column: str, cell: str) -> Reading:
    """Read a list with one guide and one more column."""
    return read(as_csv([*HEADER, column], [*ANNA, cell]))


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_csv_is_read(delimiter: str, encoding: str):
    row = only(read(as_csv(HEADER, ANNA, delimiter=delimiter).encode(encoding)))
    assert (row.row, row.name, row.email) == (2, "Anna Muster", "anna@lotsen.example")
    assert row.languages == (("ar", Level.NATIVE), ("fr", Level.B2))


def test_all_columns_in_any_order_from_excel_cells():
    row = only(
        read(
            as_xlsx(
                [None, None],
                [
                    "Führungszeugnis vom", "Verschwiegenheit am", "Masernschutz gesehen am",
                    "Qualifikation vom", "Sprachen", "Deutsch", "Stunden pro Woche", "E-Mail",
                    "Geschlecht", "Telefon", "Zeiten",
                    "Wohnbezirk", "Reichweite", "Bezirke", "Einsatzart", "Schreibsprache", "Name", "Haustier",
                ],
                [
                    datetime.fromisoformat("2024-02-29T00:00"), "01.03.24", "2025-05-06", date(2023, 1, 2),
                    "Dari/Paschtu C1; Englisch: fließend", "C2", 7.5, "FARID@lotsen.example", "m", 2214710131,
                    "Mo-Fr 9-12", 7, 2, "01, Norf; Speck/Wehl/Helpenstein", "vor Ort, Telefon", "Englisch",
                    "Farid  Muster", "Katze",
                ],
            ),
            "liste.xlsx",
        )
    )  # fmt: skip
    assert row == GuideRow(
        row=3,
        name="Farid Muster",
        email="farid@lotsen.example",
        phone="0221 4710131",
        languages=row.languages,
        german_level=Level.C2,
        home_district="07",
        districts=("01", "27", "26"),
        reach_hops=2,
        weekly=tuple(WeeklyTime(day, time(9), time(12)) for day in range(5)),
        gender=Gender.MALE,
        modes=frozenset({Mode.ON_SITE, Mode.PHONE}),
        minutes_per_week=450,
        locale="en",
        proofs=(
            (CredentialKind.POLICE_CERTIFICATE, date(2024, 2, 29)),
            (CredentialKind.CONFIDENTIALITY, date(2024, 3, 1)),
            (CredentialKind.MEASLES_PROOF, date(2025, 5, 6)),
            (CredentialKind.QUALIFICATION, date(2023, 1, 2)),
        ),
    )
    assert dict(row.languages) == {"prs": Level.C1, "ps": Level.C1, "en": Level.C1}


def test_english_headers_and_columns_without_meaning():
    reading = read("email,NAME,Languages,Shoe size\nanna@lotsen.example,Anna Muster,Arabic native,38\n")
    assert only(reading).languages == (("ar", Level.NATIVE),)
    assert reading.ignored == ("Shoe size",)


@pytest.mark.parametrize(
    ("cell", "languages"),
    [
        ("Arabisch (Syrien, Libanon, Jordanien, Palästina) C2", {"apc": Level.C2}),
        ("Bosnisch/Kroatisch/Montenegrinisch/Serbisch B2", {"sh": Level.B2}),
        ("Serbisch/Kroatisch [C1]", {"sr": Level.C1, "hr": Level.C1}),
        ("Farsi B2/Dari Muttersprache", {"fa": Level.B2, "prs": Level.NATIVE}),
        ("Dari/Farsi C1", {"prs": Level.C1, "fa": Level.C1}),
        ("Kurmandschi – native\nSorani A2", {"kmr": Level.NATIVE, "ckb": Level.A2}),
    ],
)
def test_languages_as_people_write_them(cell: str, languages: dict[str, Level]):
    reading = read(as_csv(HEADER, [*ANNA[:2], cell]))
    assert dict(only(reading).languages) == languages


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("Sprache", "Afghanisch B2", "Row 2, Sprache: “Afghanisch” can mean several languages."),
        ("Sprache", "Ukrianisch B2", "Do you mean “Ukrainisch”"),
        ("Sprache", "Qwertzig B2", "Row 2, Sprache: “Qwertzig” is not in the list of languages."),
        ("Sprache", "Türkisch", "Please add the level of “Türkisch”"),
        ("Sprache", "Türkisch B1-B2", "Please give one level for “Türkisch B1-B2”."),
        ("Sprache", "", "Please choose at least one language."),
        ("Telefon", "abends", "Please give a phone number with area code"),
        ("Bezirke", "Grimlighausen", "Do you mean Grimlinghausen?"),
        ("Bezirke", "Entenhausen", "There is no district “Entenhausen”."),
        ("Wohnbezirk", "99", "There is no district “99”."),
        ("Reichweite", "weit", "Please give a number from 0 to 20."),
        ("Zeiten", "Mo vormittags", "“vormittags” is not clear."),
        ("Geschlecht", "Hund", "Possible are: weiblich, männlich, divers."),
        ("Einsatzart", "Brieftaube", "“Brieftaube” is not offered."),
        ("Deutsch", "gut", "“gut” is not offered. Possible are: A1, A2"),
        ("Stunden pro Woche", "viele", "Please give the hours as a number"),
        ("Stunden pro Woche", "200", "Please give the hours as a number"),
        ("Schreibsprache", "Latein", "“Latein” is not offered."),
        ("Führungszeugnis vom", "31.02.2024", "“31.02.2024” is no date."),
        ("Führungszeugnis vom", "bald", "“bald” is no date."),
        ("Verschwiegenheit am", "24.11.2026", "The date 24.11.2026 cannot be right."),
        ("Verschwiegenheit am", "01.01.1900", "The date 01.01.1900 cannot be right."),
    ],
)
def test_each_wrong_cell_is_named_with_its_place(column: str, cell: str, expected: str):
    if column == "Sprache":
        found = words(read(as_csv(["Name", "E-Mail", column], [*ANNA[:2], cell])))
    else:
        found = words(one_cell(column, cell))
    assert len(found) == 1
    assert found[0].startswith(f"Row 2, {column}: ")
    assert expected in found[0]


@pytest.mark.parametrize("name", ["", "Anna\u202e", "x" * 121, "123"])
def test_a_name_must_be_one(name: str):
    assert len(words(read(as_csv(HEADER, [name, *ANNA[1:]])))) == 1


def test_all_errors_of_all_rows_are_told_at_once():
    reading = read(
        as_csv(HEADER, ["", "keine", "Klingonisch B2"], ANNA, ["Bo Muster", ANNA[1].upper(), "Tigrinya C1"])
    )
    assert [one.row for one in reading.errors] == [2, 2, 2, 4]
    assert words(reading)[-1] == "Row 4: The e-mail address stands in row 3 already."
    assert len(reading.guides) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (b"Name;Alter\nAnna;30\n", "The column “E-Mail” is missing. The first row has: Name, Alter."),
        (b"Name;E-Mail;Mail;Sprachen\n", "The column “E-Mail” is there twice."),
        (b"Name;E-Mail;Sprachen\n", "The list has no guides."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old or a locked Excel file."),
        (b"PK\x03\x04 no archive", "The Excel file is damaged."),
        (b"Name\x00;E-Mail", "This is no list."),
        (b"\xff\xfeN", "This is no list."),
        (b"x" * 2_000_001, "The file is larger than 2 MB."),
        (b"Name;E-Mail;Sprachen\n" + b"a;b;c\n" * 5001, "The list has more than 5000 rows."),
        (b"Name;E-Mail;Sprachen" + b";x" * 60, "The list has more than 60 columns."),
        (b"Name;E-Mail;Sprachen\nAnna;" + b"x" * 4001, "A cell in row 2 holds more than 4000 characters."),
    ],
)
def test_files_that_cannot_be_read(content: bytes, expected: str):
    reading = read(content)
    assert reading.guides == ()
    assert any(expected in one for one in words(reading))


def test_a_workbook_that_would_unpack_to_too_much_is_not_opened():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 41_000_000)
    assert len(out.getvalue()) < sheets.BYTES_MAX
    assert words(read(out.getvalue())) == ["The file unpacks to more than 40 MB."]


def test_a_sheet_that_claims_to_be_huge_is_cut_short():
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for place, cell in enumerate(HEADER, start=1):
        sheet.cell(1, place, cell)
    sheet["XFD1048576"] = "far away"
    out = io.BytesIO()
    workbook.save(out)
    assert words(read(out.getvalue())) == ["The list has more than 5000 rows."]


def test_damaged_workbooks_are_refused_in_words():
    whole = as_xlsx(HEADER, ANNA)
    chance = random.Random(7)
    for round_ in range(60):
        broken = bytearray(whole)
        if round_ % 2:
            del broken[chance.randrange(4, len(broken)) :]
        for _ in range(20):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        reading = read(bytes(broken))
        assert reading.errors or reading.guides


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), max_size=5))
def test_anything_in_the_cells_is_read_or_refused(rows: list[list[str]]):
    header = [*HEADER, "Zeiten", "Bezirke", "Führungszeugnis vom"]
    reading = read(as_csv(header, *rows).encode(errors="replace"))
    assert reading.rows
    assert all(words(reading))


@pytest.fixture
def uow(engine: Engine) -> Generator[UnitOfWork]:
    with bootstrap(engine).begin(SYSTEM) as unit:
        yield unit


@pytest.fixture
def pool_id(uow: UnitOfWork) -> int:
    return add_pool(uow).id


def demo_list() -> bytes:
    return files(reference).joinpath("demo", "guides.csv").read_bytes()


def test_the_demo_list_goes_through_the_same_door_and_a_second_time_changes_nothing(
    uow: UnitOfWork, pool_id: int
):
    reading = guide_list.read(
        "guides.csv", demo_list(), reference.catalogue(), pools.district_names(uow, pool_id), TODAY
    )
    assert words(reading) == []
    report = guide_list.import_guides(uow, pool_id, reading)
    assert (len(report.added), report.updated, report.unchanged) == (30, (), ())
    again = guide_list.import_guides(uow, pool_id, reading)
    assert (again.added, again.updated, len(again.unchanged)) == ((), (), 30)
    assert uow.session.scalar(select(func.count()).select_from(Guide)) == 30
    events = uow.session.scalars(select(AuditEntry.event).where(AuditEntry.subject == "guide")).all()
    assert events == [AuditEvent.IMPORTED] * 30


def test_a_newer_list_updates_by_address_and_empty_cells_change_nothing(uow: UnitOfWork, pool_id: int):
    header = [*HEADER, "Telefon", "Bezirke", "Zeiten", "Führungszeugnis vom"]
    first = read(as_csv(header, [*ANNA, "0221 4710131", "01, 07", "Mo 8-12", "01.06.2020"]))
    guide_list.import_guides(uow, pool_id, first)
    newer = ["Anna Neu", "ANNA@lotsen.example", "Somali C1", "", "alle", "", "02.06.2025"]
    second = read(as_csv(header, newer, ["Bo Muster", "bo@lotsen.example", "Tigrinya C1", "", "", "", ""]))
    report = guide_list.import_guides(uow, pool_id, second)
    assert (report.added, report.updated, report.unchanged) == ((3,), (2,), ())
    uow.session.expire_all()
    anna = uow.session.scalars(select(Guide).where(Guide.email == "anna@lotsen.example")).one()
    kept = guides.as_input(anna)
    assert (kept.name, kept.phone, kept.languages) == ("Anna Neu", "0221 4710131", (("so", Level.C1),))
    assert kept.district_ids == ()
    assert kept.weekly == (WeeklyTime(0, time(8), time(12)),)
    assert [(one.issued_on, one.valid_until) for one in kept.credentials] == [
        (date(2020, 6, 1), date(2025, 6, 1)),
        (date(2025, 6, 2), date(2030, 6, 2)),
    ]


def test_a_list_with_one_error_is_refused_whole(uow: UnitOfWork, pool_id: int):
    reading = read(as_csv(HEADER, ANNA, ["Bo Muster", "bo@lotsen.example", "Klingonisch C1"]))
    with pytest.raises(Invalid):
        guide_list.import_guides(uow, pool_id, reading)
    assert uow.session.scalar(select(func.count()).select_from(Guide)) == 0
