"""Gives void notes of Microsoft's that come without lines the lines that they take back."""

import ibis
import ibis.expr.types as ir

from connector.engine.reconciliation.crediting import bare_voids
from connector.engine.reconciliation.proof import plain_invoice
from connector.jobs.overlay import Overlay
from connector.ports import LineTables

_CHARGED = ("subtotal", "tax", "total", "effective_unit_price")
_USED = ("amount", "pricing_amount", "effective_unit_price")


def with_voids(tables: LineTables) -> LineTables:
    """The tables; where a note without lines voids an invoice as a whole, its lines are there once more, negated.

    So they are taken back from customers who were billed for them, and what is charged anew is billed once.
    """
    headers = tables.table("headers")
    kinds = headers.document_type.fill_null("").lower()
    if not any(True for _ in tables.rows(headers.filter(kinds.contains("void")).limit(1))):
        return tables
    charges, usage = tables.table("charges"), tables.table("usage")
    names = [row["invoice"] for row in tables.rows(charges.select("invoice").distinct()) if row["invoice"]]
    voids = bare_voids(tables.rows(headers), names)
    for note, amends in sorted(voids.items()):
        own = [name for name in names if plain_invoice(name) == amends]
        charges = charges.union(_taken_back(tables.table("charges"), own, note, _CHARGED))
        usage = usage.union(_taken_back(tables.table("usage"), own, note, _USED))
    return Overlay(tables, {"charges": charges, "usage": usage}) if voids else tables


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
