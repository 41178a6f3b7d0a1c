"""Gives void notes of Microsoft's that come without lines the lines that they take back."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from connector.engine.reconciliation.crediting import bare_voids
from connector.engine.reconciliation.proof import plain_invoice
from connector.jobs.overlay import Overlay
from connector.ports import LineTables

_AMOUNTS = {
    "charges": ("subtotal", "tax", "total", "effective_unit_price"),
    "usage": ("amount", "pricing_amount", "effective_unit_price"),
}


def with_voids(tables: LineTables) -> LineTables:
    """The tables; where a note without lines voids an invoice as a whole, its lines are there once more, negated.

    So they are taken back from customers who were billed for them, and what is charged anew is billed once.
    """
    headers = tables.table("headers")
    kinds = headers.document_type.fill_null("").lower()
    if not any(True for _ in tables.rows(headers.filter(kinds.contains("void")).limit(1))):
        return tables
    charges = tables.table("charges")
    names = [row["invoice"] for row in tables.rows(charges.select("invoice").distinct()) if row["invoice"]]
    voids = bare_voids(tables.rows(headers), names)
    amended = {note: [name for name in names if plain_invoice(name) == amends] for note, amends in voids.items()}
    return WithVoids(tables, amended) if voids else tables


class WithVoids(Overlay):
    """Fits the LineTables port: charges and usage with what void notes take back, by note the invoices' names."""

    def __init__(self, tables: LineTables, amended: Mapping[str, list[str]]) -> None:
        self._amended = amended
        super().__init__(tables, {name: self._whole(name, tables.table(name)) for name in _AMOUNTS})

    def placed(self, name: str) -> ir.Table:
        """A table with the row of its file; what is taken back has that of what was charged."""
        found = self._tables.placed(name)
        return self._whole(name, found) if name in _AMOUNTS else found

    def _whole(self, name: str, table: ir.Table) -> ir.Table:
        whole = table
        for note, invoices in sorted(self._amended.items()):
            whole = whole.union(_taken_back(table, invoices, note, _AMOUNTS[name]))
        return whole


def _taken_back(table: ir.Table, invoices: list[str], note: str, amounts: tuple[str, ...]) -> ir.Table:
    """An invoice's lines as a note takes them back: each at a place, and with a hash, of its own."""
    own = table.filter(table.invoice.isin(invoices))
    turned = own.mutate(
        invoice=ibis.literal(note),
        source=own.source.fill_null("") + f" (taken back by {note})",
        row_hash=own.row_hash.substr(1) + own.row_hash.substr(0, 1),
        **{name: (-own[name]).cast(own[name].type()) for name in amounts},
    )
    return turned.select(*table.columns).cast(table.schema())
