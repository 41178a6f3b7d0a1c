"""Finds which ledger customers were merged into which: as the ledger says, else as their documents moved over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from connector.engine.reconciliation.standing import CUSTOMER, Record, known_records, survivors
from connector.ports import LineTables

Records = Mapping[tuple[str, str, str], Record]
_DEAD = ("void", "deleted", "draft")


def survivors_of(tables: LineTables, known: Records | None = None) -> dict[tuple[str, str], str]:
    """Of each ledger customer that was merged into another: the one that stands for both, by ledger and id.

    QuickBooks says only that a customer is gone; where all its documents are one other customer's now, it was merged.
    """
    if known is None:
        records = tables.table("ledger_records")
        known = known_records(tables.rows(records.filter(records.kind == CUSTOMER)))
    gone = sorted(
        (ledger, record_id)
        for (ledger, kind, record_id), record in known.items()
        if kind == CUSTOMER and not record.merged_into and (record.gone or not record.active)
    )
    told = survivors(known)
    if not gone:
        return told
    documents = tables.table("ledger_documents")
    sales = documents.filter(documents.kind.isin(("invoice", "credit_memo")))
    theirs = sales.filter(sales.party_id.isin(sorted({record_id for _, record_id in gone})))
    keys = ["ledger", "document_id", "kind"]
    rows = tables.rows(sales.semi_join(theirs.select(keys).distinct(), keys))
    return _moved(rows, set(gone)) | told


def _moved(rows: Iterable[Mapping[str, Any]], gone: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Who holds all documents that were a gone customer's, by all their versions."""
    versions: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        versions[row["ledger"] or "", row["document_id"], row["kind"]].append(row)
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (ledger, _, _), some in versions.items():
        last = max(some, key=lambda row: (row["observed_at"] or "", row["line"] or 0))
        if last["status"] not in _DEAD:
            for party in {row["party_id"] for row in some if (ledger, row["party_id"]) in gone}:
                holders[ledger, party].add(last["party_id"] or "")
    return {
        (ledger, party): next(iter(now))
        for (ledger, party), now in sorted(holders.items())
        if len(now) == 1 and party not in now and "" not in now
    }
