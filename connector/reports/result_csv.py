"""The result of a reconciliation as CSV files, of which no cell can become a formula in a spreadsheet.

Amounts are written exactly, as in the JSON; a text that a spreadsheet would take for a formula gets an apostrophe.
"""

import csv
import io
from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import chain, islice

from connector.domain.line_rows import LineRow
from connector.domain.money import Money
from connector.domain.result import Reconciliation
from connector.reports.tables import Cell, Table, tables
from connector.reports.wording import exact, plain

STARTS_A_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−")
"""What spreadsheets, also those set to Asian languages, begin formulas and commands with."""

_AT_A_TIME = 1000


def to_csv(result: Reconciliation, name: str = "findings.csv", lines: Collection[LineRow] = ()) -> dict[str, str]:
    """Return the files by name: the findings as `name`, the other tables beside it as `name-causes.csv` and so on.

    Each side's lines have a file where lines are given.
    """
    return {file: "".join(pieces) for file, pieces in csv_files(result, name, lines)}


def csv_files(
    result: Reconciliation, name: str, lines: Collection[LineRow] = ()
) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the same files piece by piece, so that many lines need no memory; each is written before the next."""
    stem = name[:-4] if name.lower().endswith(".csv") else name
    for table in tables(result, lines):
        yield (name if table.name == "findings" else f"{stem}-{table.name}.csv"), csv_pieces(table)


def csv_pieces(table: Table) -> Iterator[str]:
    """Write one table with its header row, some rows at a time; lines end with a newline."""
    rows = chain([table.columns], table.rows)
    while some := list(islice(rows, _AT_A_TIME)):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_written(cell) for cell in row] for row in some)
        yield text.getvalue()


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe in front where it would."""
    shown = plain(text)
    return f"'{shown}" if shown.lstrip().startswith(STARTS_A_FORMULA) else shown


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case str():
            return guarded(cell)
        case Money():
            return exact(cell.amount, cell.currency)
        case _:
            return exact(cell) if isinstance(cell, Decimal) else str(cell)
