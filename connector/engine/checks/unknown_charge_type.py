"""Charge types that Microsoft's documents do not name: kept and priced, but a person should look."""

import ibis
import ibis.expr.types as ir

from connector.engine.checks import Tables, shape
from connector.engine.expecting.normalising import KNOWN_CHARGE_TYPES

KIND = "unknown_charge_type"


def find(tables: Tables) -> ir.Table:
    """One finding per unknown charge type, customer and product, at cost."""
    lines = tables.lines
    rows = lines.filter(lines.type.notin(KNOWN_CHARGE_TYPES))
    grouped = rows.group_by(["charge_type", "customer_id", "product_id", "currency"]).aggregate(
        impact=rows.subtotal.sum(),
        customer_name=rows.customer_name.min(),
        product_name=rows.product_name.min(),
        ledger=rows.ledger.min(),
        ledger_customer=rows.ledger_customer.min(),
        item=rows.item.min(),
        first=rows["first"].min(),
        next_start=rows.next_start.max(),
        place=rows.place.min(),
    )
    text = ibis.literal("Microsoft's charge type is ") + grouped.charge_type
    return shape(grouped, tenant_id=grouped.customer_id, key=grouped.charge_type, text=text)
