"""What is sent to QuickBooks is exactly what we mean: golden words, no defaults of a library, no digit more or less."""

import json
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.quickbooks.catalogue import Catalogue
from connector.adapters.quickbooks.payload import payload
from connector.adapters.quickbooks.translate import document as translated
from connector.domain.document import Document, DocumentLine
from connector.domain.errors import ConnectorError
from connector.domain.ledger import LedgerCompany, LedgerRecord
from connector.domain.period import Period
from connector.domain.posting import Stamp

COMPANY = LedgerCompany("Books", "US", "USD", multicurrency=False, own_numbers=True)
STAMP = Stamp("C26-10-00042", "a" * 36, "CONNECTOR-0123456789ABCDEF01234567", "invoice")
RECORDS = {
    "term": [LedgerRecord("term", "3", "Net 30", True), LedgerRecord("term", "9", "Net 90", False)],
    "tax_code": [LedgerRecord("tax_code", "5", "20.0% S", True)],
    "class": [LedgerRecord("class", "7", "Cloud", True, facts={"full_name": "Sales:Cloud"})],
    "department": [LedgerRecord("department", "2", "North", True)],
}
LINES = (
    DocumentLine(1, "31", "Microsoft 365, 10 × 41.30", Decimal("413.00"), Decimal(10), Decimal("41.30"),
                 date(2026, 10, 1), date(2026, 10, 31), "9d7d1f3d", "TAX"),
    DocumentLine(2, "40", "Azure – usage", Decimal("123.45"), None, None, date(2026, 10, 1), date(2026, 10, 31)),
    DocumentLine(3, None, "Thank you", Decimal("0.00")),
)  # fmt: skip
DOCUMENT = Document(
    "books-us", "58", "Alpine Ski House", Period.month("2026-10"), "USD", "invoice", LINES, date(2026, 11, 1)
)


def catalogue(company: LedgerCompany = COMPANY) -> Catalogue:
    return Catalogue("books-us", lambda: company, lambda kind: RECORDS[kind])


def test_the_words_of_an_invoice_are_exactly_these() -> None:
    assert payload(DOCUMENT, STAMP, catalogue()) == (
        '{"CustomerRef":{"value":"58"},"DocNumber":"C26-10-00042","TxnDate":"2026-11-01",'
        '"PrivateNote":"CONNECTOR-0123456789ABCDEF01234567\\ndays 1-2: 2026-10-01..2026-10-31","Line":['
        '{"DetailType":"SalesItemLineDetail","Amount":413.00,"Description":"Microsoft 365, 10 \\u00d7 41.30",'
        '"SalesItemLineDetail":{"ItemRef":{"value":"31"},"Qty":10,"UnitPrice":41.3,"ServiceDate":"2026-10-01",'
        '"TaxCodeRef":{"value":"TAX"}}},'
        '{"DetailType":"SalesItemLineDetail","Amount":123.45,"Description":"Azure - usage",'
        '"SalesItemLineDetail":{"ItemRef":{"value":"40"},"ServiceDate":"2026-10-01"}},'
        '{"DetailType":"DescriptionOnly","Description":"Thank you","DescriptionLineDetail":{}}]}'
    )


