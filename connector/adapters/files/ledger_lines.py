"""The canonical ledger CSV: one line of an invoice or credit memo in each row (docs: files)."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells
from connector.adapters.files.cells import BadCell
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import currency
from connector.adapters.files.samples import Shape
from connector.adapters.files.schemas import NOTHING
from connector.adapters.files.shaping import Rows, Shaping, negated_where

_NAMES = (
    "document_number", "document_date", "document_type", "customer_id", "customer_name", "line_number", "item_id",
    "description", "quantity", "unit_price", "amount", "tax", "currency", "service_start", "service_end", "reference",
    "status",
)  # fmt: skip
_REQUIRED = (
    "document_number", "document_date", "customer_id", "item_id", "document_type", "amount", "currency",
)  # fmt: skip
_IDENTITY = (
    "ledger", "document_number", "document_date", "document_type", "customer_id", "line_number", "item_id",
    "description", "quantity", "unit_price", "amount", "tax", "currency", "service_start", "service_end", "reference",
    "status",
)  # fmt: skip
_TYPES = {"invoice": "invoice", "creditmemo": "credit_memo", "creditnote": "credit_memo"}


def _document_type(text: str) -> str | None:
    letters = "".join(char for char in text.lower() if char.isalpha())
    if not letters:
        return None
    if letters not in _TYPES:
        raise BadCell("is neither invoice nor credit_memo")
    return _TYPES[letters]


def _status(text: str) -> str | None:
    return cells.trimmed(text).lower() or None


def _reference(text: str) -> str | None:
    """Lower the case of a reference that is a GUID, as subscription ids are; leave others as they are."""
    text = cells.trimmed(text)
    is_guid = len(text) == 36 and text.count("-") == 4
    return (text.lower() if is_guid else text) or None


def _references(s: Shaping) -> pa.Array:
    column = s.columns.get("reference")
    if not cells.has_no_blanks(column):
        return s.each("reference", _reference)
    is_guid = pc.and_(pc.equal(pc.binary_length(column), 36), pc.equal(pc.count_substring(column, "-"), 4))
    return cells.blank_to_null(pc.if_else(is_guid, pc.ascii_lower(column), column))


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    kind = s.each("document_type", _document_type, required=True)
    credit = pc.fill_null(pc.equal(kind, "credit_memo"), False)
    amount, tax = s.number("amount", required=True), s.number("tax")
    positive = pc.and_(credit, pc.fill_null(pc.greater(amount, NOTHING), False))
    table = {
        "ledger": pa.repeat(occasion.ledger, len(s)),
        "document_number": s.code("document_number", required=True),
        "document_date": s.day("document_date", required=True),
        "document_type": kind,
        "customer_id": s.ledger_id("customer_id", required=True),
        "customer_name": s.text("customer_name"),
        "line_number": s.code("line_number"),
        "item_id": s.ledger_id("item_id"),
        "description": s.text("description"),
        "quantity": s.number("quantity"),
        "unit_price": s.number("unit_price"),
        "amount": negated_where(positive, amount),
        "tax": negated_where(pc.and_(positive, pc.fill_null(pc.greater(tax, NOTHING), False)), tax),
        "currency": s.each("currency", currency, required=True),
        "service_start": s.day("service_start"),
        "service_end": s.day("service_end"),
        "reference": _references(s),
        "status": s.each("status", _status),
    }
    for row in pc.indices_nonzero(pc.less(table["service_end"], table["service_start"])).to_pylist():
        s.fault(row, "service_end", "is before service_start")
    yield from s.rows("ledger_lines", table, _IDENTITY)


FORMAT = Format(
    name="ledger lines",
    role=Role.LEDGER,
    table="ledger_lines",
    fields=Fields({name: (name,) for name in _NAMES}, frozenset({"quantity", "unit_price", "amount", "tax"})),
    signature=frozenset(_REQUIRED),
    required=tuple((name,) for name in _REQUIRED),
    shape=_shape,
    shapes=frozenset({Shape.CSV}),
)
