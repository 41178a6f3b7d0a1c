"""An account that is not what its cloud documents say differs by things that are named one by one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.domain.month import TieOut
from connector.domain.period import Period
from connector.jobs.extract_ledger import LedgerNews, extract_ledger
from connector.jobs.overlay import Overlay
from connector.jobs.tying_out import Tied, tie_out
from connector.ports import LedgerSource, LineTables
from connector.sandbox.business_central.bookkeeper import BILLS, MEMOS
from connector.sandbox.business_central.bookkeeper import Bookkeeper as Central
from connector.sandbox.business_central.bookkeeper import Entry as Typed
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.opening import set_rate
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from connector.warehouse.workspace import Workspace
from tests.unit.business_central import connected as central
from tests.unit.closing.test_tying_out import directory_of, reconciled
from tests.unit.quickbooks.connected import connected

NOVEMBER = Period.month("2026-11")
DAY = date(2026, 11, 2)
Bills = Mapping[str, tuple[str, str]]


def mapping(item: str) -> str:
    return f"""\
customers: [{{name: Alpine, tenant_id: 5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11, ledger_customer: "1"}}]
products: [{{name: Seats, product_id: CFQ7TTC0LCHC, sku_id: "0002", item: "{item}"}}]
prices: [{{for: {{}}, markup_percent: 20}}]
"""


def charge(invoice: str, subtotal: str, currency: str = "USD") -> dict[str, Any]:
    return {"invoice": invoice, "subtotal": Decimal(subtotal), "currency": currency}


@dataclass
class Books:
    """A ledger that is read again and again, what its bookkeepers do, and the cloud account tied out."""

    source: LedgerSource
    clock: Any
    folder: Path
    item: str
    bills: tuple[str, ...] = ()
    cursor: str | None = None
    charges: list[dict[str, Any]] = field(default_factory=list)

    def sync(self) -> LedgerNews:
        self.clock.advance(60)
        with Warehouse(self.folder / "warehouse") as warehouse:
            moment = self.clock.now().isoformat(timespec="seconds")
            news = extract_ledger(self.source, Shelf(warehouse), self.cursor, moment, bills=self.bills)
        self.cursor = news.cursor
        return news

    def tied(self, *invoices: str, bills: Bills | None = None, currency: str = "USD") -> Tied:
        with Warehouse(self.folder / "warehouse") as warehouse:
            tables: LineTables = Workspace(warehouse)
            if self.charges:
                columns = {"invoice": "string", "subtotal": "decimal(38, 22)", "currency": "string"}
                tables = Overlay(tables, {"charges": tables.take("given", self.charges, columns)})
            directory = directory_of(self.folder, self.source.name, mapping(self.item))
            charged = str(sum((one["subtotal"] for one in self.charges if one["invoice"] in invoices), Decimal(0)))
            result = reconciled(*invoices, charged=charged, currency=currency)
            return tie_out(tables, directory, NOVEMBER, result, bills or {})

    def revenue(self) -> TieOut:
        (tie,) = [one for one in self.tied().ties if one.side == "revenue"]
        assert tie.source == "general ledger"
        assert sum((line.difference for line in tie.lines), Decimal(0)) == tie.difference
        return tie


def told(tie: TieOut) -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.number, f"{one.difference:.2f}", one.why) for one in tie.lines]


@contextmanager
def quickbooks(tmp_path: Path, faults: Any = (), **company: Any) -> Iterator[tuple[Any, Books]]:
    with connected(faults, **company) as there:
        finance = there.finance
        finance.customer("Alpine")
        item = finance.item("Seats")
        yield there, Books(there.source, there.clock, tmp_path, item)


def test_in_quickbooks_a_journal_entry_and_other_items_are_named(tmp_path: Path) -> None:
    with quickbooks(tmp_path) as (there, books):
        finance = there.finance
        hours = finance.item("Hours")
        finance.invoice("1", [Entry(books.item, "Seats", Decimal("240.00"))], DAY)
        mixed = finance.invoice(
            "1", [Entry(books.item, "Seats", Decimal("60.00")), Entry(hours, "Hours", Decimal("100.00"))], DAY
        )
        finance.credit_memo("1", [Entry(books.item, "Seats", Decimal("20.00"))], DAY)
        void = finance.invoice("1", [Entry(books.item, "Seats", Decimal("33.00"))], DAY)
        finance.void(void)
        finance.invoice("1", [Entry(books.item, "Seats", Decimal("77.00"))], date(2026, 12, 1))
        books.sync()
        tie = books.revenue()
        assert (tie.account, tie.currency, tie.counted) == ("Services", "USD", Decimal("280.0"))
        assert told(tie) == [("1 document", "", "100.00", "lines of items that bill no cloud")]

        finance.journal("35", "1", Decimal("500.00"), date(2026, 11, 30), "Accrued revenue", "JE-7")
        finance.journal("1", "35", Decimal("12.00"), date(2026, 12, 1))
        finance.delete(mixed)
        assert books.sync().written["ledger_entries"] == 3
        tie = books.revenue()
        assert (tie.ledger, tie.counted, tie.difference) == tuple(map(Decimal, ("720", "220", "500")))
        assert told(tie) == [("Journal Entry", "JE-7", "500.00", "not an invoice or credit memo that was read")]
        assert (tie.lines[0].day, tie.lines[0].text) == (date(2026, 11, 30), "Accrued revenue")
        assert not books.sync().changed


def test_what_was_known_of_an_account_on_a_day_stays_known(tmp_path: Path) -> None:
    with quickbooks(tmp_path) as (there, books):
        there.finance.invoice("1", [Entry(books.item, "Seats", Decimal("240.00"))], DAY)
        books.sync()
        before = there.clock.now()
        there.clock.advance(86400)
        there.finance.journal("35", "1", Decimal("5.00"), DAY)
        books.sync()
        assert books.revenue().difference == 5
        with Warehouse(tmp_path / "warehouse", known_before=before.replace(hour=23)) as warehouse:
            directory = directory_of(tmp_path, "books-us", mapping(books.item))
            (tie,) = tie_out(Workspace(warehouse), directory, NOVEMBER, reconciled(), {}).ties
        assert (tie.source, tie.difference) == ("general ledger", 0)


def test_an_account_whose_item_moved_counts_where_it_was_booked(tmp_path: Path) -> None:
    with quickbooks(tmp_path) as (there, books):
        there.finance.invoice("1", [Entry(books.item, "Seats", Decimal("240.00"))], DAY)
        books.sync()
        there.finance.edit(books.item, entity="Item", IncomeAccountRef={"value": "79"})
        there.finance.invoice("1", [Entry(books.item, "Seats", Decimal("11.00"))], DAY)
        books.sync()
        ties = {one.account: one for one in books.tied().ties}
        assert {name: (one.counted, one.difference) for name, one in ties.items()} == {
            "Services": (240, 0), "Sales of Product Income": (11, 0),
        }  # fmt: skip


def test_a_report_that_quickbooks_cuts_short_is_asked_for_in_parts(tmp_path: Path) -> None:
    with quickbooks(tmp_path) as (there, books):
        for nth in range(6):
            day = date(2026, 11, 1 + 4 * nth)
            there.finance.invoice("1", [Entry(books.item, "Seats", Decimal(10 + nth))], day)
        there.company.behaviour.report_cells = 2 * 8
        assert sum(one.amount for one in there.source.entries(["1"], NOVEMBER)) == 75
        assert len(there.asked("reports/GeneralLedger")) > 1
        there.company.behaviour.report_cells = 4
        news = books.sync()
        assert any("larger than QuickBooks shows" in note for note in news.notes)
        assert news.written["ledger_lines"] == 6
        assert "general ledger was not read" in books.tied().notes[0]


def test_documents_in_another_currency_count_with_what_they_were_booked_at(tmp_path: Path) -> None:
    with quickbooks(tmp_path, multicurrency=True) as (there, books):
        set_rate(there.company, "EUR", Decimal("1.17"), "2026-11-01")
        customer = there.finance.customer("Contoso", CurrencyRef={"value": "EUR"})
        hours = there.finance.item("Hours")
        lines = [Entry(books.item, "Seats", Decimal("33.33")), Entry(hours, "Hours", Decimal("66.67"))]
        there.finance.invoice(customer, lines, DAY, ExchangeRate=Decimal("1.17"))
        books.sync()
        tie = books.revenue()
        assert (tie.currency, tie.ledger, tie.counted) == ("USD", Decimal("117.0"), Decimal("39.00"))
        assert told(tie) == [("1 document", "", "78.00", "lines of items that bill no cloud")]
        assert "documents in EUR are counted with what the ledger booked them at" in books.tied().notes[0]


def test_in_quickbooks_the_account_of_microsofts_bills_is_tied_out(tmp_path: Path) -> None:
    """G1 is booked with 150 of 200 and comes in December; G0 is October's, X9 somebody else's."""
    with quickbooks(tmp_path) as (there, books):
        vendor = there.finance.vendor("Microsoft")
        there.finance.bill(vendor, Decimal("150.00"), date(2026, 12, 8), account="80", DocNumber="G1")
        there.finance.bill(vendor, Decimal("90.00"), date(2026, 11, 8), account="80", DocNumber="G0")
        there.finance.bill(there.finance.vendor("Other"), Decimal("9.00"), DAY, account="80", DocNumber="X9")
        there.finance.journal("80", "35", Decimal("40.00"), date(2026, 11, 30), "Accrued cost")
        books.bills = ("Cost of Goods Sold",)
        books.charges = [charge("G1", "200.00"), charge("G2", "30.00"), charge("G0", "90.00")]
        books.sync()
        (tie,) = [
            one
            for one in books.tied("G1", "G2", bills={"books-us": (vendor, "Cost of Goods Sold")}).ties
            if one.side == "cost"
        ]
        assert (tie.account, tie.source) == ("Cost of Goods Sold", "general ledger")
        assert (tie.ledger, tie.counted, tie.difference) == tuple(map(Decimal, ("199", "230", "-31")))
        assert told(tie) == [
            ("Bill", "G1", "-50.00", "the account has another amount"),
            ("Bill", "G2", "-30.00", "not on the account"),
            ("Bill", "X9", "9.00", "not a bill for a vendor invoice that was read"),
            ("Journal Entry", "", "40.00", "not a bill for a vendor invoice that was read"),
        ]


def test_two_accounts_of_one_name_are_told_and_none_is_taken_for_the_bills(tmp_path: Path) -> None:
    """Which of them Microsoft's bills are booked on is not guessed by the lower id; an id says it."""
    with quickbooks(tmp_path) as (there, books):
        vendor = there.finance.vendor("Microsoft")
        there.company.put("Account", {**there.company.get("Account", "80"), "Id": "79"}, key="79")
        there.finance.bill(vendor, Decimal("150.00"), DAY, account="80", DocNumber="G1")
        there.finance.bill(vendor, Decimal("7.00"), DAY, account="79", DocNumber="X1")
        books.bills = ("Cost of Goods Sold",)
        books.charges = [charge("G1", "200.00")]
        books.sync()
        tied = books.tied("G1", bills={"books-us": (vendor, "Cost of Goods Sold")})
        assert [(one.source, one.ledger) for one in tied.ties if one.side == "cost"] == [("documents", 150)]
        assert "2 accounts are called Cost of Goods Sold (79, 80)" in tied.notes[0]
        tied = books.tied("G1", bills={"books-us": (vendor, "80")})
        assert [(one.source, one.ledger) for one in tied.ties if one.side == "cost"] == [("general ledger", 150)]
        assert tied.notes == ()


