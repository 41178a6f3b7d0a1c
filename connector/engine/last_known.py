"""The documents of ledgers as they were last seen: ours in every state, Microsoft's bills, payments and templates."""

import ibis
import ibis.expr.types as ir

BESIDE = ("bill", "payment", "template")


def last_known(documents: ir.Table) -> ir.Table:
    """Of each document that ever bore our mark, and of each bill, payment and template, the version seen last."""
    thing = ["ledger", "kind", "document_id"]
    seen = ibis.row_number().over(group_by=thing, order_by=[ibis.desc("observed_at"), ibis.desc("line")])
    mark = documents.marker.max().over(group_by=thing)
    rows = documents.mutate(seen=seen, ever_ours=mark)
    wanted = rows.filter((rows.seen == 0) & (rows.ever_ours.notnull() | rows.kind.isin(BESIDE)))
    return wanted.drop("seen", "ever_ours")


def lines_of_documents(lines: ir.Table, documents: ir.Table) -> ir.Table:
    """The lines of these documents as they stand."""
    return lines.semi_join(documents, [lines.ledger == documents.ledger, lines.document_id == documents.document_id])
