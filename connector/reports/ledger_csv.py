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


def to_ledger_csv(lines: Iterable[DueLine], day: date) -> Iterator[str]:
    """Write the lines one by one, dated `day`: a document for each customer and currency, credits on one of their own.

    Ids are written as they are, because they must match; names get an apostrophe where a spreadsheet would take them
    for a formula.
    """
    yield _written(COLUMNS)
    numbers: Counter[str] = Counter()
    for line in lines:
        is_credit = line.amount < 0
        document = f"EXPECTED-{line.customer}-{line.currency}{'-CREDIT' if is_credit else ''}"
        numbers[document] += 1
        yield _written(
            (
                document,
                day.isoformat(),
                "credit_memo" if is_credit else "invoice",
                line.customer,
                guarded(line.customer_name),
                str(numbers[document]),
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


def _written(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(list(cells))
    return text.getvalue()