def test_in_business_central_the_same_is_found_without_accounts_of_items(tmp_path: Path) -> None:
    with central.connected() as there:
        books = Books(there.source, there.clock, tmp_path, "M365-BP")
        finance = Central(there.company)
        finance.posted("C10", [Typed("M365-BP", Decimal("240.00"), "Seats")], DAY)
        # Dated in November, posted in December: its entries decide.
        late = finance.draft("C10", [Typed("M365-BP", Decimal("70.00"), "Seats")], DAY, postingDate="2026-12-01")
        finance.post(late)
        canceled = finance.posted("C10", [Typed("M365-BP", Decimal("33.00"), "Seats")], DAY)
        finance.cancel(canceled)
        finance.posted("C10", [Typed("8400", Decimal("15.00"), "Travel", line_type="Account")], DAY)
        finance.posted("C10", [Typed("M365-BP", Decimal("20.00"), "Seats")], DAY, page=MEMOS)
        finance.journal("1200", "8400", Decimal("500.00"), date(2026, 11, 30), "Accrued revenue", "JE-7")
        finance.draft("C10", [Typed("M365-BP", Decimal("999.00"), "Seats")], DAY)
        books.sync()
        tie = books.revenue()
        assert (tie.account, tie.currency, tie.counted) == ("Cloud services sold", "EUR", Decimal("220.00"))
        assert told(tie) == [
            ("1 document", "", "15.00", "lines of items that bill no cloud"),
            ("Journal", "JE-7", "500.00", "not an invoice or credit memo that was read"),
        ]


