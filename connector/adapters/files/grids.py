"""Reads an export as people see it in a spreadsheet: rows of cells, whether it is a CSV or an Excel workbook.

A number in a workbook is a binary double. It is written out with 15 significant digits, as Excel itself shows it: every
number typed with up to 15 digits comes back exactly as it was typed, and the noise a formula leaves behind the
fifteenth digit (24.399999999999999) is gone. Dates become 2026-10-31.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from connector.adapters.files.opening import DAMAGES, Export
from connector.domain.errors import Place, UnreadableInput

LARGEST_SHEET = 256 << 20
_SEPARATORS = (",", ";", "\t", "|")
_BEGINNING = 100


class Typed(str):
    """A number or a date of a workbook, written out in the one way the connector writes them."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (the line it starts on, or the row of the sheet) and its cells as text."""

    line: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> tuple[int, ...]:
        """The positions of the cells that hold something."""
        return tuple(at for at, cell in enumerate(self.cells) if cell)

    @property
    def first(self) -> str:
        """The first cell that holds something; empty in a blank row."""
        return next((cell for cell in self.cells if cell), "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of rows: all of a CSV, or one sheet of a workbook; `typed` where cells have types of their own."""

    export: Export
    title: str
    rows: tuple[Row, ...]
    typed: bool = False

    @property
    def name(self) -> str:
        """The file's name for people, with the sheet's where there may be several."""
        return f"{self.export.name} (sheet {self.title})" if self.typed else self.export.name


def is_workbook(path: Path) -> bool:
    """Tell whether a ZIP archive is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist() and "xl/workbook.xml" in archive.namelist()
    except DAMAGES:
        return False


def read_workbook(export: Export) -> tuple[Sheet, ...]:
    """Return the sheets of a workbook that hold something. Raises UnreadableInput for a damaged or huge one."""
    from python_calamine import CalamineError, CalamineWorkbook

    with zipfile.ZipFile(export.path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_SHEET:
            raise UnreadableInput(
                f"{export.name}: a workbook of more than {LARGEST_SHEET >> 20} MB unpacked; export it as CSV."
            )
    try:
        workbook = CalamineWorkbook.from_path(str(export.path))
        sheets = [
            Sheet(export, title, _rows(workbook.get_sheet_by_name(title).to_python(skip_empty_area=False)), typed=True)
            for title in workbook.sheet_names
        ]
    except (CalamineError, OSError, ValueError) as damage:
        raise UnreadableInput(f"{export.name}: the workbook cannot be read ({damage}); export it again.") from damage
    return tuple(sheet for sheet in sheets if sheet.rows)


def read_text(export: Export) -> Sheet:
    """Return the rows of a CSV, whatever separates its columns. Raises UnreadableInput where it is none."""
    text = export.whole(LARGEST_SHEET).decode()
    separator = _separator(text)
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            row = Row(line, tuple(cell.strip() for cell in cells))
            if row.filled:
                rows.append(row)
    except csv.Error as wrong:
        raise UnreadableInput(f"{Place(export.name, reader.line_num)}: not readable as CSV ({wrong}).") from wrong
    return Sheet(export, Path(export.name).stem, tuple(rows))


def _separator(text: str) -> str:
    """The character that separates the columns: the one that cuts most rows into many cells, as many in each."""

    def weight(separator: str) -> int:
        rows = csv.reader(io.StringIO(text[: 1 << 16], newline=""), delimiter=separator)
        try:
            widths = Counter(len(row) for row, _ in zip(rows, range(_BEGINNING), strict=False))
        except csv.Error:
            return 0
        return max((count * (width - 1) for width, count in widths.items()), default=0)

    return max(_SEPARATORS, key=lambda separator: (weight(separator), -_SEPARATORS.index(separator)))


def _rows(cells: Sequence[Sequence[object]]) -> tuple[Row, ...]:
    rows = (Row(line, tuple(_spelled(cell) for cell in row)) for line, row in enumerate(cells, 1))
    return tuple(row for row in rows if row.filled)


def _spelled(cell: object) -> str:
    """Write a cell of a workbook as text: numbers exactly, dates as 2026-10-31."""
    match cell:
        case bool():
            return str(cell).lower()
        case int():
            return Typed(cell)
        case float():
            number = Decimal(f"{cell:.15g}")
            return Typed(f"{number:f}") if number.is_finite() else str(cell)
        case datetime():
            return Typed(cell.date().isoformat())
        case date():
            return Typed(cell.isoformat())
        case time() | timedelta():
            return str(cell)
        case _:
            return str(cell).replace("\xa0", " ").strip()
