"""Reads the ledger's lines that count for Microsoft's services: neither void nor draft, on a cloud item or our own."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.engine.reconciliation import summing
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.shapes import Lifetime, Line, Slice, line_of
from connector.engine.reconciliation.verdicts import Verdict


def counting_lines(
    rows: Iterable[Mapping[str, Any]], directory: Directory, slices: Iterable[Slice], lives: Iterable[Lifetime]
) -> tuple[list[Line], list[Verdict]]:
    """The lines to compare with these slices, and the verdicts of those that are for something else."""
    slices = list(slices)
    charged = {piece.subscription_id for piece in slices if piece.subscription_id}
    known = frozenset(charged | {life.subscription_id for life in lives})
    own = {(piece.ledger, piece.ledger_customer, piece.item) for piece in slices if piece.kind == "own"}
    lines: list[Line] = []
    outside: list[Verdict] = []
    for row in rows:
        if summing.is_void(row["status"]):
            continue
        standing, customer = row, directory.customer(row["ledger"] or "", row["customer_id"] or "")
        if customer != (row["customer_id"] or ""):
            standing = {**row, "customer_id": customer}
        line = line_of(standing, directory.bills(row["ledger"], customer), known)
        if directory.is_cloud(line.ledger, line.item) or (line.ledger, line.customer, line.item) in own:
            lines.append(line)
        else:
            outside.append(Verdict("ledger", "out_of_scope", line.currency, line.amount, line.source, line.line))
    return lines, outside
