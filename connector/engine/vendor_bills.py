"""Makes what Microsoft's invoice is in the partner's own books: under its number, to the cent.

An invoice is a bill. What Microsoft owes, an invoice below zero or a note that takes one back, is a vendor credit.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.document import BILL, VENDOR_CREDIT, Document, DocumentLine
from connector.domain.money import ZERO
from connector.domain.period import Period
from connector.engine.reconciliation.proof import owed_by, plain_invoice

_Header = Mapping[str, Any]


def bills(headers: Iterable[_Header], month: Period, ledger: str, vendor: str) -> Iterator[Document]:
    """One document for each vendor invoice or note whose billing period ends in a month.

    `headers` are rows of the table of that name. A note without a period belongs to that of the invoice it amends; one
    on an earlier invoice that was made out since comes along, for that month may be posted. It is the same document in
    every month. What comes to nothing needs none.
    """
    newest = {(str(row["invoice"]), row["currency"]): row for row in headers}
    periods = {plain_invoice(number): period for (number, _), row in newest.items() if (period := _period(row))}
    for _, header in sorted(newest.items(), key=lambda one: one[0][0]):
        period = _period(header) or periods.get(plain_invoice(header["amends"] or ""))
        if not (header["invoice"] and header["currency"] and header["total"] and period):
            continue
        made_out = header["invoice_date"]
        is_late = header["amends"] and period.last < month.start and made_out is not None and made_out >= month.start
        if period.last in month or is_late:
            yield _bill(header, period, ledger, vendor)


def _period(header: _Header) -> Period | None:
    end: date | None = header["period_end"]
    return None if end is None else Period.inclusive(header["period_start"] or end, end)


def _bill(header: _Header, period: Period, ledger: str, vendor: str) -> Document:
    invoice, total = str(header["invoice"]), owed_by(header, header["total"])
    sign = -1 if total < 0 else 1
    tax: Decimal = owed_by(header, header["tax"] or ZERO)
    lines = [(f"Microsoft invoice {invoice}, {period}", total - tax)]
    if tax:
        lines.append((f"Tax on Microsoft invoice {invoice}", tax))
    day: date = header["invoice_date"] or period.last
    return Document(
        ledger=ledger,
        customer=vendor,
        customer_name="Microsoft",
        period=period,
        currency=header["currency"],
        kind=VENDOR_CREDIT if total < 0 else BILL,
        lines=tuple(DocumentLine(number, None, text, sign * amount) for number, (text, amount) in enumerate(lines, 1)),
        day=day,
        split=invoice,
        annex="none",
    )
