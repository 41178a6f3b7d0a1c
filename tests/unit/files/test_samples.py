"""Microsoft's own samples are read without losing a digit; without the samples there is nothing to compare."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_prices, read_subscriptions, read_vendor
from connector.domain.errors import UnreadableInput
from tests.unit.files.vendor_files import rows_of

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "partner_center"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's samples are not part of the repository")

CHARGES = {
    "unit_price": "unitPrice", "effective_unit_price": "effectiveUnitPrice", "subtotal": "subtotal", "tax": "taxTotal",
    "total": "totalForCustomer", "quantity": "billableQuantity", "exchange_rate": "pcToBCExchangeRate",
}  # fmt: skip
USAGE = {
    "quantity": "quantity", "unit_price": "unitPrice", "effective_unit_price": "effectiveUnitPrice",
    "amount": "billingPreTaxTotal", "pricing_amount": "pricingPreTaxTotal", "exchange_rate": "pcToBCExchangeRate",
}  # fmt: skip


def numbers_in(name: str, fields: dict[str, str]) -> list[dict[str, Decimal | None]]:
    """Parse the sample another way: by Python's own reader, numbers from text."""
    document: dict[str, Any] = json.loads((SAMPLES / name).read_text("utf-8-sig"), parse_float=Decimal)
    return [
        {ours: Decimal(item[theirs]) if item.get(theirs) not in (None, "") else None for ours, theirs in fields.items()}
        for item in document["items"]
    ]


@pytest.mark.parametrize(
    ("name", "table", "fields"),
    [
        ("invoice_lineitems_04_response.repaired.json", "charges", CHARGES),
        ("invoice_unbilled_recon_onetime_01_response.repaired.json", "charges", CHARGES),
        ("invoice_unbilled_recon_onetime_02_response.repaired.json", "charges", CHARGES),
        ("invoice_unbilled_daily_usage_01_response.json", "usage", USAGE),
        ("invoice_unbilled_daily_usage_02_response.json", "usage", USAGE),
        ("invoice_billed_daily_usage_02_response.json", "usage", USAGE),
    ],
)
def test_line_items_keep_every_digit(name: str, table: str, fields: dict[str, str]) -> None:
    rows = rows_of(read_vendor([SAMPLES / name]))
    assert rows.keys() == {table}
    expected = numbers_in(name, fields)
    read = [{ours: row[ours] for ours in fields} for row in rows[table]]
    for row, wanted in zip(read, expected, strict=True):
        if table == "charges" and wanted["quantity"] is None:
            wanted["quantity"] = row["quantity"]
        assert row == wanted


def test_the_finest_sample_number_is_exact() -> None:
    (row,) = rows_of(read_vendor([SAMPLES / "invoice_billed_daily_usage_02_response.json"]))["usage"]
    assert row["effective_unit_price"] == Decimal("0.1835431430074643112595")
    assert (row["earned_credit_percent"], row["credit_percent"]) == (15, 15)


@pytest.mark.parametrize(
    "name",
    [
        "recon_nce_header_47.csv",
        "recon_daily_rated_usage_header_55.csv",
        "recon_daily_rated_usage_doc_table_2023.csv",
    ],
)
def test_headers_alone_are_recognised(name: str) -> None:
    with pytest.raises(UnreadableInput, match="there are no records in it"):
        rows_of(read_vendor([SAMPLES / name]))


def test_the_documented_line_is_read() -> None:
    (row,) = rows_of(read_vendor([SAMPLES / "recon_nce_doc_table_2023.csv"]))["charges"]
    assert (row["effective_unit_price"], row["quantity"]) == (Decimal("0.03825"), Decimal("0.005001"))
    assert (row["category"], row["exchange_rate"]) == ("azure", Decimal("0.846202666"))


@pytest.mark.parametrize(
    "name",
    [
        "recon_legacy_license_doc_table.csv",
        "recon_legacy_usage_header_34.csv",
        "invoice_lineitems_01_response.json",
        "invoice_lineitems_02_response.json",
    ],
)
def test_legacy_files_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(UnreadableInput, match="only new-commerce"):
        read_vendor([SAMPLES / name])


def test_invoices_bring_their_totals_and_credit_notes() -> None:
    names = ("invoices_list_01_response.json", "invoice_by_id_01_response.json")
    rows = rows_of(read_vendor([SAMPLES / name for name in names]))["headers"]
    found = {row["invoice"]: (row["total"], row["currency"], row["document_type"], row["amends"]) for row in rows}
    assert found == {
        "D02005YFHI": (Decimal("24606.35"), "GBP", "invoice", None),
        "G000024130": (586366, "CHF", "void_note", None),
        "G000024131": (Decimal("107661.12"), "CHF", "credit_note", "G000024130"),
        "G000024135": (Decimal("2076.63"), "USD", "invoice", None),
    }


def test_price_sheets_of_several_views() -> None:
    names = ("price_sheet_nce_license.csv", "price_sheet_azure_consumption.csv", "price_sheet_azure_tier_example.csv")
    prices = rows_of(read_prices([SAMPLES / name for name in names]))["prices"]
    assert [(row["unit_price"], row["erp_price"]) for row in prices[:2]] == [(Decimal("115.2"), 144), (15, None)]
    assert [(row["tier_min"], row["tier_max"]) for row in prices[2:]] == [(100001, None), (101, 100000), (1, 100)]


def test_subscriptions_find_their_customer_in_their_link() -> None:
    names = ("subscription_by_id_01_response.json", "subscription_by_id_02_response.json")
    paths = [SAMPLES / name for name in names]
    rows = rows_of(read_subscriptions(paths, observed_at="2026-10-01T00:00:00Z"))["subscriptions"]
    assert {row["customer_id"] for row in rows} == {"4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04"}
    assert [row["quantity"] for row in rows] == [1, 2]
