"""What recurring templates of the ledgers will bill by themselves: which items, for whom, when next."""

import ibis
import ibis.expr.types as ir


def upcoming(documents: ir.Table, templates: ir.Table) -> ir.Table:
    """The lines that templates in force bill on their next day; `documents` and `templates` are the ledgers' tables.

    Of each template its last known version counts. Columns are those of ledger_templates.
    """
    own = documents.filter(documents.kind == "template")
    newest = ibis.row_number().over(
        group_by=["ledger", "document_id"], order_by=[ibis.desc("observed_at"), ibis.desc("line")]
    )
    latest = own.mutate(latest=newest)
    in_force = latest.filter((latest.latest == 0) & (latest.status == "open") & latest.next_day.notnull())
    return templates.semi_join(
        in_force,
        [
            templates.ledger == in_force.ledger,
            templates.template_id == in_force.document_id,
            templates.observed_at == in_force.observed_at,
        ],
    )
