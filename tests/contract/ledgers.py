"""The ledgers that the contract is held against: each a simulated company with the adapter connected to it.

Another ledger is one more function in BENCHES, under its kind in the settings.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector.domain.document import Document, DocumentLine
from connector.domain.period import Period
from connector.domain.posting import Stamp
from connector.ports import LedgerSource, PostingLedger
from connector.sandbox.business_central.bookkeeper import Bookkeeper as CentralBookkeeper
from tests.unit.business_central import connected as central
from tests.unit.quickbooks.connected import connected

OCTOBER = Period.month("2026-10")


@dataclass
class Bench:
    """A ledger with one customer and one item, what its bookkeepers can do to it, and its clock.

    `entered` counts the documents in the ledger, drafts too, `in_books` those that count. `edit` changes what a
    bookkeeper may change of a document that is in the books; the net it has then. `journal` moves an amount, by an
    entry of its own, onto the account that the item is sold on; the id of that account. `guards_repeats` says that the
    ledger itself knows a request that comes twice, as few do.
    """

    source: LedgerSource
    posting: PostingLedger
    customer: str
    item: str
    advance: Callable[[int], object]
    void: Callable[[str], object]
    delete: Callable[[str], object]
    edit: Callable[[str], Decimal]
    rename_customer: Callable[[str], object]
    deactivate_item: Callable[[], object]
    entered: Callable[[], int]
    close_books: Callable[[date], object]
    in_books: Callable[[], int]
    journal: Callable[[Decimal, date], str]
    currency: str = "USD"
    guards_repeats: bool = True

    def document(self, kind: str = "invoice", amount: str = "413.00", sequence: int = 1) -> Document:
        """A document of one licence line, one usage line and one line of text."""
        first, last = OCTOBER.start, OCTOBER.last
        lines = (
            DocumentLine(1, self.item, "Seats", Decimal(amount), Decimal(10), Decimal(amount) / 10, first, last),
            DocumentLine(2, self.item, "Usage", Decimal("0.07"), first=first, last=last),
            DocumentLine(3, None, "Thank you", Decimal(0)),
        )
        name = self.source.name
        return Document(
            name, self.customer, "Alpine", OCTOBER, self.currency, kind, lines, date(2026, 11, 1), sequence=sequence
        )

    @staticmethod
    def stamp(number: int = 42, kind: str = "invoice") -> Stamp:
        """What our document of this number is known by."""
        return Stamp(f"C26-10-{number:05}", f"{number:036x}", f"CONNECTOR-{number:024X}", kind)

    def post(self, document: Document, stamp: Stamp) -> str:
        """Take all steps; the ledger's id of the document."""
        remote_id: str | None = None
        payload = self.posting.payload(document, stamp)
        for step in self.posting.steps:
            remote_id = self.posting.send(step, payload, stamp, remote_id).remote_id
        assert remote_id is not None
        return remote_id


Troubles = Sequence[str]
Opening = Callable[[Troubles, bool], AbstractContextManager[Bench]]


@contextmanager
def quickbooks(troubles: Troubles, fit: bool) -> Iterator[Bench]:
    """A QuickBooks company; each trouble happens to one more request that creates an invoice.

    Unfit for posting is one that gives documents numbers of its own.
    """
    faults = [
        {"on": "POST /v3/company/*/invoice", "nth": nth, "do": trouble}
        for nth, trouble in enumerate(troubles, 1)
        if trouble
    ]
    with connected(faults, custom_numbers=fit) as there:
        finance = there.finance
        customer, item = finance.customer("Alpine"), finance.item("Seats")

        def close(day: date) -> None:
            there.company.preferences["AccountingInfoPrefs"]["BookCloseDate"] = day.isoformat()

        def edit(key: str) -> Decimal:
            finance.edit_line(key, 1, amount=Decimal("99.00"))
            return Decimal("99.07")

        def entered() -> int:
            return len(there.company.every("Invoice")) + len(there.company.every("CreditMemo"))

        def journal(amount: Decimal, day: date) -> str:
            finance.journal("35", "1", amount, day, "Accrued", "JE-7")
            return "1"

        yield Bench(
            source=there.source,
            posting=there.posting,
            customer=customer,
            item=item,
            journal=journal,
            advance=there.clock.advance,
            void=finance.void,
            delete=finance.delete,
            edit=edit,
            rename_customer=lambda name: finance.rename(customer, name),
            deactivate_item=lambda: finance.deactivate(item, entity="Item"),
            entered=entered,
            close_books=close,
            in_books=entered,
        )


@contextmanager
def business_central(troubles: Troubles, fit: bool) -> Iterator[Bench]:
    """A company of Business Central; each trouble happens to one more request that makes the draft of an invoice.

    Unfit for posting is one in which the app may not see what proves a posting.
    """
    faults = [
        {"on": "POST /v2.0/*/salesInvoices", "nth": nth, "do": trouble}
        for nth, trouble in enumerate(troubles, 1)
        if trouble
    ]
    if not fit:
        faults.append({"on": "GET /v2.0/*/generalLedgerEntries", "times": 0, "do": "status:403"})
    with central.connected(faults) as there:
        company = there.company

        def edit(key: str) -> Decimal:
            before = company.row("salesInvoices", key)
            there.call(f"salesInvoices({key})", {"dueDate": "2026-12-24"}, "PATCH", If_Match="*")
            return Decimal(before["totalAmountExcludingTax"])

        def documents(**which: Any) -> int:
            return sum(len(company.find(page, **which)) for page in ("salesInvoices", "salesCreditMemos"))

        def change(page: str, number: str, **fields: Any) -> Any:
            key = company.find(page, number=number)[0]["id"]
            return there.call(f"{page}({key})", fields, "PATCH", If_Match="*")

        def close(day: date) -> None:
            company.setup.posting_from = day + timedelta(days=1)

        def journal(amount: Decimal, day: date) -> str:
            CentralBookkeeper(company).journal("1200", "8400", amount, day, "Accrued", "JE-7")
            return "8400"

        yield Bench(
            source=there.source,
            posting=there.posting,
            customer="C10",
            item="M365-BP",
            journal=journal,
            advance=there.clock.advance,
            void=lambda key: there.call(f"salesInvoices({key})/Microsoft.NAV.cancel"),
            delete=lambda key: there.call(f"salesInvoices({key})", method="DELETE"),
            edit=edit,
            rename_customer=lambda name: change("customers", "C10", displayName=name),
            deactivate_item=lambda: change("items", "M365-BP", blocked=True),
            entered=documents,
            close_books=close,
            in_books=lambda: documents(_posted=True),
            currency="EUR",
            guards_repeats=False,
        )


BENCHES: Mapping[str, Opening] = {"quickbooks": quickbooks, "business_central": business_central}
