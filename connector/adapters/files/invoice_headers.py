"""Invoice objects as Partner Center gives them: the total that the lines must reach.

Source: Microsoft, "Get invoice by ID" and "Get a collection of invoices".
"""

from collections.abc import Iterator

import pyarrow as pa

from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean, code
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "invoice": ("id",),
        "currency": ("currencyCode",),
        "total": ("totalCharges",),
        "document_type": ("documentType",),
        "amends": ("amendsOf",),
        "invoice_date": ("invoiceDate",),
        "period_start": ("billingPeriodStartDate",),
        "period_end": ("billingPeriodEndDate",),
        "invoice_type": ("invoiceType",),
        "paid": ("paidAmount",),
    },
    numbers=frozenset({"total"}),
)
_IDENTITY = ("invoice", "currency", "total", "document_type", "amends", "invoice_date", "period_start", "period_end")
_TYPES = {
    "invoice": "invoice", "credit note": "credit_note", "credit_note": "credit_note", "creditnote": "credit_note",
    "adjustment_note": "credit_note", "adjustment note": "credit_note", "void_note": "void_note",
    "void note": "void_note",
}  # fmt: skip


def _number(text: str) -> str | None:
    """Take the type off an invoice number: `OneTime-G000024135` is G000024135."""
    text = text.strip()
    for before in ("OneTime-", "Recurring-"):
        text = text.removeprefix(before)
    return text or None


def _type(text: str) -> str:
    return _TYPES.get(text.strip().lower(), clean(text) or "invoice")


def _shape(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    table: dict[str, pa.Array] = {
        "invoice": s.each("invoice", _number, required=True),
        "currency": s.each("currency", code, required=True),
        "total": s.number("total", required=True),
        "document_type": s.each("document_type", _type),
        "amends": s.each("amends", _number),
        "invoice_date": s.day("invoice_date"),
        "period_start": s.day("period_start"),
        "period_end": s.day("period_end"),
    }
    yield from s.rows("headers", table, _IDENTITY)


FORMAT = Format(
    name="invoice",
    role=Role.VENDOR,
    table="headers",
    fields=_FIELDS,
    signature=frozenset({"invoice", "currency", "total", "invoice_date", "document_type", "invoice_type"}),
    required=(("invoice",), ("currency",), ("total",)),
    shape=_shape,
    shapes=frozenset({Shape.DOCUMENT, Shape.LINES}),
)
