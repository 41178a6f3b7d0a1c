"""The result of a reconciliation as a workbook: typed numbers and dates, filters, and text that stays text.

Names come from others, so nothing is ever written as a formula or a link. Excel keeps 15 digits of a number; an
amount with more of them is written as text rather than cut.
"""

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

import xlsxwriter

from connector.domain.errors import ConnectorError
from connector.domain.kinds import DIFFERENCE
from connector.domain.line_rows import LEDGER, VENDOR, LineRow, LineRows, of_side
from connector.domain.money import Money, exponent
from connector.domain.result import Reconciliation
from connector.reports import proof
from connector.reports.proof import SIGNS, TITLES
from connector.reports.sums import by_kind, in_sum, measured, on_their_own, stakes
from connector.reports.tables import Cell, Table, tables
from connector.reports.wording import exact, plain

MOST_ROWS = 1_048_575
"""What an Excel sheet holds below its header."""
MOST_TEXT = 32_767
MOST_DIGITS = 15

_TITLES = {
    "findings": "Findings",
    "causes": "Causes",
    "evidence": "Evidence",
    "conservation": "Proof",
    "verdicts": "Verdicts",
    "suppressed": "Kept silent",
    "margins": "Margins",
    "vendor_lines": "Microsoft's lines",
    "ledger_lines": "Ledger lines",
}
_ORDER = (
    "findings",
    "vendor_lines",
    "ledger_lines",
    "margins",
    "verdicts",
    "conservation",
    "causes",
    "evidence",
    "suppressed",
)
_WIDE = {"title": 42, "causes": 60, "advice": 60, "text": 60, "verdicts": 34, "ref": 40, "customer": 28, "product": 34}
_MEDIUM = {"fingerprint", "tenant_id", "subscription_id", "kind", "document", "description", "findings", "verdict"}


def fits_sheets(lines: Collection[LineRow]) -> bool:
    """Whether each side's lines fit on a sheet."""
    return all(_count(lines, side) <= MOST_ROWS for side in (VENDOR, LEDGER))


def to_xlsx(result: Reconciliation, run_id: str, lines: Collection[LineRow] = (), lines_file: str = "") -> bytes:
    """Write the workbook: a summary first, then a sheet for each table.

    A table too long for a sheet is left out, and the summary says so and names `lines_file`, which has it.
    """
    content = io.BytesIO()
    # Rows go to the disk as they are written, so that a sheet of a million lines needs no memory.
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(content, options) as book:
        last = result.last or date(1980, 1, 1)
        book.set_properties({"title": "Reconciliation", "created": datetime(last.year, last.month, last.day)})  # noqa: DTZ001
        formats = _Formats(book)
        summary = book.add_worksheet("Summary")
        left_out = []
        by_name = {table.name: table for table in tables(result, lines)}
        counts = {f"{side}_lines": _count(lines, side) for side in (VENDOR, LEDGER)}
        for name in _ORDER:
            table = by_name.get(name)
            if table is not None and not _write_sheet(book, formats, table, _TITLES[name], counts.get(name, 0)):
                left_out.append(
                    f"{_TITLES[name]}: too many rows for a sheet; all of them are in {lines_file or 'the CSV files'}"
                )
        _write_rows(summary, formats, _summary(result, run_id, left_out), start=0)
        summary.set_column(0, 0, 46)
        summary.set_column(1, 1, 18)
        summary.set_column(2, 3, 12)
    return content.getvalue()


class _Formats:
    """The cell formats, made when they are needed."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.text = book.add_format({"num_format": "@"})

    def money(self, amount: Money) -> Any:
        """Show the currency's decimals, and more where the amount has more."""
        places = exponent(amount.currency)
        finer = max(0, -_exponent(amount.amount) - places)
        shape = "#,##0" + ("." + "0" * places + "0" * finer if places + finer else "")
        if shape not in self._made:
            self._made[shape] = self._book.add_format({"num_format": shape})
        return self._made[shape]


def _count(lines: Collection[LineRow], side: str) -> int:
    return lines.count(side) if isinstance(lines, LineRows) else sum(1 for _ in of_side(lines, side))


def write_sheets(title: str, day: date, tables: Iterable[tuple[str, Table]]) -> bytes:
    """Write a workbook of some tables, a sheet for each under its name; equal tables give equal bytes.

    Raises TooLong for a table with more rows than a sheet holds.
    """
    content = io.BytesIO()
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": title, "created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001
        formats = _Formats(book)
        for name, table in tables:
            if not _write_sheet(book, formats, table, name, 0):
                raise TooLong(f"{name} has more than {MOST_ROWS:,} rows, which no sheet holds; use --format json")
    return content.getvalue()


