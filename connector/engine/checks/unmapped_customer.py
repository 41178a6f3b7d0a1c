"""Charges of a customer that no rule names: nobody is billed for them."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, unbillable

KIND = "unmapped_customer"


def find(tables: Tables) -> ir.Table:
    """One finding per customer and product, at cost; an ended mapping counts where no subscriptions tell more."""
    statuses = ["unmapped_customer"] + ([] if tables.has_subscriptions else ["customer_ended"])
    return unbillable(tables, *statuses)
