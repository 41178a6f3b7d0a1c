"""Ledger customers that were merged are found where the ledger says so, and where it only shows moved documents."""

from pathlib import Path
from typing import Any

import pytest

from connector.jobs.merging import survivors_of
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from connector.warehouse.workspace import Workspace

ORIGIN = {"ledger": "books", "source": "books", "line": 1}


def customer(record_id: str, **more: Any) -> dict[str, Any]:
    own = {"kind": "customer", "record_id": record_id, "name": record_id, "active": True, "gone": False, "facts": "{}"}
    return {**ORIGIN, "observed_at": "2026-11-02T05:00:00Z", **own, "row_hash": f"{record_id}{more}", **more}


def invoice(number: str, party: str, day: int, status: str = "open") -> dict[str, Any]:
    own = {"document_id": number, "kind": "invoice", "number": number, "party_id": party, "status": status}
    return {**ORIGIN, **own, "observed_at": f"2026-11-{day:02d}T05:00:00Z", "row_hash": f"{number}{party}{day}"}


@pytest.mark.parametrize(
    ("records", "documents", "found"),
    [
        ([customer("58", active=False, merged_into="99")], [], {("books", "58"): "99"}),
        (
            [customer("58", active=False, merged_into="77"), customer("77", active=False, merged_into="99")],
            [], {("books", "58"): "99", ("books", "77"): "99"},
        ),
        ([customer("58", gone=True)], [invoice("1", "58", 1), invoice("1", "99", 2)], {("books", "58"): "99"}),
        ([customer("58")], [invoice("1", "58", 1), invoice("1", "99", 2)], {}),
        ([customer("58", gone=True)], [invoice("1", "58", 1), invoice("1", "99", 2), invoice("2", "58", 1)], {}),
        (
            [customer("58", gone=True)],
            [invoice("1", "58", 1), invoice("1", "99", 2), invoice("2", "58", 1, "void")], {("books", "58"): "99"},
        ),
        (
            [customer("58", gone=True)],
            [invoice("1", "58", 1), invoice("1", "99", 2), invoice("2", "58", 1), invoice("2", "77", 2)], {},
        ),
    ],
    ids=["told", "told twice", "moved", "still there", "one stayed", "one was void", "moved to two"],
)  # fmt: skip
def test_merged_customers(records: Any, documents: Any, found: Any, tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse:
        rows = {"ledger_records": records, "ledger_documents": documents}
        Shelf(warehouse).keep(
            "books", "2026-11-03T05:00:00Z", {n: some for n, some in rows.items() if some}, frozenset()
        )
        assert survivors_of(Workspace(warehouse)) == found
