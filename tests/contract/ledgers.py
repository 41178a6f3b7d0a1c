"""The ledgers that the contract is held against: each a simulated company with the adapter connected to it.

Another ledger is one more function in BENCHES, under its kind in the settings.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.document import Document, DocumentLine
from connector.domain.period import Period
from connector.domain.posting import Stamp
from connector.ports import LedgerSource, PostingLedger
from tests.unit.quickbooks.connected import connected

OCTOBER = Period.month("2026-10")


@dataclass
class Bench:
    """A ledger with one customer and one item, what its bookkeepers can do to it, and its clock.

    `step_faults` are what may go wrong on the line with the request that creates a document, as sandbox.faults has
    it; `entered` counts the documents in the ledger.
    """

    source: LedgerSource
    posting: PostingLedger
    customer: str
    item: str
    advance: Callable[[int], object]
    void: Callable[[str], object]
    delete: Callable[[str], object]
    edit: Callable[[str, Decimal], object]
    rename_customer: Callable[[str], object]
    deactivate_item: Callable[[], object]
    entered: Callable[[], int]
    close_books: Callable[[date], object]

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
            name, self.customer, "Alpine", OCTOBER, "USD", kind, lines, date(2026, 11, 1), sequence=sequence
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
def quickbooks(troubles: Troubles, keeps_numbers: bool) -> Iterator[Bench]:
    """A QuickBooks company; each trouble happens to one more request that creates an invoice."""
    faults = [
        {"on": "POST /v3/company/*/invoice", "nth": nth, "do": trouble}
        for nth, trouble in enumerate(troubles, 1)
        if trouble
    ]
    with connected(faults, custom_numbers=keeps_numbers) as there:
        finance = there.finance
        customer, item = finance.customer("Alpine"), finance.item("Seats")

        def close(day: date) -> None:
            there.company.preferences["AccountingInfoPrefs"]["BookCloseDate"] = day.isoformat()

        def edit(key: str, amount: Decimal) -> Any:
            return finance.edit_line(key, 1, amount=amount)

        yield Bench(
            source=there.source,
            posting=there.posting,
            customer=customer,
            item=item,
            advance=there.clock.advance,
            void=finance.void,
            delete=finance.delete,
            edit=edit,
            rename_customer=lambda name: finance.rename(customer, name),
            deactivate_item=lambda: finance.deactivate(item, entity="Item"),
            entered=lambda: len(there.company.every("Invoice")) + len(there.company.every("CreditMemo")),
            close_books=close,
        )


BENCHES: Mapping[str, Opening] = {"quickbooks": quickbooks}
