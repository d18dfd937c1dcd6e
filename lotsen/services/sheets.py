"""Turns an uploaded CSV or XLSX file into rows of plain cells, within limits of size."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, TypeAlias
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lotsen.errors import LotsenError
from lotsen.i18n import N_

ROWS_MAX: Final = 5_000
COLUMNS_MAX: Final = 60
BYTES_MAX: Final = 2_000_000
UNPACKED_MAX: Final = 40_000_000
CELL_MAX: Final = 4_000

Cell: TypeAlias = str | int | float | date | None
"""What a cell may hold; moments are cut to their date, times of day are text."""

_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = ";,\t"
# What openpyxl lets through of a file that is no workbook, or a damaged one.
_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty, with the number that a spreadsheet shows beside it."""

    number: int
    cells: tuple[Cell, ...]


class SheetRefused(LotsenError):
    """The file as a whole cannot be read: a msgid and its parameters."""

    def __init__(self, msgid: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(msgid)
        self.msgid = msgid
        self.params = dict(params or {})


def read(content: bytes) -> tuple[SheetRow, ...]:
    """Return the rows of a CSV file or of the first sheet of a workbook; raises SheetRefused."""
    if len(content) > BYTES_MAX:
        raise SheetRefused(N_("The file is larger than %(limit)s MB."), {"limit": BYTES_MAX // 1_000_000})
    if content.startswith(_OLD_EXCEL):
        raise SheetRefused(N_("This is an old or a locked Excel file. Please save it as XLSX or CSV."))
    rows = _numbered(_workbook_rows(content) if content.startswith(_ZIP) else _text_rows(content))
    if not rows:
        raise SheetRefused(N_("The file is empty."))
    return rows


def _numbered(rows: Iterable[Sequence[Cell]]) -> tuple[SheetRow, ...]:
    found: list[SheetRow] = []
    for number, raw in enumerate(rows, start=1):
        cells = tuple(cell.strip() or None if isinstance(cell, str) else cell for cell in raw)
        while cells and cells[-1] is None:
            cells = cells[:-1]
        if number > ROWS_MAX + 1:
            raise SheetRefused(N_("The list has more than %(limit)s rows."), {"limit": ROWS_MAX})
        if len(cells) > COLUMNS_MAX:
            raise SheetRefused(N_("The list has more than %(limit)s columns."), {"limit": COLUMNS_MAX})
        if any(isinstance(cell, str) and len(cell) > CELL_MAX for cell in cells):
            raise SheetRefused(
                N_("A cell in row %(row)s holds more than %(limit)s characters."),
                {"row": number, "limit": CELL_MAX},
            )
        if cells:
            found.append(SheetRow(number, cells))
    return tuple(found)


def _text_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise SheetRefused(N_("This is no list. Please give a CSV or an XLSX file."))
    lines = text.splitlines(keepends=True)
    header = next((line for line in lines if line.strip()), "")
    widths = {mark: len(next(csv.reader([header], delimiter=mark), list[str]())) for mark in _DELIMITERS}
    delimiter = max(widths, key=lambda mark: widths[mark])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    before = 0
    try:
        for cells in reader:
            # A quoted cell may run over several lines; a spreadsheet still counts them as one row.
            before += 1
            yield cells
    except csv.Error as error:
        raise SheetRefused(N_("Row %(row)s cannot be read."), {"row": before + 1}) from error


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF_16):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRefused(N_("This is no list. Please give a CSV or an XLSX file."))


def _workbook_rows(content: bytes) -> list[tuple[Cell, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # The directory is binding: whoever unpacks a member stops at the size that it names.
            unpacked = sum(member.file_size for member in archive.infolist())
    except _BROKEN as error:
        raise SheetRefused(N_("The Excel file is damaged. Please save it again.")) from error
    if unpacked > UNPACKED_MAX:
        raise SheetRefused(
            N_("The file unpacks to more than %(limit)s MB."), {"limit": UNPACKED_MAX // 1_000_000}
        )
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            # One row and one column more than allowed, so that it shows if there are too many.
            rows = workbook.worksheets[0].iter_rows(
                max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX + 1, values_only=True
            )
            return [tuple(_plain(value) for value in row) for row in rows]
        finally:
            workbook.close()
    except _BROKEN as error:
        raise SheetRefused(N_("The Excel file is damaged. Please save it again.")) from error


def _plain(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if value is None or isinstance(value, str | int | float | date):
        return value
    return str(value)
