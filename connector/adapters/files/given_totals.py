"""Header totals a person read off the invoice's PDF, for files that carry none."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files.schemas import schema
from connector.adapters.files.shaping import Rows
from connector.domain.errors import UnreadableInput

SOURCE = "--vendor-total"


def with_totals(rows: Iterable[Rows], totals: Mapping[str, Decimal]) -> Iterator[Rows]:
    """Yield the rows, then a header for the one invoice among them in each currency of the totals (gross).

    Raises UnreadableInput where the lines are of none or of several invoices, so that the totals belong to no one.
    """
    invoices: set[str] = set()
    for table, batch in rows:
        if table == "charges" and totals:
            invoices.update(pc.unique(batch.column("invoice").drop_null()).to_pylist())
        yield table, batch
    if not totals:
        return
    if len(invoices) != 1:
        have = ", ".join(sorted(invoices)) or "none"
        raise UnreadableInput(f"{SOURCE}: needs the lines of one invoice, these are of {have}; import one at a time.")
    invoice = invoices.pop()
    headers = [
        {
            "invoice": invoice,
            "currency": currency,
            "total": total,
            "document_type": "invoice",
            "source": SOURCE,
            "line": 0,
            "row_hash": total_hash(currency, total)[:16],
        }
        for currency, total in sorted(totals.items())
    ]
    yield "headers", pa.RecordBatch.from_pylist(headers, schema=schema("headers"))


def total_hash(currency: str, total: Decimal) -> str:
    """Return the SHA-256 that stands for a given total among the sources of a snapshot."""
    return sha256(f"{SOURCE} {currency}={total.normalize():f}".encode()).hexdigest()
