"""Charges on which Microsoft names no customer."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "charge_without_customer"


def find(tables: Tables) -> ir.Table:
    """One finding per product, at (signed) cost."""
    return unbillable(tables, "charge_without_customer")
