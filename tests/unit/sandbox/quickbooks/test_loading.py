"""A company filled from a made-up world holds the ledger that was exported from it, cent by cent."""

import csv
import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Company
from connector.sandbox.quickbooks.loading import REALMS, books_of, companies_in
from connector.sandbox.scenario import generate, make_world
from tests.unit.sandbox.quickbooks.caller import caller, invoice, line

NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world")
    generate(40, 1, 5, path)
    return path


@pytest.fixture(scope="module")
def companies(folder: Path) -> dict[str, Company]:
    return companies_in(folder, SandboxClock(NOW))


def net(document: dict[str, Any], sign: int) -> list[tuple[Any, ...]]:
    lines = [one for one in document["Line"] if one["DetailType"] == "SalesItemLineDetail"]
    head = (document["DocNumber"], document["TxnDate"], document["CustomerRef"]["value"])
    currency = document["CurrencyRef"]["value"]
    return [(*head, one["SalesItemLineDetail"]["ItemRef"]["value"], sign * one["Amount"], currency) for one in lines]


@pytest.mark.parametrize("ledger", ["books-us", "books-eu"])
def test_every_exported_line_stands_in_the_company(folder: Path, companies: dict[str, Company], ledger: str) -> None:
    with (folder / "ledger" / f"{ledger}.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["status"] == "posted"]
    expected = Counter(
        (
            row["document_number"],
            row["document_date"],
            row["customer_id"],
            row["item_id"],
            -abs(Decimal(row["amount"])) if row["document_type"] == "credit_memo" else Decimal(row["amount"]),
            row["currency"],
        )
        for row in rows
    )
    company = companies[ledger]
    found: Counter[tuple[Any, ...]] = Counter()
    for entity, sign in (("Invoice", 1), ("CreditMemo", -1)):
        for document in company.every(entity):
            if not document.get("PrivateNote", "").startswith("Voided"):
                found.update(net(document, sign))
    assert found == expected
    taxes = {"invoice": Decimal(0), "credit_memo": Decimal(0)}
    for row in rows:
        tax = Decimal(row["tax"] or 0)
        taxes[row["document_type"]] += abs(tax) if row["document_type"] == "credit_memo" else tax
    for entity, name in (("Invoice", "invoice"), ("CreditMemo", "credit_memo")):
        assert sum(one["TxnTaxDetail"]["TotalTax"] for one in company.every(entity)) == taxes[name]
    if ledger == "books-us":
        assert taxes["invoice"] > 0


def test_days_and_subscriptions_stand_in_the_text(folder: Path, companies: dict[str, Company]) -> None:
    texts = [line["Description"] for one in companies["books-us"].every("Invoice") for line in one["Line"][:-1]]
    assert any(re.search(r"2026-10-01 to 2026-10-31", text) for text in texts)
    assert any(re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) for text in texts)
    assert "?ód? ?aglowa" in "".join(one["DisplayName"] for one in companies["books-us"].every("Customer"))


def test_a_world_fills_the_same_ledgers_without_files(companies: dict[str, Company]) -> None:
    app = books_of(make_world(40, 1, 5), SandboxClock(NOW))
    made = {ledger: app.company(realm) for ledger, realm in REALMS.items()}
    for ledger, company in companies.items():
        totals = [sum(one["TotalAmt"] for one in each.every("Invoice")) for each in (made[ledger], company)]
        assert totals[0] == totals[1] > 0
        assert set(company.tables["Item"]) - set(made[ledger].tables["Item"]) == set()


def test_a_loaded_company_can_be_billed(companies: dict[str, Company]) -> None:
    company = companies["books-us"]
    customer = company.every("Customer")[0]["Id"]
    qbo = caller(company, company.clock)
    body = invoice("C26-10-00001", line("10.00", item="301"), CustomerRef={"value": customer})
    assert qbo.post("invoice", body).status == 200
    assert qbo.ids(f"SELECT * FROM Customer WHERE Id = '{customer}'") == [customer]
