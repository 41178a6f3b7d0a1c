"""Documents of Business Central in our words, amounts digit for digit."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.business_central import service_days, translate
from connector.adapters.business_central.translate import PAGES
from connector.adapters.business_central.values import Unreadable, amount, day, key, moment, option
from connector.domain.ledger import RemoteDocument, RemoteLine
from tests.unit.business_central.bodies import INVOICE_ID, NO_ID, ORDER_ID, invoice, line

INVOICES, MEMOS, BILLS = (PAGES[name] for name in ("salesInvoices", "salesCreditMemos", "purchaseInvoices"))


def test_an_invoice_is_read_to_the_last_digit() -> None:
    found = translate.document(INVOICES, invoice(), "EUR")
    assert found == RemoteDocument(
        remote_id=INVOICE_ID, version='W/"JzIwOzEyMzQ1NjE7MDA7Jw=="', kind="invoice", number="PS-INV103007",
        party="C10", day=date(2026, 11, 1), currency="EUR", net=Decimal("236"), tax=Decimal("44.84"),
        total=Decimal("280.84"), status="open", party_name="Alpine Ski House", balance=Decimal("80.84"),
        due=date(2026, 12, 1), marker="CONNECTOR-0123456789ABCDEF01234567",
        note="CONNECTOR-0123456789ABCDEF01234567 PO-1123",
        updated_at=datetime(2026, 11, 2, 10, 20, 30, 123000, tzinfo=UTC), emailed=None,
        lines=(
            RemoteLine(
                "10000", "M365-BP", "Business Premium", Decimal("236"), Decimal(10), Decimal("23.6"), "VAT19",
                tax=Decimal("44.84"),
            ),
        ),
    )  # fmt: skip


def test_a_credit_memo_is_negative_here_as_in_its_lines_and_names_what_it_corrects() -> None:
    body = invoice(
        creditMemoDate="2026-11-05", invoiceId=INVOICE_ID, salesCreditMemoLines=[line()], remainingAmount=None
    )
    found = translate.document(MEMOS, body, "EUR")
    assert (found.net, found.tax, found.total) == (Decimal("-236"), Decimal("-44.84"), Decimal("-280.84"))
    assert [one.amount for one in found.lines] == [Decimal("-236")]
    assert (found.day, found.balance, found.linked) == (date(2026, 11, 5), None, (("invoice", INVOICE_ID),))


def test_a_purchase_is_a_bill_under_the_vendors_number_and_bears_our_mark_in_a_line_of_text() -> None:
    mark = "CONNECTOR-0123456789ABCDEF01234567"
    lines = [
        line(lineType="Account", lineObjectNumber="5400", unitCost=Decimal("236"), quantity=1),
        line(lineType="Comment", description=mark, netAmount=0, sequence=20000),
    ]
    body = invoice(vendorInvoiceNumber="G012345678", vendorNumber="V10", vendorName="M", purchaseInvoiceLines=lines)
    found = translate.document(BILLS, body, "EUR")
    assert (found.kind, found.number, found.party, found.marker) == ("bill", "G012345678", "V10", mark)
    assert [(one.item, one.amount, one.kind) for one in found.lines] == [
        (None, Decimal("236"), "sale"),
        (None, Decimal(0), "text"),
    ]


@pytest.mark.parametrize(
    ("written", "posted", "meant"),
    [
        ("Draft", False, "draft"),
        ("In_x0020_Review", False, "draft"),
        ("In Review", False, "draft"),
        ("Open", True, "open"),
        ("Open", False, "draft"),
        ("Paid", True, "paid"),
        ("Canceled", True, "void"),
        ("Corrective", True, "void"),
    ],
)
def test_what_became_of_a_document(written: str, posted: bool, meant: str) -> None:
    assert translate.document(INVOICES, invoice(status=written), "EUR", posted=posted).status == meant


def test_what_is_blank_is_nothing() -> None:
    body = invoice(
        dueDate="0001-01-01", lastModifiedDateTime="0001-01-01T00:00:00Z", externalDocumentNumber="", currencyCode="",
        customerPurchaseOrderReference="", status="_x0020_",
    )  # fmt: skip
    found = translate.document(INVOICES, body, "CHF")
    assert (found.due, found.updated_at, found.note, found.marker, found.currency) == (None, None, "", "", "CHF")
    assert (key(NO_ID), option("_x0020_"), option(" "), option("Non_x002D_Inventory")) == ("", "", "", "Non-Inventory")
    assert (day("0001-01-01"), day("x"), moment("0001-01-01T00:00:00Z"), moment("")) == (None, None, None, None)


@pytest.mark.parametrize("lacking", ["id", "totalAmountExcludingTax", "totalAmountIncludingTax"])
def test_without_id_or_totals_a_document_is_set_aside(lacking: str) -> None:
    with pytest.raises(Unreadable, match=r"salesInvoices PS-INV103007: .* set aside"):
        translate.document(INVOICES, invoice(**{lacking: None}), "EUR")


def test_what_is_no_number_is_set_aside() -> None:
    with pytest.raises(Unreadable, match="not a number"):
        translate.document(INVOICES, invoice(totalTaxAmount="much"), "EUR")
    assert amount(None) is None


def test_an_invoice_discount_lowers_the_lines_it_is_shared_out_over() -> None:
    body = invoice(
        totalAmountExcludingTax=Decimal("226"),
        salesInvoiceLines=[line(invoiceDiscountAllocation=10, netAmount=Decimal("226"))],
    )
    assert translate.document(INVOICES, body, "EUR").lines[0].amount == Decimal("226")


def test_lines_without_their_net_amount_are_read_by_the_one_before_the_discount() -> None:
    body = invoice(salesInvoiceLines=[line(netAmount=0)])
    assert translate.document(INVOICES, body, "EUR").lines[0].amount == Decimal("236")


def test_what_is_no_item_never_passes_for_one() -> None:
    kinds = [line(lineType=kind, lineObjectNumber="8400") for kind in ("Account", "Resource", "Fixed_x0020_Asset")]
    found = translate.document(INVOICES, invoice(salesInvoiceLines=kinds), "EUR")
    assert [one.item for one in found.lines] == ["G/L 8400", "resource 8400", "fixed asset 8400"]


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        ("Seats", "2026-10-01..2026-10-31", (date(2026, 10, 1), date(2026, 10, 31))),
        ("Seats, 2026-10-01 to 2026-10-15", "", (date(2026, 10, 1), date(2026, 10, 15))),
        ("Lizenzen 1.10.2026 - 31.10.2026", "", (date(2026, 10, 1), date(2026, 10, 31))),
        ("from 2026-10-31 to 2026-10-01", "", (None, None)),
        ("2026-13-01..2026-13-31", "", (None, None)),
        ("Seats", "", (None, None)),
    ],
)
def test_the_days_a_line_bills(first: str, second: str, days: Any) -> None:
    assert service_days.read(first, second) == days


def test_a_subscription_in_the_second_description_is_not_lost() -> None:
    body = invoice(salesInvoiceLines=[line(description2=ORDER_ID)])
    assert translate.document(INVOICES, body, "EUR").lines[0].description == f"Business Premium {ORDER_ID}"


def test_money_received_is_positive_and_points_to_its_invoice() -> None:
    body = {"id": ORDER_ID, "documentNumber": "PAY1", "customerNumber": "C10", "postingDate": "2026-11-03",
            "amount": Decimal("-280.84"), "appliesToInvoiceId": INVOICE_ID}  # fmt: skip
    found = translate.payment(body, "EUR")
    assert (found.kind, found.total, found.status, found.linked) == (
        "payment", Decimal("280.84"), "draft", (("invoice", INVOICE_ID),),
    )  # fmt: skip
    with pytest.raises(Unreadable):
        translate.payment({"id": ORDER_ID}, "EUR")
