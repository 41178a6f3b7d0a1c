"""Fills companies with the ledgers that people kept in a made-up world: customers, items, invoices and credit memos.

    app = books_of(make_world(40, 2, seed=7), clock, tenant_id)       # Business Central with one company per ledger
    companies = companies_of(world, clock)                             # "books-us" and "books-eu", by name
    companies = companies_in(Path("demo"), clock)                      # the same from a folder that was generated

Customers and items have the numbers of the mapping. A line's service days stand where bookkeepers put them: the first
as shipment date, both in the description; the subscription stands in the second description. What people did before
they moved to Business Central (all cards, and the documents of the first month) has never been touched since, so its
time is blank. Of two documents that cannot share a number, the one in the other currency has its currency behind it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.sandbox.business_central.app import BusinessCentral
from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.correcting import cancel
from connector.sandbox.business_central.documents import blank, due_day
from connector.sandbox.business_central.environments import Environment
from connector.sandbox.business_central.fields import NO_ID, NO_MOMENT
from connector.sandbox.business_central.journals import pay
from connector.sandbox.business_central.kinds import KINDS, Kind
from connector.sandbox.business_central.ledger_entries import write_entries
from connector.sandbox.business_central.opening import add_exchange_rate, add_rate, open_company
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.business_central.places import Place
from connector.sandbox.business_central.saving import create
from connector.sandbox.business_central.sums import HUNDRED, ZERO
from connector.sandbox.clock import SandboxClock
from connector.sandbox.scenario.ledgers import Lists, Row, lists_in, lists_of, rows_in, rows_of
from connector.sandbox.scenario.people import LEDGERS, SALES_TAX_PERCENT
from connector.sandbox.scenario.world import World
from connector.sandbox.tokens import Tokens

NAMES = {"books-us": "Northwind Cloud US", "books-eu": "Northwind Cloud Europe"}
MICROSOFT = "MICROSOFT"
"""The number of the vendor that Microsoft's invoices are bills of."""
ENVIRONMENT = "Production"
_COUNTRIES = {"USD": "US", "EUR": "DE"}
_RATES = {"USD": "0.92", "EUR": "1.08"}
_FIRST_RATE = date(2020, 1, 1)
_TAXED_AREA = "WA"
_PAID_AFTER = 60
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def books_of(
    world: World, clock: SandboxClock, tenant_id: str, tokens: Tokens | None = None, **more: Any
) -> BusinessCentral:
    """Business Central with a company for each ledger of a world; `more` are arguments of BusinessCentral."""
    environment = Environment(ENVIRONMENT, tenant_id)
    environment.add(*companies_of(world, clock).values())
    return BusinessCentral(clock, tokens, [environment], **more)


def companies_of(world: World, clock: SandboxClock) -> dict[str, Company]:
    """A company for each ledger of a world, by the ledger's name."""
    return {
        ledger: _company(ledger, currency, clock, rows_of(world, ledger), lists_of(world, ledger))
        for currency, ledger in LEDGERS.items()
    }


def companies_in(folder: Path, clock: SandboxClock) -> dict[str, Company]:
    """A company for each ledger of a folder that `generate` wrote."""
    return {
        ledger: _company(ledger, currency, clock, rows_in(folder, ledger), lists_in(folder / "mappings", ledger))
        for currency, ledger in LEDGERS.items()
    }


def load(company: Company, rows: Iterable[Row], lists: Lists | None = None) -> None:
    """Put a ledger's lines (columns of the canonical CSV) into a company, one document per number and currency."""
    known = lists or Lists()
    documents: dict[tuple[str, str, bool], list[Row]] = {}
    with company.lock:
        for number, name in known.customers.items():
            _card(company, "customers", number, name, taxed=number in known.taxed)
        for number, name in known.items.items():
            _card(company, "items", number, name)
        for row in rows:
            key = row["document_number"], row["currency"], row["status"] == "draft"
            documents.setdefault(key, []).append(row)
        first = min((row["document_date"][:7] for lines in documents.values() for row in lines), default="")
        for (number, currency, _), lines in documents.items():
            _document(company, number, currency, lines, first)


def _company(ledger: str, currency: str, clock: SandboxClock, rows: Sequence[Row], lists: Lists) -> Company:
    company = open_company(clock, NAMES[ledger], country=_COUNTRIES[currency], currency=currency)
    other = next(code for code in _RATES if code != currency)
    add_exchange_rate(company, other, Decimal(_RATES[other]), _FIRST_RATE)
    if company.has_sales_tax:
        # The mapping of the made-up world gives this code to those who pay sales tax.
        add_rate(company, (_TAXED_AREA,), "TAX", SALES_TAX_PERCENT)
    create(company, Place(PAGES["vendors"], ""), {"number": MICROSOFT, "displayName": "Microsoft Ireland Operations"})
    load(company, rows, lists)
    return company


def _card(company: Company, page: str, number: str, name: str, *, taxed: bool = False) -> Thing:
    found = company.one(page, number=number.upper())
    if found is not None:
        return found
    body: Thing = {"number": number, "displayName": name[:100]}
    if page == "items":
        body["type"] = "Service"
    else:
        body["email"] = f"ap@{number.lower()}.example"
        area = company.one("taxAreas", code=_TAXED_AREA) if taxed else None
        if area is not None:
            body |= {"taxLiable": True, "taxAreaId": area["id"]}
    return company.untouch(page, create(company, Place(PAGES[page], ""), body))


