"""Makes the bill by which Microsoft's invoice stands in the partner's own books: under its number, to the cent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.document import BILL, Document, DocumentLine
from connector.domain.money import ZERO
from connector.domain.period import Period


def bills(headers: Iterable[Mapping[str, Any]], month: Period, ledger: str, vendor: str) -> Iterator[Document]:
    """One bill for each vendor invoice whose billing period ends in a month.

    `headers` are rows of the table of that name. A credit note is no bill: it is left to a person.
    """
    newest = {(str(row["invoice"]), row["currency"]): row for row in headers}
    for _, header in sorted(newest.items(), key=lambda one: one[0][0]):
        total, end = header["total"], header["period_end"]
        if header["invoice"] and header["currency"] and end is not None and end in month and total and total > 0:
            yield _bill(header, total, header["tax"] or ZERO, ledger, vendor)


def _bill(header: Mapping[str, Any], total: Decimal, tax: Decimal, ledger: str, vendor: str) -> Document:
    invoice, end = str(header["invoice"]), header["period_end"]
    period = Period.inclusive(header["period_start"] or end, end)
    lines = [(f"Microsoft invoice {invoice}, {period}", total - tax)]
    if tax:
        lines.append((f"Tax on Microsoft invoice {invoice}", tax))
    day: date = header["invoice_date"] or end
    return Document(
        ledger=ledger,
        customer=vendor,
        customer_name="Microsoft",
        period=period,
        currency=header["currency"],
        kind=BILL,
        lines=tuple(DocumentLine(number, None, text, amount) for number, (text, amount) in enumerate(lines, 1)),
        day=day,
        split=invoice,
        annex="none",
    )
