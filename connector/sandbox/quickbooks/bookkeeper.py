"""What finance people do in QuickBooks behind our back: invoices by hand, edits, discounts, payments, merged customers.

finance = Bookkeeper(company)
key = finance.invoice("58", [Entry("31", "Microsoft 365 E3", Decimal("230.00"))], day=date(2026, 11, 3))
finance.discount(key, percent=Decimal(10)); finance.pay(key)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks import saving
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import money
from connector.sandbox.quickbooks.numbering import free_number
from connector.sandbox.quickbooks.templates import create_template, run_templates


@dataclass(frozen=True, slots=True)
class Entry:
    """A line somebody types in: the item, what it says, what it comes to, and the day the service began."""

    item: str
    text: str
    amount: Decimal
    quantity: Decimal | None = None
    price: Decimal | None = None
    first: date | None = None
    tax: str | None = None

    def line(self) -> Thing:
        """The line as the API would be given it."""
        detail: Thing = {"ItemRef": {"value": self.item}}
        if self.quantity is not None:
            detail["Qty"] = self.quantity
        if self.price is not None:
            detail["UnitPrice"] = self.price
        if self.first is not None:
            detail["ServiceDate"] = self.first.isoformat()
        if self.tax is not None:
            detail["TaxCodeRef"] = {"value": self.tax}
        text = {"Description": self.text} if self.text else {}
        return {**text, "Amount": self.amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


class Bookkeeper:
    """A person at the screen of one company; keys are the ids of what is worked on."""

    def __init__(self, company: Company, name: str = "Finance") -> None:
        self.company = company
        self.name = name

    def customer(self, name: str, **more: Any) -> str:
        """A new customer; `more` are its properties."""
        return self._new("Customer", {"DisplayName": name, **more})

    def vendor(self, name: str, **more: Any) -> str:
        """A new vendor."""
        return self._new("Vendor", {"DisplayName": name, **more})

    def item(self, name: str, price: Decimal | None = None, **more: Any) -> str:
        """A new service."""
        priced = {"UnitPrice": price} if price is not None else {}
        return self._new(
            "Item", {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}, **priced, **more}
        )

    def invoice(self, customer: str, entries: Sequence[Entry], day: date | None = None, **more: Any) -> str:
        """An invoice written by hand; it takes the number the screen proposes, unless `DocNumber` says another."""
        return self._document("Invoice", customer, entries, day, more)

    def credit_memo(self, customer: str, entries: Sequence[Entry], day: date | None = None, **more: Any) -> str:
        """A credit memo written by hand."""
        return self._document("CreditMemo", customer, entries, day, more)

    def bill(self, vendor: str, amount: Decimal, day: date | None = None, account: str = "7", **more: Any) -> str:
        """A vendor's bill with one line on an account."""
        line = {
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
        }
        dated = {"TxnDate": day.isoformat()} if day else {}
        wanted = {"VendorRef": {"value": vendor}, "Line": [line], "CurrencyRef": self._currency("Vendor", vendor)}
        return self._new("Bill", {**wanted, **dated, **more})

    def journal(self, debit: str, credit: str, amount: Decimal, day: date, text: str = "", number: str = "") -> str:
        """A journal entry that moves an amount from one account to another."""

        def line(side: str, account: str) -> Thing:
            found = self.company.get("Account", account)
            detail = {"PostingType": side, "AccountRef": {"value": account, "name": found["FullyQualifiedName"]}}
            kind = "JournalEntryLineDetail"
            return {"Description": text, "Amount": money(amount), "DetailType": kind, kind: detail}

        with self.company.lock:
            self.company.actor = self.name
            self.company.check_open(day.isoformat())
            lines = [line("Debit", debit), line("Credit", credit)]
            wanted = {"DocNumber": number, "TxnDate": day.isoformat(), "Adjustment": False, "Line": lines}
            return str(self.company.put("JournalEntry", {**wanted, "TotalAmt": money(amount)})["Id"])

    def edit(self, key: str, *, entity: str = "Invoice", **changes: Any) -> Thing:
        """Change properties of something; what is not named stays."""
        with self.company.lock:
            self.company.actor = self.name
            old = self.company.get(entity, key)
            given = {"Id": key, "SyncToken": old["SyncToken"], "sparse": True, **changes}
            return saving.change(self.company, entity, given)

    def edit_line(self, key: str, number: int, *, entity: str = "Invoice", **changes: Any) -> Thing:
        """Change one line (counted from 1): `amount`, `quantity`, `price`, `text` or `item`."""
        with self.company.lock:
            lines = self._lines(entity, key)
            line = dict(lines[number - 1])
            detail = dict(line["SalesItemLineDetail"])
            for name, value in changes.items():
                match name:
                    case "amount":
                        line["Amount"] = value
                        detail.pop("UnitPrice", None)
                    case "quantity" | "price":
                        detail["Qty" if name == "quantity" else "UnitPrice"] = value
                        line["Amount"] = detail.get("Qty", Decimal(1)) * detail.get("UnitPrice", line["Amount"])
                    case "text":
                        line["Description"] = value
                    case "item":
                        detail["ItemRef"] = {"value": value}
            lines[number - 1] = {**line, "SalesItemLineDetail": detail}
            return self.edit(key, entity=entity, Line=lines)

    def add_line(self, key: str, entry: Entry, *, entity: str = "Invoice") -> Thing:
        """One more line on a document."""
        with self.company.lock:
            return self.edit(key, entity=entity, Line=[*self._lines(entity, key), entry.line()])

    def remove_line(self, key: str, number: int, *, entity: str = "Invoice") -> Thing:
        """Take a line (counted from 1) off a document."""
        with self.company.lock:
            lines = self._lines(entity, key)
            del lines[number - 1]
            return self.edit(key, entity=entity, Line=lines)

    def discount(self, key: str, *, percent: Decimal | None = None, amount: Decimal | None = None) -> Thing:
        """Give a discount on an invoice, in percent or as an amount."""
        detail = {"PercentBased": percent is not None, **({"DiscountPercent": percent} if percent else {})}
        line: Thing = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
        if amount is not None:
            line["Amount"] = amount
        with self.company.lock:
            return self.edit(key, Line=[*self._lines("Invoice", key), line])

    def void(self, key: str, *, entity: str = "Invoice") -> None:
        """Make a document void."""
        with self.company.lock:
            self.company.actor = self.name
            saving.void(self.company, entity, self.company.get(entity, key))

    def delete(self, key: str, *, entity: str = "Invoice") -> None:
        """Delete a document."""
        with self.company.lock:
            self.company.actor = self.name
            saving.delete(self.company, entity, self.company.get(entity, key))

    def pay(self, key: str, amount: Decimal | None = None, day: date | None = None, *, credit: str = "") -> str:
        """A customer pays an invoice, all that is open unless `amount`; or the memo `credit` is set off against it."""
        invoice = self.company.get("Invoice", key)
        due = invoice["Balance"] if amount is None else amount
        lines = [{"Amount": due, "LinkedTxn": [{"TxnId": key, "TxnType": "Invoice"}]}]
        if credit:
            lines.append({"Amount": due, "LinkedTxn": [{"TxnId": credit, "TxnType": "CreditMemo"}]})
        wanted = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": Decimal(0) if credit else due, "Line": lines}
        return self._new("Payment", {**wanted, **({"TxnDate": day.isoformat()} if day else {})})

    def pay_bill(self, key: str, amount: Decimal | None = None, day: date | None = None) -> str:
        """Pay a vendor's bill by check."""
        bill = self.company.get("Bill", key)
        due = bill["Balance"] if amount is None else amount
        lines = [{"Amount": due, "LinkedTxn": [{"TxnId": key, "TxnType": "Bill"}]}]
        wanted = {"VendorRef": bill["VendorRef"], "TotalAmt": due, "PayType": "Check", "Line": lines}
        return self._new("BillPayment", {**wanted, **({"TxnDate": day.isoformat()} if day else {})})

    def rename(self, customer: str, name: str) -> Thing:
        """Give a customer another name."""
        return self.edit(customer, entity="Customer", DisplayName=name)

    def deactivate(self, key: str, *, entity: str = "Customer") -> Thing:
        """Make a customer, item or other list entry inactive, which is how QuickBooks deletes them."""
        return self.edit(key, entity=entity, Active=False)

    def merge(self, loser: str, keeper: str) -> None:
        """Merge a customer into another: its documents move over, and it is gone."""
        with self.company.lock:
            self.company.actor = self.name
            for entity in ("Invoice", "CreditMemo", "Payment"):
                for old in self.company.find(entity, CustomerRef=loser):
                    name = self.company.get("Customer", keeper)["DisplayName"]
                    self.company.put(entity, {**old, "CustomerRef": {"value": keeper, "name": name}}, old)
            self.company.remove("Customer", self.company.get("Customer", loser))

    def template(self, customer: str, name: str, entries: Sequence[Entry], start: date, day_of_month: int = 1) -> str:
        """A template that bills a customer every month by itself."""
        schedule = {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": day_of_month}
        schedule["StartDate"] = start.isoformat()
        info = {"Name": name, "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
        wanted = self._wanted("Invoice", customer, entries, None, {})
        with self.company.lock:
            made = create_template(self.company, {"Invoice": {**wanted, "RecurringInfo": info}})
        return str(made["Id"])

    def run_templates(self) -> list[str]:
        """Let QuickBooks make the documents whose day has come; returns their ids."""
        with self.company.lock:
            return [str(made["Id"]) for made in run_templates(self.company)]

    def _document(
        self, entity: str, customer: str, entries: Sequence[Entry], day: date | None, more: dict[str, Any]
    ) -> str:
        return self._new(entity, self._wanted(entity, customer, entries, day, {"DocNumber": "", **more}))

    def _wanted(
        self, entity: str, customer: str, entries: Sequence[Entry], day: date | None, more: dict[str, Any]
    ) -> Thing:
        wanted: Thing = {"CustomerRef": {"value": customer}, "Line": [entry.line() for entry in entries]}
        wanted["CurrencyRef"] = self._currency("Customer", customer)
        if not self.company.is_us:
            taxed = any(entry.tax for entry in entries)
            wanted["GlobalTaxCalculation"] = "TaxExcluded" if taxed else "NotApplicable"
        if day is not None:
            wanted["TxnDate"] = day.isoformat()
        return {**wanted, **more}

    def _currency(self, entity: str, key: str) -> Thing:
        return {"value": self.company.get(entity, key)["CurrencyRef"]["value"]}

    def _lines(self, entity: str, key: str) -> list[Thing]:
        lines = self.company.get(entity, key)["Line"]
        return [line for line in lines if line["DetailType"] != "SubTotalLineDetail"]

    def _new(self, entity: str, wanted: Thing) -> str:
        with self.company.lock:
            self.company.actor = self.name
            if wanted.get("DocNumber") == "" and self.company.prefers("SalesFormsPrefs", "CustomTxnNumbers"):
                wanted = {**wanted, "DocNumber": free_number(self.company)}
            return str(saving.create(self.company, entity, wanted)["Id"])
