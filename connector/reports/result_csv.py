"""The result of a reconciliation as CSV files, of which no cell can become a formula in a spreadsheet.

Amounts are written exactly, as in the JSON; a text that a spreadsheet would take for a formula gets an apostrophe.
"""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from connector.domain.line_rows import LineRow
from connector.domain.money import Money
from connector.domain.result import Reconciliation
from connector.reports.tables import Cell, Table, tables
from connector.reports.wording import exact, plain

STARTS_A_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−")
"""What spreadsheets, also those set to Asian languages, begin formulas and commands with."""


def to_csv(result: Reconciliation, name: str = "findings.csv", lines: Sequence[LineRow] = ()) -> dict[str, str]:
    """Return the files by name: the findings as `name`, the other tables beside it as `name-causes.csv` and so on.

    Each side's lines have a file where lines are given.
    """
    stem = name[:-4] if name.lower().endswith(".csv") else name
    findings, *others = tables(result, lines)
    return {name: table_csv(findings)} | {f"{stem}-{table.name}.csv": table_csv(table) for table in others}


def table_csv(table: Table) -> str:
    """Write one table with its header row; lines end with a newline."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_written(cell) for cell in row] for row in table.rows)
    return text.getvalue()


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
