"""What finance people do in Business Central behind our back: invoices by hand, edits, corrections, payments, blocks.

finance = Bookkeeper(company)
key = finance.posted("C10", [Entry("M365-E3", Decimal("230.00"), "Microsoft 365 E3")])
finance.pay(key, Decimal(100)); finance.block("C10")
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.sandbox.business_central import posting, saving
from connector.sandbox.business_central.acting import send
from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.correcting import cancel, make_corrective_memo
from connector.sandbox.business_central.documents import delete_document
from connector.sandbox.business_central.fields import NO_DAY
from connector.sandbox.business_central.journals import create_journal, create_journal_line, pay, post_journal
from connector.sandbox.business_central.kinds import KINDS
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.business_central.places import Place
from connector.sandbox.business_central.sums import ZERO, lines_of

INVOICES, MEMOS, BILLS = "salesInvoices", "salesCreditMemos", "purchaseInvoices"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line somebody types in: an item (or account) by its number, the price of one, what it says, how many."""

    number: str
    price: Decimal
    text: str = ""
    quantity: Decimal = Decimal(1)
    line_type: str = "Item"
    tax: str | None = None
    first: date | None = None

    def body(self, price: str) -> Thing:
        """The line as the API would be given it."""
        line: Thing = {"lineType": self.line_type, "lineObjectNumber": self.number}
        line |= {"quantity": self.quantity, price: self.price}
        line |= {"description": self.text} if self.text else {}
        line |= {"taxCode": self.tax} if self.tax is not None else {}
        return line | ({"shipmentDate": self.first.isoformat()} if self.first else {})


