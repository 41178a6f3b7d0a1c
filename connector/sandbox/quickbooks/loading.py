"""Fills a company with the ledger that people kept in a made-up world: customers, items, invoices and credit memos.

    app = books_of(make_world(40, 2, seed=7), clock)                # QuickBooks with the realms of REALMS
    companies = companies_of(world, clock)                          # "books-us" and "books-eu", by name
    companies = companies_in(Path("demo"), clock)                   # the same from a folder that was generated

Customers and items have the ids of the mapping. A line's service days stand where bookkeepers put them: the first as
service date, both in the text, beside the subscription where the line names one. The scenario knows mistakes that
QuickBooks would not let happen (a customer billed in another currency); they are put in all the same, on a document
of their own, so that what is found in QuickBooks is what is found in the exported ledger.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.app import QuickBooks
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.documents import compose_sale, voided
from connector.sandbox.quickbooks.money import money
from connector.sandbox.quickbooks.opening import currency_ref, open_company
from connector.sandbox.scenario.ledgers import Lists, Row, lists_in, lists_of, rows_in, rows_of
from connector.sandbox.scenario.people import LEDGERS
from connector.sandbox.scenario.world import World

REALMS = {"books-us": "9130357992222846", "books-eu": "9130357992222847"}
_COUNTRIES = {"USD": "US", "EUR": "DE"}
_TAX_RATE = "3"
MICROSOFT = "9000"
"""The vendor that Microsoft's invoices are bills of."""


def books_of(world: World, clock: SandboxClock, **more: Any) -> QuickBooks:
    """QuickBooks with a company for each ledger of a world; `more` are arguments of QuickBooks."""
    return QuickBooks(clock, companies_of(world, clock).values(), **more)


def companies_of(world: World, clock: SandboxClock) -> dict[str, Company]:
    """A company for each ledger of a world, by the ledger's name."""
    return {
        ledger: _company(ledger, currency, clock, rows_of(world, ledger), lists_of(world, ledger))
        for currency, ledger in LEDGERS.items()
    }


def companies_in(folder: Path, clock: SandboxClock) -> dict[str, Company]:
    """A company for each ledger of a folder that `generate` wrote; numbers are those of its CSV files."""
    return {
        ledger: _company(ledger, currency, clock, rows_in(folder, ledger), lists_in(folder / "mappings", ledger))
        for currency, ledger in LEDGERS.items()
    }


def load(company: Company, rows: Iterable[Row], lists: Lists | None = None) -> None:
    """Put a ledger's lines (columns of the canonical CSV) into a company, one document per number and currency."""
    known = lists or Lists()
    documents: dict[tuple[str, str], list[Row]] = {}
    with company.lock:
        for key, name in known.customers.items():
            _customer(company, key, name, taxed=key in known.taxed)
        for key, name in known.items.items():
            _item(company, key, name)
        for row in rows:
            if row["status"] != "draft":
                documents.setdefault((row["document_number"], row["currency"]), []).append(row)
        for (number, currency), lines in documents.items():
            _document(company, number, currency, lines)


def _company(ledger: str, currency: str, clock: SandboxClock, rows: Sequence[Row], lists: Lists) -> Company:
    foreign = any(row["currency"] != currency for row in rows)
    company = open_company(
        REALMS[ledger], clock, country=_COUNTRIES[currency], currency=currency, multicurrency=foreign
    )
    if not company.is_us:
        # The bookkeepers of the made-up world write no tax codes there.
        company.prefer("TaxPrefs", UsingSalesTax=False)
    vendor = {"DisplayName": "Microsoft", "PrintOnCheckName": "Microsoft", "Active": True, "Vendor1099": False}
    company.put("Vendor", {**vendor, "CurrencyRef": currency_ref(currency)}, key=MICROSOFT)
    load(company, rows, lists)
    return company


def _customer(company: Company, key: str, name: str, *, taxed: bool = False) -> None:
    if key in company.tables["Customer"]:
        return
    fitting = _fitting(company, name).translate({ord(":"): "-", ord("\t"): " "})
    taken = {one["DisplayName"].lower() for one in company.tables["Customer"].values()}
    shown = fitting if fitting.lower() not in taken else f"{fitting} ({key})"
    thing = {"DisplayName": shown, "FullyQualifiedName": shown, "PrintOnCheckName": shown, "Active": True}
    thing |= {"Job": False, "BillWithParent": False, "Taxable": True, "PreferredDeliveryMethod": "None"}
    if taxed:
        thing["DefaultTaxCodeRef"] = {"value": _TAX_RATE}
    company.put("Customer", {**thing, "CurrencyRef": currency_ref(company.currency)}, key=key)