def test_in_business_central_a_bill_is_known_by_its_vendors_number(tmp_path: Path) -> None:
    with central.connected() as there:
        books = Books(there.source, there.clock, tmp_path, "M365-BP", bills=("5400",))
        finance = Central(there.company)
        bought = [Typed("5400", Decimal("150.00"), "October", line_type="Account")]
        finance.posted("V10", bought, DAY, page=BILLS, vendorInvoiceNumber="G1")
        books.charges = [charge("G1", "200.00", "EUR")]
        books.sync()
        (tie,) = [
            one for one in books.tied("G1", bills={"books-eu": ("V10", "5400")}, currency="EUR").ties
            if one.side == "cost"
        ]  # fmt: skip
        assert told(tie) == [("Bill", "G1", "-50.00", "the account has another amount")]


def test_where_the_app_may_not_see_the_general_ledger_that_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    with central.connected([{"on": "GET /v2.0/*/generalLedgerEntries", "times": 0, "do": "status:403"}]) as there:
        books = Books(there.source, there.clock, tmp_path, "M365-BP")
        Central(there.company).posted("C10", [Typed("M365-BP", Decimal("240.00"), "Seats")], DAY)
        news = books.sync()
        assert any("general ledger was not read" in note for note in news.notes)
        tied = books.tied()
        assert [(one.source, one.counted) for one in tied.ties] == [("documents", Decimal("240.00"))]
        assert "general ledger was not read" in tied.notes[0]


def test_a_report_that_quickbooks_does_not_finish_stops_nothing_else(tmp_path: Path) -> None:
    slow = [{"on": "GET /v3/company/*/reports/GeneralLedger", "times": 0, "do": "status:504"}]
    with quickbooks(tmp_path, slow) as (there, books):
        there.finance.invoice("1", [Entry(books.item, "Seats", Decimal("240.00"))], DAY)
        news = books.sync()
        assert any("general ledger was not read" in note for note in news.notes)
        assert (news.written["ledger_lines"], books.tied().ties[0].source) == (1, "documents")
