"""Service that the mapping ended while Microsoft goes on charging for it."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "cancelled_still_charged"


def find(tables: Tables) -> ir.Table | None:
    """One finding per customer and product, at cost; silent without subscriptions on file."""
    return unbillable(tables, "customer_ended") if tables.has_subscriptions else None