def test_everything_a_customer_can_have_on_an_invoice() -> None:
    facts = {"custom_field:2": "P.O. Number", "classes_by_document": "yes", "service_dates": "yes"}
    company = replace(COMPANY, country="GB", home_currency="GBP", multicurrency=True, tax_mode="excluded", facts=facts)
    full = replace(
        DOCUMENT,
        lines=(replace(LINES[1], tax_code="20.0% s"),),
        terms="net 30",
        purchase_order="PO-1123",
        dimensions=(("class", "Sales:Cloud"), ("location", "North")),
        rate_note="1 USD = 0.79 GBP, fixed",
    )
    body = json.loads(payload(full, STAMP, catalogue(company)), parse_float=Decimal)
    assert body == {
        "CustomerRef": {"value": "58"},
        "DocNumber": "C26-10-00042",
        "TxnDate": "2026-11-01",
        "CurrencyRef": {"value": "USD"},
        "SalesTermRef": {"value": "3"},
        "GlobalTaxCalculation": "TaxExcluded",
        "ClassRef": {"value": "7"},
        "DepartmentRef": {"value": "2"},
        "CustomField": [{"DefinitionId": "2", "Type": "StringType", "StringValue": "PO-1123"}],
        "PrivateNote": "CONNECTOR-0123456789ABCDEF01234567\ndays 1: 2026-10-01..2026-10-31\n1 USD = 0.79 GBP, fixed",
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal("123.45"),
                "Description": "Azure – usage",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "40"},
                    "ServiceDate": "2026-10-01",
                    "TaxCodeRef": {"value": "5"},
                },
            }
        ],
    }


def test_a_purchase_order_without_a_field_of_its_own_goes_where_the_customer_sees_it() -> None:
    body = json.loads(payload(replace(DOCUMENT, purchase_order="PO-1"), STAMP, catalogue()))
    assert body["CustomerMemo"] == {"value": "Purchase order: PO-1"}
    quarter = replace(DOCUMENT, covers=Period(date(2026, 10, 1), date(2027, 1, 1)))
    assert json.loads(payload(quarter, STAMP, catalogue()))["CustomerMemo"] == {
        "value": "Services of 2026-10-01 to 2026-12-31"
    }


def test_classes_stand_at_the_lines_where_the_company_has_them_there() -> None:
    company = replace(COMPANY, facts={"classes_by_line": "yes"})
    body = json.loads(payload(replace(DOCUMENT, dimensions=(("class", "cloud"),)), STAMP, catalogue(company)))
    assert "ClassRef" not in body
    assert body["Line"][0]["SalesItemLineDetail"]["ClassRef"] == {"value": "7"}


def test_a_description_is_no_longer_than_quickbooks_takes() -> None:
    long = replace(DOCUMENT, lines=(replace(LINES[0], description="Seat… " * 1000), LINES[2]))
    texts = [line["Description"] for line in json.loads(payload(long, STAMP, catalogue()))["Line"]]
    assert ([len(text) for text in texts], texts[0][:8]) == ([3999, 3999, 9], "Seat... ")


def test_what_a_description_has_no_room_for_goes_on_in_lines_of_text_and_days_stay_with_their_lines() -> None:
    words = " ".join(f"word{number:04}" for number in range(1000))
    other = replace(LINES[1], first=date(2026, 9, 1), last=date(2026, 9, 30))
    body = json.loads(
        payload(replace(DOCUMENT, lines=(replace(LINES[0], description=words), other)), STAMP, catalogue())
    )
    kinds = [line["DetailType"] for line in body["Line"]]
    assert kinds == ["SalesItemLineDetail", "DescriptionOnly", "DescriptionOnly", "SalesItemLineDetail"]
    assert all(len(line["Description"]) <= 4000 for line in body["Line"])
    assert " ".join(line["Description"] for line in body["Line"][:3]) == words
    assert body["PrivateNote"].splitlines()[1:] == [
        "days 4: 2026-09-01..2026-09-30", "days 1: 2026-10-01..2026-10-31"
    ]  # fmt: skip


def test_a_credit_memo_has_no_terms() -> None:
    memo = replace(DOCUMENT, kind="credit_memo", terms="Net 30")
    assert "SalesTermRef" not in json.loads(payload(memo, replace(STAMP, kind="credit_memo"), catalogue()))