class TooLong(ConnectorError):
    """A table has more rows than a sheet holds."""


def _write_sheet(book: Any, formats: _Formats, table: Table, title: str, count: int) -> bool:
    """Write a table on a sheet of its own, of `count` rows where that is known; tell whether it fitted."""
    rows: Iterable[Sequence[Cell]] = table.rows
    if not count:
        rows = list(islice(table.rows, MOST_ROWS + 1))
        count = len(rows)
    if count > MOST_ROWS:
        return False
    sheet = book.add_worksheet(title)
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name.replace("_", " ").capitalize(), formats.head)
        sheet.set_column(column, column, _WIDE.get(name, 22 if name in _MEDIUM else 14))
    _write_rows(sheet, formats, rows, start=1)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, count), len(table.columns) - 1)
    return True


def _write_rows(sheet: Any, formats: _Formats, rows: Iterable[Sequence[Cell]], start: int) -> None:
    for line, row in enumerate(rows, start):
        for column, cell in enumerate(row):
            _write(sheet, formats, (line, column), cell)


def _write(sheet: Any, formats: _Formats, place: tuple[int, int], cell: Cell) -> None:
    match cell:
        case None | "":
            return
        case bool():
            sheet.write_string(*place, "yes" if cell else "no")
        case str():
            sheet.write_string(*place, _shortened(plain(cell)), formats.text)
        case Money() if _fits(cell.amount):
            sheet.write_number(*place, cell.amount, formats.money(cell))
        case Money():
            sheet.write_string(*place, exact(cell.amount, cell.currency), formats.text)
        case Decimal() if not _fits(cell):
            sheet.write_string(*place, exact(cell), formats.text)
        case date():
            sheet.write_datetime(*place, cell, formats.day)
        case _:
            sheet.write_number(*place, cell)


def _summary(result: Reconciliation, run_id: str, left_out: Sequence[str]) -> Iterator[Sequence[Cell]]:
    title, meaning = proof.RESULTS[result.result]
    yield ("Result", title)
    yield ("Meaning", meaning)
    yield ("Scope", proof.scope_words(result))
    yield ("Run", run_id)
    for reason in result.because:
        yield ("Not audited because", reason)
    for each in result.conservation:
        yield ("Proof", f"{proof.vendor_proof(each)} {proof.ledger_proof(each)}")
    for measures, (name, words) in TITLES.items():
        yield ()
        yield (name, words)
        yield from _at_stake(result, measures)
    yield ()
    for note in chain(result.notes, left_out):
        yield ("Note", note)


def _at_stake(result: Reconciliation, measures: str) -> Iterator[Sequence[Cell]]:
    found = measured(result, measures)
    losing, charging = SIGNS[measures]
    for each in stakes(in_sum(found)):
        if each.lost:
            yield (losing, Money(each.lost, each.currency), each.currency, each.losing)
        if measures == DIFFERENCE and each.lost:
            yield ("  of it every period", Money(each.recurring, each.currency), each.currency)
        if each.over:
            yield (charging, Money(each.over, each.currency), each.currency, each.charging)
        if each.without:
            yield ("Without an amount", None, each.currency, each.without)
    for own in on_their_own(found):
        for each in own.stakes:
            yield (
                f"On its own: {own.kind.title}",
                Money(each.lost - each.over, each.currency),
                each.currency,
                each.count,
            )
    yield ("By kind (positive: you lose)", "Amount", "Currency", "Findings")
    for kind_sum in by_kind(found):
        for each in kind_sum.stakes:
            if each.lost:
                yield (kind_sum.kind.title, Money(each.lost, each.currency), each.currency, each.losing)
            if each.over:
                yield (kind_sum.kind.title, Money(-each.over, each.currency), each.currency, each.charging)
            if each.without:
                yield (kind_sum.kind.title, None, each.currency, each.without)


def _fits(amount: Decimal) -> bool:
    return len(amount.normalize().as_tuple().digits) <= MOST_DIGITS


def _exponent(amount: Decimal) -> int:
    found = amount.normalize().as_tuple().exponent
    return found if isinstance(found, int) else 0


def _shortened(text: str) -> str:
    # Excel counts UTF-16 units, of which a letter has one or two.
    return text if len(text) <= MOST_TEXT // 2 else text[: MOST_TEXT // 2 - 1] + "…"
