"""A ledger is brought into the warehouse as it is, stays as it was seen, and is written only where it changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.domain.document import DocumentLine
from connector.engine.upcoming import upcoming
from connector.jobs.extract_ledger import LedgerNews, extract_ledger, nobodys
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from tests.unit.quickbooks.connected import Connected, connected

GUID = "9d7d1f3d-c8de-461c-db6d-91debd5129f0"


class Sync:
    """Syncs a simulated company again and again into one warehouse."""

    def __init__(self, there: Connected, folder: Path) -> None:
        self.there, self.folder = there, folder
        self.cursor: str | None = None
        self.own: Any = nobodys

    def __call__(self) -> LedgerNews:
        self.there.clock.advance(60)
        with Warehouse(self.folder) as warehouse:
            moment = self.there.clock.now().isoformat()
            news = extract_ledger(self.there.source, Shelf(warehouse), self.cursor, moment, self.own)
        self.cursor = news.cursor
        return news

    def rows(self, table: str) -> list[dict[str, Any]]:
        with Warehouse(self.folder) as warehouse:
            return warehouse.rows(warehouse.table(table))

    def lines(self) -> list[tuple[Any, ...]]:
        return sorted(
            (row["document_id"], row["item_id"], row["amount"], row["status"]) for row in self.rows("ledger_lines")
        )


@contextmanager
def syncing(tmp_path: Path, **company: Any) -> Iterator[tuple[Connected, Sync]]:
    with connected(**company) as there:
        there.finance.item("Seats")
        there.finance.customer("Alpine")
        yield there, Sync(there, tmp_path / "warehouse")


def seats(amount: str = "10.00", **more: Any) -> Entry:
    return Entry("1", more.pop("text", "Seats"), Decimal(amount), **more)


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        there.finance.invoice("1", [seats()])
        first = sync()
        assert first.changed
        assert first.written["ledger_lines"] == 1
        before = sorted(path.name for path in sync.folder.iterdir())
        again = sync()
        assert not again.changed
        assert sorted(path.name for path in sync.folder.iterdir()) == before
        there.clock.advance(31 * 86400)
        assert not sync().changed, "not even when everything was read again"


def test_edits_voids_and_deletions_replace_lines_and_keep_every_version(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        stays, edited, void, deleted = (there.finance.invoice("1", [seats()]) for _ in range(4))
        sync()
        there.finance.edit_line(edited, 1, amount=Decimal("12.50"))
        there.finance.add_line(edited, seats("1.00"))
        there.finance.void(void)
        there.finance.delete(deleted)
        sync()
        assert sync.lines() == [
            (stays, "1", Decimal("10.00"), "open"),
            (edited, "1", Decimal("1.00"), "open"),
            (edited, "1", Decimal("12.50"), "open"),
            (void, "1", Decimal(0), "void"),
        ]
        versions = [(row["document_id"], row["status"]) for row in sync.rows("ledger_documents")]
        assert sorted(versions) == sorted(
            [
                (stays, "open"),
                *[(edited, "open")] * 2,
                (void, "open"),
                (void, "void"),
                (deleted, "open"),
                (deleted, "deleted"),
            ]
        )
        assert not sync().changed


def test_a_deletion_that_nobody_told_of_is_seen_when_everything_is_read(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        deleted = there.finance.invoice("1", [seats()])
        sync()
        there.finance.delete(deleted)
        sync.cursor = None
        assert sync().written["ledger_documents"] == 1
        assert sync.lines() == []
        assert not sync().changed


def test_the_past_stays_readable(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        key = there.finance.invoice("1", [seats()])
        sync()
        moment = there.clock.now()
        there.clock.advance(86400)
        there.finance.edit_line(key, 1, amount=Decimal("99.00"))
        sync()
        with Warehouse(sync.folder, known_before=moment.replace(hour=23)) as warehouse:
            assert [row["amount"] for row in warehouse.rows(warehouse.table("ledger_lines"))] == [Decimal("10.00")]


def test_discounts_and_taxes_are_shared_out_to_the_cent(tmp_path: Path) -> None:
    with syncing(tmp_path, country="DE", currency="EUR") as (there, sync):
        lines = [seats("33.33", tax="2"), seats("33.33", tax="2"), seats("33.34", tax="2")]
        key = there.finance.invoice("1", lines)
        there.finance.discount(key, amount=Decimal("10.00"))
        sync()
        rows = sync.rows("ledger_lines")
        document = sync.rows("ledger_documents")[0]
        assert sum(row["amount"] for row in rows) == document["net"] == Decimal("90.00")
        assert sum(row["tax"] for row in rows) == document["tax"]
        assert {row["amount"] for row in rows} <= {Decimal("30.00"), Decimal("29.99"), Decimal("30.01")}


def test_credit_memos_are_negative_and_payments_are_no_lines(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        invoice = there.finance.invoice("1", [seats()])
        memo = there.finance.credit_memo("1", [seats("4.00")])
        there.finance.pay(invoice)
        sync()
        assert sync.lines() == [(invoice, "1", Decimal("10.00"), "paid"), (memo, "1", Decimal("-4.00"), "open")]
        kinds = sorted(row["kind"] for row in sync.rows("ledger_documents"))
        assert kinds == ["credit_memo", "invoice", "payment"]


def test_the_subscription_of_a_line_is_what_we_posted_or_the_only_id_in_its_text(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        marked = "CONNECTOR-0123456789ABCDEF01234567"
        there.finance.invoice("1", [seats(text=f"Premium {GUID.upper()}"), seats(text="no id")])
        there.finance.invoice("1", [seats("5.00")], PrivateNote=marked)
        days = date(2026, 10, 15), date(2026, 11, 14)
        ours = DocumentLine(1, "1", "Seats", Decimal("5.00"), first=days[0], last=days[1], reference="ours")
        sync.own = {marked: (ours,)}.get
        sync()
        found = {row["reference"]: (row["service_start"], row["service_end"]) for row in sync.rows("ledger_lines")}
        assert found == {GUID: (None, None), None: (None, None), "ours": days}


def test_renamed_inactive_and_merged_records_have_a_history(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        other, loser = there.finance.customer("Contoso"), there.finance.customer("Fabrikam")
        sync()
        there.finance.rename("1", "Alpine Ski House")
        there.finance.deactivate(other)
        there.finance.merge(loser, "1")
        assert sync().written["ledger_records"] == 3
        with Warehouse(sync.folder) as warehouse:
            newest = {
                row["record_id"]: (row["name"], row["active"], row["gone"])
                for row in Shelf(warehouse).newest("ledger_records", "books-us")
                if row["kind"] == "customer"
            }
        assert newest == {
            "1": ("Alpine Ski House", True, False),
            other: ("Contoso", False, False),
            loser: ("Fabrikam", False, True),
        }
        names = {
            row["name"] for row in sync.rows("ledger_records") if row["record_id"] == "1" and row["kind"] == "customer"
        }
        assert names == {"Alpine", "Alpine Ski House"}


def test_recurring_templates_are_what_will_be_billed(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        kept = there.finance.template("1", "Seats", [seats("55.00")], date(2026, 12, 1))
        ended = there.finance.template("1", "Old seats", [seats("45.00")], date(2026, 12, 1))
        sync()

        def billed() -> list[tuple[Any, ...]]:
            with Warehouse(sync.folder) as warehouse:
                rows = warehouse.rows(
                    upcoming(warehouse.table("ledger_documents"), warehouse.table("ledger_templates"))
                )
            return sorted((row["template_id"], row["amount"], row["next_day"], row["item_id"]) for row in rows)

        first = (kept, Decimal("55.00"), date(2026, 12, 1), "1")
        assert billed() == sorted([first, (ended, Decimal("45.00"), date(2026, 12, 1), "1")])
        there.company.remove("RecurringTransaction", there.company.get("RecurringTransaction", ended))
        sync()
        assert billed() == [first]
        assert all(row["document_id"] != kept for row in sync.rows("ledger_lines")), "a template bills nothing yet"


def test_a_crash_before_the_mark_moved_costs_nothing(tmp_path: Path) -> None:
    with syncing(tmp_path) as (there, sync):
        there.finance.invoice("1", [seats()])
        sync()
        cursor = sync.cursor
        there.finance.invoice("1", [seats("20.00")])
        sync()
        before = sync.lines()
        sync.cursor = cursor
        assert not sync().changed
        assert sync.lines() == before


@pytest.mark.parametrize("count", [2_500])
def test_many_invoices_come_in_pages(tmp_path: Path, count: int) -> None:
    with syncing(tmp_path) as (there, sync):
        for _ in range(count):
            there.finance.invoice("1", [seats()])
        assert sync().written["ledger_lines"] == count
        assert sum(row["amount"] for row in sync.rows("ledger_lines")) == count * Decimal("10.00")
