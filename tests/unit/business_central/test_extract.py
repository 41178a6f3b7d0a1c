"""A company is brought into the warehouse as it is: deletions are seen, and taxes and our own lines are exact."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.jobs.extract_ledger import LedgerNews, extract_ledger, nobodys
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from tests.unit.business_central.connected import Connected, connected, stamp


class Sync:
    """Syncs a simulated company again and again into one warehouse."""

    def __init__(self, there: Connected, folder: Path) -> None:
        self.there, self.folder, self.own = there, folder, nobodys
        self.cursor: str | None = None

    def __call__(self) -> LedgerNews:
        self.there.clock.advance(3_600)
        with Warehouse(self.folder) as warehouse:
            moment = self.there.clock.now().isoformat()
            news = extract_ledger(self.there.source, Shelf(warehouse), self.cursor, moment, self.own)
        self.cursor = news.cursor
        return news

    def rows(self, table: str) -> list[dict[str, Any]]:
        with Warehouse(self.folder) as warehouse:
            return list(warehouse.rows(warehouse.table(table)))


def test_what_was_deleted_since_is_gone_and_nothing_is_written_twice(tmp_path: Path) -> None:
    with connected() as there:
        sync = Sync(there, tmp_path)
        kept, deleted = (there.post(there.document(sequence=nth), stamp(nth)).remote_id for nth in (1, 2))
        assert sync().whole
        assert not sync().changed
        there.call(f"salesInvoices({deleted})", method="DELETE")
        assert not sync().whole
        assert {row["document_id"] for row in sync.rows("ledger_lines")} == {kept}
        states = [row["status"] for row in sync.rows("ledger_documents") if row["document_id"] == deleted]
        assert states == ["open", "deleted"]
        assert not sync().changed


def test_each_line_has_its_own_tax_and_what_was_planned_of_it(tmp_path: Path) -> None:
    with connected() as there:
        sync = Sync(there, tmp_path)
        document = there.document()
        sync.own = lambda marker: document.lines if marker == stamp().marker else ()
        there.post(document, stamp())
        sync()
        rows = {row["item_id"]: row for row in sync.rows("ledger_lines")}
        assert {item: (row["amount"], row["tax"]) for item, row in rows.items()} == {
            "M365-BP": (Decimal("413.00"), Decimal("78.47")), "AZURE": (Decimal("0.07"), Decimal("0.01")),
        }  # fmt: skip
        assert (rows["M365-BP"]["quantity"], rows["AZURE"]["quantity"]) == (10, None)
        assert rows["AZURE"]["service_start"] == date(2026, 10, 1)
