"""Charges that two rules claim with equal right, which only the charges reveal."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "ambiguous_mapping"


def find(tables: Tables) -> ir.Table:
    """One finding per customer and product, at cost."""
    return unbillable(tables, "ambiguous_mapping")
