"""Records that could not be used, or only in part, with the money that hangs on them."""

import ibis
import ibis.expr.types as ir

from connector.domain.line_rows import LEDGER, VENDOR
from connector.engine.checks import Tables, shape
from connector.engine.expecting.slices import place_of

KIND = "record_set_aside"


def find(tables: Tables) -> ir.Table:
    """One finding per file, reason, customer and currency, at what can be read of the cost."""
    rows = tables.set_aside
    grouped = rows.group_by(["source", "reason", "customer_id", "currency"]).aggregate(
        impact=rows.amount.fill_null(0).sum(),
        customer_name=rows.customer_name.min(),
        place=place_of(rows).min(),
        product_id=rows.product_id.min(),
        count=rows.count(),
        side=ibis.ifelse(rows["table"].max().startswith("ledger_"), LEDGER, VENDOR),
    )
    return shape(
        grouped,
        tenant_id=grouped.customer_id,
        currency=grouped.currency.fill_null(""),
        key=grouped.source.fill_null("") + " " + grouped.reason.fill_null(""),
        text=ibis.ifelse(grouped["count"] == 1, "1 record: ", grouped["count"].cast("string") + " records: ")
        + grouped.reason.fill_null(""),
    )
