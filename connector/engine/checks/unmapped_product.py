"""Charges for a product that no rule gives a ledger item."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "unmapped_product"


def find(tables: Tables) -> ir.Table:
    """One finding per customer and product, at cost."""
    return unbillable(tables, "unmapped_product")