def _document(company: Company, number: str, currency: str, rows: list[Row], oldest: str) -> None:
    first = rows[0]
    amounts = [_amount(row) for row in rows]
    is_credit = sum(amounts) < 0
    sign = -1 if is_credit else 1
    kind = KINDS["salesCreditMemos" if is_credit else "salesInvoices"]
    header = _header(company, kind, number, currency, rows, sign)
    when = datetime.combine(header["postingDate"], time(12), UTC)
    at = NO_MOMENT if first["document_date"][:7] == oldest else min(when, company.now())
    kept = company.put(kind.page, header, at=at)
    lines = [
        company.put(kind.lines, {**_line(company, kind, row, sign, place), "documentId": kept["id"]}, at=at)
        for place, row in enumerate(rows, 1)
    ]
    if not header["_posted"]:
        return
    write_entries(company, kind, kept, lines)
    company.set_remaining(kept["id"], kept["totalAmountIncludingTax"])
    if first["status"] == "void":
        cancel(company, kind, kept["id"])
    elif not is_credit and (company.today() - header["postingDate"]).days > _PAID_AFTER:
        pay(company, kind.page, kept, kept["totalAmountIncludingTax"])


def _header(company: Company, kind: Kind, number: str, currency: str, rows: list[Row], sign: int) -> Thing:
    first, day = rows[0], date.fromisoformat(rows[0]["document_date"])
    customer = _card(company, "customers", first["customer_id"], first["customer_name"] or first["customer_id"])
    taken = company.one(kind.page, number=number) is not None
    net = sum((sign * _amount(row) for row in rows), ZERO)
    tax = sum((sign * _tax(row) for row in rows), ZERO)
    code = "" if currency == company.currency else currency
    foreign = company.one("currencies", code=code) if code else None
    is_draft = first["status"] == "draft"
    return blank(kind.page) | {
        "number": company.next_number(kind.draft_series) if is_draft else f"{number}-{currency}" if taken else number,
        "customerId": customer["id"], "customerNumber": customer["number"], "customerName": customer["displayName"],
        "billToCustomerId": customer["id"], "billToCustomerNumber": customer["number"],
        "billToName": customer["displayName"], "email": customer["email"],
        "currencyId": foreign["id"] if foreign else NO_ID, "paymentTermsId": customer["paymentTermsId"],
        "postingDate": day, kind.dated: day, "dueDate": due_day(company, customer["paymentTermsId"], day),
        "totalAmountExcludingTax": net, "totalTaxAmount": tax, "totalAmountIncludingTax": net + tax,
        "discountAppliedBeforeTax": True, "status": "Draft" if is_draft else "Open" if net + tax else "Paid",
        "_posted": not is_draft, "_state": "", "_terms": customer["paymentTermsId"],
        "_tax_area": customer["_tax_area"], "_tax_liable": customer["taxLiable"],
    }  # fmt: skip


def _line(company: Company, kind: Kind, row: Row, sign: int, place: int) -> Thing:
    item = _card(company, "items", row["item_id"], row["description"] or row["item_id"])
    amount, tax = sign * _amount(row), sign * _tax(row)
    quantity, price = _measures(row, amount)
    reference = _GUID.search(row["reference"])
    days = f"{row['service_start']} to {row['service_end']}" if row["service_start"] and row["service_end"] else ""
    room = 100 - (len(days) + 2 if days else 0)
    text = ", ".join(part for part in (row["description"][:room], days) if part)
    day = date.fromisoformat(row["service_start"] or row["document_date"])
    group = ("TAXABLE" if tax else "NONTAXABLE") if company.has_sales_tax else ("VAT19" if tax else "ZERO")
    totals = {"totalTaxAmount": tax, "amountIncludingTax": amount + tax, "netTaxAmount": tax}
    return blank(kind.lines) | totals | {
        "sequence": place * 10_000, "lineType": "Item", "itemId": item["id"], "lineObjectNumber": item["number"],
        "description": text, "description2": (reference[0] if reference else row["reference"])[:50],
        "unitOfMeasureId": item["baseUnitOfMeasureId"], "unitOfMeasureCode": item["baseUnitOfMeasureCode"],
        "quantity": quantity, kind.price: price, "amountExcludingTax": amount, "taxCode": group,
        "taxPercent": round(tax * HUNDRED / amount, 2) if amount else ZERO, "netAmount": amount,
        "netAmountIncludingTax": amount + tax, "shipmentDate": day,
    }  # fmt: skip


def _amount(row: Row) -> Decimal:
    """What a row bills, negative for what it gives back, whichever sign a credit memo was written with."""
    amount = Decimal(row["amount"])
    return -abs(amount) if row["document_type"] == "credit_memo" else amount


def _tax(row: Row) -> Decimal:
    tax = abs(Decimal(row["tax"] or 0))
    return -tax if _amount(row) < 0 else tax


def _measures(row: Row, amount: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and price as the row has them, if they come to its amount; else one of the whole amount."""
    quantity = Decimal(row["quantity"] or 1)
    price = Decimal(row["unit_price"] or 0)
    for signed in (quantity, -quantity):
        if price and round(signed * price, 2) == amount:
            return signed, price
    if quantity:
        # A part of a month is billed at a part of the price, for quantity and price have to come to the amount.
        part, signed = round(abs(amount) / abs(quantity), 5), abs(quantity) if amount >= 0 else -abs(quantity)
        if round(signed * part, 2) == amount:
            return signed, part
    return Decimal(1), amount
