"""Charge types that Microsoft's documents do not name: kept and priced, but a person should look."""

import ibis.expr.types as ir

from connector.engine.checks import Tables, shape
from connector.engine.expecting.normalising import KNOWN_CHARGE_TYPES

KIND = "unknown_charge_type"


def find(tables: Tables) -> ir.Table:
    """One finding per unknown charge type and currency, at cost."""
    lines = tables.lines
    rows = lines.filter(lines.type.notin(KNOWN_CHARGE_TYPES))
    grouped = rows.group_by(["charge_type", "currency"]).aggregate(
        impact=rows.subtotal.sum(),
        first=rows["first"].min(),
        next_start=rows.next_start.max(),
        place=rows.place.min(),
    )
    return shape(grouped, key=grouped.charge_type, text=grouped.charge_type)