def _item(company: Company, key: str, name: str) -> None:
    if key in company.tables["Item"]:
        return
    fitting = _fitting(company, name).replace(":", "-")[:90]
    taken = {one["Name"].lower() for one in company.tables["Item"].values()}
    shown = fitting if fitting.lower() not in taken else f"{fitting} ({key})"
    thing = {"Name": shown, "FullyQualifiedName": shown, "Type": "Service", "Active": True, "Taxable": False}
    account = {"value": "1", "name": "Services"}
    company.put("Item", {**thing, "TrackQtyOnHand": False, "IncomeAccountRef": account}, key=key)


def _fitting(company: Company, text: str) -> str:
    """The text as the company's characters can hold it."""
    return text.encode("iso-8859-1", "replace").decode("iso-8859-1") if company.latin else text


def _document(company: Company, number: str, currency: str, rows: list[Row]) -> None:
    first = rows[0]
    for row in rows:
        _customer(company, row["customer_id"], row["customer_name"] or row["customer_id"])
        _item(company, row["item_id"], row["description"] or row["item_id"])
    is_credit = first["document_type"] == "credit_memo"
    lines = [_line(company, row, is_credit) for row in rows]
    if sum(line["Amount"] for line in lines) < 0:
        is_credit = not is_credit
        lines = [_turned(line) for line in lines]
    entity = "CreditMemo" if is_credit else "Invoice"
    wanted: Thing = {"CustomerRef": {"value": first["customer_id"]}, "TxnDate": first["document_date"], "Line": lines}
    wanted |= {"DocNumber": number, "_allow_duplicate": True}
    if company.is_us:
        wanted |= _tax(rows, is_credit)
    else:
        wanted["GlobalTaxCalculation"] = "NotApplicable"
    thing = compose_sale(company, entity, wanted, None)
    if currency != company.currency:
        thing |= {"CurrencyRef": currency_ref(currency), "ExchangeRate": Decimal(1)}
    if first["status"] == "void":
        thing = voided(thing)
    noon = datetime.combine(date.fromisoformat(first["document_date"]), time(12), ZoneInfo(company.zone))
    company.put(entity, thing, at=min(noon, company.now()))


def _line(company: Company, row: Row, is_credit: bool) -> Thing:
    amount = Decimal(row["amount"])
    detail: Thing = {"ItemRef": {"value": row["item_id"]}}
    if row["quantity"]:
        detail["Qty"] = Decimal(row["quantity"])
    if row["unit_price"]:
        detail["UnitPrice"] = Decimal(row["unit_price"])
    if row["service_start"]:
        detail["ServiceDate"] = row["service_start"]
    if company.is_us:
        detail["TaxCodeRef"] = {"value": "TAX" if Decimal(row["tax"] or 0) else "NON"}
    line: Thing = {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}
    line["Description"] = _fitting(company, _text(row))[:4000]
    return _turned(line) if is_credit and amount < 0 else line


def _turned(line: Thing) -> Thing:
    """The same line with the other sign: what an invoice takes away a credit memo gives."""
    detail = dict(line["SalesItemLineDetail"])
    if "Qty" in detail:
        price = detail.get("UnitPrice", Decimal(1))
        turned = "UnitPrice" if price < 0 else "Qty"
        detail[turned] = -detail[turned]
    elif "UnitPrice" in detail:
        detail["UnitPrice"] = -detail["UnitPrice"]
    return {**line, "Amount": -line["Amount"], "SalesItemLineDetail": detail}


def _text(row: Row) -> str:
    days = f"{row['service_start']} to {row['service_end']}" if row["service_start"] and row["service_end"] else ""
    return ", ".join(part for part in (row["description"], days, row["reference"]) if part)


def _tax(rows: list[Row], is_credit: bool) -> Thing:
    """The document's tax: the sum of what the lines say, so that no cent is rounded anew."""
    taxes = [Decimal(row["tax"] or 0) for row in rows]
    total = sum((abs(tax) if is_credit else tax for tax in taxes), Decimal(0))
    if not total:
        return {}
    line = {"Amount": money(total), "DetailType": "TaxLineDetail"}
    return {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": _TAX_RATE}, "TaxLine": [line]}}
