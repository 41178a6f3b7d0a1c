"""Ledger lines that should have been, as CSV in the columns that `connector reconcile --ledger` reads."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from connector.domain.due_line import DueLine
from connector.reports.result_csv import guarded
from connector.reports.wording import exact

COLUMNS = (
    "document_number", "document_date", "document_type", "customer_id", "customer_name", "line_number", "item_id",
    "description", "quantity", "unit_price", "amount", "tax", "currency", "service_start", "service_end", "reference",
)  # fmt: skip


class LedgerCsv:
    """A file of such lines, dated `day`: a document for each customer and currency, credits on one of their own.

    Ids are written as they are, because they must match; names get an apostrophe where a spreadsheet would take them
    for a formula.
    """

    def __init__(self, day: date) -> None:
        self._day = day
        self._numbers: Counter[str] = Counter()

    def head(self) -> str:
        """The header row."""
        return _written(COLUMNS)

    def row(self, line: DueLine) -> str:
        """The row of a line."""
        is_credit = line.amount < 0
        document = f"EXPECTED-{line.customer}-{line.currency}{'-CREDIT' if is_credit else ''}"
        self._numbers[document] += 1
        return _written(
            (
                document,
                self._day.isoformat(),
                "credit_memo" if is_credit else "invoice",
                line.customer,
                guarded(line.customer_name),
                str(self._numbers[document]),
                line.item,
                guarded(line.description),
                "" if line.quantity is None else exact(line.quantity),
                "" if line.unit_price is None else exact(line.unit_price, line.currency),
                exact(line.amount, line.currency),
                "" if line.tax is None else exact(line.tax, line.currency),
                line.currency,
                line.first.isoformat(),
                line.last.isoformat(),
                line.reference,
            )
        )


def to_ledger_csv(lines: Iterable[DueLine], day: date) -> Iterator[str]:
    """Write one file, line by line."""
    file = LedgerCsv(day)
    yield file.head()
    yield from (file.row(line) for line in lines)


def _written(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(list(cells))
    return text.getvalue()