class Bookkeeper:
    """A person at the screen of one company. Cards go by their numbers, documents by their ids."""

    def __init__(self, company: Company, name: str = "FINANCE") -> None:
        self.company, self.name = company, name

    def customer(self, number: str, name: str, **more: Any) -> str:
        """A new customer; returns its id."""
        return self._new("customers", {"number": number, "displayName": name, **more})

    def vendor(self, number: str, name: str, **more: Any) -> str:
        """A new vendor; returns its id."""
        return self._new("vendors", {"number": number, "displayName": name, **more})

    def item(self, number: str, name: str, price: Decimal = ZERO, **more: Any) -> str:
        """A new service; returns its id."""
        given = {"number": number, "displayName": name, "type": "Service", "unitPrice": price}
        return self._new("items", {**given, **more})

    def draft(
        self, party: str, entries: Sequence[Entry], day: date | None = None, *, page: str = INVOICES, **more: Any
    ) -> str:
        """A document by hand that is not posted yet; returns its id."""
        kind = KINDS[page]
        body: Thing = {f"{kind.party}Number": party}
        if day is not None:
            body |= {"postingDate": day.isoformat(), kind.dated: day.isoformat()}
        lines = [entry.body(kind.price) for entry in entries]
        return self._new(page, {**body, **more, kind.lines: lines})

    def posted(
        self, party: str, entries: Sequence[Entry], day: date | None = None, *, page: str = INVOICES, **more: Any
    ) -> str:
        """A document by hand, posted at once; returns its id."""
        key = self.draft(party, entries, day, page=page, **more)
        self.post(key, page=page)
        return key

    def post(self, key: str, *, page: str = INVOICES) -> Thing:
        """Post a draft, whoever made it."""
        with self._at_work():
            return posting.post(self.company, KINDS[page], key)

    def send(self, key: str, *, page: str = INVOICES) -> None:
        """Send a document by e-mail."""
        with self._at_work():
            send(self.company, KINDS[page], self.company.row(page, key))

    def edit(self, key: str, *, page: str = INVOICES, **changes: Any) -> Thing:
        """Change fields of a draft, or the few that may still change after posting."""
        with self._at_work():
            return saving.change(self.company, Place(PAGES[page], "", self.company.row(page, key)), changes)

    def edit_line(self, key: str, number: int, *, page: str = INVOICES, **changes: Any) -> Thing:
        """Change fields of a draft's line, counted from 1."""
        with self._at_work():
            kind = KINDS[page]
            line = lines_of(self.company, kind, key)[number - 1]
            return saving.change(self.company, Place(PAGES[kind.lines], "", line), changes)

    def add_line(self, key: str, entry: Entry, *, page: str = INVOICES) -> Thing:
        """One more line on a draft."""
        with self._at_work():
            kind, document = KINDS[page], self.company.row(page, key)
            place = Place(PAGES[kind.lines], "", above=PAGES[page], parent=document)
            return saving.create(self.company, place, entry.body(kind.price))

    def remove_line(self, key: str, number: int, *, page: str = INVOICES) -> None:
        """Take a line (counted from 1) off a draft."""
        with self._at_work():
            kind = KINDS[page]
            line = lines_of(self.company, kind, key)[number - 1]
            saving.delete(self.company, Place(PAGES[kind.lines], "", line))

    def delete(self, key: str, *, page: str = INVOICES) -> None:
        """Delete a document, posted or not."""
        with self._at_work():
            delete_document(self.company, KINDS[page], self.company.row(page, key))

    def cancel(self, key: str, *, page: str = INVOICES) -> None:
        """Cancel a posted document by a credit memo."""
        with self._at_work():
            cancel(self.company, KINDS[page], key)

    def correct(self, key: str, *, page: str = INVOICES) -> str:
        """A draft credit memo over a posted invoice; returns its id."""
        with self._at_work():
            return str(make_corrective_memo(self.company, KINDS[page], self.company.row(page, key))["id"])

    def pay(self, key: str, amount: Decimal | None = None, *, page: str = INVOICES) -> None:
        """Somebody pays: all that is open unless `amount`. A part of it leaves the document's time as it was."""
        with self._at_work():
            left = self.company.remaining.get(key, ZERO)
            pay(self.company, page, self.company.row(page, key), left if amount is None else amount)

    def journal(self, debit: str, credit: str, amount: Decimal, day: date, text: str = "", number: str = "") -> None:
        """A journal entry, posted at once, that moves an amount from one account to another."""
        with self._at_work():
            journal = create_journal(self.company, PAGES["journals"], {"code": self.company.next_number("PAYMENT")})
            line = {
                "accountType": "G_x002F_L_x0020_Account", "accountNumber": debit, "balancingAccountNumber": credit,
                "amount": amount, "postingDate": day, "documentNumber": number, "description": text,
            }  # fmt: skip
            create_journal_line(self.company, PAGES["journalLines"], journal, line)
            post_journal(self.company, journal)

    def block(self, number: str, how: str = "All", *, page: str = "customers") -> None:
        """Block a customer, vendor or item; for customers also `Ship` and `Invoice`, and `_x0020_` to lift it."""
        self._edit_card(page, number, blocked=True if page == "items" else how)

    def unblock(self, number: str, *, page: str = "customers") -> None:
        """Lift a block."""
        self._edit_card(page, number, blocked=False if page == "items" else "_x0020_")

    def rename(self, number: str, name: str = "", *, page: str = "customers", new_number: str = "") -> None:
        """Give a card another name, or another number, which all its documents then have."""
        given = {"displayName": name} if name else {}
        self._edit_card(page, number, **given, **({"number": new_number} if new_number else {}))

    def hold_for_approval(self, key: str, *, page: str = INVOICES) -> None:
        """A draft waits for an approval: In Review, not to be changed, not to be posted."""
        self._state(page, key, "Pending Approval", "In_x0020_Review")

    def release(self, key: str, *, page: str = INVOICES) -> None:
        """A draft is approved and released: it shows as Open although nobody has posted it."""
        self._state(page, key, "Released", "Open")

    def reopen(self, key: str, *, page: str = INVOICES) -> None:
        """A released draft can be changed again."""
        self._state(page, key, "", "Draft")

    def close_books(self, first: date = NO_DAY, last: date = NO_DAY) -> None:
        """Allow posting only from and to these days; the blank day lifts a limit."""
        with self._at_work():
            self.company.setup.posting_from, self.company.setup.posting_to = first, last
            row = self.company.rows("generalLedgerSetup")[0]
            self.company.put("generalLedgerSetup", {**row, "allowPostingFrom": first, "allowPostingTo": last}, row)

    def _edit_card(self, page: str, number: str, /, **changes: Any) -> None:
        with self._at_work():
            card = self.company.one(page, number=number)
            if card is None:
                raise LookupError(f"{self.company.name} has no {PAGES[page].kind} {number}")
            saving.change(self.company, Place(PAGES[page], "", card), changes)

    def _state(self, page: str, key: str, state: str, status: str) -> None:
        with self._at_work():
            old = self.company.row(page, key)
            if old["_posted"]:
                raise ValueError(f"{old['number']} has been posted")
            self.company.put(page, {**old, "_state": state, "status": status}, old)

    def _new(self, page: str, body: Thing) -> str:
        with self._at_work():
            return str(saving.create(self.company, Place(PAGES[page], ""), body)["id"])

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self.company.lock, self.company.transaction():
            self.company.actor = self.name
            yield
