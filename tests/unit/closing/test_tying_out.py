"""Cloud revenue and cost are held against the general-ledger accounts they are booked on."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.config.mappings import read_mappings
from connector.domain.period import Period
from connector.domain.result import Conservation, Reconciliation
from connector.engine.mapping import Book
from connector.engine.reconciliation.naming import Directory
from connector.jobs.tying_out import cost_ties, tie_out
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from connector.warehouse.workspace import Workspace
from tests.builders import MAPPING

ORIGIN = {"ledger": "books", "source": "books", "line": 1, "observed_at": "2026-11-10T05:00:00Z"}
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def record(kind: str, name: str, record_id: str, **facts: str) -> dict[str, Any]:
    own = {"kind": kind, "record_id": record_id, "name": name, "active": True, "gone": False, "row_hash": record_id}
    return {**ORIGIN, **own, "facts": json.dumps(facts)}


def line(number: str, item: str, amount: str, day: date = date(2026, 10, 9)) -> dict[str, Any]:
    return {
        **ORIGIN, "document_number": number, "document_id": number, "document_type": "invoice", "document_date": day,
        "customer_id": "58", "item_id": item, "line_number": "1", "amount": Decimal(amount), "currency": "USD",
        "status": "open", "row_hash": number,
    }  # fmt: skip


def bill(number: str, net: str, vendor: str = "77", status: str = "open") -> dict[str, Any]:
    return {
        **ORIGIN, "document_id": number, "kind": "bill", "number": number, "party_id": vendor, "status": status,
        "currency": "USD", "net": Decimal(net), "total": Decimal(net), "row_hash": number,
    }  # fmt: skip


@pytest.fixture
def tables(tmp_path: Path) -> Any:
    rows = {
        "ledger_records": [
            record("account", "Cloud revenue", "80"), record("account", "Cost of cloud", "90"),
            record("item", "Premium", "31", income_account="80"), record("item", "Hours", "5", income_account="80"),
            record("item", "Cable", "6", income_account="81"),
        ],
        "ledger_lines": [
            line("1", "31", "240.00"), line("2", "5", "100.00"), line("3", "6", "7.00"),
            line("4", "31", "999.00", date(2026, 11, 1)),
        ],
        "ledger_documents": [
            bill("G1", "150.00"), bill("G2", "50.00", status="void"), bill("X9", "9.00"), bill("G1 ", "1.00", "12"),
        ],
    }  # fmt: skip
    with Warehouse(tmp_path) as warehouse:
        Shelf(warehouse).keep("books", ORIGIN["observed_at"], rows, frozenset())
    with Warehouse(tmp_path) as warehouse:
        yield Workspace(warehouse)


def directory_of(folder: Path, ledger: str = "books", mapping: str = MAPPING) -> Directory:
    (folder / "m.yaml").write_text(mapping, encoding="utf-8")
    return Directory(Book(read_mappings(folder / "m.yaml")), (), (ledger,))


def reconciled(*invoices: str, charged: str = "0", currency: str = "USD") -> Reconciliation:
    proof = Conservation(currency, *([Decimal(charged)] * 2), *([Decimal(0)] * 5))
    return Reconciliation("differences", (), None, None, invoices, (proof,), (), (), (), ())


def test_an_account_that_was_not_read_is_held_against_documents_and_that_is_said(tables: Any, tmp_path: Path) -> None:
    tied = tie_out(tables, directory_of(tmp_path), OCTOBER, reconciled(), {})
    assert [(one.account, one.amount) for one in tied.accounts] == [("Cloud revenue", Decimal("240.00"))]
    assert [(one.ledger, one.counted, one.difference, one.source, one.lines) for one in tied.ties] == [
        (Decimal("340.00"), Decimal("240.00"), Decimal("100.00"), "documents", ())
    ]
    assert "general ledger was not read" in tied.notes[0]


def test_the_bills_are_held_against_microsofts_lines(tables: Any) -> None:
    """G1 is booked with 150.00 of 200.00; another vendor's bill, a void one and other numbers do not count."""
    (tie,) = cost_ties(tables, reconciled("G1", "G2", charged="200.00"), {"books": ("77", "90")})
    assert (tie.account, tie.ledger, tie.counted, tie.difference) == (
        "Cost of cloud", Decimal("150.00"), Decimal("200.00"), Decimal("-50.00"),
    )  # fmt: skip


@pytest.mark.parametrize("document_id", ["1", None])
def test_an_export_that_takes_the_place_of_what_was_read_is_held_against_documents(
    tmp_path: Path, document_id: str | None
) -> None:
    """The lines of an export bear no ids by which an entry would name their document."""
    entry = {**ORIGIN, "account_id": "80", "currency": "USD", "amount": Decimal(0), "day": date(2026, 8, 1)}
    booked = {"document_id": "1", "kind": "Invoice", "amount": Decimal("240.00"), "day": date(2026, 10, 9)}
    rows = {
        "ledger_lines": [{**line("1", "31", "240.00"), "document_id": document_id}],
        "ledger_entries": [{**entry, "row_hash": "0"}, {**entry, **booked, "row_hash": "1"}],
    }
    with Warehouse(tmp_path) as warehouse:
        Shelf(warehouse).keep("books", ORIGIN["observed_at"], rows, frozenset())
        (tie,) = tie_out(Workspace(warehouse), directory_of(tmp_path), OCTOBER, reconciled(), {}).ties
    assert (tie.source, tie.ledger) == ("general ledger" if document_id else "documents", Decimal("240.00"))
