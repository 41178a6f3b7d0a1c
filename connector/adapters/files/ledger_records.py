"""The canonical CSV of a ledger's records: one customer or item in each row, as it was seen at one moment."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files.cells import BadCell
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean, code
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_NAMES = ("record_kind", "record_id", "name", "active", "merged_into", "currency", "email", "observed_at")
_REQUIRED = ("record_kind", "record_id", "name", "active")
_KINDS = frozenset({"customer", "item", "term", "tax_code", "account", "vendor", "class", "department"})
_WORDS = {"yes": True, "true": True, "1": True, "active": True, "no": False, "false": False, "0": False}


def _kind(text: str) -> str | None:
    written = text.strip().lower().replace(" ", "_")
    if written and written not in _KINDS:
        raise BadCell(f"is none of {', '.join(sorted(_KINDS))}")
    return written or None


def _active(text: str) -> str | None:
    written = text.strip().lower()
    if written in {"deleted", "gone"}:
        return "gone"
    if written and written != "inactive" and written not in _WORDS:
        raise BadCell("is neither yes, no nor deleted")
    return None if not written else "yes" if _WORDS.get(written) else "no"


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    state = s.each("active", _active, required=True)
    seen = s.each("observed_at", clean)
    table = {
        "ledger": pa.repeat(occasion.ledger, len(s)),
        "kind": s.each("record_kind", _kind, required=True),
        "record_id": s.each("record_id", clean, required=True),
        "observed_at": pc.fill_null(seen, occasion.observed_at or ""),
        "name": s.text("name"),
        "active": pc.equal(state, "yes"),
        "gone": pc.equal(state, "gone"),
        "currency": s.each("currency", code),
        "email": s.text("email"),
        "merged_into": s.each("merged_into", clean),
    }
    yield from s.rows("ledger_records", table, ("ledger", "kind", "record_id", "name"))


FORMAT = Format(
    name="ledger records",
    role=Role.LEDGER,
    table="ledger_records",
    fields=Fields({name: (name,) for name in _NAMES}, frozenset()),
    signature=frozenset(_REQUIRED),
    required=tuple((name,) for name in _REQUIRED),
    shape=_shape,
    shapes=frozenset({Shape.CSV}),
)
