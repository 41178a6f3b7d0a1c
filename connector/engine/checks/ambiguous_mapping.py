"""Charges that two rules claim with equal right, which only the charges reveal."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "ambiguous_mapping"


def find(tables: Tables) -> ir.Table:
    """One finding per customer and product, at cost."""
    return unbillable(tables, KIND)


def tied(tables: Tables) -> ir.Table:
    """The rates behind each finding; their places are those of the rules that tie."""
    rows = tables.expected.filter(tables.expected.status == KIND)
    return rows.select("product_id", "currency", "rate_id", tenant_id=rows.customer_id).distinct()
