"""Companies filled from a made-up world hold the ledgers that were exported from it, cent by cent."""

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.business_central import Company, no_limits
from connector.sandbox.business_central.fields import NO_MOMENT
from connector.sandbox.business_central.kinds import KINDS
from connector.sandbox.business_central.loading import books_of, companies_in
from connector.sandbox.business_central.sums import lines_of
from connector.sandbox.clock import SandboxClock
from connector.sandbox.scenario import generate, make_world
from tests.unit.sandbox.business_central.caller import TENANT, Caller, line

NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world")
    generate(40, 2, 5, path)
    return path


@pytest.fixture(scope="module")
def companies(folder: Path) -> dict[str, Company]:
    return companies_in(folder, SandboxClock(NOW))


def documents(company: Company) -> list[tuple[int, str, dict[str, Any]]]:
    pages = (("salesInvoices", 1), ("salesCreditMemos", -1))
    return [(sign, page, row) for page, sign in pages for row in company.rows(page)]


def key(number: str, day: str, customer: str, item: str, amount: Decimal, tax: Decimal) -> tuple[Any, ...]:
    return (number, day, customer, item, amount, tax)


@pytest.mark.parametrize("ledger", ["books-us", "books-eu"])
def test_every_exported_line_stands_in_the_company(folder: Path, companies: dict[str, Company], ledger: str) -> None:
    with (folder / "ledger" / f"{ledger}.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["status"] == "posted"]
    expected: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        amount, tax = Decimal(row["amount"]), Decimal(row["tax"] or 0)
        if row["document_type"] == "credit_memo":
            amount, tax = -abs(amount), -abs(tax)
        number = row["document_number"]
        expected[key(number, row["document_date"], row["customer_id"], row["item_id"], amount, tax)] += 1
    company = companies[ledger]
    found: Counter[tuple[Any, ...]] = Counter()
    for sign, page, row in documents(company):
        if row["status"] not in ("Open", "Paid"):
            continue
        lines = lines_of(company, KINDS[page], row["id"])
        assert sum(one["netAmount"] for one in lines) == row["totalAmountExcludingTax"] >= 0
        for one in lines:
            assert round(one["quantity"] * one["unitPrice"], 2) == one["netAmount"]
            day, number = row["postingDate"].isoformat(), row["number"].removesuffix("-USD").removesuffix("-EUR")
            amounts = sign * one["netAmount"], sign * one["netTaxAmount"]
            found[key(number, day, row["customerNumber"], one["lineObjectNumber"], *amounts)] += 1
    assert found == expected


def test_what_was_void_is_canceled_and_what_was_a_draft_is_one(companies: dict[str, Company]) -> None:
    statuses = Counter(row["status"] for company in companies.values() for _, _, row in documents(company))
    assert statuses["Canceled"] == statuses["Corrective"]
    assert {"Open", "Draft", "Canceled", "Corrective"} <= set(statuses)


def test_old_rows_have_never_been_touched(companies: dict[str, Company]) -> None:
    company = companies["books-us"]
    assert {row["lastModifiedDateTime"] for row in company.rows("customers")} == {NO_MOMENT}
    times = {row["lastModifiedDateTime"] == NO_MOMENT for row in company.rows("salesInvoices")}
    assert times == {True, False}


def test_the_books_are_even(companies: dict[str, Company]) -> None:
    for company in companies.values():
        entries = company.rows("generalLedgerEntries")
        assert sum(one["debitAmount"] for one in entries) == sum(one["creditAmount"] for one in entries) > 0


def test_lines_tell_their_days_and_their_subscription(companies: dict[str, Company]) -> None:
    lines = companies["books-us"].rows("salesInvoiceLines")
    assert any("2026-10-01 to 2026-10-31" in one["description"] for one in lines)
    assert {len(one["description2"]) for one in lines} == {0, 36}
    assert all(len(one["description"]) <= 100 for one in lines)


def test_a_loaded_company_goes_on_working() -> None:
    clock = SandboxClock(NOW)
    app = books_of(make_world(40, 1, seed=5), clock, TENANT, limits=no_limits())
    company = app.company("Northwind Cloud US")
    bc = Caller(app, clock, app.sign_in(), company)
    customer, item = company.rows("customers")[0]["number"], company.rows("items")[0]["number"]
    draft = bc.invoice(line(item=item), customerNumber=customer)
    assert bc.post(f"salesInvoices({draft['id']})/Microsoft.NAV.post").status == 204
    bill = {"vendorNumber": "MICROSOFT", "vendorInvoiceNumber": "G1", "purchaseInvoiceLines": [
        {"lineType": "Account", "lineObjectNumber": "5400", "quantity": 1, "unitCost": 5}
    ]}  # fmt: skip
    made = bc.post("purchaseInvoices", bill).body
    assert bc.post(f"purchaseInvoices({made['id']})/Microsoft.NAV.post").status == 204