def test_microsofts_invoice_is_a_bill() -> None:
    line = DocumentLine(1, None, "Microsoft G012345678", Decimal("1234.5"))
    bill = replace(DOCUMENT, kind="bill", customer="56", lines=(line,))
    stamp = replace(STAMP, number="G012345678", kind="bill")
    assert payload(bill, stamp, catalogue(), "80") == (
        '{"VendorRef":{"value":"56"},"DocNumber":"G012345678","TxnDate":"2026-11-01","PrivateNote":'
        '"CONNECTOR-0123456789ABCDEF01234567","Line":[{"DetailType":"AccountBasedExpenseLineDetail","Amount":1234.50,'
        '"Description":"Microsoft G012345678","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"}}}]}'
    )
    with pytest.raises(ConnectorError, match=r"set vendor_bill\.account"):
        payload(bill, stamp, catalogue())


def test_what_microsoft_owes_is_a_vendor_credit() -> None:
    line = DocumentLine(1, None, "Microsoft G012345678", Decimal("40.5"))
    credit = replace(DOCUMENT, kind="vendor_credit", customer="56", lines=(line,))
    stamp = replace(STAMP, number="G012345678", kind="vendor_credit")
    bill = payload(replace(credit, kind="bill"), replace(stamp, kind="bill"), catalogue(), "80")
    assert payload(credit, stamp, catalogue(), "80") == bill
    assert json.loads(bill)["Line"][0]["Amount"] == 40.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"terms": "Net 45"}, "terms called 'Net 45' is not there; write one of Net 30 into the mapping"),
        ({"terms": "Net 90"}, "is not there"),
        ({"dimensions": (("colour", "red"),)}, "has no dimension 'colour'"),
        ({"currency": "EUR"}, "keeps its books in USD only"),
    ],
)
def test_what_the_company_lacks_is_said_before_anything_is_sent(change: dict[str, object], said: str) -> None:
    with pytest.raises(ConnectorError, match=said):
        payload(replace(DOCUMENT, **change), STAMP, catalogue())  # type: ignore[arg-type]


amounts = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2)


@given(
    quantity=st.decimals(Decimal("0.0001"), Decimal("5000"), places=4),
    price=st.decimals(Decimal("0.0000001"), Decimal("9999"), places=8),
    other=st.none() | amounts,
)
def test_quantity_and_price_are_sent_only_where_their_product_is_the_amount(
    quantity: Decimal, price: Decimal, other: Decimal | None
) -> None:
    """QuickBooks compares Amount with Qty × UnitPrice, rounded half up, and keeps seven decimals of each."""
    amount = (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP) if other is None else other
    line = DocumentLine(1, "40", "x", amount, quantity, price)
    text = payload(replace(DOCUMENT, lines=(line,)), STAMP, catalogue())
    sent = json.loads(text, parse_float=Decimal, parse_int=Decimal)["Line"][0]
    detail = sent["SalesItemLineDetail"]
    assert sent["Amount"] == amount
    assert f'"Amount":{amount:.2f},' in text
    if "Qty" in detail:
        assert (detail["Qty"], detail["UnitPrice"]) == (quantity, price)
        assert (detail["Qty"] * detail["UnitPrice"]).quantize(Decimal("0.01"), ROUND_HALF_UP) == amount
        assert all(len(f"{number:f}".partition(".")[2]) <= 7 for number in (detail["Qty"], detail["UnitPrice"]))
    else:
        assert "UnitPrice" not in detail


def test_what_was_written_is_read_back_with_its_days() -> None:
    """QuickBooks keeps the private note; from it come the days that its one service date cannot hold."""
    body = json.loads(payload(DOCUMENT, STAMP, catalogue()), parse_float=Decimal)
    for nth, line in enumerate(body["Line"], 1):
        line["Id"] = str(nth)
    found = translated("Invoice", {**body, "Id": "1", "TotalAmt": Decimal("536.45")}, "USD")
    assert found.marker == STAMP.marker
    assert [(line.first, line.last) for line in found.lines[:2]] == [(line.first, line.last) for line in LINES[:2]]
    assert found.net == DOCUMENT.total
