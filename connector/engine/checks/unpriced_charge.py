"""Charges that have an item but no price rule, or a rule that lacks what it needs."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "unpriced_charge"


def find(tables: Tables) -> ir.Table:
    """One finding per customer and product, at cost."""
    return unbillable(tables, "unpriced_charge")
